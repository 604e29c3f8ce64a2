"""Memory that is refused on purpose: each allocation in turn, and at random.

What counts is that nothing is lost, nothing is reported and nobody stops:
the runner looks after each run. Theory: docs/debugging.md.
"""

import re

import pytest
from guest import I386, boot

# All that allocates; the stress suites fail at random instead, and debugged
# objects do not depend on the machine: hosted, all suites fail.
SUITES = ('acpi,buddy,census,deferred,detect*,dma*,fallback,fault_inject,'
          'handover,highmem,init*,irq,k*,mempool*,page*,pcp*,percpu,pgtable,'
          'sched*,set_memory,shell*,slab*,slub*,!slub_debug*,smp*,tlb,'
          'vmalloc_tlb,wait,watermark')
QUICK = 'failnth_seconds=1'
INJECTED = re.compile(r'ok \d+ - failnth\.(\S+) # (\d+) failures injected')
# With a little high memory on the one target that has it.
HIGH = 'lowmem=64M ' if I386 else ''
TOLD = re.compile(r'(failslab|fail_page_alloc): injected failure (\d+), ')


def no_report(run):
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    return run


@pytest.mark.cost(60)
def test_each_allocation_fails_in_turn():
    run = no_report(boot(f'{HIGH}failnth={SUITES} {QUICK} poweroff', mem='256M',
                         smp=1 if I386 else 2, timeout=400).passed())
    injected = {match[1]: int(match[2])
                for match in map(INJECTED.match, run.lines) if match}
    assert len(injected) == len(run.cases())
    for suite, least in (('slub', 200), ('kmalloc', 100), ('kthread', 20),
                         ('percpu', 5), ('page_alloc', 50)):
        assert injected[suite] >= least, injected
    assert sum(injected.values()) > 2000, injected


@pytest.mark.cost(30)
def test_each_allocation_fails_in_turn_where_modes_are_on():
    run = no_report(boot('page_poison=on page_owner=on kfence.num_objects=60 '
                         f'failnth=page_*,kfence*,init_on {QUICK} poweroff',
                         mem='256M', smp=2, timeout=200).passed())
    injected = {match[1]: int(match[2])
                for match in map(INJECTED.match, run.lines) if match}
    for suite in ('kfence', 'kfence_fault', 'page_owner', 'page_poison',
                  'init_on'):
        assert injected[suite] >= 3, injected


@pytest.mark.cost(60)
def test_stress_suites_survive_random_failures():
    run = no_report(boot('selftest=stress* failslab=1,5,0,-1 '
                         'fail_page_alloc=1,5,0,-1 poweroff',
                         mem='256M', smp=4, timeout=400).passed())
    assert all(case.ok for case in run.cases()), run.tail()
    kinds = {match[1] for match in map(TOLD.match, run.lines) if match}
    assert kinds == {'failslab', 'fail_page_alloc'}, run.tail()


def test_only_what_was_chosen_fails():
    run = boot('failslab=1,100,0,2,cache=kmalloc-64 selftest=kmalloc poweroff',
               timeout=120)
    assert run.status == 1, run.tail()
    told = [match for match in map(TOLD.match, run.lines) if match]
    assert [match[2] for match in told] == ['1', '2'], run.tail()
    assert all(', 64 bytes, ' in match.string for match in told)


def test_bad_text_is_refused_and_nothing_fails():
    run = boot('failslab=1,200,0,-1 selftest=kmalloc poweroff',
               timeout=120).passed()
    assert 'command line: bad value in "failslab=1,200,0,-1"' in run.lines
    assert not any(map(TOLD.match, run.lines))

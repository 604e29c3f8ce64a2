"""The self-test and the stress suites on 2 to 64 CPUs.

Without -icount each CPU is a thread of the host, so that they really race;
with it they take turns by instructions, so that a run can be had again.
"""

import re

import pytest
from guest import I386, SHORT, boot, boot_iso, make_iso

RUNNING = re.compile(r'smp: (\d+) CPUs? running')
# Repeatable, and short where one host thread plays all CPUs.
REPEATED = 'stress_mix,stress_percpu'
# What 64 CPUs do in reasonable time on a host of two.
MANY = 'smp*,tlb,percpu,cpu_stack,kmalloc,slub,page_alloc,buddy'
# CPUs started from other tables, by a trampoline elsewhere.
BEHIND_GRUB = ('acpi,apic,fault,irq,madt,paging,percpu,sched*,set_memory,smp*,'
               'stress*,timer,tlb,traps,vm*')


def healthy(run, cpus):
    """A pass without a report, on all CPUs that there are."""
    run.passed()
    assert all(case.ok for case in run.cases()), run.tail()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    running = [match[1] for match in map(RUNNING.match, run.lines) if match]
    assert running == [str(cpus)]
    return run


# All of it on 4, its sweeps at length; on more and on fewer they are the same,
# and so they are on i386.
WHOLE = [(2, f'selftest=!slub_debug* {SHORT}')]
WHOLE += [(4, f'selftest {SHORT}')] if I386 else [
    (4, 'selftest'),
    (8, f'selftest={MANY},stress*,!stress_exhaust,vm* {SHORT}')]


@pytest.mark.parametrize('cpus, words', WHOLE)
@pytest.mark.cost(60)
def test_selftest_passes(cpus, words):
    healthy(boot(f'{words} poweroff', smp=cpus, mem='256M', timeout=400),
            cpus)


@pytest.mark.parametrize('firmware', ['bios', 'uefi'])
@pytest.mark.cost(60)
def test_selftest_passes_behind_grub(firmware, tmp_path):
    iso = make_iso(tmp_path, f'selftest={BEHIND_GRUB} {SHORT} poweroff')
    healthy(boot_iso(iso, smp=4, mem='256M', firmware=firmware, timeout=400),
            4)


@pytest.mark.cost(60)
def test_64_cpus_share_memory():
    healthy(boot(f'selftest={MANY} poweroff', smp=64, mem='2G', timeout=300),
            64)


@pytest.mark.cost(10)
def test_64_cpus_share_little_memory():
    """Arrays of higher orders would hold too much of it: there are none."""
    healthy(boot('selftest=pcp* poweroff', smp=64, mem='64M', timeout=200),
            64)


@pytest.mark.cost(30)
def test_counted_stress_tells_the_same_again():
    cmdline = f'selftest={REPEATED} stress_seed=4711 poweroff'
    first, second = (healthy(boot(cmdline, smp=4, icount=1, timeout=200), 4)
                     for _ in range(2))
    assert first.log == second.log

"""The self-test with guarded objects: nothing that is right is reported.

Whatever is allocated anywhere may be a guarded object instead of an ordinary
one. By time, as a system at work has it; one of ten; and every one that fits,
with all arrays put aside.
"""

import re

import pytest
from guest import I386, SHORT, boot

POOL = re.compile(r'kfence: (\d+) objects in (\d+) KiB')


def healthy(run):
    """A pass in which guarded objects' own suites ran, and without a report."""
    run.passed()
    assert all(case.ok for case in run.cases()), run.tail()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    return run


def pools(run):
    return [(int(match[1]), int(match[2]))
            for match in map(POOL.match, run.lines) if match]


ALL = ('selftest=!slub_debug* kfence.sample=1', 1)
SOME = [('selftest=!slub_debug* kfence.sample_interval=1', 2),
        ('selftest kfence.sample=10', 2)]


# How objects are chosen does not depend on the target.
@pytest.mark.parametrize('words, smp', [ALL] if I386 else [*SOME, ALL])
@pytest.mark.cost(60)
def test_selftest_passes(words, smp):
    run = healthy(boot(f'{words} {SHORT} poweroff', smp=smp, mem='256M',
                       timeout=400))
    assert pools(run) == [(255, 2048)]
    assert any(line.endswith('access_past_the_right_end_is_reported')
               for line in run.lines)


@pytest.mark.cost(60)
def test_objects_are_cleared_as_others_are():
    run = healthy(boot('selftest=kfence*,detect*,stress_mix poweroff '
                       'kfence.sample=2 init_on_alloc=1 init_on_free=1',
                       mem='256M', timeout=300))
    assert any('object_is_cleared' in line and 'SKIP' not in line
               for line in run.lines)


@pytest.mark.parametrize('objects', [1, 7, 100, 511])
def test_pool_is_as_large_as_asked_for(objects):
    run = healthy(boot('selftest=kfence_fault,paging,census poweroff '
                       f'kfence.num_objects={objects}', smp=2, mem='64M',
                       timeout=120))
    assert pools(run) == [(objects, 8 * objects + 8)]


def test_there_is_none_unless_asked_for():
    run = boot('selftest=kfence* poweroff kfence.sample=0', timeout=60)
    assert run.passed().cases()
    assert all(case.skipped for case in run.cases())
    assert not pools(run)


@pytest.mark.parametrize('words', ['kfence.num_objects=0', 'kfence.sample=x',
                                   'kfence.num_objects=512'])
def test_bad_value_is_told_and_passed_over(words):
    run = boot(f'selftest=census poweroff {words}', timeout=60).passed()
    assert any(words in line and 'Command line' not in line
               for line in run.lines), run.tail()
    assert not pools(run)

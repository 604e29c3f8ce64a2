"""Debug builds: every lock judged, no report, and nothing of it elsewhere.

Level 2 judges all that level 1 does, and the targets differ in nothing that
either judges: each level is built once.
"""

import os

import pytest
from guest import I386, KERNEL, SHORT, qemu
from variants import build, functions

CHECKS = ('__lock_debug_before', '__lock_debug_unlock')


@pytest.mark.cost(60)
def test_passes_on_several_cpus_without_a_report():
    level, cpus = (1, 2) if I386 else (2, 4)
    kernel = build(f'debug{level}', f'DEBUG={level}')
    assert functions(kernel).issuperset(CHECKS)
    words = f'selftest {SHORT} poweroff'
    run = qemu('--kernel', kernel, '--append', words, smp=cpus, mem='256M',
               timeout=300).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    names = {case.name for case in run.cases()}
    assert 'descending_and_equal_ranks_are_reported' in names


def test_normal_build_has_no_checks():
    if os.environ.get('DEBUG', '0') != '0':
        pytest.skip('this is a debug build')
    assert not functions(KERNEL).intersection(CHECKS)

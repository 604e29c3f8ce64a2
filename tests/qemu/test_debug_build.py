"""Debug builds: every lock judged, no report, and nothing of it elsewhere.

DEBUG=1 and DEBUG=2 have their own build directories below the target's, and
warnings are errors there.
"""

import os
import subprocess

import pytest
from guest import ARCH, BUILD, KERNEL, ROOT, environment, qemu

CHECKS = ('__lock_debug_before', '__lock_debug_unlock')


def build(level):
    """The kernel of a debug build."""
    directory = f'{BUILD.relative_to(ROOT)}/debug{level}'
    kernel = f'{directory}/strata.elf'
    done = subprocess.run(
        ['make', '-j2', f'ARCH={ARCH}', f'BUILD={directory}',
         f'DEBUG={level}', 'WERROR=1', kernel],
        cwd=ROOT, env=environment(), check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-4000:]
    return ROOT / kernel


def functions(kernel):
    names = subprocess.run(['nm', kernel], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return {line.split()[-1] for line in names.splitlines()}


@pytest.mark.parametrize('level', [1, 2])
@pytest.mark.cost(150)
def test_passes_on_four_cpus_without_a_report(level):
    kernel = build(level)
    assert functions(kernel).issuperset(CHECKS)
    run = qemu('--kernel', kernel, '--append', 'selftest poweroff',
               smp=4, mem='256M', timeout=300).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    names = {case.name for case in run.cases()}
    assert 'descending_and_equal_ranks_are_reported' in names


def test_normal_build_has_no_checks():
    if os.environ.get('DEBUG', '0') != '0':
        pytest.skip('this is a debug build')
    assert not functions(KERNEL).intersection(CHECKS)

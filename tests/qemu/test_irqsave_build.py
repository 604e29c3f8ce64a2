"""FASTPATH=irqsave: pushes and pops with interrupts off, nothing to rewind.

The suites are the same; those of the sequences skip. All of them run on 4
CPUs; on one, and on i386, which differs in nothing that this build changes,
those that use the stacks are enough.
"""

import pytest
from guest import I386, SHORT, qemu
from variants import build

STACKS = 'selftest=cpu_stack,pcp*,slub*,restart*,stress_mix,stress_irq'
# One worker: the kernel is built once.
pytestmark = pytest.mark.xdist_group('irqsave')

SEQUENCES = 'nmis_of_another_cpu_lose_no_object'


@pytest.fixture(scope='module')
def kernel():
    return build('irqsave', 'FASTPATH=irqsave')


@pytest.mark.parametrize('cpus', [4] if I386 else [1, 4])
@pytest.mark.cost(40)
def test_passes_without_restartable_sequences(kernel, cpus):
    words = STACKS if I386 or cpus == 1 else 'selftest'
    run = qemu('--kernel', kernel, '--append', f'{words} {SHORT} poweroff',
               smp=cpus, mem='256M', timeout=300).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    skipped = {case.name for case in run.cases() if case.skipped}
    assert SEQUENCES in skipped

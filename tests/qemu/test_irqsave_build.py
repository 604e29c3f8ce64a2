"""FASTPATH=irqsave: pushes and pops with interrupts off, nothing to rewind.

The suites are the same; those of the sequences skip. Those that use the stacks
are enough. i386 differs in nothing that this build changes.
"""

import pytest
from guest import I386, SHORT, qemu
from variants import build

STACKS = 'selftest=cpu_stack,pcp*,slub*,restart*,stress_mix,stress_irq'
# One worker: the kernel is built once.
pytestmark = [pytest.mark.xdist_group('irqsave'),
              pytest.mark.skipif(I386, reason='the same on both targets')]

SEQUENCES = 'nmis_of_another_cpu_lose_no_object'


@pytest.fixture(scope='module')
def kernel():
    return build('irqsave', 'FASTPATH=irqsave')


@pytest.mark.parametrize('cpus', [1, 4])
@pytest.mark.cost(40)
def test_passes_without_restartable_sequences(kernel, cpus):
    run = qemu('--kernel', kernel, '--append', f'{STACKS} {SHORT} poweroff',
               smp=cpus, mem='256M', timeout=300).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    skipped = {case.name for case in run.cases() if case.skipped}
    assert SEQUENCES in skipped

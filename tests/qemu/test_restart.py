"""Restartable sequences: a million interrupts, and what the compiler made.

Every self-test interrupts each instruction of the sequences some thousand
times. Here each of its sweeps has a million interrupts.
"""

import os
import subprocess

import pytest
from guest import KERNEL, ROOT, boot

SWEEPS = ['restart.interrupts_at_every_instruction_lose_no_object',
          'restart_alloc.a_cache_keeps_all_objects',
          'restart_alloc.kmalloc_keeps_all_objects',
          'restart_alloc.pages_are_all_kept']
ROUNDS = 1_000_000


@pytest.mark.parametrize('case', SWEEPS)
@pytest.mark.cost(10)
def test_a_million_interrupts_lose_no_object(case):
    run = boot(f'selftest={case} restart_rounds={ROUNDS} poweroff',
               timeout=100).passed()
    assert [case.skipped for case in run.cases()] == [False]
    counts = [int(line.split()[1]) for line in run.lines
              if ' interrupts at ' in line]
    assert len(counts) == 1 and counts[0] >= ROUNDS


def test_compiled_fast_paths_hold_no_lock_no_cli_and_no_call():
    run = subprocess.run([ROOT / 'scripts/check_fastpath', KERNEL],
                         check=False, text=True, stdout=subprocess.PIPE)
    assert run.returncode == 0 and not run.stdout, run.stdout


def test_compiled_sequences_are_those_of_the_models():
    run = subprocess.run([ROOT / 'scripts/prove', 'map'], check=False,
                         env={**os.environ, 'BUILD': str(KERNEL.parent)},
                         text=True, stdout=subprocess.PIPE)
    assert run.returncode == 0, run.stdout

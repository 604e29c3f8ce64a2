"""Benchmarks: exact, repeatable, refused without their clock, and no dearer
than the baseline."""

import re
import subprocess

import pytest
from guest import I386, ROOT, USUAL_COST, boot, environment, memory

ROWS = ('slab_pair_64,slab_random_64_n10000,kmalloc_var_pair,'
        'page_random_0_n32768,page_mixed_orders,mstress_*,boot_*')
LINE = re.compile(r'BENCH name=(\S+) unit=(\S+) value=([\d.]+) n=(\d+)$')


def bench_lines(run):
    return [line for line in run.lines if line.startswith('BENCH ')]


@pytest.mark.parametrize('cpus', [1, 2])
@pytest.mark.cost(5)
def test_two_runs_give_the_same_figures(cpus):
    first, second = (bench_lines(boot(
        f'bench={ROWS} quiet poweroff', mem='1G', smp=cpus, icount=1,
        timeout=120).passed()) for _ in range(2))
    assert first == second
    assert len(first) > 10
    assert all(LINE.match(line) for line in first), first
    assert first[0] == ('BENCH name=calibration unit=insn/turn value=2.00 '
                        'n=1000000')


@pytest.mark.skipif(I386, reason='the baseline is of x86_64')
@pytest.mark.cost(10)
def test_nothing_costs_more_than_the_baseline():
    with memory(USUAL_COST):
        done = subprocess.run([ROOT / 'scripts/bench', 'check'], text=True,
                              env=environment(), check=False,
                              capture_output=True)
    if done.returncode == 3:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr


def test_clock_that_does_not_count_instructions_is_refused():
    run = boot('bench=slab_pair_64 quiet poweroff')
    assert run.status == 1
    assert [LINE.match(line)[1] for line in bench_lines(run)] == [
        'calibration']
    assert 'does not count instructions' in run.log


def test_nanoseconds_need_no_such_clock():
    run = boot('bench_time=slab_pair_64 quiet poweroff').passed()
    names = {LINE.match(line)[1]: LINE.match(line)[2]
             for line in bench_lines(run)}
    assert names['slab_pair_64'] == 'ns/op'


def test_rows_that_are_none_are_a_failure():
    run = boot('bench=no_such_row quiet poweroff', icount=1)
    assert run.status == 1
    assert '# bench: rows:0 failed:0' in run.log


def test_a_row_for_two_cpus_is_skipped_on_one():
    run = boot('bench=cross_cpu_64* quiet poweroff', mem='256M',
               icount=1).passed()
    assert 'cross_cpu_64_n10000: skipped' in run.log

"""A terabyte: the boot costs what that of a gibibyte does, the self-test
passes, and memory nobody uses costs nothing."""

import re

import pytest
from guest import I386, SHORT, boot, boot_iso, make_iso

pytestmark = pytest.mark.skipif(I386, reason='64 GiB are the most there')

HUGE = '1000G'
SMALL_CPU = '-cpu qemu64'               # has no pages of 1 GiB
LARGE_CPU = '-cpu max,phys-bits=42'
SUITES = ('selftest=memmap,paging,deferred,buddy,census,page_check,zone,'
          'watermark,kmalloc poweroff')


def figures(cpu, mem):
    """Instructions and percentages of a boot, without its waiting for the
    clock."""
    run = boot('bench=boot_*insn,memmap_boot_percent quiet poweroff', mem=mem,
               icount=1, qemu_flags=cpu, timeout=120).passed()
    return {name: float(value) for name, value in re.findall(
        r'BENCH name=(\S+) unit=\S+ value=([\d.]+)', '\n'.join(run.lines))}


def boot_cost(figure):
    return figure['boot_insn'] - figure['boot_time_insn']


@pytest.mark.parametrize('cpu', [SMALL_CPU, LARGE_CPU])
@pytest.mark.cost(5)
def test_boot_does_not_grow_with_memory(cpu):
    small, huge = figures(cpu, '1G'), figures(cpu, HUGE)
    assert boot_cost(huge) <= 1.1 * boot_cost(small)
    assert huge['boot_insn'] <= 1.1 * small['boot_insn']


@pytest.mark.cost(3)
def test_a_gibibyte_of_memory_costs_nearly_nothing():
    some, many = figures(SMALL_CPU, '512G'), figures(SMALL_CPU, HUGE)
    assert boot_cost(many) - boot_cost(some) <= 50 * (1000 - 512)


@pytest.mark.parametrize('mem, most', [('1G', 0.1), (HUGE, 0.005)])
@pytest.mark.cost(3)
def test_descriptors_take_no_memory_at_boot(mem, most):
    assert figures(SMALL_CPU, mem)['memmap_boot_percent'] <= most


@pytest.mark.parametrize('cpu', [SMALL_CPU, LARGE_CPU])
@pytest.mark.parametrize('cpus, nodes', [(1, 1), (4, 2)])
@pytest.mark.cost(10)
def test_untouched_memory_is_used_as_any_other(cpu, cpus, nodes):
    run = boot(SUITES, mem=HUGE, smp=cpus, nodes=nodes, qemu_flags=cpu,
               timeout=120).passed()
    assert all(case.ok and not case.skipped for case in run.cases()
               if 'untouched_descriptors' in case.name)


@pytest.mark.cost(5)
def test_little_memory_below_much():
    """All tables for the RAM above come from 64 MiB, and from itself."""
    boot(SUITES, mem=HUGE, machine='pc,max-ram-below-4g=64M',
         timeout=120).passed()


@pytest.mark.cost(40)
def test_whole_selftest_through_grub(tmp_path):
    iso = make_iso(tmp_path, f'selftest {SHORT} poweroff')
    boot_iso(iso, mem=HUGE, timeout=300).passed()


@pytest.mark.cost(5)
def test_ranges_far_up_are_reserved():
    words = 'memmap=3M$800G,5M$900G,64K#910G'
    boot(f'{SUITES} {words}', mem=HUGE, timeout=120).passed()

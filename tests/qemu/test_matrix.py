"""The self-test over memory sizes, machines, CPUs, firmware and ways to boot.

PVH (-kernel) boots the same ELF in a fraction of the time, so it takes the
breadth; GRUB under both firmwares, the way users boot, takes the ends.
SUITE=glob in the environment narrows what is run in the guest. Without it the
sweeps that would be the same everywhere are short or left to test_smp.py, and
the drain of all memory to test_drain.py, which has the same sizes and ways to
boot.
"""

import os
import re
from pathlib import Path

import pytest
from guest import (I386, MACHINE, ROOT, SHORT, boot, boot_iso, make_iso,
                   mebibytes, module_file)

SUITE = os.environ.get('SUITE')
# Objects that are debugged are the same everywhere.
SELFTEST = (f'selftest={SUITE}' if SUITE else
            f'selftest=!slub_debug* drain=off {SHORT}')
# What knows where memory begins and ends.
WHERE = ('bootmem,buddy,census,deferred,drain,e820,early,fallback,handover,'
         'highmem,kmap*,machine*,memblock*,memmap*,pag*,pcp*,pgtable,vmalloc,'
         f'vmap*,watermark,zone drain=off {SHORT}')
EDGES = f'selftest={WHERE}'
# And what is about memory: short paths, too.
MEMORY = f'selftest=kmalloc,percpu,slub,slub_pages,tlb,vm*,{WHERE}'
# Where it matters what a CPU can do.
FEATURES = (f'{MACHINE},archrandom,bitmap,div64,fixmap,machine,mem*,random,'
            'restart*,string')
# i386: around the end of low memory, and up to what 36 address lines reach.
SIZES = (['16M', '64M', '900M', '1G', '2G', '4G', '8G', '48G'] if I386
         else ['16M', '64M', '128M', '1G', '3.5G', '5G', '64G'])
BIG = SIZES[-1]
LEAST = '6M'            # twice the kernel: much is skipped, nothing fails
USUAL = '64M' if I386 else '128M'
CPUS = (['max', 'coreduo', 'pentium3', 'qemu32'] if I386 else
        ['max', 'Nehalem', 'max,-pdpe1gb', 'phenom'])
SUITE_MACRO = re.compile(r'^KTEST_SUITE(?:_FIXTURE)?\((\w+),', re.M)
RAM = re.compile(r'e820: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] usable')
# Below this a machine may keep firmware's data in RAM: ACPI tables, OVMF.
FIRMWARE_SHARE = {'bios': 1 << 20, 'uefi': 24 << 20}

TROUBLE = re.compile(r'WARNING at|panic:|nobody knows|double free|BUG at|'
                     r'does not add up|out of memory|'
                     r'beyond what can be addressed', re.I)


def selftest(whole):
    """All, or what a machine that differs in memory alone can change."""
    return SELFTEST if whole or SUITE else MEMORY


def usable_bytes(run):
    ranges = [match for match in map(RAM.match, run.lines) if match]
    return sum(int(end, 16) + 1 - int(start, 16)
               for start, end in (match.groups() for match in ranges))


def healthy(run, mem=None, firmware='bios'):
    """A pass, with every case told, all RAM found, and no trouble before."""
    run.passed()
    assert all(case.ok for case in run.cases()), run.tail()
    start = run.lines.index('KTAP version 1')
    trouble = [line for line in run.lines[:start] if TROUBLE.search(line)]
    assert not trouble, '\n'.join(trouble)
    if mem:
        size = mebibytes(mem) << 20
        lost = size - usable_bytes(run)
        assert 0 <= lost <= FIRMWARE_SHARE[firmware], f'{lost} bytes of RAM'
    return run


def totals_equal_the_cases(run):
    passed = sum(not case.skipped for case in run.cases())
    skipped = len(run.cases()) - passed
    assert f'# Totals: pass:{passed} fail:0 skip:{skipped}' in run.lines


# QEMU's q35 keeps address space for PCI that 36 lines have not got.
DIRECT = ([('pc', mem) for mem in [LEAST, *SIZES]] +
          [('q35', mem) for mem in ('64M', SIZES[-3], SIZES[-2])])
# Through the loader: the ends, and around what ends below 4 GiB.
GRUB = [SIZES[0], USUAL, *SIZES[-4:]]


@pytest.mark.parametrize('machine, mem', DIRECT)
def test_direct_boot_passes(mem, machine):
    words = selftest(machine == 'pc' and
                     mem in (LEAST, SIZES[0], USUAL, BIG))
    healthy(boot(f'{words} poweroff', mem=mem, machine=machine, timeout=300),
            mem)


@pytest.mark.parametrize('mem', ['64M', '4G'])
def test_microvm_passes(mem):
    words = selftest(mem == '64M')
    healthy(boot(f'{words} poweroff', mem=mem, machine='microvm'))


@pytest.mark.parametrize('cpu', CPUS)
def test_cpu_model_passes(cpu):
    healthy(boot(f'selftest={SUITE or FEATURES} {SHORT} poweroff', mem='1G',
                 qemu_flags=f'-cpu {cpu}'), '1G')


@pytest.mark.parametrize('words, settings', [
    ('', {'smp': 2, 'qemu_flags': '-cpu qemu64,-apic'}),
    ('notick', {'smp': 2})])
def test_machine_without_tick_passes(words, settings):
    if I386 and not words:
        settings = {'smp': 2, 'qemu_flags': '-cpu qemu32,-apic'}
    healthy(boot(f'{SELFTEST} {words} poweroff', timeout=200, **settings))


@pytest.mark.parametrize('mem', ['16M', '128M', '5G'])
def test_bootmem_passes(mem):
    healthy(boot(f'{selftest(False)} early=bootmem poweroff', mem=mem), mem)


@pytest.mark.parametrize('mem', GRUB)
@pytest.mark.cost(5)
def test_grub_under_bios_passes(mem, tmp_path):
    iso = make_iso(tmp_path, f'{selftest(mem == USUAL)} poweroff')
    healthy(boot_iso(iso, mem=mem), mem)


@pytest.mark.parametrize('mem, machine', [
    (USUAL, 'pc'), ('1G', 'q35'), ('5G', 'pc'), (BIG, 'q35')])
@pytest.mark.cost(12)
def test_grub_under_uefi_passes(mem, machine, tmp_path):
    iso = make_iso(tmp_path, f'{selftest(mem == USUAL)} poweroff')
    healthy(boot_iso(iso, mem=mem, machine=machine, firmware='uefi'), mem,
            'uefi')


@pytest.mark.cost(6)
def test_module_that_fills_zone_dma_passes(tmp_path):
    big = module_file(tmp_path, 'big', 30_000_001)
    iso = make_iso(tmp_path, f'{selftest(False)} poweroff', [big])
    healthy(boot_iso(iso, mem='256M'), '256M')


@pytest.mark.cost(5)
def test_grub_on_q35_passes(tmp_path):
    iso = make_iso(tmp_path, f'{selftest(False)} poweroff')
    healthy(boot_iso(iso, mem='3.5G', machine='q35'), '3.5G')


@pytest.mark.skipif(bool(SUITE), reason='narrowed by SUITE')
@pytest.mark.cost(10)
def test_every_suite_of_the_tree_reports():
    other = '*_64_test.c' if I386 else '*_32_test.c'
    sources = [source for directory in ('tests/suites', 'tests/suites/x86')
               for source in (ROOT / directory).glob('*.c')
               if not source.match(other)]
    texts = [Path(source).read_text(encoding='utf-8') for source in sources]
    suites = {name for text in texts for name in SUITE_MACRO.findall(text)
              if I386 or '#ifdef CONFIG_HIGHMEM\n' not in text}
    run = healthy(boot('selftest poweroff'))
    totals_equal_the_cases(run)
    subtests = {line.split(': ')[1] for line in run.lines
                if line.startswith('    # Subtest: ')}
    assert suites and subtests == suites


def test_two_counted_boots_tell_the_same():
    """With -icount a direct boot is deterministic to the byte."""
    first, second = (boot(f'{MEMORY} poweroff', icount=1).passed()
                     for _ in range(2))
    assert first.log == second.log

"""Memory maps with holes, cut by QEMU, by GRUB and by the command line.

What is no RAM must not be handed out: the suites and the census, run on each
map, show it; the printed map shows that the hole was really there.
"""

import re

import pytest
from guest import I386, boot, boot_iso, make_iso, make_iso_with
from test_matrix import EDGES, SELFTEST, healthy

ENTRY = re.compile(r'e820: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] (.+)')
MIB = 1 << 20


def cleaned(run):
    """[(start, end, type)] of the cleaned map, end exclusive."""
    entries = [match.groups() for match in map(ENTRY.match, run.lines)
               if match]
    assert entries, run.tail()
    return [(int(start, 16), int(end, 16) + 1, kind)
            for start, end, kind in entries]


def usable(run, address):
    return any(start <= address < end and kind == 'usable'
               for start, end, kind in cleaned(run))


# The last one ends within a block.
@pytest.mark.parametrize('machine, mem', [
    ('pc,max-ram-below-4g=64M', '1G'), ('pc,max-ram-below-4g=512M', '2G'),
    ('pc,max-ram-below-4g=2G', '4G'), ('q35,max-ram-below-4g=1G', '4G'),
    ('q35', '4099M')])
def test_ram_split_around_a_hole(machine, mem):
    run = healthy(boot(f'{EDGES} poweroff', machine=machine, mem=mem), mem)
    assert usable(run, 4 << 30)
    assert not usable(run, 3 << 30)


@pytest.mark.parametrize('lines, holes, ram', [
    (['cutmem 64M 96M'], [64 * MIB, 96 * MIB - 1], [64 * MIB - 1, 96 * MIB]),
    (['cutmem 0x2000123 0x2000456'], [0x2000123, 0x2000455],
     [0x2000122, 0x2000456]),
    (['cutmem 40M 41M', 'cutmem 43M 44M', 'cutmem 50M 50M'],
     [40 * MIB, 43 * MIB], [41 * MIB, 44 * MIB, 50 * MIB]),
    (['badram 0x2345000,0xfffff000'], [0x2345000], [0x2344fff, 0x2346000]),
    # a page of each 128 KiB: more ranges than memblock's lists hold at first
    (['badram 0x2000000,0xfe01f000'], [0x2000000, 0x2020000, 0x3fe0000],
     [0x2001000, 0x201f000, 0x3fe1000]),
])
@pytest.mark.cost(5)
def test_map_edited_by_grub(lines, holes, ram, tmp_path):
    iso = make_iso_with(tmp_path, f'{EDGES} poweroff', lines)
    run = healthy(boot_iso(iso, mem='256M'))
    for address in holes:
        assert not usable(run, address), hex(address)
    for address in ram:
        assert usable(run, address), hex(address)


@pytest.mark.cost(12)
def test_map_edited_by_grub_under_uefi(tmp_path):
    iso = make_iso_with(tmp_path, f'{EDGES} poweroff', ['cutmem 40M 41M'])
    run = healthy(boot_iso(iso, mem='256M', firmware='uefi'))
    assert not usable(run, 40 * MIB)
    assert usable(run, 41 * MIB)


@pytest.mark.parametrize('words, holes, ram', [
    ('mem=64M', [64 * MIB], [64 * MIB - 1]),
    ('mem=100M', [100 * MIB], [100 * MIB - 1]),
    ('memmap=16M$64M', [64 * MIB, 80 * MIB - 1], [64 * MIB - 1, 80 * MIB]),
    ('memmap=4K$0x4001000', [0x4001000], [0x4000fff, 0x4002000]),
    # what is used first, the upper part, is not the largest
    ('memmap=16M$200M', [200 * MIB], [200 * MIB - 1, 216 * MIB]),
    ('memmap=1M#64M', [64 * MIB], [65 * MIB]),
    ('memmap=16M$64M,1M$100M', [64 * MIB, 100 * MIB], [101 * MIB]),
    ('memmap=exactmap memmap=640K@0 memmap=63M@1M', [64 * MIB],
     [64 * MIB - 1]),
])
def test_map_edited_by_the_command_line(words, holes, ram):
    run = healthy(boot(f'{EDGES} poweroff {words}', mem='256M'))
    for address in holes:
        assert not usable(run, address), hex(address)
    for address in ram:
        assert usable(run, address), hex(address)


@pytest.mark.cost(4)
def test_command_line_of_grub_keeps_its_dollars(tmp_path):
    iso = make_iso(tmp_path, f'{EDGES} poweroff memmap=16M$64M')
    run = healthy(boot_iso(iso, mem='256M'))
    assert not usable(run, 64 * MIB)


def test_comb_of_holes():
    """Every second MiB from 32 to 160 MiB is missing."""
    words = ','.join(f'1M${32 + 2 * i}M' for i in range(64))
    run = healthy(boot(f'{EDGES} poweroff memmap={words}', mem='256M'))
    for index in range(64):
        assert not usable(run, (32 + 2 * index) * MIB)
        assert usable(run, (33 + 2 * index) * MIB)


def test_no_acpi():
    healthy(boot(f'{SELFTEST} poweroff', qemu_flags='-machine acpi=off'))


# On i386 page tables lie in low memory, whatever is promised above.
@pytest.mark.parametrize('word', ['memmap=10G@0'] if I386 else
                         ['memmap=64G@4G', 'memmap=10G@0'])
def test_ram_that_is_not_there_is_told(word):
    run = boot(f'{word} poweroff', mem='64M', timeout=30)
    assert run.status == 2, run.tail()
    assert 'no memory behind address' in run.log


@pytest.mark.skipif(not I386, reason='all memory is low')
@pytest.mark.parametrize('value, start', [
    ('64M', 64), ('895M', 894), ('16M', 16), ('14M', 14),
    ('0', 896), ('7M', 896), ('2G', 896), ('4160M', 896), ('much', 896)])
def test_low_memory_ends_where_it_is_told(value, start):
    run = healthy(boot(f'lowmem={value} selftest=zone,highmem,kmap poweroff',
                       mem='1G'), '1G')
    high = next(line for line in run.lines if ' HighMem ' in line)
    assert f'[mem 0x{start << 20:016x}-' in high
    refused = any('bad value in "lowmem=' in line for line in run.lines)
    assert refused == (start == 896)


@pytest.mark.skipif(not I386, reason='descriptors need no low memory')
@pytest.mark.parametrize('lowmem, mem', [('12M', '2G'), ('64M', '16G')])
def test_ram_without_descriptors_is_left_out_and_told(lowmem, mem):
    run = healthy(boot(f'lowmem={lowmem} selftest=zone,highmem,kmap poweroff',
                       mem=mem), mem)
    told = [re.search(r'descriptors of (\d+) MiB; (\d+) MiB of RAM', line)
            for line in run.lines if 'left out' in line]
    assert len(told) == 1
    described, lost = map(int, told[0].groups())
    assert described > int(lowmem[:-1]) and lost > 0
    top = max(int(end, 16) + 1 for end in re.findall(
        r'^ +node 0 \w+ +\[mem 0x[0-9a-f]+-0x([0-9a-f]+)\]',
        '\n'.join(run.lines), re.M))
    assert top == described << 20

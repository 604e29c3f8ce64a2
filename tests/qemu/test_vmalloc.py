"""Linux's test_vmalloc cases in full, and where vmalloc's addresses lie."""

import pytest
from guest import I386, boot

SIZE = 'vmalloc=256M ' if I386 else ''
SUITES = 'selftest=vmalloc,machine*,paging,highmem'


def test_linux_cases_pass_in_full():
    run = boot(f'{SIZE}selftest=linux_vmalloc poweroff', '--ktap', mem='512M',
               timeout=200).passed()
    assert not [case.name for case in run.cases() if case.skipped]


@pytest.mark.skipif(not I386, reason='addresses abound')
@pytest.mark.parametrize('words, low', [
    ('vmalloc=256M', 736), ('vmalloc=33M', 896), ('vmalloc=864M', 128),
    ('lowmem=800M vmalloc=0x10000000', 736),
    ('vmalloc=200M lowmem=64M', 64)])
def test_size_of_the_area_can_be_chosen(words, low):
    run = boot(f'{words} {SUITES} poweroff', '--ktap', mem='1G',
               timeout=100).passed()
    assert f'HighMem  [mem 0x{low << 20:016x}-' in run.log


@pytest.mark.skipif(not I386, reason='addresses abound')
@pytest.mark.parametrize('words, told', [
    ('vmalloc=1M', 'vmalloc=1M'), ('vmalloc=2G', 'vmalloc=2G'),
    ('vmalloc=-1', 'vmalloc=-1'), ('vmalloc=', 'vmalloc'),
    ('vmalloc=64Q', 'vmalloc=64Q'), ('vmalloc=0', 'vmalloc=0')])
def test_nonsense_is_told_and_passed_over(words, told):
    log = boot(f'{words} poweroff', mem='1G').passed().log
    assert f'bad value in "{told}"' in log
    assert f'HighMem  [mem 0x{896 << 20:016x}-' in log


@pytest.mark.skipif(not I386, reason='addresses abound')
def test_limits_are_named():
    log = boot('vmalloc=2G poweroff').passed().log
    assert 'vmalloc=: 32 to 864 MiB are possible' in log

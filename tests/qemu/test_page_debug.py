"""Boots in which every page is asked: is its poison whole, who has it?"""

import re

import pytest
from guest import I386, boot
from test_shell import session

ALL = 'page_poison=on page_owner=on init_on_alloc=1 init_on_free=1'
SUITES = 'page*,init_on,stack_depot,pcp*,buddy,handover,kmap,highmem'
# Less of what takes long and is tested elsewhere.
SHORT = 'restart_rounds=1000 stress_ms=30'


def test_all_suites_pass_with_every_mode():
    run = boot(f'{ALL} {SHORT} selftest=!slub_debug* poweroff', '--ktap', smp=2,
               timeout=300).passed()
    assert 'pagealloc:' not in run.log
    skipped = {case.name for case in run.cases() if case.skipped}
    assert not skipped & {
        'write_to_free_pages_is_found_on_demand', 'freed_pages_keep_nothing',
        'every_order_is_zero_unasked', 'holders_are_counted_by_stack'}


@pytest.mark.parametrize('words', ['page_poison=1', 'page_owner=on',
                                   'init_on_alloc=1', 'init_on_free=1'])
def test_each_mode_stands_alone(words):
    boot(f'{words} selftest={SUITES} poweroff', '--ktap', smp=2,
         timeout=120).passed()


@pytest.mark.skipif(not I386, reason='all memory is mapped')
def test_high_memory_is_asked_too():
    run = boot(f'lowmem=32M {ALL} selftest={SUITES} poweroff', '--ktap',
               mem='128M', timeout=120).passed()
    assert re.search(r'High memory: [1-9]', run.log)


def test_modes_tell_that_they_are_on():
    log = boot(f'{ALL} poweroff').passed().log
    assert re.search(r'page_owner: \d+ pages have a record', log)
    assert 'mem auto-init: heap alloc:on, heap free:on' in log
    assert 'page_poison: free pages are 0xaa' in log


def test_without_a_mode_nothing_is_spent():
    parts, run = session('census', 'page_owner', 'page_poison')
    assert 'auto-init' not in run.log
    owner = [line for line in parts[0] if 'page owner' in line]
    assert all(re.search(r'\b0\b', line) for line in owner), owner
    assert parts[1] == ['page_owner is off: boot with page_owner=on']
    assert parts[2] == ['page_poison is off: boot with page_poison=on']


def test_wrong_words_are_refused():
    log = boot('page_poison=maybe init_on_free=2 poweroff').passed().log
    assert 'page_poison=maybe' in log.split('Command line:')[1].split(
        '\n', 1)[1]
    assert 'auto-init' not in log


def test_shell_finds_owners_and_damage():
    parts, _ = session('alloc page 3', 'page_owner', 'page_poison',
                       'page_owner 0xfffffff', 'page_owner x',
                       words='page_owner=on page_poison=on')
    pfn = re.search(r'pfn (0x[0-9a-f]+)', '\n'.join(parts[0]))[1]
    assert re.match(r'\d+ pages held by \d+ call stacks', parts[1][0])
    assert any('pages allocated by:' in line for line in parts[1])
    assert parts[2] == ['0 damaged']
    assert parts[4] == ['usage: page_owner [PFN]']
    parts, _ = session('alloc page 3', f'page_owner {pfn}',
                       words='page_owner=on')
    text = '\n'.join(parts[1])
    assert 'is held, last as part of order 3' in text
    assert 'cmd_alloc' in text or 'shell_execute' in text

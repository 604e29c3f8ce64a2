"""A session at the prompt: what a person types, and what comes back."""

import os
import pty
import re
import select
import subprocess
import time

import pytest
from guest import (I386, KERNEL, QEMU, ROOT, SHORT, USUAL_COST, boot,
                   environment, memory)
from ktap import ESCAPE

PROMPT = 'strata> '


def session(*lines, words='', **settings):
    """Types the lines, then poweroff; the lines of each command's output.

    What is typed before the console is up may get lost: a ctrl-u is no loss.
    """
    typed = '\x15' + ''.join(line + '\r' for line in (*lines, 'poweroff'))
    run = boot(f'{words} shell poweroff', '--stdin',
               stdin=typed.encode('latin-1'),
               **{'timeout': 20, **settings}).passed()
    parts = ESCAPE.sub('', run.log.replace('\r', '')).split(PROMPT)[1:]
    assert len(parts) >= len(lines), run.tail()
    return [part.split('\n')[1:-1] for part in parts], run


def output(line, **settings):
    return session(line, **settings)[0][0]


def test_help_names_every_command():
    names = {line.split()[0] for line in output('help')}
    assert names >= {'help', 'meminfo', 'zoneinfo', 'buddyinfo', 'slabinfo',
                     'memblock', 'map', 'alloc', 'free', 'selftest',
                     'failnth', 'failslab', 'fail_page_alloc', 'reboot',
                     'poweroff'}


def test_address_map_of_the_book_is_the_kernels():
    rows = [re.fullmatch(r'(0x\w+-0x\w+) +\d+ KiB, (\d+) mapped  (.*?) '
                         r'((?: [rwx-]{3})*)', line)
            for line in output('addressmap')]
    assert rows and all(rows)
    book = (ROOT / 'docs/address-map.md').read_text()
    for row in rows:
        assert f'    {row[1]}  {row[3]}\n' in book
        assert 'rwx' not in row[4]


def test_vmallocinfo_counts_areas_and_addresses():
    lines = output('vmallocinfo')
    assert lines[-2].startswith('0 areas, 0 KiB in them')
    assert re.fullmatch(r'addresses: (\d+) KiB free in 1 holes, '
                        r'the largest \1 KiB', lines[-1])


def test_ps_lists_the_threads_of_all_cpus():
    lines = output('ps', smp=2)
    assert lines[0].split() == ['pid', 'cpu', 'state', 'switches', 'name']
    rows = [re.fullmatch(r' *(\d+) +(\d+) (\w+) +(\d+) (\S+)', line)
            for line in lines[1:]]
    assert all(rows), lines
    assert {(row[2], row[5]) for row in rows} >= {
        ('0', 'boot'), ('0', 'idle/0'), ('1', 'idle/1')}
    assert [row[5] for row in rows if row[3] == 'running'
            and row[2] == '0'] == ['boot']


def test_memory_fails_at_the_prompt_as_told():
    parts, _ = session(
        'failslab 1,100,0,1,cache=kmalloc-64,verbose=0', 'alloc object 64',
        'failslab', 'alloc object 64', 'failslab off',
        'fail_page_alloc 1,100,0,-1,order=3', 'alloc page 3', 'alloc page 2',
        'fail_page_alloc off', 'alloc page 3', 'failslab 1,2', 'free all')
    assert parts[1] == ['alloc: no memory (error -12)']
    assert parts[2] == ['failslab: interval 1, probability 10000 of 10000, '
                        'space 0, times 0; asked 1, failed 1']
    assert any('kmalloc-64' in line or '64 bytes' in line
               for line in parts[3]), parts[3]
    assert parts[6][-1] == 'alloc: no memory (error -12)'
    assert 'no memory' not in ''.join(parts[7] + parts[9])
    assert parts[10][0].startswith('usage: failslab [I,P,SPACE,TIMES')


def test_cpus_go_and_come_and_say_why_not():
    typed = ['cpu down 0', 'cpu up 0', 'cpu down 99', 'cpu up 4294967296',
             'cpu down 1', 'cpu down 1', 'cpus', 'cpu up 1', 'cpu up 1',
             'cpu off 1', 'cpu down x', 'cpu down']
    parts, _ = session(*typed, smp=2)
    usage = ['usage: cpu down|up N']
    assert parts[:6] == [
        ['CPU 0 cannot stop: the boot runs on it'], ['CPU 0 runs already'],
        ['there is no CPU 99'], ['there is no CPU 4294967296'],
        [], ['CPU 1 does not run']]
    assert parts[6][1].startswith('CPU 1: stopped')
    assert parts[7:12] == [[], ['CPU 1 runs already'], usage, usage, usage]


def test_meminfo_has_the_format_of_proc():
    lines = output('meminfo', mem='128M')
    assert all(re.fullmatch(r'\w+: +\d+ kB', line) for line in lines), lines
    sizes = {line.split(':')[0]: int(line.split()[1]) for line in lines}
    assert 100 << 10 < sizes['MemTotal'] < 128 << 10
    assert 0 < sizes['MemAvailable'] < sizes['MemFree'] < sizes['MemTotal']
    assert sizes['Slab'] > 0


def buddy_pages(lines):
    pages = 0
    for line in lines:
        match = re.fullmatch(r'Node \d+, zone +\w+((?: +\d+){11}) *', line)
        assert match, line
        pages += sum(int(count) << order
                     for order, count in enumerate(match[1].split()))
    return pages


def test_buddyinfo_has_the_format_of_proc_and_adds_up():
    buddy, info, zones = session('buddyinfo', 'meminfo', 'zoneinfo')[0][:3]
    free = [int(line.split()[1]) for line in info if 'MemFree' in line][0]
    assert buddy_pages(buddy) * 4 == free
    zone_free = [int(line.split()[-1]) for line in zones
                 if line.startswith('  pages free')]
    assert sum(zone_free) * 4 == free


def test_zoneinfo_has_the_format_of_proc():
    lines = output('zoneinfo', mem='5G')
    names = [line.split()[-1] for line in lines if line.startswith('Node')]
    assert names == (['DMA', 'Normal', 'HighMem'] if I386 else
                     ['DMA', 'DMA32', 'Normal'])
    text = '\n'.join(lines)
    zones = re.findall(r'min +(\d+)\n +low +(\d+)\n +high +(\d+)\n'
                       r' +spanned +(\d+)\n +present +(\d+)\n'
                       r' +managed +(\d+)', text)
    assert len(zones) == 3
    for zone in zones:
        low_mark, mark, high, spanned, present, managed = map(int, zone)
        assert 0 < low_mark < mark < high < managed
        assert managed <= present <= spanned
    starts = [int(line.split()[-1]) for line in lines if 'start_pfn' in line]
    assert starts == [0, 0x1000, 0x38000 if I386 else 0x100000]


def test_slabinfo_has_the_format_of_proc():
    lines = output('slabinfo')
    assert lines[0] == 'slabinfo - version: 2.1'
    assert lines[1].startswith('# name ')
    row = re.compile(r'(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) : tunables'
                     r' +\d+ +\d+ +\d+ : slabdata +(\d+) +(\d+) +\d+')
    rows = [row.fullmatch(line) for line in lines[2:]]
    assert all(rows), lines
    names = {match[1] for match in rows}
    assert {'kmalloc-8', 'kmalloc-96', 'kmalloc-8192'} <= names or \
        {'kmalloc-8', 'kmalloc-96', 'kmalloc-8k'} <= names
    for match in rows:
        active, places, size, per_slab, pages, used, slabs = map(
            int, match.groups()[1:])
        assert active <= places and used <= slabs
        assert per_slab * size <= pages * 4096
        assert places <= per_slab * slabs


def test_slabinfo_shows_the_arrays_of_every_cpu():
    lines = output('slabinfo cpus', smp=2)
    assert lines[0].startswith('# name ')
    row = re.compile(r'(\S+) +(cpu|node) +(\d+) : +(\d+) +(\d+)')
    rows = [row.fullmatch(line) for line in lines[1:]]
    assert all(rows), lines
    cpus = [match for match in rows if match[2] == 'cpu']
    assert {match[3] for match in cpus} == {'0', '1'}
    assert {match[1] for match in cpus} >= {'kmem_cache', 'kmalloc-64'}
    assert max(int(match[4]) for match in cpus) > 0
    assert all(int(match[5]) in (0, 8, 12, 28, 60) for match in cpus)
    stock = {match[1]: int(match[4]) + int(match[5]) for match in rows
             if match[2] == 'node' and match[3] == '0'}
    assert stock.keys() == {match[1] for match in cpus}
    assert min(stock.values()) > 0


def test_slabinfo_lists_merged_caches_and_knows_no_other_word():
    typed = ['slabinfo aliases', 'slabinfo x', 'slabinfo cpus x']
    parts, _ = session(*typed)
    assert parts[0] == ['# name            <owners> <- <alias>']
    usage = ['usage: slabinfo [cpus|aliases]']
    assert parts[1:3] == [usage, usage]


def test_memblock_lists_both_lists():
    text = '\n'.join(output('memblock'))
    assert 'handed over' in text
    for name in 'memory', 'reserved':
        assert re.search(rf'^{name}: \d+ of \d+ entries', text, re.M), text
    assert 'broken' not in text


def test_map_shows_the_map_raw_and_cleaned():
    text = '\n'.join(output('map'))
    raw, cleaned = text.split('cleaned')
    for part in raw, cleaned:
        assert re.search(r'\[mem 0x0*100000-0x0*7fdffff\] usable', part)


def test_alloc_and_free_leave_the_lists_as_they_were():
    """From the second time on: the first filled this CPU's arrays."""
    once = ('alloc page 3', 'alloc page 0 dma', 'alloc object 100', 'alloc',
            'free all', 'alloc', 'buddyinfo')
    parts, _ = session(*once, *once)
    assert '\n'.join(parts[0]).strip()
    held = '\n'.join(parts[3])
    assert 'order 3' in held and '100' in held
    assert parts[5] != parts[3]
    assert buddy_pages(parts[6]) > 0 and parts[6] == parts[13]


@pytest.mark.parametrize('line', [
    'alloc page 11', 'alloc page -1', 'alloc x', 'alloc page 0 nonsense',
    'alloc object x', 'alloc object 99999999999999999999', 'free 99', 'free x',
    'free', 'free 0', 'free page x', 'free object', 'meminfo now', 'reboot x'])
def test_bad_arguments_are_refused(line):
    (parts, run) = session(line, 'buddyinfo')
    assert parts[0], 'no word about it'
    assert buddy_pages(parts[1]) > 0
    assert 'WARNING' not in run.log


def test_wrong_frees_by_hand_are_reported_and_survived():
    # the order of objects in a slab is drawn from the clock
    parts, _ = session('alloc object 100', 'alloc page 2', 'census', icount=1)
    words = [' '.join(part) for part in parts]
    address = re.search(r'bytes at 0x([0-9a-f]+)', words[0])[1]
    pfn = re.search(r'pfn (0x[0-9a-f]+)', words[1])[1]
    parts, run = session(
        'alloc object 100', 'alloc page 2', f'free page {pfn} 1',
        f'free object 0x{address}', f'free object 0x{address}',
        'free object 0x123', 'free page 0xfffff0', 'free 2', 'free 1',
        'census', icount=1)
    words = [' '.join(part) for part in parts]
    for report in words[2], words[4], words[5], words[6], words[8]:
        assert 'BUG: ' in report, words
    assert 'BUG: ' not in words[3] + words[7]
    assert run.status == 0, 'what a user tries by hand is no failure'


def test_the_whole_selftest_passes_at_the_prompt():
    parts, run = session('selftest', words=SHORT, timeout=120)
    assert run.status == 0 and ' fail:0 ' in '\n'.join(parts[0])


def test_selftest_can_be_run_by_hand():
    parts, run = session('selftest list', 'selftest sort')
    assert 'ok 1 - list' in parts[0]
    assert 'ok 1 - sort' in parts[1]
    assert all(case.ok for case in run.cases())


def test_failed_selftest_by_hand_decides_the_verdict():
    typed = b'\x15selftest verdict\rpoweroff\r'
    run = boot('test_fail shell poweroff', '--stdin', stdin=typed,
               timeout=20)
    assert run.status == 1, run.tail()


def test_unknown_command_is_told():
    parts, _ = session('frobnicate now', '', 'meminfo')
    assert 'frobnicate' in parts[0][0]
    assert parts[1] == []
    assert parts[2]


def test_line_editing():
    left, home, end, delete = '\x1b[D', '\x1b[H', '\x1b[F', '\x1b[3~'
    edits = [
        'mexinfo' + left * 4 + '\x7f' + 'm',            # in the middle
        'eminfo' + home + 'm',
        'memin' + home + end + 'fo',
        'Xmeminfo' + home + delete,
        'garbage\x15meminfo',                           # ctrl-u
        'meminfo garbage\x17',                          # ctrl-w
        'bad\x03' + 'meminfo',                          # ctrl-c
    ]
    for edit in edits:
        parts, run = session(edit)
        assert any('MemTotal' in line for part in parts for line in part), (
            repr(edit), run.tail())


def test_history():
    up, down = '\x1b[A', '\x1b[B'
    _, run = session('meminfo', 'buddyinfo', up + up, up * 3 + down)
    outputs = re.findall(r'^(MemTotal|Node 0, zone +DMA )', run.log, re.M)
    assert [text.split()[0] for text in outputs] == [
        'MemTotal', 'Node', 'MemTotal', 'Node'], run.tail()


@pytest.mark.parametrize('garbage', [
    '\x00\x01\x02\x04\x06\x07', '\x1b', '\x1b[', '\x1b[999999999999~',
    '\x1b[1;2;3;4;5;6;7;8;9R', '\xff\xfe\x80\x90', 'x' * 5000,
    '"unfinished', ' ' * 300, '\t\t\t\t', 'a ' * 400, '\x7f' * 50,
    '\x1b[D' * 500, '\x1bO', '%s%n%d'])
def test_garbage_is_survived(garbage):
    parts, _ = session(garbage, '\x15', 'meminfo')
    assert any('MemTotal' in line for part in parts for line in part)


@pytest.mark.parametrize('way, words', [
    ('null', 'null page'), ('text', 'text'), ('rodata', 'rodata'),
    ('exec', 'execut'), ('stack', 'guard page'), ('opcode', 'opcode'),
    ('thread', 'kernel stack overflow in thread glutton'),
    ('divide', 'divide'), ('panic', 'asked for'), ('user', 'user address'),
    ('wild', 'user address' if I386 else 'no page table can map it'),
    ('guard', 'guard page, 0 bytes behind 65536 bytes of vmalloc area at'),
    ('freed', 'freed: 16 bytes into 1048576 bytes of vmalloc area at'),
    ('thread', 'on CPU 0, thread glutton'),
    ('nofail', '__GFP_NOFAIL: no block of order 0 left for crash_nofail'),
    ('cache', 'panic: cannot create cache needed'),
    ('current', 'on CPU 0, no thread at 0x')])
def test_crash_is_explained_and_ends_in_panic(way, words):
    run = boot('shell', '--stdin', timeout=20,
               stdin=f'\x15crash {way}\r'.encode())
    assert run.status == 2, run.tail()
    report = run.log[run.log.index('crash '):]
    assert words in report, run.tail()
    assert report.count('panic: ') == 1
    assert 'call stack' in report or way == 'stack'


class Terminal:
    """scripts/qemu or another on a pseudo-terminal, as a person has it."""

    def __init__(self, cmdline, *command):
        command = command or (QEMU, '--kernel', KERNEL, '--append', cmdline)
        self.master, slave = pty.openpty()
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave,
            env=environment(timeout=60, cmdline=cmdline))
        os.close(slave)
        self.seen = ''
        self.passed = 0         # characters before what was last expected

    def expect(self, text, seconds=30):
        deadline = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self.read(0.2)
        self.passed = self.seen.index(text)
        self.seen = self.seen[self.passed + len(text):]

    def read(self, seconds):
        """False: nothing came in that time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 4096)
        except OSError:
            data = b''
        assert data, self.seen
        self.seen += data.decode(errors='replace')
        return True

    def drain(self):
        """Until the guest has nothing more to say."""
        while self.read(1):
            pass

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        os.close(self.master)
        return self.process.wait(timeout=20)


def test_terminal_session():
    with memory(USUAL_COST):
        terminal = Terminal('selftest=list shell')
        terminal.expect(PROMPT)
        terminal.type('meminf\x03')         # ctrl-c is the guest's
        terminal.type('\x15meminfo\r')
        terminal.expect('MemTotal')
        terminal.expect(PROMPT)
        terminal.type('poweroff\r')
        terminal.expect('strata: verdict pass')
        assert terminal.end() == 0


def test_console_outlives_a_terminal_that_stalls():
    """What the kernel gave up waiting for is lost, what follows is not."""
    with memory(USUAL_COST):
        terminal = Terminal('shell')
        terminal.expect(PROMPT)
        terminal.type('slabinfo\r' * 60)    # more than fits between us
        time.sleep(3)
        terminal.drain()
        terminal.type('\x15meminfo\r')
        terminal.expect('MemTotal')
        assert terminal.passed > 64 << 10, 'nothing had to stall'
        terminal.expect(PROMPT)
        terminal.type('poweroff\r')
        terminal.expect('strata: verdict pass')
        assert terminal.end() == 0


def test_ctrl_a_x_ends_a_terminal_session():
    with memory(USUAL_COST):
        terminal = Terminal('shell')
        terminal.expect(PROMPT)
        terminal.type('\x01x')
        terminal.expect('no verdict')
        assert terminal.end() == 1

"""The gdb helpers agree with the kernel about the kernel."""

import os
import re
import subprocess

from guest import BUILD, I386, ROOT, USUAL_COST, environment, memory

COMMANDS = ['strata-zones', 'strata-buddy', 'strata-caches',
            'strata-memblock']


def gdb(tmp_path, *commands, mem='128M', at='machine_exit'):
    """Output of each command at the breakpoint, in order."""
    args = ['-batch', '-ex', f'break {at}', '-ex', 'continue']
    for number, command in enumerate(commands):
        args += ['-ex', f'echo \\n@{number}\\n', '-ex', command]
    args += ['-ex', 'echo \\n@end\\n', '-ex', 'kill']
    env = environment(mem=mem, cmdline='poweroff')
    env.update(BUILD=os.path.relpath(BUILD, ROOT),
               SERIAL_LOG=str(tmp_path / 'serial.log'))
    with memory(USUAL_COST):
        run = subprocess.run(['scripts/debug', *args], cwd=ROOT, env=env,
                             text=True, stdin=subprocess.DEVNULL, timeout=120,
                             capture_output=True, check=False)
    assert '\n@end\n' in run.stdout, run.stdout + run.stderr
    parts = re.split(r'\n@(?:\d+|end)\n', run.stdout)
    return [part.strip().splitlines() for part in parts[1:-1]], run


def numbers(line, column):
    return [int(word) for word in line.split()[column:]]


def test_allocators_are_shown(tmp_path):
    (zones, buddy, caches, memblock), run = gdb(tmp_path, *COMMANDS)
    assert 'Traceback' not in run.stderr, run.stderr

    assert [line.split()[1] for line in zones[1:]] == [
        'DMA', 'Normal' if I386 else 'DMA32']
    free = {}
    for line in zones[1:]:
        spanned, present, managed, pages, low, mid, high = numbers(line, 3)
        assert managed <= present <= spanned
        assert 0 < pages <= managed
        assert 0 < low < mid < high
        free[line.split()[1]] = pages

    assert len(buddy) == 3, 'no line about counts that disagree'
    for line in buddy[1:]:
        *blocks, deferred = numbers(line, 2)
        assert len(blocks) == 11
        assert deferred + sum(count << order for order, count
                              in enumerate(blocks)) == free[line.split()[1]]

    names = {line.split()[0] for line in caches[1:]}
    assert 'kmalloc-64' in names
    for line in caches[1:]:
        size, place, per_slab, slabs, places, in_arrays = numbers(line, 1)
        assert size <= place
        assert in_arrays <= places <= per_slab * slabs

    assert memblock[0].startswith('memory: ')
    assert any(line.startswith('reserved: ') for line in memblock)
    assert any('0x000000100000 - 0x000007fe0000' in line
               for line in memblock)


def test_page_is_shown(tmp_path):
    (page,), _ = gdb(tmp_path, 'strata-page 0')
    assert page[0].startswith('frame 0, ') or page[0].startswith('frame 0x0,')
    assert 'type RESERVED' in page[1], page
    assert page[2].strip() == 'owner OTHER'


def test_what_is_not_there_yet_is_said(tmp_path):
    (zones, page), run = gdb(tmp_path, 'strata-caches', 'strata-page 0x100',
                             at='start_kernel')
    assert not zones and not page
    assert 'no caches yet' in run.stderr
    assert 'not there' in run.stderr

"""Each check of `make lint` finds what it is there for, in the right line."""

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / 'scripts'


def check(name, tree):
    run = subprocess.run([SCRIPTS / name, tree], text=True,
                         capture_output=True, check=False)
    assert run.returncode in (0, 1), run.stderr
    assert (run.returncode == 1) == bool(run.stdout)
    return run.stdout.splitlines()


def write(tree, name, text):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


@pytest.fixture(name='tree')
def small_tree(tmp_path):
    for header in ('include/lib/list.h', 'include/kernel/printk.h',
                   'include/kernel/boot_info.h', 'include/mm/slab.h',
                   'arch/x86/include/asm/page.h',
                   'arch/x86/include/asm/traps.h',
                   'tests/host/include/asm/page.h', 'mm/internal.h'):
        write(tmp_path, header, '')
    return tmp_path


@pytest.mark.parametrize('name, include', [
    ('lib/sort.c', '<lib/list.h>'),
    ('include/kernel/a.h', '<asm/page.h>'),
    ('include/mm/a.h', '<kernel/printk.h>'),
    ('mm/slub.c', '<mm/slab.h>'),
    ('mm/slub.c', '<asm/page.h>'),
    ('mm/slub.c', '"internal.h"'),
    ('boot/pvh.c', '<kernel/boot_info.h>'),
    ('arch/x86/traps.c', '<asm/traps.h>'),
    ('kernel/main.c', '<mm/mm.h>'),
    ('lib/format.c', '<stdarg.h>'),
    ('tests/host/main.c', '<stdio.h>'),
])
def test_include_downwards_is_fine(tree, name, include):
    write(tree, name, f'#include {include}\n')
    assert check('check_layers', tree) == []


@pytest.mark.parametrize('name, include, words', [
    ('lib/sort.c', '<kernel/printk.h>', 'not for lib/'),
    ('include/lib/a.h', '<asm/page.h>', 'not for include/lib/'),
    ('include/kernel/a.h', '<mm/slab.h>', 'not for include/kernel/'),
    ('kernel/printk.c', '<mm/slab.h>', 'not for kernel/'),
    ('kernel/printk.c', '<mm/mm.h>', 'not for kernel/'),
    ('arch/x86/include/asm/a.h', '<kernel/printk.h>', 'not for arch/'),
    ('mm/slub.c', '<asm/traps.h>', 'not part of the machine contract'),
    ('mm/slub.c', '<stdio.h>', 'not for mm/'),
    ('mm/slub.c', '"../kernel/capture.h"', 'public headers'),
    ('mm/slub.c', '"elsewhere.h"', 'not beside'),
    ('boot/pvh.c', '<asm/page.h>', 'not for boot/'),
    ('boot/pvh.c', '<kernel/printk.h>', 'only boot_info'),
])
def test_include_upwards_is_found(tree, name, include, words):
    write(tree, name, f'/* first */\n#include {include}\n')
    found = check('check_layers', tree)
    assert len(found) == 1
    assert found[0].startswith(f'{name}:2: ')
    assert words in found[0]


@pytest.mark.parametrize('line', [
    '#ifdef __x86_64__', '#if defined(__i386__)', '# elif CONFIG_X86_32',
    '#ifndef CONFIG_64BIT'])
def test_condition_on_the_cpu_is_found_in_mm(tree, line):
    write(tree, 'mm/slub.c', f'{line}\n')
    assert check('check_layers', tree) == [
        'mm/slub.c:1: a condition on the CPU outside arch/']
    (tree / 'mm/slub.c').rename(tree / 'arch/x86/slub.c')
    assert check('check_layers', tree) == []


def body(lines):
    return 'int f(void)\n{\n' + '\tx++;\n' * (lines - 2) + '}\n'


@pytest.mark.parametrize('name, text, line, words', [
    ('mm/a.c', 'int a;\n' + 'int ' + 'b' * 77 + ';\n', 2, '82 columns'),
    ('mm/a.c', '\t' * 9 + 'abcdefgh;\n', 1, '81 columns'),
    ('mm/a.c', 'int a; \n', 1, 'blanks at the end'),
    ('mm/a.c', 'int a;\r\n', 1, 'blanks at the end'),
    ('mm/a.c', 'void f(void)\n{\n        g();\n}\n', 3, 'with blanks'),
    ('mm/a.c', body(81), 2, 'function of 81 lines'),
    ('mm/a.c', 'int a;\n' * 601, 601, '601 lines'),
    ('mm/a.c', 'int a;', 1, 'no line feed'),
    ('mm/a.c', 'int a;\n\n', 2, 'empty line at the end'),
    ('mm/a.c', '/* TO' + 'DO: think */\n', 1, 'unfinished'),
    ('docs/a.md', 'see /ho' + 'me/me/notes\n', 1, 'path of one machine'),
    ('docs/a.md', 'see ../sha' + 'red/notes\n', 1, 'path of one machine'),
    ('scripts/a.py', 'def f(:\n', 1, 'invalid syntax'),
    ('scripts/a.py', 'def f():\n' + '    g()\n' * 80, 1, 'of 81 lines'),
])
def test_breach_of_style_is_found(tree, name, text, line, words):
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    found = check('check_style', tree)
    assert len(found) == 1, found
    assert found[0].startswith(f'{name}:{line}: ')
    assert words in found[0]


@pytest.mark.parametrize('text', [
    '\t' * 9 + 'abcdefgh\n', body(80), 'int a;\n' * 600,
    '/* a path /home on its own, and/work/too */\n'])
def test_what_is_allowed_passes(tree, text):
    write(tree, 'mm/a.c', text)
    assert check('check_style', tree) == []


ENUM = ('enum lock_rank {\n\tRANK_A,\t\t/* first */\n\tRANK_B,\n'
        '\tRANK_LAST = RANK_B,\n\tRANK_C,\n\tNR_LOCK_RANKS\n};\n')


@pytest.mark.parametrize('rows, found', [
    ('ABC', []),
    ('ACB', ['3: RANK_C: ', ' has RANK_B here']),
    ('AB', ['3: RANK_C of ', ' is not in the table']),
    ('ABCD', ['5: RANK_D: ', ' has no more here']),
    ('', ['1: RANK_A of ']),
])
def test_table_of_lock_ranks_is_the_headers(tmp_path, rows, found):
    write(tmp_path, 'include/kernel/lock_rank.h', ENUM)
    write(tmp_path, 'docs/locking.md', 'Ranks\n' + ''.join(
        f'| `RANK_{row}` | a lock |\n' for row in rows))
    told = check('check_style', tmp_path)
    assert len(told) == (1 if found else 0)
    assert all(words in told[0] for words in found)

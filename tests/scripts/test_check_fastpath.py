"""scripts/check_fastpath finds each rule broken, in kernels of a few lines."""

import subprocess
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[2] / 'scripts/check_fastpath'
FAST = ['kmem_cache_alloc', '__kmem_cache_alloc_plain', 'kmem_cache_free',
        '__kmalloc', 'kfree',
        'alloc_page_at_hand', 'free_page_at_hand',
        'alloc_pages', '__free_pages', 'mempool_alloc', 'mempool_free']
POP = ['1: mov %gs:(%edi), %eax', 'mov -4(%eax), %eax', 'test %eax, %eax',
       'jz 3f', 'subl $4, %gs:(%edi)', '2:']
END = ['ret', '3: jmp slow']


def function(name, body, sequence=True):
    table = ['.pushsection .rodata', '.long 1b, 2b', '.popsection']
    return [f'.globl {name}', f'.type {name}, @function', f'{name}:', *body,
            *(table if sequence else [])]


def check(tmp_path, **changed):
    """What is said of a kernel whose functions are all POP, but for some."""
    bodies = {name: changed.get(name, POP + END) for name in FAST}
    lines = ['.section .rodata', '.globl __start_restart_table',
             '__start_restart_table:', '.text', 'slow: ret',
             '__restart_text_begin:',
             *(line for name, body in bodies.items()
               for line in function(name, body, '2:' in body)),
             '__restart_text_end: nop', '.section .rodata',
             '__stop_restart_table: .long 0']
    (tmp_path / 'kernel.s').write_text('\n'.join(lines) + '\n',
                                       encoding='ascii')
    kernel = tmp_path / 'kernel.elf'
    subprocess.run(['as', '--32', '-o', tmp_path / 'kernel.o',
                    tmp_path / 'kernel.s'], check=True)
    subprocess.run(['ld', '-m', 'elf_i386', '-e', '0', '-o', kernel,
                    tmp_path / 'kernel.o'], check=True)
    run = subprocess.run([CHECK, kernel], check=False, text=True,
                         stdout=subprocess.PIPE)
    assert run.returncode == bool(run.stdout)
    return run.stdout.splitlines()


def test_clean_kernel_passes(tmp_path):
    assert not check(tmp_path)


@pytest.mark.parametrize('instruction', [
    'lock incl (%edx)', 'xchg %eax, (%edx)', 'cli', 'sti', 'pushf', 'popf',
    'call slow'])
def test_instruction_that_is_not_for_fast_paths_is_found(tmp_path,
                                                         instruction):
    found = check(tmp_path, kfree=POP + [instruction] + END)
    assert len(found) == 1 and found[0].startswith('kfree+')
    assert 'on a fast path' in found[0]


@pytest.mark.parametrize('body, words', [
    (['ret'], 'holds no restartable sequence'),
    (POP + ['3: jmp slow'], 'does not return by itself'),
    # the commit not last, none, two
    (POP[:4] + [POP[4], 'mov %eax, (%ecx)', '2:'] + END, 'the commit is'),
    (POP[:4] + ['2:'] + END, 'the commit is'),
    (POP[:4] + [POP[4], POP[4], '2:'] + END, 'the commit is'),
    # an input overwritten: what points to the stack, and a counter
    (['1: mov %gs:(%edi), %edi', 'subl $4, %gs:(%edx)', '2:'] + END,
     '%di is an input'),
    (['1: inc %ecx', 'subl $4, %gs:(%edx)', '2:'] + END, '%cx is an input'),
    (['1: push $1', 'subl $4, %gs:(%edx)', '2:'] + END, 'in a sequence'),
    (['1: mov %gs:(%edi), %eax', '4: jz 4b', 'subl $4, %gs:(%edi)', '2:']
     + END, 'jumps within'),
    # an end that is inside an instruction
    (POP[:5] + ['.byte 0xb8', '2:', '.long 0'] + END, 'does not end at'),
])
def test_broken_sequence_is_found(tmp_path, body, words):
    found = check(tmp_path, alloc_pages=body)
    assert len(found) == 1 or 'the commit is' in words
    assert found and all(line.startswith('alloc_pages') for line in found)
    assert words in found[0]

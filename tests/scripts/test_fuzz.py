"""The fuzz driver and scripts/fuzz: what they do with a target that dies."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = ('-std=gnu11 -DSTRATA_HOSTED -D_GNU_SOURCE -Iinclude '
         '-Itests/host/include').split()
# Prints a sum of each input; cannot bear an 'X' in front.
TARGET = '''
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned sum = (unsigned)size, i;

	if (size && data[0] == 'X')
		abort();
	for (i = 0; i < size; i++)
		sum = sum * 31 + data[i];
	printf("# sum %u\\n", sum);
	return 0;
}
'''
# Stands for a guided program.
GUIDED = '''#!/bin/sh
echo "$*" >&2
echo 'fault: two owners' >&2
echo 'artifact; Test unit written to build/fuzz/slab/crash-1' >&2
exit STATUS
'''


@pytest.fixture(scope='module')
def target(tmp_path_factory):
    path = tmp_path_factory.mktemp('driver')
    (path / 'target.c').write_text(TARGET, encoding='ascii')
    subprocess.run(['gcc', *FLAGS, '-o', path / 'target', path / 'target.c',
                    'tests/fuzz/driver.c', 'lib/random.c'], cwd=ROOT,
                   check=True)
    return path / 'target'


def run(*words):
    return subprocess.run(words, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / 'a').write_bytes(b'some bytes')
    (tmp_path / 'b').write_bytes(b'others, and more of them')
    return tmp_path


def test_seed_settles_what_damage_is_done(target, corpus):
    first, again, other = (run(target, '-runs=50', f'-seed={seed}', corpus)
                           for seed in (1, 1, 2))
    assert first.returncode == 0
    assert first.stdout == again.stdout != other.stdout
    assert first.stdout.count('# sum') == 52
    assert first.stdout.splitlines()[-1] == (
        'ok 2 - damaged_corpus_gives_no_fault')


def test_fatal_input_is_stored_and_the_command_printed(target, corpus):
    (corpus / 'c').write_bytes(b'X marks')
    dead = run(target, corpus)
    assert dead.returncode < 0 and 'ok 1' not in dead.stdout
    line, = (line for line in dead.stdout.splitlines()
             if line.startswith('# again: '))
    command = line.split()[2:]
    assert Path(command[-1]).read_bytes() == b'X marks'
    assert run(*command).returncode < 0


@pytest.fixture
def tree(tmp_path):
    for name in ('scripts', 'build/host/guided', 'tests/fuzz/corpus/slab'):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / 'scripts/fuzz', tmp_path / 'scripts')
    return tmp_path


@pytest.mark.parametrize('status', [0, 77])
def test_fatal_input_of_a_guided_run_is_told(tree, status):
    program = tree / 'build/host/guided/slab'
    program.write_text(GUIDED.replace('STATUS', str(status)),
                       encoding='ascii')
    os.chmod(program, 0o755)
    done = run(tree / 'scripts/fuzz', '3')
    assert '-max_total_time=3' in (tree / 'build/fuzz/slab/log').read_text()
    assert done.returncode == (status != 0)
    assert ('fault: two owners' in done.stdout) == (status != 0)
    assert ('again: FUZZ_LOG=1 build/host/guided/slab build/fuzz/slab/crash-1'
            in done.stdout) == (status != 0)


def test_time_that_is_none_is_refused(tree):
    assert run(tree / 'scripts/fuzz', 'long').returncode == 2

"""scripts/stress and the rule that calls it: every target is built first."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOTH = ('x86_64', 'i386')


@pytest.fixture
def tree(tmp_path):
    """The script with a machine beside it that passes whatever it boots."""
    scripts = tmp_path / 'scripts'
    scripts.mkdir()
    shutil.copy(ROOT / 'scripts/stress', scripts)
    qemu = scripts / 'qemu'
    qemu.write_text('#!/bin/sh\necho "$2" >>booted\necho "# Totals: pass:1"\n',
                    encoding='ascii')
    qemu.chmod(0o755)
    return tmp_path


def add_kernel(tree, directory):
    (tree / directory).mkdir(parents=True)
    (tree / directory / 'strata.elf').touch()


def stress(tree, *args, **variables):
    env = {name: value for name, value in os.environ.items()
           if name not in ('ARCH', 'ARCHES', 'BUILD', 'SUITE')}
    return subprocess.run(
        [tree / 'scripts/stress', *args], env={**env, **variables},
        check=False, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)


def booted(tree):
    log = tree / 'booted'
    return log.read_text(encoding='ascii').split() if log.exists() else []


def test_missing_kernel_is_told_before_anything_boots(tree):
    add_kernel(tree, 'build/x86_64')
    done = stress(tree, '0', ARCHES=' '.join(BOTH))
    assert done.returncode == 2
    assert done.stdout == 'stress: no build/i386/strata.elf\n'
    assert not booted(tree)


def test_targets_take_turns(tree):
    for target in BOTH:
        add_kernel(tree, f'build/{target}')
    done = stress(tree, '0', '1', '2', '3', ARCHES=' '.join(BOTH))
    assert done.returncode == 0, done.stdout
    assert booted(tree) == [f'build/{target}/strata.elf'
                            for target in ('x86_64', 'i386', 'x86_64')]


def test_one_target_may_have_a_directory_of_its_own(tree):
    add_kernel(tree, 'build/x86_64/debug1')
    done = stress(tree, '0', ARCHES='x86_64', BUILD='build/x86_64/debug1')
    assert done.returncode == 0, done.stdout
    assert booted(tree) == ['build/x86_64/debug1/strata.elf']


@pytest.mark.parametrize('words, targets', [
    ([], BOTH), (['ARCH=i386'], ['i386'])])
def test_make_builds_every_target_that_is_stressed(words, targets):
    env = {name: value for name, value in os.environ.items()
           if name not in ('ARCH', 'ARCHES', 'BUILD', 'MAKEFLAGS',
                           'MAKELEVEL', 'MFLAGS')}
    plan = subprocess.run(['make', '-n', 'stress', *words], cwd=ROOT, env=env,
                          check=True, text=True, stdout=subprocess.PIPE)
    steps = [line for line in plan.stdout.splitlines()
             if '-directory ARCH=' in line or 'scripts/stress' in line]
    assert 'scripts/stress' in steps.pop()
    assert [step.split('ARCH=')[1].split()[0] for step in steps] == \
        list(targets)

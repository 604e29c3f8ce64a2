"""Mutants: what is drawn, what counts as a failure, what does not apply."""

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / 'scripts'


def load(name):
    """A script as a module."""
    sys.path.insert(0, str(SCRIPTS))
    loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / name))
    spec = importlib.util.spec_from_loader(name, loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    sys.path.pop(0)
    return module


def mutations(tmp_path, body):
    file = tmp_path / 'a.c'
    file.write_text(f'static int f(int a, int b)\n{{\n\t{body}\n}}\n',
                    encoding='utf-8')
    return {mutation.after for mutation in
            load('mutate').Source(str(file)).mutations()}


@pytest.mark.parametrize('body, after', [
    ('return a < b;', 'return a <= b;'),
    ('return a && b;', 'return a || b;'),
    ('return a + b;', 'return a - b;'),
    ('return a == 7;', 'return a == 8;'),
    ('return a == 7;', 'return a == 6;'),
    ('return !a;', 'return a;'),
    ('return min(a, b);', 'return max(a, b);'),
    ('if (a) b = 1;', 'if (0) b = 1;'),
    ('if (a) b = 1;', 'if (1) b = 1;'),
    ('if (a) b = 1;', 'if (a) ;'),
    ('while (g(a)) h(b);', 'while (0) h(b);'),
    ('g(a, b);', ';'),
    ('a++;', 'a--;'),
])
def test_change_is_among_those_drawn(body, after, tmp_path):
    assert after in mutations(tmp_path, body)


@pytest.mark.parametrize('body', [
    '/* a < b && 7 */', 'const char *s = "a < b";', 'int *p;', 'return p->q;',
    'return -a;'])
def test_what_is_no_operator_is_left_alone(body, tmp_path):
    assert mutations(tmp_path, body) == set()


def test_same_seed_draws_the_same():
    mutate = load('mutate')
    first, again, other = (mutate.sample('mm/buddy.c', seed)
                           for seed in (1, 1, 2))
    assert first == again
    assert first != other and set(first) == set(other)


@pytest.mark.parametrize('line, told', [
    ('    not ok 3 - merges\n', 'buddy.merges'),
    ('not ok 1 - maps\n', 'maps'),
    ('panic: no memory\n', 'buddy: panic: no memory'),
    ('FAILED tests/qemu/test_maps.py::test_x[1]\n', 'test_x[1]'),
    ('    ok 3 - merges\n', None),
    ('# not ok is what it would say\n', None),
])
def test_first_failure_is_told_by_name(line, told):
    mutation = load('mutation.py')
    run = mutation.Run.__new__(mutation.Run)
    run.suite = 'buddy'
    assert run.trouble(line) == told


class Unchanged:
    """A tree without a mutant, where one trial fails all the same."""

    def __init__(self):
        self.tried = []

    def try_one(self, trial):
        self.tried.append(trial.name)
        return 'buddy.merges' if trial.name == "ktest 'buddy'" else None


def test_trial_that_fails_without_a_mutant_is_not_trusted():
    mutation = load('mutation.py')
    trust, tree = mutation.Trust(), Unchanged()
    buddy, zone = mutation.ktest('buddy'), mutation.ktest('zone')
    for _ in range(2):
        assert not trust.deserved(tree, buddy)
        assert trust.deserved(tree, zone)
    assert tree.tried == [buddy.name, zone.name]


def test_equivalent_changes_are_those_of_lines_that_are_there():
    mutate = load('mutate')
    keys = [line for line in mutate.EQUIVALENT.read_text('utf-8').splitlines()
            if not line.startswith(('#', '\t'))]
    for file in {key.split(': ')[0] for key in keys}:
        there = {mutation.key() for mutation in
                 mutate.Source(file).mutations()}
        gone = [key for key in keys
                if key.startswith(f'{file}: ') and key not in there]
        assert not gone


def test_patch_that_does_not_apply_is_found(tmp_path):
    """In a copy that has nothing but the patches."""
    for part in ('scripts', 'tests/mutants'):
        subprocess.run(['cp', '-r', '--parents', part, tmp_path], cwd=ROOT,
                       check=True)
    run = subprocess.run([tmp_path / 'scripts/mutants', '--check', 'B01*'],
                         text=True, capture_output=True, check=False)
    assert run.returncode == 1
    assert run.stdout.startswith('tests/mutants/B01')
    assert 'does not apply' in run.stdout


def test_programs_of_all_trials_can_be_made():
    script, every_file = load('mutants'), load('mutate').long_trials('')
    mutants = [script.read(path)
               for path in (ROOT / 'tests/mutants').glob('*.patch')]
    trials = [trial for mutant in mutants for trial in mutant.trials]
    needed = {trial.needs for trial in [*trials, *script.REST, *every_file]}
    needed.update(script.mutation.PROGRAMS)
    # A file that was once built, and has no rule, is made for all make knows.
    rules = subprocess.run(['make', '-np', *sorted(needed)], cwd=ROOT,
                           env=script.mutation.environment(), check=False,
                           text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout
    made = set(re.findall(r'(?<!^# Not a target:\n)^(build/\S+?):', rules,
                          re.M))
    assert needed and needed <= made, needed - made

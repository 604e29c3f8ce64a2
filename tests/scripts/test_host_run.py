"""tests/host/run: three programs at a time, told one after the other."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = sorted(path.name for path in (ROOT / 'tests/fuzz/corpus').iterdir())
# Each says who it is, the first of two later than the second.
PROGRAM = '''#!/bin/sh
case $* in *--nodes*) sleep 0.3 ;; esac
echo "KTAP version 1"
echo "1..1"
echo "ok 1 - $(basename "$0")"
'''


@pytest.fixture
def out(tmp_path):
    for name in ('slub-kunit', 'buddy-states', 'models', 'ktest',
                 'memmap-replay', 'm32/ktest',
                 'numa/model', 'flat/model',
                 *(f'fuzz/{target}' for target in TARGETS)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PROGRAM, encoding='ascii')
        path.chmod(0o755)
    return tmp_path


def run(out):
    done = subprocess.run(['tests/host/run', out, out / 'm32/ktest', '',
                           'model'], cwd=ROOT, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    titles = [line.split(maxsplit=1)[1] for line in lines
              if line.startswith(('# memmap-replay and', f'# {out}',
                                  '# ktest'))]
    return done.returncode, lines, titles


def test_output_is_in_the_order_of_the_script(out):
    _, lines, titles = run(out)
    assert titles[0] == 'memmap-replay and command line'
    assert [title.split()[0] for title in titles[1:6]] == [
        f'{out}/{name}' for name in ('slub-kunit', 'buddy-states', 'models',
                                     'numa/model', 'flat/model')]
    after = 6 + len(TARGETS)
    assert [title.split()[0] for title in titles[6:after]] == [
        f'{out}/fuzz/{target}' for target in TARGETS]
    assert titles[after:after + 3] == [
        f'{out}/ktest --quiet {words}' for words in
        ('*', '--cmdline=early=bootmem stress_ms=30 !slub_debug*',
         '--cmdline=stress_ms=30 --nodes=3 !slub_debug*')]
    assert 'ktest with the thread sanitizer' in titles
    assert titles[-1].startswith(f'{out}/m32/ktest')
    for title in titles[1:6]:
        begin = lines.index(f'# {title}')
        name = Path(title.split()[0]).name
        assert lines[begin + 3] == f'ok 1 - {name}'


@pytest.mark.parametrize('body, status', [
    ('sleep 0.3; echo "1..1"; echo "ok 1 - x"; exit 3', 3),
    ('echo "no report"', 0)])
def test_program_that_ends_badly_is_told_in_its_place(out, body, status):
    (out / 'numa/model').write_text(f'#!/bin/sh\n{body}\n', encoding='ascii')
    code, lines, _ = run(out)
    told = lines.index(f'not ok - {out}/numa/model ended with status {status}')
    assert lines[told + 1] == f'# {out}/flat/model'
    assert code == 1


def test_check_that_fails_fails_the_run(out):
    code, lines, _ = run(out)       # this memmap-replay replays nothing
    assert 'not ok 1 - corpus_gives_expected_summary' in lines
    told = 'not ok - memmap-replay and command line ended with status 1'
    assert told in lines and code == 1

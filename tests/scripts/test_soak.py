"""scripts/soak: lines of its rounds, the plot, and a soak of some seconds."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'scripts'))
import soak_plot    # noqa: E402  pylint: disable=wrong-import-position

ROUND = ('    # SOAK round={round} ms={ms} operations=81234 refused=71 '
         'injected=65 held=12034 free={free} orders={orders} unusable3=12 '
         'unusable9=410\n')
PNG = b'\x89PNG\r\n\x1a\n'


def line(**changes):
    return ROUND.format(**{'round': 1, 'ms': 60010, 'free': 1 + 4 + 1024,
                           'orders': '1,2,0,0,0,0,0,0,0,0,1', **changes})


def log_of(*lines):
    return ['KTAP version 1\n', *lines, '    ok 1 - all_that_is_held\n']


def test_rounds_are_read_from_among_other_lines():
    first, second = soak_plot.read_log(log_of(line(),
                                              line(round=2, ms=120031)))
    assert (first['round'], first['ms'], first['held']) == (1, 60010, 12034)
    assert first['orders'] == [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (second['round'], second['unusable9']) == (2, 410)


@pytest.mark.parametrize('lines, why', [
    ([], 'no rounds'),
    ([line(), line(round=3)], 'rounds are missing'),
    ([line(free=1030)], 'the orders are not the free pages'),
    ([line().replace(' held=12034', '')], 'not a round'),
    ([line(orders='1,2,x')], 'invalid literal'),
])
def test_wrong_log_is_refused(lines, why):
    with pytest.raises(ValueError, match=why):
        soak_plot.read_log(log_of(*lines))


def plot(*words):
    return subprocess.run(['/usr/bin/python3', ROOT / 'scripts/soak_plot.py',
                           *words], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def has_matplotlib():
    return subprocess.run(['/usr/bin/python3', '-c', 'import matplotlib'],
                          check=False, stderr=subprocess.DEVNULL
                          ).returncode == 0


def test_plot_is_a_picture(tmp_path):
    if not has_matplotlib():
        pytest.skip('no matplotlib; make soak installs it')
    log, picture = tmp_path / 'log', tmp_path / 'soak.png'
    log.write_text(''.join(log_of(line(), line(round=2, ms=120031))),
                   encoding='ascii')
    done = plot(log, picture)
    assert (done.returncode, done.stdout) == (0, '')
    assert picture.read_bytes().startswith(PNG)


def test_no_plot_of_a_log_without_rounds(tmp_path):
    log, picture = tmp_path / 'log', tmp_path / 'soak.png'
    log.write_text('panic: nothing\n', encoding='ascii')
    done = plot(log, picture)
    assert done.returncode == 1
    assert done.stdout == f'soak: {log}: no rounds\n'
    assert not picture.exists()


@pytest.fixture
def tree(tmp_path):
    """The script, with a stress and a plot beside it that tell their orders."""
    scripts = tmp_path / 'scripts'
    scripts.mkdir()
    (scripts / 'soak').write_bytes((ROOT / 'scripts/soak').read_bytes())
    (scripts / 'stress').write_text(
        '#!/bin/sh\necho "stress $* $SUITE $STRESS_MS $STRESS_WORDS"\n'
        'exit ${STRESS_STATUS:-0}\n', encoding='ascii')
    (scripts / 'soak_plot.py').write_text(
        '#!/bin/sh\necho "plot $*"\n', encoding='ascii')
    for path in scripts.iterdir():
        path.chmod(0o755)
    return tmp_path


def soak(tree, *words, **variables):
    env = {name: value for name, value in os.environ.items()
           if name not in ('ARCH', 'ARCHES', 'BUILD', 'TIMEOUT')}
    return subprocess.run([tree / 'scripts/soak', *words],
                          env={**env, **variables}, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize('time, round_ms, rounds', [
    ('8h', 60000, 480), ('0.5h', 60000, 30), ('10m', 60000, 10),
    ('0.05h', 18000, 10), ('.1m', 600, 10)])
def test_rounds_last_a_minute_or_are_ten(tree, time, round_ms, rounds):
    done = soak(tree, time, '7')
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[1] == f'stress 0 7 soak {round_ms} soak_rounds={rounds}'
    assert lines[2] == ('plot build/x86_64/stress-7.log '
                        'build/x86_64/soak-7.png')
    assert lines[3] == (f'soak: pass: {rounds} rounds, seed 7, '
                        'build/x86_64/soak-7.png')


def test_failed_boot_is_the_verdict_and_plotted_as_far_as_it_came(tree):
    done = soak(tree, '1h', '7', STRESS_STATUS='1')
    assert done.returncode == 1
    assert done.stdout.splitlines()[2:] == [
        'plot build/x86_64/stress-7.log build/x86_64/soak-7.png',
        'soak: FAIL: seed 7, build/x86_64/stress-7.log']


@pytest.mark.parametrize('words', [[], ['8'], ['h'], ['1.h'], ['0m'],
                                   ['1h', 'x'], ['1h', '1', '2']])
def test_wrong_words_are_refused(tree, words):
    done = soak(tree, *words)
    assert done.returncode == 2
    assert done.stdout.startswith('usage: scripts/soak ')


@pytest.mark.cost(10)
def test_soak_of_some_seconds_passes(tmp_path):
    """The real one: rounds with failures and without, four CPUs."""
    log = tmp_path / 'log'
    build = Path(os.environ.get('BUILD') or 'build/x86_64')
    with open(log, 'wb') as out:
        done = subprocess.run(
            [ROOT / 'scripts/qemu', '--kernel', ROOT / build / 'strata.elf',
             '--append', 'selftest=soak soak_rounds=4 stress_ms=300 poweroff'],
            env={**os.environ, 'SMP': '4', 'MEM': '64M', 'TIMEOUT': '120'},
            check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    text = log.read_text(encoding='utf-8', errors='replace')
    assert done.returncode == 0, text[-3000:]
    rounds = soak_plot.read_log(text.splitlines())
    assert len(rounds) == 4
    assert rounds[0]['injected'] == 0 < rounds[3]['injected']
    assert all(one['held'] for one in rounds)
    assert re.search(r'ok 1 - all_that_is_held_stays_sound', text)

"""make run, as a person or a CI job has it: its status is the verdict's.

The kernel is taken as it is (-o): other tests boot it at the same moment.
"""

import subprocess

import pytest
from guest import BUILD, KERNEL, ROOT, USUAL_COST, environment, memory
from test_shell import PROMPT, Terminal

# One image and one loaded function for all of them: one after the other.
pytestmark = pytest.mark.xdist_group('make-run')

MAKE = ('make', f'BUILD={BUILD.relative_to(ROOT)}',
        '-o', KERNEL.relative_to(ROOT))


def make_run(cmdline, *goals, flags=(), **settings):
    with memory(USUAL_COST):
        return subprocess.run(
            [*MAKE, *flags, 'run', *goals], cwd=ROOT, check=False,
            env=environment(cmdline=cmdline, **settings),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors='replace')


@pytest.mark.parametrize('cmdline, status', [
    ('selftest=list poweroff', 0),
    ('selftest=verdict test_fail poweroff', 1),
    ('selftest=verdict test_panic poweroff', 2)])
@pytest.mark.cost(4)
def test_status_is_the_verdict(cmdline, status):
    run = make_run(cmdline)
    assert run.returncode == status, run.stdout + run.stderr
    assert '***' not in run.stderr
    assert not list(BUILD.glob('run.*.status'))


@pytest.mark.cost(6)
def test_silence_is_124():
    run = make_run('selftest=verdict test_hang', timeout=5)
    assert run.returncode == 124, run.stdout + run.stderr


@pytest.mark.parametrize('cmdline, status', [
    ('selftest=list', 0), ('selftest=verdict test_fail', 1)])
@pytest.mark.cost(4)
def test_next_goal_is_for_who_passed(cmdline, status):
    run = make_run(cmdline, 'help')
    assert run.returncode == status
    assert ('make clean' in run.stdout) == (status == 0)


@pytest.mark.cost(4)
def test_jobs_do_not_change_the_status():
    run = make_run('selftest=verdict test_fail', flags=['-j3'])
    assert run.returncode == 1, run.stdout + run.stderr
    assert 'jobserver' not in run.stderr


@pytest.mark.cost(4)
def test_terminal_is_the_guests():
    with memory(USUAL_COST):
        terminal = Terminal('selftest=verdict test_fail shell', *MAKE, 'run')
        terminal.expect(PROMPT)
        terminal.type('\x15meminfo\r')
        terminal.expect('MemTotal')
        terminal.expect(PROMPT)
        terminal.type('poweroff\r')
        terminal.expect('strata: verdict fail')
        assert terminal.end() == 1


def test_without_the_function_a_failure_is_still_one():
    function = BUILD / 'exit_status.so'
    function.unlink(missing_ok=True)
    run = make_run('selftest=verdict test_fail', flags=['CC=false'])
    assert not function.exists()
    assert run.returncode == 2, run.stdout + run.stderr


def test_nothing_is_run_when_only_asked_for_the_recipe():
    run = make_run('selftest=list', flags=['-n'])
    assert run.returncode == 0
    assert 'scripts/run' in run.stdout
    assert 'KTAP' not in run.stdout


@pytest.mark.cost(4)
def test_longest_command_line_still_powers_off():
    words = 'selftest=list '
    run = make_run(words.ljust(1023 - len('poweroff '), 'x'), timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert 'command line cut' not in run.stdout


def test_longer_command_line_is_refused():
    run = make_run('x' * (1024 - len('poweroff ')), timeout=10)
    assert run.returncode == 1, run.stdout + run.stderr
    assert 'the kernel takes 1023' in run.stderr
    assert run.stdout == ''

"""scripts/qemu turns how QEMU ended into 0, 1, 2 or 124.

A stand-in for QEMU says and does what a test wants, so that endings a sound
kernel never has (a pass without its last line, a killed guest) are tried too.
The endings of the real kernel are in tests/qemu/test_verdict.py.
"""

import os
import signal
import subprocess
import time

import pytest
from guest import QEMU, environment

REPORT = '''\
KTAP version 1
1..1
    KTAP version 1
    1..2
    ok 1 - splits
    ok 2 - merges
ok 1 - buddy
'''
PASS = 'strata: verdict pass\n'


@pytest.fixture(autouse=True)
def usual_target(monkeypatch):
    """The stand-in has its name, whichever target is being tested."""
    monkeypatch.delenv('ARCH', raising=False)


@pytest.fixture(name='fake')
def fake_qemu(tmp_path):
    """fake(script, *args, **settings): runs scripts/qemu over script."""
    kernel = tmp_path / 'kernel'
    kernel.write_bytes(b'')

    def run(script, *args, **settings):
        program = tmp_path / 'qemu-system-x86_64'
        program.write_text(f'#!/bin/bash\n{script}\n', encoding='ascii')
        program.chmod(0o755)
        env = environment(**settings)
        env['PATH'] = f'{tmp_path}:{env["PATH"]}'
        return subprocess.run(
            [QEMU, '--kernel', kernel, *args], env=env, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return run


def says(text, status):
    return f"printf '%s' '{text}'; exit {status}"


@pytest.mark.parametrize('text, status, want, why', [
    (REPORT + PASS, 33, 0, ''),
    ('booting\n' + PASS, 33, 0, ''),
    (REPORT + PASS.replace('\n', '\r\n') + '\r\n', 33, 0, ''),
    ('', 33, 1, 'the last line is'),
    (REPORT, 33, 1, 'the last line is'),
    (REPORT + PASS + 'and more\n', 33, 1, 'the last line is: and more'),
    (REPORT + 'strata: verdict passed\n', 33, 1, 'the last line is'),
    (REPORT.replace('1..2', '1..3') + PASS, 33, 1, '2 of 3 results'),
    (REPORT.replace('ok 2', 'ok 3') + PASS, 33, 1, 'number 3 where 2'),
    (REPORT.replace('    ok 2', '    not ok 2') + PASS, 33, 1, 'not ok'),
    ('KTAP version 1\n1..0\n' + PASS, 33, 1, 'nothing was tested'),
    ('strata: verdict fail\n', 35, 1, 'self-test failed'),
    (PASS, 35, 1, 'self-test failed'),
    ('strata: verdict panic\n', 37, 2, 'panicked'),
    (PASS, 0, 1, 'triple fault'),
    (PASS, 1, 1, 'QEMU failed'),
    (PASS, 2, 1, 'status 2'),
    (PASS, 34, 1, 'status 34'),
])
def test_ending_becomes_status(fake, text, status, want, why):
    run = fake(says(text, status))
    assert run.returncode == want, run.stderr
    assert why in run.stderr
    assert run.stdout == text.replace('\r', '')


def test_selftest_asked_for_must_report(fake):
    for append in 'selftest', 'selftest=buddy poweroff', 'x selftest y':
        run = fake(says(PASS, 33), '--append', append)
        assert run.returncode == 1
        assert 'no KTAP report' in run.stderr
    assert fake(says(PASS, 33), '--append', 'noselftest').returncode == 0
    assert fake(says(PASS, 33), '--ktap').returncode == 1


def test_silence_is_a_time_out(fake):
    run = fake('echo booting; exec sleep 60', timeout=1)
    assert run.returncode == 124
    assert run.stdout == 'booting\n'
    assert 'no verdict within 1 seconds' in run.stderr


def test_guest_deaf_to_sigterm_is_a_time_out_too(fake):
    run = fake("trap '' TERM; while :; do sleep 0.1; done", timeout=1)
    assert run.returncode == 124


def test_killed_qemu_is_no_pass(fake):
    run = fake(f"printf '%s' '{PASS}'; kill -KILL $$")
    assert run.returncode == 1
    assert 'status 137' in run.stderr


def test_output_is_not_held_back(tmp_path, fake):
    fake(says(PASS, 33))
    program = tmp_path / 'qemu-system-x86_64'
    program.write_text('#!/bin/sh\necho early; exec sleep 30\n',
                       encoding='ascii')
    env = environment(timeout=60)
    env['PATH'] = f'{tmp_path}:{env["PATH"]}'
    started = time.monotonic()
    with subprocess.Popen([QEMU, '--kernel', tmp_path / 'kernel'], env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b'early\n'
        assert time.monotonic() - started < 20
        process.terminate()
        assert process.wait(timeout=20) == 143


def test_ending_the_script_ends_its_guest_only(tmp_path, fake):
    fake(says(PASS, 33))
    program = tmp_path / 'qemu-system-x86_64'
    program.write_text('#!/bin/sh\necho $$\nexec sleep 30\n',
                       encoding='ascii')
    env = environment(timeout=60)
    env['PATH'] = f'{tmp_path}:{env["PATH"]}'
    with subprocess.Popen(['sleep', '30']) as bystander, \
            subprocess.Popen([QEMU, '--kernel', tmp_path / 'kernel'],
                             env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE) as process:
        guest = int(process.stdout.readline())
        process.terminate()
        process.wait(timeout=20)
        deadline = time.monotonic() + 10
        while os.path.exists(f'/proc/{guest}'):
            assert time.monotonic() < deadline, 'the guest lives on'
            time.sleep(0.05)
        assert bystander.poll() is None
        bystander.send_signal(signal.SIGKILL)


def arguments(fake, *args, **settings):
    run = fake("printf '%s\\n' \"$@\"; exit 33", *args, **settings)
    return run.stdout.splitlines()


def value(words, option):
    return words[words.index(option) + 1]


def test_contract_of_the_machine(fake):
    words = arguments(fake)
    for option in '-no-reboot', '-nodefaults':
        assert option in words
    assert value(words, '-accel') == 'tcg'
    assert value(words, '-device') == 'isa-debug-exit,iobase=0xf4,iosize=0x04'
    assert value(words, '-m') == '128M'
    assert value(words, '-smp') == '1'
    assert value(words, '-serial') == 'stdio'


@pytest.mark.parametrize('mem, want', [
    ('16M', '16M'), ('3.5G', '3584M'), ('64', '64M'), ('1T', '1048576M')])
def test_memory_sizes(fake, mem, want):
    assert value(arguments(fake, mem=mem), '-m') == want


def test_large_memory_is_not_reserved_on_the_host(fake):
    words = arguments(fake, mem='64G', machine='q35')
    assert value(words, '-object') == (
        'memory-backend-ram,id=ram,size=65536M,reserve=off')
    assert value(words, '-machine') == 'q35,memory-backend=ram'
    assert '-object' not in arguments(fake, mem='8G')


def test_nodes_share_memory_and_cpus(fake):
    words = arguments(fake, mem='1000M', smp=3, nodes=3)
    objects = [words[i + 1] for i, w in enumerate(words) if w == '-object']
    assert objects == [
        'memory-backend-ram,id=ram0,size=333M',
        'memory-backend-ram,id=ram1,size=333M',
        'memory-backend-ram,id=ram2,size=334M']
    nodes = [words[i + 1] for i, w in enumerate(words) if w == '-numa']
    assert nodes == ['node,nodeid=0,memdev=ram0,cpus=0-0',
                     'node,nodeid=1,memdev=ram1,cpus=1-1',
                     'node,nodeid=2,memdev=ram2,cpus=2-2']


def test_node_without_cpu(fake):
    words = arguments(fake, mem='1G', smp=1, nodes=2)
    nodes = [words[i + 1] for i, w in enumerate(words) if w == '-numa']
    assert nodes == ['node,nodeid=0,memdev=ram0',
                     'node,nodeid=1,memdev=ram1,cpus=0-0']


def test_flags_come_last(fake):
    words = arguments(fake, qemu_flags='-cpu max -m 1G')
    assert words[-4:] == ['-cpu', 'max', '-m', '1G']


@pytest.mark.parametrize('settings', [
    {'mem': 'much'}, {'mem': '-1'}, {'smp': '0'}, {'nodes': 'x'}])
def test_nonsense_is_refused_before_qemu(fake, settings):
    run = fake(says(PASS, 33), **settings)
    assert run.returncode == 1
    name, text = next(iter(settings.items()))
    assert f'{name.upper()}={text}' in run.stderr


def test_missing_kernel_is_told(fake, tmp_path):
    (tmp_path / 'kernel').unlink()
    run = subprocess.run([QEMU, '--kernel', tmp_path / 'kernel'], text=True,
                         capture_output=True, check=False)
    assert run.returncode == 1
    assert 'cannot read' in run.stderr
    assert fake is not None

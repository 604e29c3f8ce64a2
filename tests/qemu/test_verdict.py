"""How the real kernel ends, and what is said when it cannot even start."""

import pytest
from guest import I386, boot, boot_iso, make_iso

SHORT = 'selftest=list,verdict'


def test_pass_is_0():
    boot(f'{SHORT} poweroff').passed()


def test_failed_case_is_1_and_told():
    run = boot(f'{SHORT} test_fail poweroff')
    assert run.status == 1, run.tail()
    failed = [case.name for case in run.cases() if not case.ok]
    assert failed == ['passes_unless_told_to_fail']
    assert run.lines[-2] == 'strata: verdict fail'


def test_panic_is_2_with_a_call_stack():
    run = boot(f'{SHORT} test_panic poweroff')
    assert run.status == 2, run.tail()
    assert run.lines[-2] == 'strata: verdict panic'
    told = [line.startswith('panic: ') for line in run.lines].index(True)
    assert run.lines[told + 1] == 'on CPU 0, thread boot'
    assert any('start_kernel+0x' in line for line in run.lines)


@pytest.mark.parametrize('word', ['test_panic', 'test_panic_all'])
def test_panic_of_several_cpus_is_one_report(word):
    run = boot(f'{SHORT} {word} poweroff', smp=4)
    assert run.status == 2, run.tail()
    assert 'smp: 4 CPUs running' in run.lines
    assert sum('panic:' in line for line in run.lines) == 1
    assert sum('strata: verdict' in line for line in run.lines) == 1
    assert run.lines[-2] == 'strata: verdict panic'


def test_half_a_word_is_not_obeyed():
    """The kernel takes 1023 characters: here they end with test_fail."""
    words = f'{SHORT} poweroff '.ljust(1023 - len(' test_fail'), 'x')
    run = boot(f'{words} test_failing').passed()
    assert 'boot information: command line cut to 1023 characters' in run.lines
    assert 'command line: too long, the end is lost' in run.lines
    assert 'test_fail' not in '\n'.join(
        line for line in run.lines if line.startswith('command line:'))


def test_hang_is_124():
    run = boot(f'{SHORT} test_hang poweroff', timeout=5)
    assert run.status == 124, run.tail()
    assert 'strata: verdict' not in run.log


@pytest.mark.parametrize('word, status', [
    ('test_fail', 1), ('test_panic', 2)])
@pytest.mark.cost(4)
def test_verdicts_through_grub(word, status, tmp_path):
    iso = make_iso(tmp_path, f'{SHORT} {word} poweroff')
    assert boot_iso(iso).status == status


def test_glob_without_a_match_is_no_pass():
    run = boot('selftest=no_such_suite poweroff')
    assert run.status == 1, run.tail()


def test_nothing_asked_for_is_a_pass_without_report():
    run = boot('poweroff').passed()
    assert 'KTAP' not in run.log


# What each target cannot do without, and CPUs that have not got it.
LACKS = ([('pentium', 'no PAE'), ('486', 'no PAE')] if I386 else
         [('qemu32', 'no long mode'), ('pentium3', 'no long mode'),
          ('486', 'this CPU lacks')])


@pytest.mark.parametrize('cpu, words', LACKS)
def test_cpu_that_lacks_what_we_need_is_told(cpu, words):
    run = boot(f'{SHORT} poweroff', qemu_flags=f'-cpu {cpu}', timeout=20)
    assert run.status == 2, run.tail()
    assert words in run.log


@pytest.mark.cost(4)
def test_cpu_that_lacks_what_we_need_is_told_through_grub(tmp_path):
    cpu, words = LACKS[0]
    iso = make_iso(tmp_path, f'{SHORT} poweroff')
    run = boot_iso(iso, qemu_flags=f'-cpu {cpu}', timeout=60)
    assert run.status == 2, run.tail()
    assert words in run.log


@pytest.mark.parametrize('words', [
    'nonsense', 'foo=bar', 'mem=', 'mem=lots', 'memmap=', 'memmap=4M@',
    'selftest=list,verdict selftest=list', 'early=maybe', 'loglevel=99',
    '"', 'x' * 900])
def test_odd_words_are_told_and_survived(words):
    run = boot(f'{SHORT} poweroff {words}').passed()
    if '=' in words and not words.startswith('selftest'):
        assert any(line.startswith('command line: ')
                   and words.split('=')[0] in line for line in run.lines)

"""Both readers of KTAP refuse the same unsound reports.

scripts/ktap.awk decides a verdict where there is no Python; tests/qemu/ktap.py
reads the cases. What one of them lets through a broken run can hide behind.
"""

import subprocess
from pathlib import Path

import ktap
import pytest

AWK = Path(__file__).parents[2] / 'scripts' / 'ktap.awk'

WHOLE = '''\
booting
KTAP version 1
1..2
    KTAP version 1
    # Subtest: buddy
    1..2
    ok 1 - split
    ok 2 - merge # SKIP one zone only
    # Totals: pass:1 fail:0 skip:1
ok 1 - buddy
    KTAP version 1
    1..1
    ok 1 - alloc
ok 2 - slab
# Totals: pass:2 fail:0 skip:1
strata: verdict pass
'''

FAILED = (WHOLE.replace('    ok 1 - split', '    not ok 1 - split')
          .replace('ok 1 - buddy', 'not ok 1 - buddy'))

BROKEN = {
    'nothing': '',
    'no report': 'booting\nok then\nstrata: verdict pass\n',
    'no plan': WHOLE.replace('1..2\n    KTAP', '    KTAP', 1),
    'no plan of a suite': WHOLE.replace('    1..1\n', ''),
    'short plan': WHOLE.replace('1..2\n    KTAP', '1..3\n    KTAP', 1),
    'short suite': WHOLE.replace('    1..2', '    1..3'),
    'more than planned': WHOLE.replace('    1..2', '    1..1'),
    'number left out': WHOLE.replace('    ok 2 - merge', '    ok 3 - merge'),
    'number twice': WHOLE.replace('    ok 2 - merge', '    ok 1 - merge'),
    'suite without result': WHOLE.replace('ok 2 - slab\n', ''),
    'cut in a suite': WHOLE[:WHOLE.index('    ok 2')],
    'only a version': 'KTAP version 1\n',
    'level left out': WHOLE.replace('    ok 1 - alloc',
                                    '        ok 1 - alloc'),
    'empty plan': 'KTAP version 1\n1..0\nstrata: verdict pass\n',
    'two plans': WHOLE.replace('    1..1', '    1..1\n    1..1'),
}


def awk(log):
    return subprocess.run(['awk', '-f', AWK], input=log, text=True,
                          capture_output=True, check=False)


def test_whole_report_is_read():
    names = [case.name for case in ktap.cases(WHOLE)]
    assert names == ['split', 'merge', 'alloc']
    assert [case.skipped for case in ktap.cases(WHOLE)] == [False, True,
                                                            False]
    assert awk(WHOLE).returncode == 0


def test_failed_case_is_seen():
    assert [case.name for case in ktap.cases(FAILED) if not case.ok] == [
        'split']
    assert awk(FAILED).returncode == 1


def test_suite_cannot_be_ok_over_a_failed_case():
    log = WHOLE.replace('    ok 1 - split', '    not ok 1 - split')
    with pytest.raises(ktap.KtapError, match='a part of it is not'):
        ktap.parse(log)
    assert awk(log).returncode == 1


@pytest.mark.parametrize('log', BROKEN.values(), ids=BROKEN.keys())
def test_unsound_report_is_refused(log):
    with pytest.raises(ktap.KtapError):
        ktap.parse(log)
    result = awk(log)
    assert result.returncode == 2
    assert result.stdout.startswith('KTAP: ')


def test_escape_codes_and_carriage_returns_are_passed_over():
    log = '\x1b[2J\x1b[01;01H\x1b[=3h' + WHOLE.replace('\n', '\r\n')
    log = log.replace('booting\r\n', '')
    assert len(ktap.cases(log)) == 3
    assert awk(log).returncode == 0


def test_second_report_counts_on_its_own():
    assert len(ktap.cases(WHOLE + WHOLE)) == 6
    assert awk(WHOLE + WHOLE).returncode == 0
    cut = WHOLE + WHOLE[:WHOLE.index('ok 2 - slab')]
    with pytest.raises(ktap.KtapError):
        ktap.parse(cut)
    assert awk(cut).returncode == 2

"""scripts/bench: what it believes, and what it calls worse."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'scripts'))
import bench_table as table  # noqa: E402  # pylint: disable=C0413

CLOCK = 'BENCH name=calibration unit=insn/turn value=2.00 n=1000000\r\n'


def figure(value, unit='insn/op', n=1):
    return table.Figure(unit, float(value), n, str(value))


def row(value):
    return {'value': str(value)}


def test_lines_among_others_become_figures():
    found = table.calibrated(
        'Strata\r\n' + CLOCK + '# bench: x: skipped, for want of a CPU\r\n'
        'BENCH name=slab_pair_64 unit=insn/op value=23.0 n=10000\r\n')
    assert list(found) == ['slab_pair_64']
    assert found['slab_pair_64'].value == 23
    assert found['slab_pair_64'].n == 10000


@pytest.mark.parametrize('log, why', [
    ('', 'no calibration'),
    ('BENCH name=a unit=insn/op value=1.0 n=1\n', 'no calibration'),
    (CLOCK.replace('2.00', '2.01'), 'reads 2.01'),
    (CLOCK.replace('insn', 'ticks'), 'ticks/turn'),
    (CLOCK + 2 * 'BENCH name=a unit=insn/op value=1.0 n=1\n', 'twice'),
])
def test_a_log_that_proves_nothing_is_not_believed(log, why):
    with pytest.raises(table.BadLog, match=why):
        table.calibrated(log)


def test_half_a_line_is_no_figure():
    assert not table.parse('BENCH name=a unit=insn/op value=1.0\n'
                           'BENCH name=b unit=insn/op value= n=4\n')


@pytest.mark.parametrize('now, verdict', [
    (100, (0, 0)), (102, (0, 0)), (102.1, (1, 0)), (98.1, (0, 0)),
    (97, (0, 1))])
def test_two_percent_are_the_limit(now, verdict):
    worse, better = table.compare({'a': figure(now)}, {'a': row(100)})
    assert (len(worse), len(better)) == verdict


def test_worse_is_told_by_name():
    worse, _ = table.compare({'slab_pair_64': figure(31)},
                             {'slab_pair_64': row(23)})
    assert worse[0].startswith('slab_pair_64: 31 insn/op')
    assert '+34.8 %' in worse[0]


def test_less_is_worse_where_more_is_better():
    worse, better = table.compare({'frag_order9_percent': figure(50)},
                                  {'frag_order9_percent': row(99)})
    assert worse and not better


def test_a_row_that_is_gone_is_worse():
    worse, _ = table.compare({}, {'a': row(1)})
    assert worse == ['a: no figure, the baseline has 1']


def test_a_row_that_is_new_is_no_matter():
    assert table.compare({'a': figure(1)}, {}) == ([], [])


def test_from_nothing_to_something_is_worse():
    worse, _ = table.compare({'a': figure(1)}, {'a': row(0)})
    assert worse


def test_a_table_read_back_is_what_was_written():
    figures = {'a': figure(1.5), 'b': figure(2, 'percent', 7)}
    figures['a'].locked = 0.25
    back = table.read_tsv(table.write_tsv(figures, ['a remark']))
    assert back['a']['value'] == '1.5'
    assert back['a']['locked'] == '0.25'
    assert back['b']['unit'] == 'percent'
    assert back['b']['n'] == '7'
    assert table.compare(figures, back) == ([], [])


def test_locked_instructions_are_of_the_median_sample():
    text = 'row\n' + '1\n2\n' * 5 + '9\n9\n' * 4 + 'row\n' + '4\n' * 9
    assert table.locked_per_row(['a', 'b'], text) == {'a': 3, 'b': 4}


def test_locked_instructions_of_the_clock_are_not_the_rows():
    text = '2\n3\n2\nrow\n' + '5\n' * 9
    assert table.locked_per_row(['a'], text) == {'a': 3}


def test_a_row_without_loops_has_no_locked_instructions():
    assert not table.locked_per_row(['a'], 'row\n')


def test_skipped_rows_keep_the_order():
    log = CLOCK + '# bench: a: skipped, so\nBENCH name=b unit=u value=1.0 n=1'
    assert list(table.rows_in_order(log)) == ['a', 'b']


def test_names_go_by_their_numbers():
    figures = dict.fromkeys(['x_64', 'x_8', 'boot_1g', 'boot_128m', 'a'])
    assert list(table.in_order(figures)) == [
        'a', 'boot_128m', 'boot_1g', 'x_8', 'x_64']


LINUX = {'slab_pair_64': {'smp': '98', 'numa': '', 'must': '30',
                          'stretch': '23', 'ours leaves out': 'tracing'},
         'frag_order9_percent': {'smp': '11', 'numa': '', 'must': '50',
                                 'stretch': '99', 'ours leaves out': ''}}


@pytest.mark.parametrize('pair, frag, reached', [
    (23, 99, 'stretch'), (30, 50, 'must'), (30.1, 49, 'missed')])
def test_goals_are_reached_or_missed(pair, frag, reached):
    rows = list(table.against_linux({
        'slab_pair_64': figure(pair),
        'frag_order9_percent': figure(frag, 'percent')}, LINUX))
    assert [cells[7] for cells in rows] == [reached, reached]


def test_the_ratio_says_how_much_better_ours_is():
    rows = list(table.against_linux({
        'slab_pair_64': figure(49),
        'frag_order9_percent': figure(99, 'percent')}, LINUX))
    assert [cells[4] for cells in rows] == ['2.0 x', '9.0 x']
    assert rows[0][-1] == 'a' and rows[1][-1] == ''


def test_a_ratio_of_many_has_no_tenths():
    assert table.advantage('x', 50.0, 10200000.0) == '204,000 x'
    assert table.advantage('x', 0.0, 1.0) == ''


def test_a_row_without_figure_is_told():
    rows = list(table.against_linux({}, LINUX))
    assert [cells[7] for cells in rows] == ['no figure', 'no figure']


def test_only_what_stands_between_the_marks_changes():
    text = table.between_marks('a\n<1>\nold\n<2>\nb\n', ('<1>', '<2>'),
                               ['new', 'lines'])
    assert text == 'a\n<1>\nnew\nlines\n<2>\nb\n'


def test_recorded_figures_and_baseline_can_be_read():
    linux = table.read_tsv((ROOT / 'tests/bench/linux-6.12.tsv').read_text())
    baseline = table.read_tsv((ROOT / 'tests/bench/baseline.tsv').read_text())
    assert linux['page_pair_0']['must'] == '50'
    assert float(baseline['page_pair_0']['value']) > 0


def test_words_it_does_not_know_are_told():
    done = subprocess.run([ROOT / 'scripts/bench', 'nonsense'], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 2
    assert 'scripts/bench check' in done.stderr

"""scripts/coverage_report.py: streams, adding up, thresholds."""

import json
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / 'scripts'))
import coverage_report as cov   # noqa: E402  pylint: disable=C0413


def counters(*counts, stamp=7):
    """A file of one function's counters, as gcc's run-time writes it."""
    return struct.pack('<4I5I2I', 0x67636461, 0x4232322a, stamp, 1,
                       0x01000000, 12, 1, 2, 3,
                       cov.TAG_ARCS, 8 * len(counts)) + \
        struct.pack(f'<{len(counts)}Q', *counts)


def stream(**files):
    return b''.join(f'{name}\n{len(data)}\n'.encode() + data
                    for name, data in files.items())


def test_stream_is_taken_apart():
    one, other = counters(1, 2), counters(10)
    assert dict(cov.split_stream(stream(a=one, b=other))) == {
        'a': one, 'b': other}


@pytest.mark.parametrize('cut', [1, 2, 4, 30])
def test_stream_of_a_guest_that_was_ended_gives_whole_files(cut):
    one, other = counters(1, 2), counters(10)
    whole = stream(a=one)
    rest = stream(b=other)
    assert list(cov.split_stream(whole + rest[:cut])) == [('a', one)]


def test_counters_of_boots_are_added():
    assert cov.add_counters(counters(1, 2 ** 40), counters(5, 1)) == \
        counters(6, 2 ** 40 + 1)


@pytest.mark.parametrize('other', [counters(1, 2, 3), counters(1, 2, stamp=8)])
def test_boots_of_different_kernels_are_refused(other):
    with pytest.raises(ValueError, match='same kernel'):
        cov.add_counters(counters(1, 2), other)


def test_files_outside_of_the_build_are_refused(tmp_path):
    with pytest.raises(ValueError, match='is not in'):
        cov.put_counters([stream(**{'/etc/x': counters(1)})], tmp_path)


def source(*lines):
    one = cov.Source()
    for line in lines:
        one.add_line(*line)
    return one


def test_line_is_run_if_any_run_has_run_it():
    total = cov.add_up([{'mm/a.c': source((1, 0, []), (2, 3, []))},
                        {'mm/a.c': source((1, 5, []), (4, 0, []))}])
    assert total['mm/a.c'].line_share() == (2, 3)


def test_branches_of_equal_forms_are_added():
    total = cov.add_up([{'mm/a.c': source((1, 3, [3, 0]))},
                        {'mm/a.c': source((1, 2, [0, 2]))}])
    assert total['mm/a.c'].branch_share() == (2, 2)


def test_branches_of_other_forms_stand_for_themselves():
    total = cov.add_up([{'mm/a.c': source((1, 3, [3, 0, 0, 0]))},
                        {'mm/a.c': source((1, 2, [0, 2]))}])
    assert total['mm/a.c'].branch_share() == (1, 2)


def test_only_what_is_asked_for_counts():
    text = {'files': [
        {'file': name, 'lines': [{'line_number': 1, 'count': 1,
                                  'branches': []}]}
        for name in ('mm/slub.c', 'boot/multiboot2.c', 'lib/string.c',
                     'boot/pvh.c', 'include/mm/mm.h')]}
    assert set(cov.read_gcov([text])) == {'mm/slub.c', 'boot/multiboot2.c'}


@pytest.mark.parametrize('text, numbers', [
    ('x = a ? b : c;', [1]), ('for_each_zone(z)', [1]),
    ('p = alloc_pages(gfp, 0);', []), ('iffy(); whiles();', []),
    ('if (a ||\n    is_b(c))\n\treturn;', [1, 2])])
def test_branches_count_where_the_text_has_a_condition(text, numbers):
    assert list(cov.lines_with_conditions(text)) == numbers


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run of a file of four lines: one is not run, nor a branch of four."""
    monkeypatch.setattr(cov, 'ROOT', tmp_path)
    (tmp_path / 'mm').mkdir()
    (tmp_path / 'mm/slub.c').write_text(
        'if (a)\nwhile (b)\n\tfree_page(b);\n}\n', encoding='ascii')
    path = tmp_path / 'run.json'
    path.write_text(json.dumps({'mm/slub.c': {
        'source': cov.digest_of('mm/slub.c'),
        'lines': {'1': 4, '2': 4, '3': 0, '4': 1},
        'branches': {'1': {'2': [4, 0]}, '2': {'2': [1, 3]},
                     '3': {'2': [0, 0]}}}}), encoding='ascii')
    return path


@pytest.mark.parametrize('line, branch, reached', [
    (75, 75, True), (76, 75, False), (75, 76, False)])
def test_both_shares_must_be_reached(run, monkeypatch, capsys, line, branch,
                                     reached):
    monkeypatch.setattr(cov, 'LINE_MIN', line)
    monkeypatch.setattr(cov, 'BRANCH_MIN', branch)
    assert cov.report(run.parent, run) is reached
    assert capsys.readouterr().out.splitlines()[-1] == (
        f'coverage: lines 75.0 % (3 of 4, at least {line}), branches '
        f'75.0 % (3 of 4, at least {branch})')


def test_run_of_a_source_that_has_changed_is_left_out(run, capsys):
    (run.parent / 'mm/slub.c').write_text('if (a)\n', encoding='ascii')
    assert not cov.report(run.parent, run)
    assert (run.parent / 'missing.txt').read_text('ascii') == '\n'
    assert 'mm/slub.c has changed since run ran' in capsys.readouterr().out


def test_run_of_a_source_that_is_gone_is_left_out(run):
    (run.parent / 'mm/slub.c').unlink()
    assert not cov.report(run.parent, run)
    assert (run.parent / 'missing.txt').read_text('ascii') == '\n'


def test_what_nobody_took_is_listed(run):
    cov.report(run.parent, run)
    missing = (run.parent / 'missing.txt').read_text('utf-8').splitlines()
    assert missing == ['mm/slub.c:3: line: free_page(b);',
                       'mm/slub.c:1: branch 1 of 2: if (a)']
    info = (run.parent / 'coverage.info').read_text('ascii')
    assert 'DA:3,0\n' in info and 'BRDA:1,0,1,0\n' in info
    assert 'BRDA:3' not in info

"""What scripts/bench makes of the guest's lines: parsing, comparing, tables.

Figures are {name: Figure} in the order in which they were told.
"""

import re
from dataclasses import dataclass
from itertools import zip_longest

LINE = re.compile(r'BENCH name=(\S+) unit=(\S+) value=([\d.]+) n=(\d+)\s*$')
SKIPPED = re.compile(r'# bench: (\S+): skipped, ')
BUILT = re.compile(r'^# bench: built by (.*?)\s*$', re.M)
CALIBRATION = 'calibration'

# BENCH_SAMPLES of kernel/bench.h.
SAMPLES = 9

# More than this many times the baseline is a regression.
TOLERANCE = 1.02
# Of all others less is better.
MORE_IS_BETTER = {'frag_order9_percent', 'slab_utilisation_percent'}


@dataclass
class Figure:
    """One line BENCH, and what else is known of it."""
    unit: str
    value: float
    n: int
    text: str                       # the value as it was told
    locked: float | None = None     # locked instructions per operation
    spread: tuple | None = None     # least and most of several runs


class BadLog(Exception):
    """The guest's log is not that of a good run; why."""


def parse(log):
    """Figures of a guest's log."""
    found = {}
    for line in log.splitlines():
        match = LINE.search(line)
        if match:
            name, unit, value, n = match.groups()
            if name in found:
                raise BadLog(f'{name} was told twice')
            found[name] = Figure(unit, float(value), int(n), value)
    return found


def calibrated(log):
    """The figures of a run whose clock was proved to count instructions."""
    found = parse(log)
    clock = found.pop(CALIBRATION, None)
    if not clock:
        raise BadLog('no calibration: the run did not begin')
    if (clock.unit, clock.text) != ('insn/turn', '2.00'):
        raise BadLog(f'an empty counted loop reads {clock.text} '
                     f'{clock.unit}, not 2.00 insn/turn')
    return found


def built(log):
    """What the kernel says of how it was built."""
    match = BUILT.search(log)
    return match[1] if match else 'unknown'


def rows_in_order(log):
    """Names of the rows as they were run, skipped ones too."""
    for line in log.splitlines():
        match = LINE.search(line) or SKIPPED.search(line)
        if match and match[1] != CALIBRATION:
            yield match[1]


def median(values):
    return sorted(values)[len(values) // 2]


def locked_per_row(names, text):
    """{name: locked instructions of the median sample}.

    text has a line "row" where a row began, and a number per timed loop; the
    loops of one row belong to its SAMPLES samples, as many to each. Before the
    first row the clock is looked at with nothing between: what that takes by
    itself is in each number.
    """
    parts = [[int(number) for number in part.split()]
             for part in text.split('row\n')]
    own = min(parts[0], default=0)
    found = {}
    for name, part in zip(names, parts[1:]):
        loops = [number - own for number in part]
        each = len(loops) // SAMPLES
        if each and len(loops) == each * SAMPLES:
            found[name] = median([sum(loops[i * each:(i + 1) * each])
                                  for i in range(SAMPLES)])
    return found


# ----- tables in files -------------------------------------------------------

def read_tsv(text):
    """{first column: {heading: text}}; lines with # are remarks.

    Empty cells at the end of a line may be left out.
    """
    lines = [line.split('\t') for line in text.splitlines()
             if line and not line.startswith('#')]
    heads = lines[0]
    return {cells[0]: dict(zip_longest(heads, cells, fillvalue=''))
            for cells in lines[1:]}


def write_tsv(figures, remarks=()):
    lines = [f'# {remark}' for remark in remarks]
    lines.append('name\tunit\tvalue\tn\tlocked\tleast\tmost')
    for name, one in figures.items():
        locked = '' if one.locked is None else f'{one.locked:.2f}'
        spread = one.spread or ('', '')
        lines.append(f'{name}\t{one.unit}\t{one.text}\t{one.n}\t{locked}\t'
                     f'{spread[0]}\t{spread[1]}'.rstrip())
    return '\n'.join(lines) + '\n'


# ----- the gate ---------------------------------------------------------------

def ratio(name, ours, base):
    """How many times worse than base; 1 is equal."""
    if name in MORE_IS_BETTER:
        ours, base = base, ours
    if base == ours:
        return 1.0
    return ours / base if base else float('inf')


def compare(figures, baseline):
    """Lines about what is worse, and about what is better, than it was."""
    worse, better = [], []
    for name, row in baseline.items():
        base = float(row['value'])
        if name not in figures:
            worse.append(f'{name}: no figure, the baseline has {row["value"]}')
            continue
        now = figures[name]
        times = ratio(name, now.value, base)
        line = (f'{name}: {now.text} {now.unit}, the baseline has '
                f'{row["value"]} ({100 * (now.value / base - 1):+.1f} %)'
                if base else f'{name}: {now.text}, the baseline has 0')
        if times > TOLERANCE:
            worse.append(line)
        elif times < 1 / TOLERANCE:
            better.append(line)
    return worse, better


# ----- the table for people ---------------------------------------------------

def grouped(value):
    """12345.6 -> 12,346; small numbers keep their decimals."""
    if value >= 10000:
        return f'{value:,.0f}'
    return f'{value:,.1f}' if value >= 10 else f'{value:g}'


def advantage(name, ours, linux):
    """Linux's figure in multiples of ours, or the reverse; > 1 is good."""
    if name in MORE_IS_BETTER:
        ours, linux = linux, ours
    if not ours:
        return ''
    times = linux / ours
    return f'{times:,.0f} x' if times >= 100 else f'{times:.1f} x'


def verdict(name, ours, row):
    """stretch, must or missed."""
    for goal in ('stretch', 'must'):
        if row[goal] and ratio(name, ours, float(row[goal])) <= 1:
            return goal
    return 'missed'


def natural(name):
    """Key that puts slab_pair_8 before slab_pair_64, and 1g before 16g."""
    units = {'m': 1, 'g': 1024}
    match = re.fullmatch(r'(.*_)(\d+)([mg])', name)
    if match:
        name = f'{match[1]}{int(match[2]) * units[match[3]]}'
    return [int(part) if part.isdigit() else part
            for part in re.split(r'(\d+)', name)]


def in_order(figures):
    return dict(sorted(figures.items(), key=lambda item: natural(item[0])))


def notes(linux):
    """{what ours leaves out: its letter}."""
    texts = [row['ours leaves out'] for row in linux.values()]
    return {text: chr(ord('a') + number)
            for number, text in enumerate(dict.fromkeys(filter(None, texts)))}


def against_linux(figures, linux):
    """Rows of text, under HEADS."""
    letters = notes(linux)
    for name, row in linux.items():
        figure = figures.get(name)
        recorded = [grouped(float(row[column])) if row[column] else '-'
                    for column in ('smp', 'numa')]
        goals = [grouped(float(row[column])) for column in ('must', 'stretch')]
        note = letters.get(row['ours leaves out'], '')
        if not figure:
            yield [name, '-', *recorded, '-', *goals, 'no figure', '', note]
            continue
        locked = '' if figure.locked is None else f'{figure.locked:.2f}'
        yield [name, grouped(figure.value), *recorded,
               advantage(name, figure.value, float(row['smp'])), *goals,
               verdict(name, figure.value, row), locked, note]


HEADS = ['row', 'ours', 'Linux SMP', '+NUMA', 'ratio', 'must', 'stretch',
         'reached', 'locked', 'note']
LEFT = {'row', 'reached', 'note'}


def aligned(heads, rows):
    """Lines with columns below each other; numbers to the right."""
    rows = [list(map(str, row)) for row in rows]
    widths = [max(len(cell) for cell in column)
              for column in zip(heads, *rows)]
    for row in [heads, *rows]:
        cells = [cell.ljust(width) if head in LEFT else cell.rjust(width)
                 for head, cell, width in zip(heads, row, widths)]
        yield '  '.join(cells).rstrip()


def markdown(heads, rows):
    yield '| ' + ' | '.join(heads) + ' |'
    yield '| ' + ' | '.join('---' if head in LEFT else '--:'
                            for head in heads) + ' |'
    for row in rows:
        yield '| ' + ' | '.join(map(str, row)) + ' |'


def between_marks(text, marks, lines):
    """text with lines in place of what stands between its two marks."""
    before, rest = text.split(marks[0])
    _, after = rest.split(marks[1])
    return '\n'.join([before + marks[0], *lines, marks[1] + after])

#!/usr/bin/python3
"""Coverage: from the compiler's counters to one report for all runs.

    coverage_report.py collect OUT.json DIRECTORY [STREAMS]
    coverage_report.py report OUTPUT RUN.json...

collect reads the counters of one build in DIRECTORY, which lie beside its
objects; those of a kernel's boots come as files in STREAMS (arch/x86/gcov.c
tells their form), are added up and put there. gcov says what they mean,
OUT.json keeps it, and the counters are removed, so that the next run begins
with none.

report adds runs up:

 1. A line counts if a build has code for it, and is run if any run ran it.
 2. Only branches of lines with a condition in their text count. Others are a
    macro's: alloc_pages(gfp, 0) asks which of its arguments are constants,
    and the compiler has answered. (lcov 2 calls this --filter branch.)
 3. A branch has no name, only its place among those of its line. Where two
    builds have as many on a line they are the same ones. Where they have not
    (a macro of the machine differs) each form stands for itself, and the line
    is shown by the form of which the greater part was taken.

A run of a source that has changed since says nothing of the lines it has now:
that is told and left out.

It writes OUTPUT/coverage.info for genhtml, OUTPUT/missing.txt with every line
and branch that nobody took, and a table per file on stdout. The last line has
both shares of all; they must reach COVERAGE_LINE and COVERAGE_BRANCH percent,
else the exit status is 1.
"""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNTED_FILES = ('boot/multiboot2.c', 'arch/x86/e820.c')
COUNTED_TREE = 'mm'
# A file of counters: four words, then records of a tag, a size and that much.
HEADER, RECORD = 16, 8
TAG_ARCS = 0x01a10000
CONDITION = re.compile(r'\b(if|while|for|switch)\b|\bfor_each_|[?]|&&|\|\|')
# Behind such an end the condition goes on in the next line.
GOES_ON = re.compile(r'(&&|\|\||[?:(])$')
LINE_MIN = float(os.environ.get('COVERAGE_LINE', 95))
BRANCH_MIN = float(os.environ.get('COVERAGE_BRANCH', 88))


def is_counted(name):
    """Is it one of the sources that coverage is asked of?"""
    return name in COUNTED_FILES or name.split('/')[0] == COUNTED_TREE


def split_stream(stream):
    """A kernel's stream as (name of file, its bytes).

    A guest that was ended from outside has sent none, or not all.
    """
    at = 0
    while at < len(stream):
        name_end = stream.find(b'\n', at)
        size_end = stream.find(b'\n', name_end + 1)
        if name_end < 0 or size_end < 0:
            return
        size = int(stream[name_end + 1:size_end])
        end = size_end + 1 + size
        if end > len(stream):
            return
        yield stream[at:name_end].decode(), stream[size_end + 1:end]
        at = end


def add_counters(one, other):
    """The counters of two boots of the same kernel, added up."""
    if one is None:
        return other
    if len(one) != len(other) or one[:HEADER] != other[:HEADER]:
        raise ValueError('the boots are not of the same kernel')
    total, at = bytearray(one), HEADER
    while at < len(one):
        tag, size = struct.unpack_from('<II', one, at)
        at += RECORD
        if tag == TAG_ARCS:
            form = f'<{size // 8}Q'
            counts = map(sum, zip(struct.unpack_from(form, one, at),
                                  struct.unpack_from(form, other, at)))
            struct.pack_into(form, total, at, *counts)
        at += size
    return bytes(total)


def put_counters(streams, directory):
    """Lays the files of all streams beside the objects in directory."""
    total, ended = {}, 0
    for stream in streams:
        for name, data in split_stream(stream):
            if not Path(name).resolve().is_relative_to(directory):
                raise ValueError(f'{name} is not in {directory}')
            total[name] = add_counters(total.get(name), data)
        ended += bool(stream)
    for name, data in total.items():
        Path(name).write_bytes(data)
    print(f'coverage: counters of {ended} boots in {directory}')


def counters(directory):
    """Counters in directory of the sources that are asked for.

    The kernel's objects are named mm/slub.c.o, the hosted ones mm/slub.o.
    """
    names = tuple('/' + name.removesuffix('.c') for name in COUNTED_FILES)
    return [path for path in sorted(directory.rglob('*.gcda'))
            if f'/{COUNTED_TREE}/' in str(path.relative_to(directory.parent))
            or str(path).removesuffix('.gcda').removesuffix('.c')
            .endswith(names)]


def run_gcov(paths):
    """What gcov says of them: one JSON text per file of counters."""
    done = subprocess.run(
        ['gcov', '--json-format', '--branch-probabilities', '--stdout',
         *map(str, paths)], cwd=ROOT, check=True, text=True,
        stdout=subprocess.PIPE)
    for text in done.stdout.splitlines():
        if text.strip():
            yield json.loads(text)


class Source:
    """Lines and branches of one file, as far as they are known."""

    def __init__(self):
        self.lines = defaultdict(int)           # number -> count
        self.branches = defaultdict(dict)       # number -> how many -> counts

    def add_line(self, number, count, branches):
        """A line as one build has it."""
        self.lines[number] += count
        if branches:
            form = self.branches[number].setdefault(len(branches),
                                                    [0] * len(branches))
            for i, taken in enumerate(branches):
                form[i] += taken

    def add(self, other):
        """Another run of the same file."""
        for number, count in other.lines.items():
            self.lines[number] += count
        for number, forms in other.branches.items():
            for form in forms.values():
                self.add_line(number, 0, form)

    def best_forms(self):
        """Line and counts of branches: one form for each."""
        for number, forms in sorted(self.branches.items()):
            yield number, max(forms.values(), key=lambda form:
                              (sum(map(bool, form)) / len(form), len(form)))

    def line_share(self):
        """Lines run, lines."""
        return sum(map(bool, self.lines.values())), len(self.lines)

    def branch_share(self):
        """Branches taken, branches."""
        forms = [form for _, form in self.best_forms()]
        return (sum(bool(taken) for form in forms for taken in form),
                sum(map(len, forms)))


def read_gcov(texts):
    """Sources by name, from what gcov says."""
    sources = defaultdict(Source)
    for text in texts:
        for file in text['files']:
            name = os.path.normpath(file['file'])
            if not is_counted(name):
                continue
            for line in file['lines']:
                sources[name].add_line(
                    line['line_number'], line['count'],
                    [branch['count'] for branch in line['branches']])
    return sources


def digest_of(name):
    """What a source is, in short; of one that is gone, nothing."""
    path = ROOT / name
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() \
        else ''


def collect(output, directory, streams=None):
    """One build's run to a file."""
    directory = Path(directory).resolve()
    if streams:
        put_counters((path.read_bytes() for path in
                      sorted(Path(streams).iterdir())), directory)
    paths = counters(directory)
    if not paths:
        raise ValueError(f'no counters in {directory}')
    sources = read_gcov(run_gcov(paths))
    for path in directory.rglob('*.gcda'):
        path.unlink()
    Path(output).write_text(json.dumps({
        name: {'source': digest_of(name), 'lines': source.lines,
               'branches': source.branches}
        for name, source in sources.items()}), encoding='ascii')


def load(path):
    """Sources of a run that collect() has written."""
    sources = {}
    for name, kept in json.loads(Path(path).read_text('ascii')).items():
        if kept.get('source') != digest_of(name):
            print(f'coverage: {name} has changed since {Path(path).stem} ran')
            continue
        source = sources[name] = Source()
        for number, count in kept['lines'].items():
            source.add_line(int(number), count, [])
        for number, forms in kept['branches'].items():
            for form in forms.values():
                source.add_line(int(number), 0, form)
    return sources


def add_up(runs):
    """Sources of several runs."""
    total = defaultdict(Source)
    for run in runs:
        for name, source in run.items():
            total[name].add(source)
    return total


def lines_with_conditions(text):
    """Numbers of the lines whose branches count."""
    before = ''
    for number, line in enumerate(text.splitlines(), 1):
        if CONDITION.search(line) or GOES_ON.search(before):
            yield number
        before = line.rstrip()


def keep_conditions(name, source):
    """Drops what a line without a condition has for branches."""
    numbers = set(lines_with_conditions((ROOT / name).read_text('utf-8')))
    for number in set(source.branches) - numbers:
        del source.branches[number]


def percent(share):
    """Of what there is; of nothing, all."""
    return 100.0 * share[0] / share[1] if share[1] else 100.0


def info_of(name, source):
    """A file's part of coverage.info, in lcov's form."""
    text = [f'SF:{ROOT / name}']
    for number, form in source.best_forms():
        for i, taken in enumerate(form):
            count = taken if source.lines[number] else '-'
            text.append(f'BRDA:{number},0,{i},{count}')
    for number, count in sorted(source.lines.items()):
        text.append(f'DA:{number},{count}')
    for letter, share in (('L', source.line_share()),
                          ('BR', source.branch_share())):
        text += [f'{letter}F:{share[1]}', f'{letter}H:{share[0]}']
    return text + ['end_of_record']


def missing_of(name, source):
    """What nobody took, a line each, with its text."""
    words = (ROOT / name).read_text('utf-8').splitlines()
    for number, count in sorted(source.lines.items()):
        if not count:
            yield f'{name}:{number}: line: {words[number - 1].strip()}'
    for number, form in source.best_forms():
        if source.lines[number] and not all(form):
            which = ','.join(str(i) for i, taken in enumerate(form)
                             if not taken)
            yield (f'{name}:{number}: branch {which} of {len(form)}: '
                   f'{words[number - 1].strip()}')


def table(sources):
    """Rows of the summary: files, then all of them."""
    row = '{:<28} {:>5} {:>5} {:>6.1f} {:>5} {:>5} {:>6.1f}'
    yield (f'{"file":<28} {"run":>5} {"lines":>5} {"%":>6} '
           f'{"taken":>5} {"of":>5} {"%":>6}')
    for name, source in sorted(sources.items()):
        lines, branches = source.line_share(), source.branch_share()
        yield row.format(name, *lines, percent(lines), *branches,
                         percent(branches))


def total_of(sources, share):
    """Sum of a share over all files."""
    parts = [(0, 0), *map(share, sources.values())]
    return tuple(map(sum, zip(*parts)))


def write_texts(output, sources):
    """coverage.info and missing.txt."""
    info, missing = [], []
    for name, source in sorted(sources.items()):
        info += info_of(name, source)
        missing += missing_of(name, source)
    output.joinpath('coverage.info').write_text('\n'.join(info) + '\n',
                                                encoding='utf-8')
    output.joinpath('missing.txt').write_text('\n'.join(missing) + '\n',
                                              encoding='utf-8')


def report(output, *runs):
    """Adds runs up; true if both shares are reached, of more than nothing."""
    sources = add_up(map(load, runs))
    for name, source in sources.items():
        keep_conditions(name, source)
    write_texts(Path(output), sources)
    print('\n'.join(table(sources)))
    lines = total_of(sources, Source.line_share)
    branches = total_of(sources, Source.branch_share)
    print(f'coverage: lines {percent(lines):.1f} % ({lines[0]} of '
          f'{lines[1]}, at least {LINE_MIN:g}), branches '
          f'{percent(branches):.1f} % ({branches[0]} of {branches[1]}, '
          f'at least {BRANCH_MIN:g})')
    return lines[1] > 0 and percent(lines) >= LINE_MIN and \
        percent(branches) >= BRANCH_MIN


def main(words):
    """The command line."""
    if len(words) in (3, 4) and words[0] == 'collect':
        collect(*words[1:])
        return 0
    if len(words) >= 3 and words[0] == 'report':
        return 0 if report(*words[1:]) else 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

"""Strict reader of KTAP, the report of a self-test run.

A report is a tree: suites at level 0, their cases indented by four blanks.
Everything a console adds (boot messages, escape codes, diagnostics) is passed
over; everything that says "test result" must be in its place:

    KTAP version 1
    1..1                        a plan before the first result
        KTAP version 1
        # Subtest: buddy
        1..3
        ok 1 - split_leaves_upper_half_free
        ok 2 - merge_needs_free_buddy # SKIP only one zone
        ok 3 - buddies_meet # any other remark
    ok 1 - buddy                results numbered from 1, without gaps
"""

import re
from dataclasses import dataclass, field

ESCAPE = re.compile(r'\x1b\[[0-9;?=]*[A-Za-z]')
VERSION = re.compile(r'( *)KTAP version 1$')
PLAN = re.compile(r'( *)1\.\.(\d+)(?: # SKIP.*)?$')
RESULT = re.compile(r'( *)(not ok|ok) (\d+)(?: - (\S+))?'
                    r'(?: # (?:SKIP ?(.*)|.*))?$')
LOOKS_LIKE_RESULT = re.compile(r' *(not )?ok \d')


class KtapError(Exception):
    """The report is not whole."""


@dataclass
class Result:
    name: str
    ok: bool
    skipped: bool = False
    children: list = field(default_factory=list)

    def cases(self):
        """The leaves below and including this result."""
        if not self.children:
            return [self]
        return [case for child in self.children for case in child.cases()]


@dataclass
class Level:
    plan: int = None
    results: list = field(default_factory=list)

    def close(self):
        if self.plan is None:
            raise KtapError('no plan')
        if len(self.results) != self.plan:
            raise KtapError(f'{len(self.results)} of {self.plan} results')


class Parser:
    def __init__(self):
        self.open = []          # levels, outermost first
        self.done = []          # results of whole reports

    def version(self, depth):
        if depth == 0 and self.open:
            self.finish()
        if depth != len(self.open):
            raise KtapError('KTAP version at a wrong level')
        self.open.append(Level())

    def plan(self, depth, count):
        if depth != len(self.open) - 1 or self.open[depth].plan is not None:
            raise KtapError('plan out of place')
        if count == 0:
            raise KtapError('nothing was tested')
        self.open[depth].plan = count

    def result(self, depth, number, result):
        while len(self.open) > depth + 1:
            level = self.open.pop()
            level.close()
            result.children = level.results
        if depth != len(self.open) - 1:
            raise KtapError('result out of place')
        level = self.open[depth]
        if level.plan is None:
            raise KtapError('result before its plan')
        level.results.append(result)
        if number != len(level.results):
            raise KtapError(f'number {number} where {len(level.results)} '
                            'is due')
        if result.ok and not all(child.ok for child in result.children):
            raise KtapError(f'{result.name} is ok, a part of it is not')

    def finish(self):
        if len(self.open) > 1:
            raise KtapError('ends inside a suite')
        self.open[0].close()
        self.done += self.open.pop().results

    def line(self, text):
        if match := VERSION.match(text):
            self.version(len(match[1]) // 4)
        elif not self.open:
            return
        elif match := PLAN.match(text):
            self.plan(len(match[1]) // 4, int(match[2]))
        elif match := RESULT.match(text):
            skipped = match[5] is not None
            self.result(len(match[1]) // 4, int(match[3]),
                        Result(match[4] or '', match[2] == 'ok', skipped))
        elif LOOKS_LIKE_RESULT.match(text):
            raise KtapError('result that cannot be read')


def clean(log):
    """The console's lines without escape codes and carriage returns."""
    return ESCAPE.sub('', log).replace('\r', '').split('\n')


def parse(log):
    """The results of every report in a console log; KtapError if unsound."""
    parser = Parser()
    for number, line in enumerate(clean(log), 1):
        try:
            parser.line(line.rstrip())
        except KtapError as error:
            raise KtapError(f'line {number}: {error}: {line}') from None
    if parser.open:
        parser.finish()
    if not parser.done:
        raise KtapError('no KTAP report')
    return parser.done


def cases(log):
    """Every single case of a log, in order."""
    return [case for suite in parse(log) for case in suite.cases()]

#!/usr/bin/python3
"""The curve of a soak.

    soak_plot.py LOG PLOT.png

Reads the lines "# SOAK round=1 ms=60012 ..." of a log (soak_test.c says what
they mean) and draws, over time, memory held and free, the share of free memory
that is in blocks too small for an order, and free blocks of each order. Status
1, and no plot, if there is none, or a line cannot be read or contradicts
itself.
"""

import re
import sys

LINE = re.compile(r'# SOAK (.*)')
NAMES = ('round', 'ms', 'operations', 'refused', 'injected', 'held', 'free',
         'orders', 'unusable3', 'unusable9')


def read_line(text):
    """A round: numbers by name, and the orders."""
    words = dict(word.split('=', 1) for word in text.split())
    if tuple(words) != NAMES:
        raise ValueError(f'not a round: {text}')
    orders = [int(blocks) for blocks in words.pop('orders').split(',')]
    one = {name: int(value) for name, value in words.items()}
    one['orders'] = orders
    if sum(blocks << order for order, blocks in enumerate(orders)) != \
            one['free']:
        raise ValueError(f'the orders are not the free pages: {text}')
    return one


def read_log(lines):
    """All rounds of a log."""
    rounds = [read_line(match[1]) for match in map(LINE.search, lines)
              if match]
    if [one['round'] for one in rounds] != list(range(1, len(rounds) + 1)):
        raise ValueError('rounds are missing')
    if not rounds:
        raise ValueError('no rounds')
    return rounds


def draw(rounds, path):
    """Three curves over the minutes."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot

    minutes = [one['ms'] / 60000 for one in rounds]
    figure, (memory, unusable, orders) = pyplot.subplots(
        3, 1, sharex=True, figsize=(9, 10))
    for name in ('held', 'free'):
        memory.plot(minutes, [one[name] / 256 for one in rounds], label=name)
    memory.set_ylabel('MiB')
    for order in (3, 9):
        unusable.plot(minutes,
                      [one[f'unusable{order}'] / 10 for one in rounds],
                      label=f'for order {order}')
    unusable.set_ylabel('free, but in smaller blocks, %')
    for order, blocks in enumerate(zip(*(one['orders'] for one in rounds))):
        orders.plot(minutes, blocks, label=f'order {order}',
                    color=pyplot.cm.viridis(order / 10))
    orders.set_ylabel('free blocks')
    orders.set_yscale('symlog')
    orders.set_xlabel('minutes')
    for axes in (memory, unusable, orders):
        axes.set_ylim(bottom=0)
        axes.grid(color='#e0e0e0')
        axes.legend(frameon=False, fontsize=8, loc='upper left',
                    bbox_to_anchor=(1, 1))
    figure.tight_layout()
    figure.savefig(path)


def main(words):
    """The command line."""
    if len(words) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(words[0], encoding='utf-8', errors='replace') as log:
            rounds = read_log(log)
    except (OSError, ValueError) as error:
        print(f'soak: {words[0]}: {error}', file=sys.stderr)
        return 1
    draw(rounds, words[1])
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))

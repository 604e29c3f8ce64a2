"""docs/performance.md and its plots, from the figures of scripts/bench.

Everything between the marks is written anew, so that the chapter's tables are
never other than what was measured. The plots are drawn without dates and
random names: the same figures give the same files.
"""

import re

import bench_table as table
import matplotlib
from matplotlib import pyplot

matplotlib.use('svg')
matplotlib.rcParams.update({
    'svg.hashsalt': 'strata', 'svg.fonttype': 'none', 'font.size': 10,
    'axes.spines.top': False, 'axes.spines.right': False,
    'axes.axisbelow': True, 'axes.grid': True, 'grid.color': '#e0e0e0',
})

OURS, LINUX = '#1b6ca8', '#e0a458'
IMAGES = 'images/bench'


def marks(name):
    return f'<!-- bench {name}: begin -->', f'<!-- bench {name}: end -->'


def save(figure, docs, name, axes):
    axes.legend(frameon=False)
    figure.tight_layout()
    path = docs / f'{IMAGES}-{name}.svg'
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={'Date': None, 'Creator': None})
    pyplot.close(figure)


# ----- plots -----------------------------------------------------------------

def plot_ratios(docs, figures, linux):
    """Ours beside Linux's, for what is counted per operation."""
    names = [name for name, row in linux.items() if row['smp'] and
             name in figures and figures[name].unit == 'insn/op']
    figure, axes = pyplot.subplots(figsize=(8, 0.45 * len(names) + 1.2))
    places = range(len(names))
    for offset, color, label, values in (
            (-0.2, OURS, 'Strata', [figures[name].value for name in names]),
            (0.2, LINUX, 'Linux 6.12 (SMP)',
             [float(linux[name]['smp']) for name in names])):
        axes.barh([place + offset for place in places], values, 0.38,
                  color=color, label=label)
        for place, value in zip(places, values):
            axes.text(value * 1.03, place + offset, table.grouped(value),
                      va='center', fontsize=8)
    axes.set_yticks(list(places), names)
    axes.invert_yaxis()
    axes.set_xscale('log')
    axes.set_xlabel('instructions per allocation and free (logarithmic)')
    save(figure, docs, 'linux', axes)


def series(figures, pattern):
    """[(number in the name, value)] of the rows that fit."""
    found = []
    for name, one in figures.items():
        match = re.fullmatch(pattern, name)
        if match:
            found.append((int(match[1]), one.value))
    return sorted(found)


def plot_sizes(docs, figures):
    """Per size class: pairs, and runs of ten thousand objects."""
    figure, axes = pyplot.subplots(figsize=(8, 3.6))
    for pattern, label, color in (
            (r'slab_pair_(\d+)', 'kmem_cache, one object', OURS),
            (r'kmalloc_const_pair_(\d+)', 'kmalloc, one object', '#5aa469'),
            (r'slab_inorder_(\d+)_n10000', 'kmalloc, 10,000 in order', LINUX)):
        points = series(figures, pattern)
        axes.plot(*zip(*points), 'o-', color=color, label=label)
    axes.set_xscale('log', base=2)
    axes.set_xticks([8 << n for n in range(11)],
                    [str(8 << n) for n in range(11)])
    axes.set_ylim(bottom=0)
    axes.set_xlabel('bytes per object')
    axes.set_ylabel('instructions per pair')
    save(figure, docs, 'sizes', axes)


def plot_orders(docs, figures, linux):
    """Per order: a pair of alloc_pages() and __free_pages()."""
    points = series(figures, r'page_pair_(\d+)')
    recorded = [(order, float(linux[f'page_pair_{order}']['smp']))
                for order, _ in points if f'page_pair_{order}' in linux]
    figure, axes = pyplot.subplots(figsize=(8, 3.2))
    axes.bar(*zip(*points), color=OURS, label='Strata')
    axes.plot(*zip(*recorded), 'D', color=LINUX, label='Linux 6.12 (SMP)')
    axes.set_yscale('log')
    axes.set_xticks([order for order, _ in points])
    axes.set_xlabel('order')
    axes.set_ylabel('instructions per pair')
    save(figure, docs, 'orders', axes)


def boot_sizes(figures):
    """[(GiB, size, {phase: instructions})]"""
    found = {}
    for name, one in figures.items():
        match = re.fullmatch(r'boot_(?:(\w+)_)?insn_(\d+)([mg])', name)
        if match:
            gib = int(match[2]) / (1024 if match[3] == 'm' else 1)
            size = f'{match[2]} {match[3].upper()}iB'
            found.setdefault((gib, size), {})[match[1] or 'all'] = one.value
    return [(gib, size, phases)
            for (gib, size), phases in sorted(found.items())]


def plot_boot(docs, figures, linux):
    """What the boot costs by size of memory."""
    sizes = boot_sizes(figures)
    figure, axes = pyplot.subplots(figsize=(8, 3.6))
    gib = [size[0] for size in sizes]
    ours = [size[2]['all'] - size[2]['time'] for size in sizes]
    axes.plot(gib, ours, 'o-', color=OURS, label='Strata, without the clock')
    per_gib = float(linux['boot_insn_per_gib']['smp'])
    axes.plot(gib, [per_gib * n for n in gib], '--', color=LINUX,
              label="Linux 6.12, what its GiBs add")
    axes.set_xscale('log')
    axes.set_yscale('log')
    axes.set_xlabel('GiB of memory')
    axes.set_ylabel('instructions')
    save(figure, docs, 'boot', axes)


# ----- tables ----------------------------------------------------------------

def linux_table(figures, linux):
    yield from table.markdown(table.HEADS,
                              table.against_linux(figures, linux))
    yield ''
    yield 'Ours leaves out:'
    yield ''
    for text, letter in table.notes(linux).items():
        yield f'- {letter}: {text}'


def rows_table(figures, linux):
    """Every other row per operation."""
    rows = [[f'`{name}`', table.grouped(one.value),
             '' if one.locked is None else f'{one.locked:.2f}']
            for name, one in figures.items()
            if name not in linux and one.unit in ('insn/op', 'percent')
            and not name.startswith('memmap_')]
    return table.markdown(['row', 'ours', 'locked'], rows)


PHASES = ['entry', 'log', 'arch', 'mm', 'time', 'cpus', 'rest']


def boot_table(figures):
    rows = []
    for _, size, phases in boot_sizes(figures):
        share = figures['memmap_boot_percent_' +
                        size.replace(' ', '').lower().removesuffix('ib')]
        rows.append([size, *(table.grouped(phases[phase])
                             for phase in ['all', *PHASES]), share.text])
    return table.markdown(['memory', 'all', *PHASES, 'descriptors, %'], rows)


def image_table(figures, prefix, head):
    rows = [[f'`{name.removeprefix(prefix)}`', f'{one.value:,.0f}']
            for name, one in sorted(figures.items(),
                                    key=lambda item: -item[1].value)
            if name.startswith(prefix)]
    return table.markdown([head, 'bytes'], rows)


def write(book, figures, linux):
    docs = book.parent
    plot_ratios(docs, figures, linux)
    plot_sizes(docs, figures)
    plot_orders(docs, figures, linux)
    plot_boot(docs, figures, linux)
    text = book.read_text(encoding='utf-8')
    for name, lines in (
            ('linux', linux_table(figures, linux)),
            ('rows', rows_table(figures, linux)),
            ('boot', boot_table(figures)),
            ('sections', image_table(figures, 'image_section_', 'section')),
            ('objects', image_table(figures, 'image_mm/', 'of mm/'))):
        text = table.between_marks(text, marks(name), lines)
    book.write_text(text, encoding='utf-8')

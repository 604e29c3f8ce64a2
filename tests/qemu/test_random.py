"""Boots that differ only in what the CPU and the clock bring to chance.

Which objects of a fresh slab come first follows from its cache's secret.
"""

import re

from guest import I386, boot
from test_shell import session

WITH_GENERATOR = ('-cpu qemu32,+pse36,+nx,+rdrand' if I386 else
                  '-cpu qemu64,+rdrand')

# Two of each, for first places alone repeat soon.
SIZES = 2 * [16, 30, 60, 120, 250]


def shuffle(**settings):
    """Where slabs' first objects lie in a page."""
    parts, _ = session(*[f'alloc object {size}' for size in SIZES], **settings)
    text = '\n'.join(line for part in parts for line in part)
    places = re.findall(r'at 0x[0-9a-f]+([0-9a-f]{3}) \(', text)
    assert len(places) == len(SIZES), text
    return places


def test_suites_pass_with_a_generator():
    run = boot('selftest=random,archrandom poweroff', '--ktap',
               qemu_flags=WITH_GENERATOR).passed()
    assert re.search(r'cpu: .*, rdrand', run.log)
    assert not [case.name for case in run.cases() if case.skipped]


def test_counted_boots_of_one_machine_are_alike():
    assert shuffle(icount='1') == shuffle(icount='1')


def test_another_machine_has_other_secrets():
    assert shuffle(icount='1') != shuffle(icount='1', mem='200M')


def test_generator_makes_counted_boots_differ():
    settings = {'icount': '1', 'qemu_flags': WITH_GENERATOR}
    assert shuffle(**settings) != shuffle(**settings)

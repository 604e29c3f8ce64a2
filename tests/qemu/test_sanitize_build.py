"""Builds whose code checks itself: no report but those made on purpose.

SANITIZE=undefined and SANITIZE=kasan have build directories of their own below
the target's. Warnings are errors there.
"""

import os
import subprocess

import pytest
from guest import (ARCH, BUILD, I386, KERNEL, MACHINE, ROOT, SHORT,
                   environment, qemu)

CALLS = {'undefined': '__ubsan_handle_out_of_bounds',
         'kasan': '__asan_store8_noabort'}

WORDS = f'poweroff {SHORT} detect=1'
# Hosted, the address sanitizer watches the sweeps over all of a zone, and both
# watch all suites in 32 bits: what is left is the machine.
GLOB = {'undefined': MACHINE if I386 else '*',
        'kasan': '!zone,!linux_vmalloc'}


def make(sanitize, *words):
    return subprocess.run(
        ['make', '-j2', f'ARCH={ARCH}', f'SANITIZE={sanitize}', 'WERROR=1',
         *words],
        cwd=ROOT, env=environment(), check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def build(sanitize):
    """The kernel of such a build."""
    kernel = BUILD / sanitize / 'strata.elf'
    done = make(sanitize, f'BUILD={kernel.parent.relative_to(ROOT)}',
                str(kernel.relative_to(ROOT)))
    assert done.returncode == 0, done.stdout[-4000:]
    return kernel


def functions(kernel):
    names = subprocess.run(['nm', kernel], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return {line.split()[-1] for line in names.splitlines()}


@pytest.mark.parametrize('sanitize,case', [
    ('undefined', 'misaligned_access_is_told'),
    ('kasan', 'accesses_after_free_are_reported')])
@pytest.mark.cost(300)
def test_passes_on_two_cpus_without_a_report(sanitize, case):
    if I386 and sanitize == 'kasan':
        pytest.skip('64-bit only')
    kernel = build(sanitize)
    assert CALLS[sanitize] in functions(kernel)
    run = qemu('--kernel', kernel, '--append',
               f'selftest={GLOB[sanitize]} {WORDS}',
               smp=2, mem='256M', timeout=300).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)
    assert case in {done.name for done in run.cases() if not done.skipped}


# Not with suites that write where they may not: both would tell of it.
@pytest.mark.skipif(I386, reason='64-bit only')
@pytest.mark.cost(60)
def test_kasan_lets_debugged_caches_look_at_their_red_zones():
    run = qemu('--kernel', build('kasan'), '--append',
               'slub_debug selftest=kmalloc*,mempool,slab*,stress_mix '
               f'{WORDS}',
               smp=2, mem='256M', timeout=120).passed()
    told = [line for line in run.lines if line.startswith('BUG:')]
    assert not told, '\n'.join(told)


def test_unreachable_code_that_is_reached_is_a_panic():
    run = qemu('--kernel', build('undefined'), '--append', 'test_unreachable')
    assert run.status == 2
    assert 'unreachable code was reached in tests/suites/' in run.log


@pytest.mark.skipif(not I386, reason='32-bit only')
def test_kasan_is_refused_with_the_reason():
    done = make('kasan', 'all')
    assert done.returncode == 2
    assert 'SANITIZE=kasan needs ARCH=x86_64' in done.stdout


def test_normal_build_has_no_checks():
    if os.environ.get('SANITIZE'):
        pytest.skip('this build has')
    assert not functions(KERNEL).intersection(CALLS.values())

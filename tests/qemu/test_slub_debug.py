"""slub_debug=: the self-test while every cache debugs, without a report.

All that the kernel and its suites do with objects is right, so nothing may be
told. All flags together see everything; each by itself, which makes another
layout, sees the suites of those that allocate most. Sweeps and stress are
short: they are about the arrays that debugged caches do not have.
"""

import pytest
from guest import I386, boot

SHORT = 'restart_rounds=1000 stress_ms=60 poweroff'
# Told by a case that needs kmalloc's arrays: they really are gone.
GONE = 'caches of kmalloc have no arrays'
ALLOCATE = ('k*,mempool*,dma*,percpu,pgtable,restart_al*,sched*,sl*,smp*,'
            'stack_depot,stress_mix,stress_cross*,usercopy')


def reports(run):
    return [line for line in run.lines if line.startswith('BUG:')]


def selftest(words, glob='*', **settings):
    return boot(f'selftest={glob} {words} {SHORT}', mem='256M', timeout=240,
                **settings).passed()


# Layouts in 32 bits are those of the hosted suites in 32 bits.
@pytest.mark.parametrize('words, glob', [('slub_debug=FZPUA', '*')] + (
    [] if I386 else [('slub_debug=FZ', ALLOCATE), ('slub_debug=P', ALLOCATE),
                     ('slab_debug=U', ALLOCATE)]))
@pytest.mark.cost(20)
def test_nothing_is_reported_while_all_caches_debug(words, glob):
    run = selftest(words, glob, smp=2)
    assert not reports(run), '\n'.join(reports(run))
    assert any(GONE in line for line in run.lines), run.tail()


@pytest.mark.cost(15)
def test_clearing_does_not_look_like_damage():
    run = selftest('slub_debug=FZU init_on_alloc=1 init_on_free=1',
                   'slub_debug*,kmalloc*', smp=2)
    assert not reports(run), '\n'.join(reports(run))


@pytest.mark.cost(15)
def test_one_cache_may_debug_alone():
    run = selftest('slub_debug=FZPU,kmalloc-64', 'slub*,kmalloc*,restart_al*',
                   smp=2)
    assert not reports(run)
    assert any(GONE in line for line in run.lines), run.tail()


@pytest.mark.parametrize('words', [
    'slub_debug=-', 'slub_debug=FZPU,no-such-cache', 'slub_debug=FZPU-'])
@pytest.mark.cost(10)
def test_caches_that_are_not_named_keep_their_arrays(words):
    run = selftest(words, 'slub_arrays*,restart_al*')
    assert not any(GONE in line for line in run.lines), run.tail()


@pytest.mark.cost(10)
def test_o_debugs_only_where_slabs_stay_small():
    run = selftest('slub_debug=FZPUO', 'slub*,kmalloc*,restart_al*', smp=2)
    assert not reports(run)
    assert any(GONE in line for line in run.lines), run.tail()


@pytest.mark.cost(5)
def test_unknown_letters_are_told_and_the_others_count():
    run = selftest('slub_debug=FQZ', 'kmalloc*,restart_al*')
    assert "slub_debug: unknown letter 'Q', left out" in run.log
    assert 'bad value' not in run.log
    assert any(GONE in line for line in run.lines), run.tail()

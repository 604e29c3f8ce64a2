/*
 * Every CPU at once: objects and pages of all sizes, caches made and
 * destroyed, caches shrunk under those who use them.
 */
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "stress.h"

#define SLOTS 24

static void take_or_give(struct stressor *me, struct stress_block *b)
{
	if (b->p)
		stress_give(me, b);
	else
		stress_take(me, b, stress_gfp(me));
}

/* Grows or shrinks; what both sizes have in common must stay. */
static void resize(struct stressor *me, struct stress_block *b)
{
	size_t size = (size_t)(1 + stress_below(me, 3000));
	void *p;

	if (!b->p || b->kind != STRESS_KMALLOC || b->size > 512 ||
	    b->size < sizeof(u64))
		return;
	p = krealloc(b->p, size, stress_gfp(me) & ~__GFP_ZERO);
	if (!p)
		return;
	b->p = p;
	b->size = ALIGN_DOWN(min(size, b->size), sizeof(u64));
	stress_check(me, b);
	b->size = size;
	stress_fill(p, size, b->id);
}

static void give_all(struct stressor *me, struct stress_block *slots)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			stress_give(me, &slots[i]);
}

static void mix(struct stressor *me)
{
	struct stress_block slots[SLOTS] = { { 0 } };

	while (stress_goes_on(me)) {
		struct stress_block *b = &slots[stress_below(me, SLOTS)];

		if (stress_one_in(me, 8))
			resize(me, b);
		else
			take_or_give(me, b);
	}
	give_all(me, slots);
}

static void all_cpus_take_and_give_all_sizes(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 1, mix, NULL), 0);
}

static void preempted_threads_take_and_give_all_sizes(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 3, mix, NULL), 0);
}

/* A cache of the thread's own, from its first object to its last. */
static void live_of_a_cache(struct stressor *me)
{
	struct stress_block slots[SLOTS] = { { 0 } };
	size_t size = (size_t)(8 + stress_below(me, stress_one_in(me, 4) ?
						6000 : 300));
	unsigned int i, n = 1 + (unsigned int)stress_below(me, SLOTS);
	struct kmem_cache *s;
	char name[40];

	ksnprintf(name, sizeof(name), "stress-%u-%u-%llu", me->cpu, me->nr,
		  stress_new_id(me) & 0xffffffff);
	s = kmem_cache_create(name, (unsigned int)size, 0,
			      stress_one_in(me, 2) ? SLAB_HWCACHE_ALIGN : 0,
			      NULL);
	if (!s)
		return;
	for (i = 0; i < n; i++) {
		slots[i].p = kmem_cache_alloc(s, stress_gfp(me));
		slots[i].id = stress_new_id(me);
		if (slots[i].p)
			stress_fill(slots[i].p, size, slots[i].id);
	}
	while (n-- > 0) {
		if (slots[n].p) {
			stress_verify(me, slots[n].p, size, slots[n].id);
			kmem_cache_free(s, slots[n].p);
		}
		if (stress_one_in(me, 16))
			kmem_cache_shrink(s);
	}
	kmem_cache_destroy(s);
}

static void make_and_destroy(struct stressor *me)
{
	while (stress_goes_on(me))
		live_of_a_cache(me);
}

static void caches_come_and_go_on_all_cpus(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 2, make_and_destroy, NULL), 0);
}

/* The first of the threads shrinks, the others use. */
static void shrink_or_use(struct stressor *me)
{
	struct stress_block slots[SLOTS] = { { 0 } };

	while (stress_goes_on(me)) {
		struct stress_block *b = &slots[stress_below(me, SLOTS)];

		if (me->index == 0 && stress_one_in(me, 4))
			kmem_cache_shrink(stress_caches[stress_below(me,
						STRESS_SHARED_CACHES)]);
		else if (me->index == 0 && stress_one_in(me, 64))
			kmem_cache_shrink_all();
		else if (b->p)
			stress_give(me, b);
		else
			stress_take_kind(me, b, stress_gfp(me),
					 stress_one_in(me, 8) ?
					 STRESS_KMALLOC : STRESS_CACHE);
	}
	give_all(me, slots);
}

static void caches_shrink_while_others_use_them(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 2, shrink_or_use, NULL), 0);
}

/* The first makes and destroys caches, the others shrink all there are. */
static void destroy_or_shrink(struct stressor *me)
{
	while (stress_goes_on(me)) {
		if (me->index % 2 == 0)
			live_of_a_cache(me);
		else
			kmem_cache_shrink_all();
	}
}

static void caches_are_destroyed_while_all_shrink(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 2, destroy_or_shrink, NULL), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_cpus_take_and_give_all_sizes),
	KTEST_CASE(preempted_threads_take_and_give_all_sizes),
	KTEST_CASE(caches_come_and_go_on_all_cpus),
	KTEST_CASE(caches_shrink_while_others_use_them),
	KTEST_CASE(caches_are_destroyed_while_all_shrink),
	{}
};
KTEST_SUITE_FIXTURE(stress_mix, cases, stress_begin, stress_end);

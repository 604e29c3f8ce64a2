/*
 * Allocated here, freed there: blocks go from CPU to CPU through rings, so
 * that the one who frees is nearly never the one who allocated.
 *
 *	stressor 0 --ring 0--> 1 --ring 1--> 2 --ring 2--> ... --> 0
 *
 * A ring has one writer and one reader; what stands in it belongs to it. Who
 * takes a block out looks at every word before he frees it, or makes it his
 * own and hands it on.
 */
#include <lib/kernel.h>

#include "stress.h"

#define RING_SLOTS 32

struct ring {
	unsigned int put;	/* written by its writer */
	unsigned int got;	/* written by its reader */
	struct stress_block slots[RING_SLOTS];
};

static bool ring_put(struct ring *r, const struct stress_block *b)
{
	unsigned int got = __atomic_load_n(&r->got, __ATOMIC_ACQUIRE);

	if (r->put - got == RING_SLOTS)
		return false;
	r->slots[r->put % RING_SLOTS] = *b;
	__atomic_store_n(&r->put, r->put + 1, __ATOMIC_RELEASE);
	return true;
}

static bool ring_get(struct ring *r, struct stress_block *b)
{
	unsigned int put = __atomic_load_n(&r->put, __ATOMIC_ACQUIRE);

	if (put == r->got)
		return false;
	*b = r->slots[r->got % RING_SLOTS];
	__atomic_store_n(&r->got, r->got + 1, __ATOMIC_RELEASE);
	return true;
}

static void produce(struct stressor *me, struct ring *to)
{
	struct stress_block b;

	if (stress_take(me, &b, stress_gfp(me)) && !ring_put(to, &b))
		stress_give(me, &b);
}

static void consume(struct stressor *me, struct ring *from, struct ring *to)
{
	struct stress_block b;

	if (!ring_get(from, &b))
		return;
	if (!stress_one_in(me, 4)) {
		stress_give(me, &b);
		return;
	}
	stress_check(me, &b);
	b.id = stress_new_id(me);
	stress_fill(b.p, b.size, b.id);
	if (!ring_put(to, &b))
		stress_give(me, &b);
}

static void hand_on(struct stressor *me)
{
	struct ring *rings = me->arg;
	struct ring *to = &rings[me->index];
	struct ring *from = &rings[(me->index + me->all - 1) % me->all];
	unsigned int burst;

	while (stress_goes_on(me)) {
		burst = 1 + (unsigned int)stress_below(me, RING_SLOTS);
		if (stress_one_in(me, 2))
			while (burst--)
				produce(me, to);
		else
			while (burst--)
				consume(me, from, to);
	}
}

/* What was still under way when the time was over. */
static void empty_rings(struct ktest *t, struct ring *rings, unsigned int n)
{
	struct stressor me = { .complaint = "" };
	struct stress_block b;
	unsigned int i;

	for (i = 0; i < n; i++)
		while (ring_get(&rings[i], &b))
			stress_give(&me, &b);
	stress_pass_on(t, &me);
}

static void run(struct ktest *t, unsigned int per_cpu)
{
	unsigned int n = stress_count(per_cpu);
	struct ring *rings = STRESS_INSIST(kcalloc(n, sizeof(*rings),
						   GFP_KERNEL));

	KTEST_ASSERT_NOT_NULL(t, rings);
	KTEST_EXPECT_NE(t, stress_run(t, per_cpu, hand_on, rings), 0);
	empty_rings(t, rings, n);
	kfree(rings);
}

static void blocks_are_freed_by_the_next_cpu(struct ktest *t)
{
	run(t, 1);
}

static void blocks_are_freed_by_the_next_of_many_threads(struct ktest *t)
{
	run(t, 3);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(blocks_are_freed_by_the_next_cpu),
	KTEST_CASE(blocks_are_freed_by_the_next_of_many_threads),
	{}
};
KTEST_SUITE_FIXTURE(stress_handover, cases, stress_begin, stress_end);

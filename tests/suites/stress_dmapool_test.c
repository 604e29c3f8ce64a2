/*
 * One pool of blocks for devices that all CPUs take from and give back to at
 * once: no block has two owners, and none is lost.
 */
#include <lib/kernel.h>
#include <mm/dmapool.h>

#include "../../mm/dmapool_internal.h"
#include "stress.h"

/* A page has blocks for several CPUs, all of them need several pages. */
#define BLOCK 128
#define SLOTS 16

struct slot {
	void *block;
	dma_addr_t dma;
	u64 id;
};

static void take(struct stressor *me, struct slot *s)
{
	s->block = dma_pool_alloc(me->arg, stress_gfp(me), &s->dma);
	if (!s->block)
		return;
	s->id = stress_new_id(me);
	stress_fill(s->block, BLOCK, s->id);
}

static void give(struct stressor *me, struct slot *s)
{
	stress_verify(me, s->block, BLOCK, s->id);
	dma_pool_free(me->arg, s->block, s->dma);
	s->block = NULL;
}

static void take_and_give(struct stressor *me)
{
	unsigned int rounds = stress_rounds(4000), i;
	struct slot slots[SLOTS] = { { 0 } };

	stress_meet(me);
	while (rounds--) {
		i = (unsigned int)stress_below(me, SLOTS);
		if (slots[i].block)
			give(me, &slots[i]);
		else
			take(me, &slots[i]);
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].block)
			give(me, &slots[i]);
}

static void all_cpus_share_a_pool(struct ktest *t)
{
	struct dma_pool *pool = STRESS_INSIST(
		dma_pool_create("shared", NULL, BLOCK, BLOCK, 0));

	KTEST_ASSERT_NOT_NULL(t, pool);
	stress_run(t, 2, take_and_give, pool);
	KTEST_EXPECT_EQ(t, pool->nr_busy, 0);
	KTEST_EXPECT_NULL(t, dma_pool_validate(pool));
	dma_pool_destroy(pool);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_cpus_share_a_pool),
	{}
};
KTEST_SUITE_FIXTURE(stress_dmapool, cases, stress_begin, stress_end);

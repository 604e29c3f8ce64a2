/* What the suites about free blocks at hand share. */
#ifndef TESTS_PCP_FIXTURE_H
#define TESTS_PCP_FIXTURE_H

#include <kernel/ktest.h>

#include "../../mm/pcp.h"
#include "settled.h"

#define PCP_MANY 256UL
#define PCP_SOME 40

/* Where this CPU's requests of GFP_KERNEL go first. */
static inline struct zone *kernel_zone(void)
{
	return node_zonelist(NUMA_NO_NODE, GFP_KERNEL)->zones[0];
}

static inline unsigned int at_hand(const struct zone *zone, unsigned int order)
{
	unsigned int cpu = smp_processor_id();

	return pcp_count(zone, cpu, MIGRATE_UNMOVABLE, order) +
	       pcp_count(zone, cpu, MIGRATE_MOVABLE, order) +
	       pcp_count(zone, cpu, MIGRATE_RECLAIMABLE, order);
}

/* A zone that has arrays, and enough to fill them. */
static inline void need_arrays(struct ktest *t)
{
	struct zone *zone = kernel_zone();

	drain_all_pages();
	if (pcp_is_disabled())
		ktest_skip(t, "the arrays are put aside");
	else if (!zone->pageset_high[0])
		ktest_skip(t, "CPUs keep nothing at hand here");
	else if (zone->nr_free_pages < low_wmark_pages(zone) + 2 * PCP_MANY)
		ktest_skip(t, "the zone is nearly used up");
}

/* All of one pageblock, so that they go to one array. */
static inline struct page *same_type_pages(struct ktest *t)
{
	struct page *block = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
					 pageblock_order);

	if (block)
		split_page(block, pageblock_order);
	else
		ktest_skip(t, "no 2 MiB in one piece");
	return block;
}

/* Blocks of all orders that arrays take; also for other CPUs to run. */
static struct page *some_blocks[PCP_SOME];

static inline void take_some(void *unused)
{
	unsigned int i;

	for (i = 0; i < PCP_SOME; i++)
		some_blocks[i] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN,
					     i % NR_PCP_ORDERS);
}

static inline void give_some(void *unused)
{
	unsigned int i;

	for (i = 0; i < PCP_SOME; i++)
		if (some_blocks[i])
			__free_pages(some_blocks[i], some_blocks[i]->order);
}

static inline void take_and_give(void *unused)
{
	take_some(NULL);
	give_some(NULL);
}

static inline void free_range(struct page *block, unsigned long from,
		       unsigned long to)
{
	while (from < to)
		__free_page(block + from++);
}

#endif

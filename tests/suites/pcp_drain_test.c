/*
 * Free blocks at hand come back when they are needed, belong to somebody in
 * the census, and are looked at again before they go to anybody.
 */
#include <kernel/preempt.h>
#include <lib/kernel.h>
#include <lib/list.h>
#include <mm/census.h>

#include "all_memory.h"
#include "pcp_fixture.h"

/* So many blocks taken and freed again: now they are at hand. */
static void put_at_hand(unsigned int nr, unsigned int order)
{
	struct page *page, *next;
	LIST_HEAD(taken);

	while (nr-- && (page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order)))
		list_add(&page->lru, &taken);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, order);
}

/* ----- drain -------------------------------------------------------------- */

static void drain_brings_the_same_free_lists_back(struct ktest *t)
{
	static struct census before, now;
	unsigned int order;

	census_take(&before);
	/* small ones last: want of a large one drains */
	for (order = NR_PCP_ORDERS; order--;)
		put_at_hand(order < 4 ? 100 : 1, order);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_NE(t, drain_local_pages(), 0);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_EQ(t, drain_local_pages(), 0);
	census_walk(&now, NULL, NULL);
	KTEST_EXPECT_STREQ(t, census_compare(&before, &now), NULL);
}

static void single_page_of_a_cpu_is_drained(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	drain_all_pages();
	__free_page(page);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 1);
	drain_all_pages();
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
}

/* Its CPU has changed one of the two words, and not yet the other. */
static void array_on_its_way_out_of_use_counts_as_empty(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	struct cpu_stack *s;
	unsigned long flags;
	unsigned int n;
	void **end;

	local_irq_save(flags);
	s = &this_cpu_ptr(zone->per_cpu_pageset)->stack[0][0];
	end = s->end;
	s->end = pcp_no_room;
	n = pcp_count(zone, smp_processor_id(), (enum migratetype)0, 0);
	s->end = end;
	local_irq_restore(flags);
	KTEST_EXPECT_EQ(t, n, 0);
}

static struct hidden hidden;

/* All free blocks there are, the large ones first. */
static void take_all(struct list_head *blocks)
{
	struct page *page;
	int order;

	hide_untouched(&hidden);
	for (order = MAX_PAGE_ORDER; order >= 0; order--) {
		INIT_LIST_HEAD(&blocks[order]);
		while ((page = alloc_pages(__GFP_MEMALLOC | __GFP_NOWARN,
					   (unsigned int)order)))
			list_add(&page->lru, &blocks[order]);
	}
}

static void give_all(struct list_head *blocks)
{
	struct page *page, *next;
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		list_for_each_entry_safe(page, next, &blocks[order], lru)
			__free_pages(page, order);
	show_untouched(&hidden);
}

/* Its pages are free, but some lie in an array: without a drain, no merge. */
static void large_block_is_found_in_the_arrays(struct ktest *t)
{
	struct list_head blocks[NR_PAGE_ORDERS];
	struct page *block = same_type_pages(t), *got;

	if (!block)
		return;
	take_all(blocks);
	free_range(block, 0, pageblock_nr_pages);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
	got = alloc_pages(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOWARN,
			  pageblock_order);
	KTEST_EXPECT_PTR_EQ(t, got, block);
	give_all(blocks);
	if (got)
		__free_pages(got, pageblock_order);
}

static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

static void pages_of_all_types_are_counted(struct ktest *t)
{
	struct page *pages[ARRAY_SIZE(types)];
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(types); n++) {
		pages[n] = alloc_page(GFP_KERNEL | types[n]);
		if (!KTEST_EXPECT_NOT_NULL(t, pages[n]))
			break;
	}
	drain_all_pages();
	for (i = 0; i < n; i++) {
		__free_page(pages[i]);
		KTEST_EXPECT_EQ(t, nr_pcp_pages(), i + 1UL);
	}
}

/* A page in the array of another type is not out of reach. */
static void page_of_another_type_is_found_in_the_arrays(struct ktest *t)
{
	struct list_head blocks[NR_PAGE_ORDERS];
	struct page *page = alloc_page(GFP_KERNEL), *got;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	take_all(blocks);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		__free_page(page);
		got = alloc_page(__GFP_MEMALLOC | __GFP_NOWARN | types[i]);
		KTEST_EXPECT_PTR_EQ(t, got, page);
		if (!got)
			break;
	}
	KTEST_EXPECT_NULL(t, alloc_page(__GFP_MEMALLOC | __GFP_NOWARN));
	give_all(blocks);
	if (got)
		__free_page(page);
}

/* ----- mistakes and damage ------------------------------------------------ */

static void second_free_of_a_block_at_hand_is_refused(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < NR_PCP_ORDERS; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
						order);
		unsigned long held;

		if (!page)
			break;
		__free_pages(page, order);
		held = nr_pcp_pages();
		if (page->type == PAGE_PCP)
			KTEST_EXPECT_REPORTS(t, 1, "already free, at hand",
					     __free_pages(page, order));
		KTEST_EXPECT_EQ(t, nr_pcp_pages(), held);
		KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	}
}

/* Damage to a block that this CPU keeps, seen when it is taken. */
static void expect_damage_noticed(struct ktest *t, struct page *page,
				  gfp_t gfp)
{
	struct page *got = NULL;

	page->type = 0xee;
	KTEST_EXPECT_NOT_NULL(t, pcp_validate());
	KTEST_EXPECT_REPORTS(t, 1, "array of order 0: type 238 order 0",
			     got = alloc_page(gfp));
	page->type = PAGE_ALLOC;
	KTEST_EXPECT_NE(t, (unsigned long)got, (unsigned long)page);
	if (got)
		__free_page(got);
}

static void damaged_block_is_not_handed_out(struct ktest *t)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL | __GFP_ZERO };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KTEST_ASSERT_NOT_NULL(t, page);
		__free_page(page);
		if (get_pageblock_migratetype(page) == MIGRATE_UNMOVABLE) {
			expect_damage_noticed(t, page, gfps[i]);
			__free_page(page);
		}
	}
}

/* Of a gfp that the compiler knows: that is another way to the array. */
static void damaged_page_is_not_handed_out_at_once(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL), *got = NULL;

	KTEST_ASSERT_NOT_NULL(t, page);
	__free_page(page);
	if (get_pageblock_migratetype(page) != MIGRATE_UNMOVABLE)
		return;
	page->order = 1;
	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = alloc_page(GFP_KERNEL));
	KTEST_EXPECT_TRUE(t, got && got != page);
	prep_new_page(page, 0, GFP_KERNEL, 0);
	__free_page(page);
	if (got)
		__free_page(got);
}

static void damaged_block_does_not_reach_the_zone(struct ktest *t)
{
	struct page *block = alloc_pages(GFP_KERNEL, 1);
	unsigned long free;

	KTEST_ASSERT_NOT_NULL(t, block);
	split_page(block, 1);
	free = settled_free_pages();
	__free_page(block);
	__free_page(block + 1);
	block->order = 3;
	KTEST_EXPECT_REPORTS(t, 1, "in a CPU's array of order 0: type",
			     drain_local_pages());
	/* the one behind it does */
	KTEST_EXPECT_EQ(t, nr_free_pages(), free + 1);
	prep_new_page(block, 0, GFP_KERNEL, 0);
	__free_page(block);
}

static void wait_for_memory_is_reported_where_none_may_sleep(struct ktest *t)
{
	struct page *page = NULL, *atomic;
	unsigned long flags;

	drain_local_pages();
	local_irq_save(flags);
	atomic = alloc_page(GFP_ATOMIC);
	drain_local_pages();
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", page = alloc_page(GFP_KERNEL));
	local_irq_restore(flags);
	KTEST_EXPECT_NOT_NULL(t, atomic);
	KTEST_EXPECT_NOT_NULL(t, page);
	if (atomic)
		__free_page(atomic);
	if (page)
		__free_page(page);
}

/* He is told once, and neither reclaims nor asks the other CPUs. */
static void who_must_not_sleep_does_not_wait_for_memory(struct ktest *t)
{
	struct list_head blocks[NR_PAGE_ORDERS];
	struct page *page = NULL;

	take_all(blocks);
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 1, "may sleep",
			     page = alloc_page(GFP_KERNEL | __GFP_NOWARN));
	preempt_enable();
	give_all(blocks);
	KTEST_EXPECT_NULL(t, page);
	if (page)
		__free_page(page);
}

/* ----- sizes, counts ------------------------------------------------------ */

/* Pages in all arrays of a zone, when all are full. */
static unsigned long most_in_arrays(unsigned long size, unsigned int cpus)
{
	unsigned long sum = 0;
	unsigned int order;

	for (order = 0; order < NR_PCP_ORDERS; order++)
		sum += (unsigned long)pcp_high_for(size, cpus, order) << order;
	return sum * MIGRATE_PCPTYPES * cpus;
}

static void arrays_never_hold_more_than_an_eighth_of_a_zone(struct ktest *t)
{
	unsigned int cpus;
	unsigned long size;

	for (cpus = 1; cpus <= NR_CPUS; cpus *= 2)
		for (size = 1; size < 1UL << 22; size += size / 8 + 1)
			KTEST_EXPECT_LE(t, most_in_arrays(size, cpus),
					size / 8);
	KTEST_EXPECT_EQ(t, pcp_high_for(4096, 64, 0), 0);
	KTEST_EXPECT_EQ(t, pcp_high_for(1UL << 20, 64, 0), 62);
}

static void zones_of_this_machine_keep_to_it(struct ktest *t)
{
	struct zone *zone;
	unsigned int order;

	for_each_populated_zone(zone)
		for (order = 0; order < NR_PCP_ORDERS; order++)
			KTEST_EXPECT_LE(t, zone->pageset_high[order],
					pcp_high_for(zone->managed_pages,
						     nr_cpu_ids, order));
}

static void blocks_at_hand_have_an_owner_in_the_census(struct ktest *t)
{
	static struct census now;

	put_at_hand(5, 0);
	census_walk(&now, NULL, NULL);
	KTEST_EXPECT_STREQ(t, census_check(&now), NULL);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_PCP], nr_pcp_pages());
	KTEST_EXPECT_NE(t, now.pages[CENSUS_PCP], 0);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_FREE], nr_free_pages());
}

static void page_lost_from_an_array_is_noticed(struct ktest *t)
{
	static struct census now;
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->type = PAGE_PCP;
	census_walk(&now, NULL, NULL);
	page->type = PAGE_ALLOC;
	KTEST_EXPECT_STREQ(t, census_check(&now),
			   "per-CPU free frames are not what the arrays hold");
	__free_page(page);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(drain_brings_the_same_free_lists_back),
	KTEST_CASE(single_page_of_a_cpu_is_drained),
	KTEST_CASE(array_on_its_way_out_of_use_counts_as_empty),
	KTEST_CASE(large_block_is_found_in_the_arrays),
	KTEST_CASE(pages_of_all_types_are_counted),
	KTEST_CASE(page_of_another_type_is_found_in_the_arrays),
	KTEST_CASE(second_free_of_a_block_at_hand_is_refused),
	KTEST_CASE(damaged_block_is_not_handed_out),
	KTEST_CASE(damaged_page_is_not_handed_out_at_once),
	KTEST_CASE(damaged_block_does_not_reach_the_zone),
	KTEST_CASE(wait_for_memory_is_reported_where_none_may_sleep),
	KTEST_CASE(who_must_not_sleep_does_not_wait_for_memory),
	KTEST_CASE(arrays_never_hold_more_than_an_eighth_of_a_zone),
	KTEST_CASE(zones_of_this_machine_keep_to_it),
	KTEST_CASE(blocks_at_hand_have_an_owner_in_the_census),
	KTEST_CASE(page_lost_from_an_array_is_noticed),
	{}
};
KTEST_SUITE_FIXTURE(pcp_drain, cases, need_arrays, NULL);

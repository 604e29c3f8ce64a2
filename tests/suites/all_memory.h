/*
 * All memory there is, on machines that have very much of it: a case that
 * takes everything is skipped, or what nobody has used yet is put out of its
 * sight for a while.
 */
#ifndef TESTS_ALL_MEMORY_H
#define TESTS_ALL_MEMORY_H

#include <kernel/ktest.h>
#include <mm/mm.h>

#include "../../mm/internal.h"

/* 16 GiB: seconds, where only descriptors are touched. */
#define ALL_MEMORY_MAX_PAGES (1UL << 22)

static inline bool machine_is_huge(void)
{
	return totalram_pages() > ALL_MEMORY_MAX_PAGES;
}

/* Skips the case, and is true, if there is more. */
static inline bool skip_on_a_huge_machine(struct ktest *t)
{
	if (!machine_is_huge())
		return false;
	ktest_skip(t, "more than 16 GiB of RAM");
	return true;
}

/* Untouched memory of all zones, out of sight. */
struct hidden {
	struct list_head ranges[MAX_NUMNODES * MAX_NR_ZONES];
	unsigned long blocks[MAX_NUMNODES * MAX_NR_ZONES];
};

static inline void move_untouched(struct zone *zone, struct list_head *from,
				  struct list_head *to, unsigned long blocks,
				  long sign)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	list_splice_init(from, to);
	zone->nr_deferred += (unsigned long)sign * blocks;
	add_free_pages(zone, sign * (long)(blocks * MAX_ORDER_NR_PAGES));
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Of a huge machine; any other keeps it in sight. */
static inline void hide_untouched(struct hidden *h)
{
	struct zone *zone;
	unsigned int i = 0;

	for_each_zone(zone) {
		INIT_LIST_HEAD(&h->ranges[i]);
		h->blocks[i] = machine_is_huge() ? zone->nr_deferred : 0;
		if (h->blocks[i])
			move_untouched(zone, &zone->deferred, &h->ranges[i],
				       h->blocks[i], -1);
		i++;
	}
}

static inline void show_untouched(struct hidden *h)
{
	struct zone *zone;
	unsigned int i = 0;

	for_each_zone(zone) {
		if (h->blocks[i])
			move_untouched(zone, &h->ranges[i], &zone->deferred,
				       h->blocks[i], 1);
		i++;
	}
}

/* Blocks of all orders until the gfp gets none, large ones first. */
static inline void take_blocks(gfp_t gfp, struct list_head *blocks)
{
	struct page *page;
	int order;

	for (order = MAX_PAGE_ORDER; order >= 0; order--) {
		INIT_LIST_HEAD(&blocks[order]);
		while ((page = alloc_pages(gfp | __GFP_NOWARN,
					   (unsigned int)order)))
			list_add(&page->lru, &blocks[order]);
	}
}

static inline void give_blocks(struct list_head *blocks)
{
	struct page *page, *next;
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		list_for_each_entry_safe(page, next, &blocks[order], lru)
			__free_pages(page, order);
}

#endif

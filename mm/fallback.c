/*
 * When a migrate type has run out: taking memory from another one.
 *
 * Problem: pages that cannot be moved, scattered among pages that can, spoil
 * every large block they stand in. So each 2 MiB pageblock has one type, and
 * a request is served from blocks of its own type. When those are used up:
 *
 * 1. Look for the *largest* free block of another type, in the order of the
 *    table below: a large theft is needed less often than a small one.
 * 2. At least half a pageblock's order, or a request whose pages spoil blocks
 *    (unmovable, reclaimable), may change the type of the pageblock:
 *    a) a block of a pageblock or more: exactly the pageblocks the request
 *       needs change their type, the rest of the block keeps its own;
 *    b) a smaller one: if at least half of its pageblock is free, and
 *       no other zone has a part in it, all its free blocks move to the new
 *       type's lists and the pageblock with them.
 * 3. Otherwise only the pages asked for are taken and the rest stays where it
 *    was. A movable request, which does no lasting harm, then takes from the
 *    *smallest* block that serves.
 *
 *	order 10 block, movable, unmovable request of order 0:
 *	[ pageblock 0: now unmovable | pageblock 1: still movable, free ]
 *	 ^ page, rest free unmovable
 *
 * Locks: zone->lock. Cost: at most 3 x 11 lists; case 2b walks the heads of
 * one pageblock, twice.
 * Counterpart: __rmqueue_fallback(), steal_suitable_fallback(). Simpler here:
 * no guess at how many allocated pages of the pageblock are alike, no boost
 * of watermarks. Different: Linux converts all of a block above a pageblock.
 */
#include <lib/kernel.h>

#include "internal.h"

#define NR_FALLBACKS (MIGRATE_PCPTYPES - 1)

static const u8 fallbacks[MIGRATE_PCPTYPES][NR_FALLBACKS] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* A type other than mt with a sound free block of this order. */
static enum migratetype find_fallback(struct zone *zone, unsigned int order,
				      enum migratetype mt)
{
	unsigned int i;

	for (i = 0; i < NR_FALLBACKS; i++) {
		enum migratetype from = fallbacks[mt][i];
		struct list_head *list =
			&zone->free_area[order].free_list[from];

		while (!list_empty(list)) {
			struct page *page;

			page = list_first_entry(list, struct page, buddy_list);
			if (free_block_intact(zone, page, order, from))
				return from;
			drop_damaged_block(zone, page, order, from);
		}
	}
	return MIGRATE_TYPES;		/* there is none */
}

static bool may_change_pageblock(unsigned int order, enum migratetype mt)
{
	return order >= pageblock_order / 2 || mt != MIGRATE_MOVABLE;
}

/*
 * page heads a block of block_order on no list, its pageblocks of type from.
 * Pageblocks the request does not need go back to that type.
 */
struct page *claim_block(struct zone *zone, struct page *page,
			 unsigned int order, unsigned int block_order,
			 enum migratetype from, enum migratetype mt)
{
	unsigned int keep = block_order;

	if (from != mt) {
		keep = max_t(unsigned int, order, pageblock_order);
		expand(zone, page, keep, block_order, from);
		set_pageblock_range(page, keep, mt);
	}
	expand(zone, page, order, keep, mt);
	return page;
}

/*
 * Calls fn for each free block of a pageblock and sums their pages. Heads
 * alone are looked at: a block's inside is skipped by its order.
 */
static unsigned long for_each_free_block(struct zone *zone, struct page *page,
					 void (*fn)(struct zone *zone,
						    struct page *page,
						    enum migratetype mt),
					 enum migratetype mt)
{
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	unsigned long end = pfn + pageblock_nr_pages, free = 0;

	while (pfn < end) {
		struct page *head = pfn_to_page(pfn);

		if (zone_spans_pfn(zone, pfn) &&
		    READ_ONCE(head->type) == PAGE_BUDDY &&
		    free_neighbour_intact(zone, head)) {
			free += 1UL << head->order;
			pfn += 1UL << head->order;
			if (fn)
				fn(zone, head, mt);
		} else {
			pfn++;
		}
	}
	return free;
}

static void change_list(struct zone *zone, struct page *page,
			enum migratetype mt)
{
	page->migratetype = mt;
	list_move(&page->buddy_list,
		  &zone->free_area[page->order].free_list[mt]);
}

/* Node edges may lie anywhere; a type that two zones share stays as it is. */
static bool pageblock_in_zone(const struct zone *zone, const struct page *page)
{
	unsigned long pfn = pageblock_start_pfn(page_to_pfn(page));
	unsigned long stop = pfn + pageblock_nr_pages, end;
	struct pfn_range ram;

	while (next_ram_range(pfn, &ram, NULL) && ram.start < stop) {
		if (pfn_to_zone(ram.start, &end)->zone_id != zone->zone_id)
			return false;
		pfn = end;
	}
	return true;
}

/* Case 2b: true if the pageblock of page is now of type mt. */
static bool convert_pageblock(struct zone *zone, struct page *page,
			      enum migratetype mt)
{
	if (!pageblock_in_zone(zone, page) ||
	    for_each_free_block(zone, page, NULL, mt) < pageblock_nr_pages / 2)
		return false;
	for_each_free_block(zone, page, change_list, mt);
	set_pageblock_migratetype(page, mt);
	return true;
}

static struct page *steal(struct zone *zone, unsigned int order,
			  unsigned int block_order, enum migratetype from,
			  enum migratetype mt)
{
	struct page *page;

	page = list_first_entry(&zone->free_area[block_order].free_list[from],
				struct page, buddy_list);
	if (block_order >= pageblock_order) {
		del_free_block(zone, page, block_order);
		return claim_block(zone, page, order, block_order, from, mt);
	}
	if (may_change_pageblock(block_order, mt) &&
	    convert_pageblock(zone, page, mt))
		from = mt;
	del_free_block(zone, page, block_order);
	expand(zone, page, order, block_order, from);
	return page;
}

/* Rule 3: the smallest block that serves a movable request. */
static struct page *steal_smallest(struct zone *zone, unsigned int order,
				   enum migratetype mt)
{
	unsigned int o;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		enum migratetype from = find_fallback(zone, o, mt);

		if (from != MIGRATE_TYPES)
			return steal(zone, order, o, from, mt);
	}
	return NULL;
}

struct page *rmqueue_fallback(struct zone *zone, unsigned int order,
			      enum migratetype mt)
{
	unsigned int o;

	if (mt >= MIGRATE_PCPTYPES)
		return NULL;
	for (o = NR_PAGE_ORDERS; o-- > order;) {
		enum migratetype from = find_fallback(zone, o, mt);

		if (from == MIGRATE_TYPES)
			continue;
		if (!may_change_pageblock(o, mt))
			return steal_smallest(zone, order, mt);
		return steal(zone, order, o, from, mt);
	}
	return NULL;
}

/*
 * The buddy system: how a block splits and how two halves become one again.
 *
 * Problem: hand out runs of 1, 2, 4 ... 1024 frames quickly, and glue what
 * comes back together so that long runs do not die out.
 *
 * 1. A block of order k is 2^k frames that begin at a multiple of 2^k. Each
 *    zone has one list of free blocks per order and migrate type.
 * 2. To allocate order k take the smallest free block of order >= k of the
 *    wanted type, but rather one that is packed (below). Cut it in halves; the
 *    upper half of every cut is free.
 * 3. If there is none, take untouched memory (mm/deferred.c), then a block of
 *    another type (mm/fallback.c).
 * 4. The buddy of block pfn at order k is pfn ^ 2^k: the other half of the
 *    one block of order k+1 that both lie in. To free, join with the buddy
 *    while it is a free block of the same order in the same zone.
 *
 *	pfn     0   1   2   3   4   5   6   7
 *	order 3 [-------------B--------------]	before
 *	order 0 [A] [B]				alloc order 0: A, and three
 *	order 1         [--B--]			free upper halves
 *	order 2                 [-----B------]
 *
 * Packing. Pages live long or short; if what is allocated lies anywhere, no
 * large block ever becomes free. So it is drawn to one side: if all that is
 * free lay at the zone's lower end without a gap, it would end at
 *
 *	mark = start of the zone + free pages, and a little less, for play
 *
 *	|. . . . A . . . A . . . . | A A . A A A A . A A A |
 *	                        mark ^ free: taken first, put in front
 *
 * Free blocks from the mark on stand in front on their lists, others at the
 * back; who allocates looks for one of the former in all orders before he takes
 * one of the latter. Below the mark more is freed than allocated, and blocks
 * become whole. The mark moves, and blocks do not follow it on their lists: who
 * finds one of the wrong kind in front takes it all the same, in time.
 *
 * Only head descriptors are read and written (see <mm/page.h>): a split
 * writes one descriptor, a merge one, whatever the order.
 *
 * Locks: zone->lock for everything here.
 *
 * Invariants, checked by zone_validate():
 *	nr_free_pages == sum over orders (nr_free << order) + deferred pages
 *	nr_free[order] == sum over types (length of free_list[type])
 *	pfn of a free block of order k is a multiple of 2^k, all in the zone
 *	no two free blocks that may merge are both free
 *	type of the list == type of every pageblock the block touches
 *
 * A buddy that lies outside the zone's span is never looked at: its
 * descriptor may not exist. Inside the span it exists, since descriptors are
 * made for whole blocks of MAX_PAGE_ORDER, and a block and its buddy share one
 * of those. A hole's descriptor is PAGE_NONE, another zone's has another
 * zone_id: neither merges.
 *
 * Cost: at most 10 splits or merges, one descriptor each.
 * Left out: Linux's guess whether a block will merge soon (it then goes to
 * the tail of its list).
 */
#include <lib/kernel.h>

#include "page_debug.h"

/* Blocks in front of a list that one look may send to the back. */
#define STALE_TRIES 4

enum migratetype get_pageblock_migratetype(const struct page *page)
{
	return pageblock_type(page);
}

void set_pageblock_migratetype(struct page *page, enum migratetype mt)
{
	struct page *first = page - page_to_pfn(page) % pageblock_nr_pages;

	WRITE_ONCE(first->pageblock, (u8)(mt ^ MIGRATE_MOVABLE));
}

/* Every pageblock that a block of this order touches. */
void set_pageblock_range(struct page *page, unsigned int order,
			 enum migratetype mt)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i += pageblock_nr_pages)
		set_pageblock_migratetype(page + i, mt);
}

static void add_free_block(struct zone *zone, struct page *page,
			   unsigned int order, enum migratetype mt)
{
	struct free_area *area = &zone->free_area[order];

	page->type = PAGE_BUDDY;
	page->order = (u8)order;
	page->zone_id = zone->zone_id;
	page->migratetype = mt;
	if (is_packed(zone, page_to_pfn(page)))
		list_add(&page->buddy_list, &area->free_list[mt]);
	else
		list_add_tail(&page->buddy_list, &area->free_list[mt]);
	WRITE_ONCE(area->nr_free, area->nr_free + 1);
}

void del_free_block(struct zone *zone, struct page *page, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];

	list_del(&page->buddy_list);
	page->type = PAGE_NONE;
	WRITE_ONCE(area->nr_free, area->nr_free - 1);
}

/*
 * The block's pages [2^low, 2^high) become free blocks of orders low ..
 * high-1; the caller keeps the first 2^low.
 */
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, enum migratetype mt)
{
	while (high > low) {
		high--;
		add_free_block(zone, page + (1UL << high), high, mt);
	}
}

/* First sound block of a list, taken off it; damaged ones are dropped. */
static struct page *take_first(struct zone *zone, unsigned int order,
			       enum migratetype mt)
{
	struct list_head *list = &zone->free_area[order].free_list[mt];

	while (!list_empty(list)) {
		struct page *page;

		page = list_first_entry(list, struct page, buddy_list);
		if (likely(free_block_intact(zone, page, order, mt))) {
			del_free_block(zone, page, order);
			return page;
		}
		drop_damaged_block(zone, page, order, mt);
	}
	return NULL;
}

/*
 * Is there a packed block in front? Some that are not go to the back; what is
 * damaged stays for take_first().
 */
static bool front_is_packed(const struct zone *zone, unsigned int order,
			    enum migratetype mt, struct list_head *list)
{
	unsigned int tries;

	for (tries = 0; tries < STALE_TRIES; tries++) {
		const struct page *first =
			list_first_entry(list, struct page, buddy_list);

		if (is_packed(zone, page_to_pfn(first)) ||
		    unlikely(!free_block_intact(zone, first, order, mt)))
			return true;
		list_move_tail(list->next, list);
	}
	return false;
}

/* Order of the free block to take from; NR_PAGE_ORDERS: there is none. */
static unsigned int order_to_take(struct zone *zone, unsigned int order,
				  enum migratetype mt)
{
	unsigned int o, smallest = NR_PAGE_ORDERS;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		struct list_head *list = &zone->free_area[o].free_list[mt];

		if (list_empty(list))
			continue;
		if (front_is_packed(zone, o, mt, list))
			return o;
		smallest = min(smallest, o);
	}
	return smallest;
}

/* A block of *order at least; if a larger one would be cut, up to most. */
static struct page *rmqueue_smallest(struct zone *zone, unsigned int *order,
				     unsigned int most, enum migratetype mt)
{
	unsigned int o;

	while ((o = order_to_take(zone, *order, mt)) < NR_PAGE_ORDERS) {
		struct page *page = take_first(zone, o, mt);

		if (likely(page)) {
			*order = min(o, most);
			expand(zone, page, *order, o, mt);
			return page;
		}
	}
	return NULL;
}

/*
 * Untouched memory is movable, as all memory is in the beginning. All of the
 * block becomes what is asked for: in the other half nobody is yet.
 */
static struct page *rmqueue_deferred(struct zone *zone, unsigned int order,
				     enum migratetype mt)
{
	struct page *page = deferred_take(zone);

	if (!page)
		return NULL;
	if (unlikely(page_debug))
		debug_new_memory(zone, page, MAX_PAGE_ORDER);
	set_pageblock_range(page, MAX_PAGE_ORDER, mt);
	expand(zone, page, order, MAX_PAGE_ORDER, mt);
	return page;
}

/* Of other types' memory only what is needed. */
struct page *__rmqueue_piece(struct zone *zone, unsigned int *order,
			     unsigned int most, enum migratetype mt)
{
	struct page *page = rmqueue_smallest(zone, order, most, mt);

	if (unlikely(!page)) {
		page = rmqueue_deferred(zone, most, mt);
		if (page)
			*order = most;
		else
			page = rmqueue_fallback(zone, *order, mt);
	}
	if (page) {
		page->zone_id = zone->zone_id;
		add_free_pages(zone, -(1L << *order));
	}
	return page;
}

struct page *__rmqueue(struct zone *zone, unsigned int order,
		       enum migratetype mt)
{
	return __rmqueue_piece(zone, &order, order, mt);
}

/* The other half, if free as a whole, this zone's and intact; else NULL. */
static struct page *free_buddy(const struct zone *zone, struct page *page,
			       unsigned long pfn, unsigned int order)
{
	unsigned long buddy_pfn = pfn ^ (1UL << order);
	struct page *buddy;

	if (!zone_spans_pfn(zone, buddy_pfn))
		return NULL;
	buddy = page + (long)(buddy_pfn - pfn);
	if (READ_ONCE(buddy->type) != PAGE_BUDDY || buddy->order != order ||
	    buddy->zone_id != zone->zone_id)
		return NULL;
	return likely(free_links_intact(zone, buddy)) ? buddy : NULL;
}

/* Types with lists of their own may mix; CMA and isolated memory may not. */
static bool may_merge(enum migratetype a, enum migratetype b)
{
	return a == b || (a < MIGRATE_PCPTYPES && b < MIGRATE_PCPTYPES);
}

/*
 * Frees the block at page, which is on no list; mt is the type of its
 * pageblocks. What it is joined with takes over its type.
 */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order,
		     enum migratetype mt)
{
	unsigned long pfn = page_to_pfn(page);

	add_free_pages(zone, 1L << order);
	page->type = PAGE_NONE;
	for (; order < MAX_PAGE_ORDER; order++) {
		struct page *buddy = free_buddy(zone, page, pfn, order);

		if (!buddy)
			break;
		if (unlikely(buddy->migratetype != mt)) {
			if (!may_merge(buddy->migratetype, mt))
				break;
			set_pageblock_range(buddy, order, mt);
		}
		del_free_block(zone, buddy, order);
		if (buddy < page) {
			page = buddy;
			pfn -= 1UL << order;
		}
	}
	add_free_block(zone, page, order, mt);
}

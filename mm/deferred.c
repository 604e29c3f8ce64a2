/*
 * Free memory nobody has touched yet, remembered as ranges.
 *
 * Problem: putting a machine of terabytes on free lists block by block writes
 * one descriptor per 4 MiB, and brings that descriptor's memory into being.
 * Most of it will not be asked for in the first second, or ever.
 *
 * 1. At the hand-over blocks of MAX_PAGE_ORDER extend the zone's last range,
 *    or open a new one. A range lives in the descriptor of its first
 *    frame, its head, which is PAGE_DEFERRED: the link to the next range and
 *    the number of blocks. No other descriptor of the range is written. There
 *    is room for as many ranges as firmware can think of.
 * 2. Smaller blocks (the ragged edges of RAM) go to the free lists as usual.
 *    So would a block that comes below the last range: the list is ascending.
 * 3. When the free lists have nothing of a type, one block is cut off the end
 *    of the last range and becomes an ordinary block for good. The last block
 *    to go is the head's own: the head is zeroes again before it goes.
 * 4. If its descriptors have no memory yet they get some now, and some blocks
 *    are cut off to be that memory (mm/memmap_supply.c).
 *
 *	zone->deferred <--> H  3 blocks  <-------> H  2 blocks
 *	                    |                      |
 *	frames:             | 1024 | 1024 | 1024 | hole | 1024 | 1024 |
 *	                                                        ^ taken first
 *
 * Merging stops at MAX_PAGE_ORDER, so no block beside a deferred one ever
 * wants to merge with it: nothing is lost by its having no descriptor.
 * High addresses go first: low memory is what devices with few address lines
 * can reach.
 *
 * What lies in a range tells itself from what does not by the first frame of
 * its 1024: PAGE_DEFERRED, or zeroes as in a hole; any other type is a head
 * of something else. Only zeroes need a search, and who walks upwards meets
 * the head of a range before its inside.
 *
 * Nothing here is checked for stray writes, as free blocks are: these pages
 * were nobody's yet, so there is no stale pointer to them.
 *
 * Locks: zone->lock. Invariants, checked by zone_validate(): ranges ascend,
 * are disjoint, not empty, whole blocks; nr_deferred is the sum of their
 * blocks; their pages are in nr_free_pages and in no nr_free. Cost: constant;
 * to find the range around a frame, one step per range between it and the
 * one found before.
 */
#include <lib/kernel.h>

#include "memmap_supply.h"

static const struct page *range_head(const struct list_head *link)
{
	return list_entry(link, struct page, buddy_list);
}

static unsigned long range_start(const struct page *head)
{
	return page_to_pfn(head);
}

static unsigned long range_end(const struct page *head)
{
	return page_to_pfn(head) + head->nr_blocks * MAX_ORDER_NR_PAGES;
}

static void open_range(struct zone *zone, struct page *head,
		       unsigned long blocks)
{
	head->type = PAGE_DEFERRED;
	head->order = 0;
	head->zone_id = zone->zone_id;
	head->nr_blocks = blocks;
	list_add_tail(&head->buddy_list, &zone->deferred);
}

static void close_range(struct page *head)
{
	list_del(&head->buddy_list);
	*head = (struct page){ 0 };
}

/* False if the blocks lie below a range that is there already. */
bool deferred_add(struct zone *zone, unsigned long pfn, unsigned long blocks)
{
	struct page *last = list_last_entry(&zone->deferred, struct page,
					    buddy_list);

	if (list_empty(&zone->deferred) || pfn > range_end(last))
		open_range(zone, pfn_to_page(pfn), blocks);
	else if (pfn == range_end(last))
		last->nr_blocks += blocks;
	else
		return false;
	WRITE_ONCE(zone->nr_deferred, zone->nr_deferred + blocks);
	add_free_pages(zone, (long)(blocks * MAX_ORDER_NR_PAGES));
	return true;
}

/* There is one. */
static struct page *cut_last_block(struct zone *zone)
{
	struct page *head, *block;

	head = list_last_entry(&zone->deferred, struct page, buddy_list);
	head->nr_blocks--;
	WRITE_ONCE(zone->nr_deferred, zone->nr_deferred - 1);
	block = pfn_to_page(range_end(head));
	if (block == head)
		close_range(head);
	return block;
}

/*
 * Head of a block of MAX_PAGE_ORDER that is on no list, or NULL. Its pages
 * are still counted as free: the caller puts what it does not need on lists.
 * A zone's last block never becomes memory for descriptors: if there is any,
 * one is had.
 */
struct page *deferred_take(struct zone *zone)
{
	while (!list_empty(&zone->deferred)) {
		struct page *block = cut_last_block(zone);

		if (memmap_block_usable(zone, block))
			return block;
	}
	return NULL;
}

const struct page *deferred_range(const struct zone *zone, unsigned long pfn,
				  const struct list_head **near)
{
	const struct list_head *list = &zone->deferred, *pos = *near;
	const struct page *head = NULL;

	while (pos != list && range_start(range_head(pos)) > pfn)
		pos = pos->prev;
	while (pos->next != list && range_start(range_head(pos->next)) <= pfn)
		pos = pos->next;
	*near = pos;
	if (pos != list)
		head = range_head(pos);
	return head && pfn < range_end(head) ? head : NULL;
}

unsigned long deferred_skip(const struct zone *zone, unsigned long pfn)
{
	const struct page *page = pfn_to_page(ALIGN_DOWN(pfn,
							 MAX_ORDER_NR_PAGES));
	const struct list_head *near = &zone->deferred;

	if (page->type == PAGE_NONE)
		page = deferred_range(zone, pfn, &near);
	else if (page->type != PAGE_DEFERRED || page->zone_id != zone->zone_id)
		page = NULL;
	return page ? range_end(page) : pfn;
}

unsigned long deferred_pages(const struct zone *zone)
{
	return zone->nr_deferred * MAX_ORDER_NR_PAGES;
}

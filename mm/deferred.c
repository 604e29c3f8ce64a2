/*
 * Free memory nobody has touched yet, remembered as ranges.
 *
 * Problem: putting a machine of terabytes on free lists block by block writes
 * one descriptor per 4 MiB, and brings that descriptor's memory into being.
 * Most of it will not be asked for in the first second, or ever.
 *
 * 1. At the hand-over a block of MAX_PAGE_ORDER extends the zone's last
 *    range, or opens a new one. Nothing else is written.
 * 2. Smaller blocks (the ragged edges of RAM), and blocks that find the table
 *    full, go to the free lists as usual.
 * 3. When the lists have nothing of a type, one block is cut off the end of
 *    the last range and becomes an ordinary block for good.
 *
 *	ranges:  [start           end)  [start      end)
 *	frames:  | 1024 | 1024 | 1024 | hole | 1024 | 1024 |
 *	                                              ^ taken first
 *
 * Merging stops at MAX_PAGE_ORDER, so no block beside a deferred one ever
 * wants to merge with it: nothing is lost by its having no descriptor.
 * High addresses go first: low memory is what devices with few address lines
 * can reach.
 *
 * Locks: zone->lock. Invariants: ranges are disjoint, not empty, both ends
 * multiples of MAX_ORDER_NR_PAGES; their pages are in nr_free_pages and in no
 * nr_free. Cost: constant.
 */
#include <lib/kernel.h>

#include "internal.h"

/* False if the block at pfn does not fit the table. */
bool deferred_add(struct zone *zone, unsigned long pfn)
{
	unsigned int n = zone->nr_deferred;

	if (n && zone->deferred[n - 1].end == pfn) {
		zone->deferred[n - 1].end += MAX_ORDER_NR_PAGES;
	} else {
		if (n == ZONE_MAX_DEFERRED)
			return false;
		zone->deferred[n] = (struct pfn_range){
			pfn, pfn + MAX_ORDER_NR_PAGES
		};
		zone->nr_deferred++;
	}
	zone->nr_free_pages += MAX_ORDER_NR_PAGES;
	return true;
}

/*
 * Head of a block of MAX_PAGE_ORDER that is on no list, or NULL. Its pages
 * are still counted as free: the caller puts what it does not need on lists.
 */
struct page *deferred_take(struct zone *zone)
{
	struct pfn_range *last;
	unsigned long pfn;

	if (!zone->nr_deferred)
		return NULL;
	last = &zone->deferred[zone->nr_deferred - 1];
	last->end -= MAX_ORDER_NR_PAGES;
	pfn = last->end;
	if (last->start == last->end)
		zone->nr_deferred--;
	return pfn_to_page(pfn);
}

unsigned long deferred_skip(const struct zone *zone, unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < zone->nr_deferred; i++) {
		const struct pfn_range *r = &zone->deferred[i];

		if (pfn >= r->start && pfn < r->end)
			return r->end;
	}
	return pfn;
}

unsigned long deferred_pages(const struct zone *zone)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < zone->nr_deferred; i++)
		pages += zone->deferred[i].end - zone->deferred[i].start;
	return pages;
}

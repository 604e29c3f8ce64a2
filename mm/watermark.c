/*
 * How much of a zone is kept back, and for whom.
 *
 * Problem: the last pages must go to those who cannot wait (interrupts) or
 * who free memory by using some; and memory below 16 MiB to those who cannot
 * use any other.
 *
 * 1. min_free_kbytes = sqrt(16 * lowmem in KiB), between 128 and 262144,
 *    shared out over the zones by size: the watermark min.
 *    low = min + d, high = low + d, d = max(min / 4, managed / 1000).
 * 2. A zone serves a request for the highest zone h if what stays free is
 *    above  mark + lowmem_reserve[h].  lowmem_reserve[h] grows with the zones
 *    between this one and h: who could have taken a higher zone leaves low
 *    memory alone.
 * 3. The mark: low at first; then min, of which __GFP_HIGH ignores half, and
 *    who cannot sleep either a further quarter of the rest; __GFP_MEMALLOC
 *    asks for no mark at all.
 *
 *	0 ...... 3/8 min ... 1/2 min ....... min ........ low ...... high
 *	MEMALLOC |  ATOMIC   | HIGH          | KERNEL, 2nd try | 1st try
 *
 * 4. For order > 0 there must also be a free block large enough.
 *
 * Locks: none; reads of nr_free_pages may be stale, the reserves are not a
 * promise to the page. Cost: constant for order 0.
 * Counterpart: __zone_watermark_ok(), init_per_zone_wmark_min(). Left out:
 * high-atomic pageblocks, CMA, watermark boost: nothing of theirs exists.
 */
#include <lib/int_sqrt.h>
#include <lib/kernel.h>

#include "internal.h"

#define MIN_FREE_KBYTES_LEAST 128UL
#define MIN_FREE_KBYTES_MOST 262144UL
#define WATERMARK_SCALE 10		/* of 10000: distance of the marks */
#define HIGHMEM_MIN_LEAST 32UL
#define HIGHMEM_MIN_MOST 128UL
#define PAGES_PER_KB(kb) ((kb) >> (PAGE_SHIFT - 10))

unsigned long min_free_kbytes;

/* A zone keeps back 1/ratio of what is above it; 0: nothing. */
static const unsigned int lowmem_reserve_ratio[MAX_NR_ZONES] = {
	[ZONE_DMA] = 256, [ZONE_DMA32] = 256, [ZONE_NORMAL] = 32,
};

unsigned int gfp_to_alloc_flags(gfp_t gfp)
{
	unsigned int flags = WMARK_MIN;

	if ((gfp & __GFP_MEMALLOC) && !(gfp & __GFP_NOMEMALLOC))
		return flags | ALLOC_NO_WATERMARKS;
	if (gfp & __GFP_HIGH)
		flags |= ALLOC_MIN_RESERVE;
	if (!gfpflags_allow_blocking(gfp) && !(gfp & __GFP_NOMEMALLOC))
		flags |= ALLOC_NON_BLOCK;
	return flags;
}

unsigned long zone_watermark_floor(const struct zone *zone, unsigned long mark,
				   enum zone_type highest,
				   unsigned int alloc_flags)
{
	if (alloc_flags & ALLOC_MIN_RESERVE) {
		mark -= mark / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			mark -= mark / 4;
	}
	return mark + zone->lowmem_reserve[highest];
}

static bool block_available(const struct zone *zone, unsigned int order)
{
	unsigned int mt;

	for (; order < NR_PAGE_ORDERS; order++) {
		const struct free_area *area = &zone->free_area[order];

		if (!READ_ONCE(area->nr_free))
			continue;
		for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
			if (!list_empty(&area->free_list[mt]))
				return true;
	}
	return READ_ONCE(zone->nr_deferred) != 0;
}

bool zone_watermark_ok(const struct zone *zone, unsigned int order,
		       unsigned long mark, enum zone_type highest,
		       unsigned int alloc_flags)
{
	unsigned long rest = (1UL << order) - 1;
	unsigned long floor = zone_watermark_floor(zone, mark, highest,
						   alloc_flags);

	return READ_ONCE(zone->nr_free_pages) > floor + rest &&
	       (order == 0 || block_available(zone, order));
}

unsigned long min_free_kbytes_for(unsigned long lowmem_kbytes)
{
	return clamp(int_sqrt(lowmem_kbytes * 16), MIN_FREE_KBYTES_LEAST,
		     MIN_FREE_KBYTES_MOST);
}

/* a * b / c of numbers of pages: their product can be above 2^32. */
static unsigned long mult_frac(unsigned long a, unsigned long b,
			       unsigned long c)
{
	return (unsigned long)((u64)a * b / c);
}

/* pages_min for all of low memory, lowmem_pages: the zone's share of it. */
void setup_zone_wmarks(struct zone *zone, unsigned long pages_min,
		       unsigned long lowmem_pages)
{
	unsigned long managed = zone->managed_pages;
	unsigned long share, step;

	share = lowmem_pages ? mult_frac(pages_min, managed, lowmem_pages) : 0;
	zone->_watermark[WMARK_MIN] = share;
	if (zone_idx(zone) == ZONE_HIGHMEM && managed)
		zone->_watermark[WMARK_MIN] = clamp(managed / 1024,
						    HIGHMEM_MIN_LEAST,
						    HIGHMEM_MIN_MOST);
	step = max(share / 4, mult_frac(managed, WATERMARK_SCALE, 10000));
	zone->_watermark[WMARK_LOW] = zone->_watermark[WMARK_MIN] + step;
	zone->_watermark[WMARK_HIGH] = zone->_watermark[WMARK_LOW] + step;
}

/* reserve[j] of zone i: pages of the zones i+1 .. j, divided by the ratio. */
void setup_lowmem_reserve(struct pglist_data *pgdat)
{
	int i, j;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];
		unsigned int ratio = lowmem_reserve_ratio[i];
		unsigned long above = 0;

		for (j = i + 1; j < MAX_NR_ZONES; j++) {
			above += pgdat->node_zones[j].managed_pages;
			zone->lowmem_reserve[j] =
				ratio && zone->managed_pages ?
				above / ratio : 0;
		}
	}
}

static unsigned long lowmem_pages(void)
{
	struct zone *zone;
	unsigned long pages = 0;

	for_each_zone(zone)
		if (zone_idx(zone) != ZONE_HIGHMEM)
			pages += zone->managed_pages;
	return pages;
}

void init_per_zone_wmark_min(void)
{
	unsigned long lowmem = lowmem_pages();
	struct zone *zone;
	int nid;

	min_free_kbytes = min_free_kbytes_for(lowmem << (PAGE_SHIFT - 10));
	for_each_zone(zone)
		setup_zone_wmarks(zone, PAGES_PER_KB(min_free_kbytes), lowmem);
	for_each_online_node(nid)
		setup_lowmem_reserve(NODE_DATA(nid));
}

/*
 * Which frames have a descriptor, and which are RAM.
 *
 * Problem: vmemmap[pfn] is an array as long as the address space, backed only
 * where there is RAM. A caller may hand us any pointer; reading a descriptor
 * that is not backed is a fault.
 *
 * 1. Descriptors are backed for whole blocks of MAX_PAGE_ORDER: a range of
 *    RAM is rounded outwards to such blocks (free_area_init()).
 * 2. So a descriptor is backed if its block of MAX_PAGE_ORDER holds a frame of
 *    RAM. memblock.memory, sorted, is kept for good: a binary search tells.
 * 3. The largest backed range of memory that objects can lie in (not high
 *    memory) is remembered: nearly every question is answered by one
 *    comparison.
 *
 *	RAM       ..######.....###########..........
 *	blocks    |----|----|----|----|----|----|----|
 *	backed    [---------)[---------------).........
 *
 * 4. So are sections of 256 MiB that are backed throughout, by a bit each.
 *
 * Locks: none; nothing here changes after boot.
 * Cost: 2 comparisons, or log2(regions) steps.
 */
#include <kernel/init.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

#include "internal.h"

unsigned long section_backed[BITS_TO_LONGS(NR_SECTIONS)];
struct pfn_range backed_main __ro_after_init;

static unsigned long region_start(const struct memblock_region *r)
{
	return PFN_UP(r->base);
}

static unsigned long region_stop(const struct memblock_region *r)
{
	return PFN_DOWN(r->base + r->size);
}

/* Index of the first region of RAM that ends after pfn; cnt if none does. */
static unsigned long first_region_beyond(unsigned long pfn)
{
	unsigned long lo = 0, hi = memblock.memory.cnt;

	while (lo < hi) {
		unsigned long mid = lo + (hi - lo) / 2;

		if (region_stop(&memblock.memory.regions[mid]) > pfn)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

bool next_ram_range(unsigned long pfn, struct pfn_range *range, int *nid)
{
	unsigned long i;

	for (i = first_region_beyond(pfn); i < memblock.memory.cnt; i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		range->start = max(region_start(r), pfn);
		range->end = region_stop(r);
		if (range->start >= range->end)
			continue;	/* less than a page */
		if (nid)
			*nid = r->nid;
		return true;
	}
	return false;
}

/* Node of a frame of RAM; 0 if it has none or the frame is not RAM. */
int early_pfn_to_nid(unsigned long pfn)
{
	struct pfn_range range;
	int nid;

	if (!next_ram_range(pfn, &range, &nid) || range.start != pfn)
		return 0;
	return (unsigned int)nid < MAX_NUMNODES ? nid : 0;
}

/* What pfn_valid() asks about frames that are not common. */
bool __pfn_valid(unsigned long pfn)
{
	unsigned long block = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
	struct pfn_range ram;

	return next_ram_range(block, &ram, NULL) &&
	       ram.start < block + MAX_ORDER_NR_PAGES;
}

bool page_is_backed(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)vmemmap;

	return likely(offset % sizeof(struct page) == 0) &&
	       pfn_valid(offset / sizeof(struct page));
}

/* A run of blocks that have descriptors; the next block has none. */
static void __init note_run(const struct pfn_range *run)
{
	unsigned long first = DIV_ROUND_UP(run->start, PAGES_PER_SECTION);
	unsigned long last = run->end / PAGES_PER_SECTION;

	if (first < last)
		bitmap_set(section_backed, first, last - first);
	if (run->start < max_low_pfn &&
	    run->end - run->start > backed_main.end - backed_main.start)
		backed_main = *run;
}

/* Finds what is backed: once, when all is known. */
void __init memory_model_init(void)
{
	struct pfn_range ram, run = { 0, 0 };
	unsigned long pfn = 0;

	while (next_ram_range(pfn, &ram, NULL)) {
		unsigned long start = ALIGN_DOWN(ram.start, MAX_ORDER_NR_PAGES);

		if (start > run.end) {
			note_run(&run);
			run.start = start;
		}
		run.end = ALIGN(ram.end, MAX_ORDER_NR_PAGES);
		pfn = ram.end;
	}
	note_run(&run);
}

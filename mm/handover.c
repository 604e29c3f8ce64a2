/*
 * The hand-over: what the early allocator gives to the page allocator, and
 * what it keeps.
 *
 * 1. Free memory comes in as ranges, hand_over_range(), or, by whoever calls
 *    Linux's memblock_free_all(), as blocks, memblock_free_pages(). The early
 *    allocator knows no zones, so a range or block may straddle two of them,
 *    or two nodes: it is cut there, and each part again into blocks.
 *
 *	range   |-----------------|-------------|  zone edge at |
 *	blocks  [---][-----------]|[-------][---]  each to its own zone
 *
 * 2. What stays reserved is marked: the head of each naturally aligned block
 *    gets PAGE_RESERVED, its order and the owner early boot gave it. Frames
 *    that are neither are nobody's: their descriptors stay zeroes.
 * 3. Later a reserved frame may be given back, one at a time (the image's
 *    init sections): its block is halved down to that frame.
 *
 *	managed == frames handed over + frames given back after boot
 *		   - frames that hold descriptors since (mm/memmap_supply.c)
 *
 * Locks: zone->lock around each block; boot has one CPU.
 * Cost: one step per range, however long, and per small block at its ends. As
 * blocks: a search for the zone for each.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/kasan.h>

#include "page_debug.h"

static long totalram;

/* Zone locked. Whole blocks stay untouched. */
void zone_add_block(struct zone *zone, unsigned long pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);

	zone->managed_pages += 1UL << order;
	kasan_poison_pages(page, order);
	if (order == MAX_PAGE_ORDER && deferred_add(zone, pfn, 1))
		return;
	if (unlikely(page_debug))
		debug_new_memory(zone, page, order);
	__free_one_page(zone, page, order, get_pageblock_migratetype(page));
}

/* Frames that are no whole blocks of the biggest order, or few. */
static void add_in_blocks(struct zone *zone, unsigned long pfn,
			  unsigned long end)
{
	while (pfn < end) {
		unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
					   __fls(end - pfn));

		if (pfn)
			order = min(order, __ffs(pfn));
		zone_add_block(zone, pfn, order);
		pfn += 1UL << order;
	}
}

/* Whole blocks: one step for all of them. */
static void add_untouched(struct zone *zone, unsigned long pfn,
			  unsigned long end)
{
	if (!deferred_add(zone, pfn, (end - pfn) / MAX_ORDER_NR_PAGES)) {
		add_in_blocks(zone, pfn, end);
		return;
	}
	zone->managed_pages += end - pfn;
	kasan_poison_frames(pfn_to_page(pfn), end - pfn);
}

/* Zone locked; all frames are the zone's. */
static void add_range(struct zone *zone, unsigned long start,
		      unsigned long end)
{
	unsigned long first = ALIGN(start, MAX_ORDER_NR_PAGES);
	unsigned long last = ALIGN_DOWN(end, MAX_ORDER_NR_PAGES);

	if (first >= last) {
		add_in_blocks(zone, start, end);
		return;
	}
	add_in_blocks(zone, start, first);
	add_untouched(zone, first, last);
	add_in_blocks(zone, last, end);
}

void hand_over_range(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned long flags, stop;
		struct zone *zone = pfn_to_zone(start, &stop);

		stop = min(stop, end);
		spin_lock_irqsave(&zone->lock, flags);
		add_range(zone, start, stop);
		spin_unlock_irqrestore(&zone->lock, flags);
		start = stop;
	}
}

/* The descriptor is found by the frame's number; Linux's interface has both. */
void memblock_free_pages(struct page *page, unsigned long pfn,
			 unsigned int order)
{
	hand_over_range(pfn, pfn + (1UL << order));
}

/* Frames of one owner, by the heads of their naturally aligned blocks. */
static void mark_reserved(unsigned long start, unsigned long end,
			  enum early_owner owner)
{
	while (start < end) {
		unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
					   __fls(end - start));
		struct page *page = pfn_to_page(start);

		if (start)
			order = min(order, __ffs(start));
		page->type = PAGE_RESERVED;
		page->order = (u8)order;
		page->owner = owner;
		start += 1UL << order;
	}
}

/* Makes the frame a reserved block of its own, if it is inside a larger one. */
static struct page *reserved_frame(struct page *page)
{
	struct page *head = block_head(page);

	if (!head || head->type != PAGE_RESERVED)
		return NULL;
	while (head->order) {
		unsigned int order = head->order - 1U;
		struct page *upper = head + (1UL << order);

		head->order = (u8)order;
		upper->type = PAGE_RESERVED;
		upper->order = (u8)order;
		upper->owner = head->owner;
		if (page >= upper)
			head = upper;
	}
	return head;
}

/* RAM; blocks of an earlier, overlapping range are cut at both ends. */
static void reserve_ram(unsigned long start, unsigned long end)
{
	reserved_frame(pfn_to_page(start));
	reserved_frame(pfn_to_page(end - 1));
	while (start < end) {
		enum early_owner owner = early_owner_of(PFN_PHYS(start));
		unsigned long stop = early_owner_end(start);

		while (stop < end && early_owner_of(PFN_PHYS(stop)) == owner)
			stop = early_owner_end(stop);
		stop = min(stop, end);
		mark_reserved(start, stop, owner);
		start = stop;
	}
}

/* What the range covers outside RAM has no owner and needs no mark. */
void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid)
{
	const phys_addr_t top = PFN_PHYS(MAX_PFN);
	unsigned long pfn, last;
	struct pfn_range ram;

	if (end <= start)
		return;
	pfn = PFN_DOWN(min(start, top));	/* neither fits above it */
	last = PFN_UP(min(end, top));
	while (next_ram_range(pfn, &ram, NULL) && ram.start < last) {
		reserve_ram(ram.start, min(ram.end, last));
		pfn = ram.end;
	}
}

bool release_reserved_frame(struct zone *zone, struct page *page)
{
	struct page *frame = reserved_frame(page);

	if (WARN_ON(!frame))
		return false;
	zone_add_block(zone, page_to_pfn(frame), 0);
	return true;
}

void free_reserved_page(struct page *page)
{
	unsigned long flags, end;
	struct zone *zone = pfn_to_zone(page_to_pfn(page), &end);

	spin_lock_irqsave(&zone->lock, flags);
	totalram_pages_add(release_reserved_frame(zone, page));
	spin_unlock_irqrestore(&zone->lock, flags);
}

unsigned long totalram_pages(void)
{
	return (unsigned long)totalram;
}

void totalram_pages_add(long count)
{
	__atomic_fetch_add(&totalram, count, __ATOMIC_RELAXED);
}

unsigned long nr_free_pages(void)
{
	struct zone *zone;
	unsigned long pages = 0;

	for_each_zone(zone)
		pages += READ_ONCE(zone->nr_free_pages);
	return pages;
}

unsigned long totalhigh_pages(void)
{
	unsigned long pages = 0;
	int nid;

	for_each_online_node(nid)
		pages += NODE_DATA(nid)->node_zones[ZONE_HIGHMEM].managed_pages;
	return pages;
}

unsigned long nr_free_highpages(void)
{
	unsigned long pages = 0;
	int nid;

	for_each_online_node(nid)
		pages += READ_ONCE(NODE_DATA(nid)->node_zones[ZONE_HIGHMEM]
				   .nr_free_pages);
	return pages;
}

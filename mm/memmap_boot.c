/*
 * Descriptors that the hand-over writes.
 *
 * Problem: where descriptors come into being when their memory is first used
 * (MEMMAP_BLOCK_FRAMES is not 0), some are used at once: those of reserved
 * memory, of the ends of free ranges, which go to the free lists, and of the
 * first frame of each range that stays untouched (mm/deferred.c).
 *
 *	RAM	|RRRRRR|free...............................|RRR|free|
 *	blocks	|------|------|------|------|------|------|------|---
 *	backed	 ######^######                      ##############
 *	                      ^ one page, for the head of the range
 *
 * 1. Each zone gets a first supply of frames for the blocks it will use.
 * 2. Walk over all reserved and free ranges and back what they will write,
 *    with frames from the early allocator. These are reserved themselves, and
 *    so change the ranges: repeat until a walk needed nothing new.
 * 3. What is left over of the frames is free again.
 *
 * Locks: none, boot only. Cost: a few steps per range, and per block that is
 * reserved; nothing per free block.
 */
#include <asm/machine.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/memblock.h>
#include <mm/mm.h>

#include "internal.h"

/* Frames asked for at a time; fewer if that is too much. */
#define BOOT_CHUNK 64UL

static struct memmap_supply supply __initdata;
static bool grew __initdata;

static struct pfn_range __init early_frames(unsigned long nr, int nid)
{
	unsigned long pfn = PFN_DOWN(early_alloc_raw(nr * PAGE_SIZE, PAGE_SIZE,
						     nid, EARLY_MEMMAP));

	return (struct pfn_range){ pfn, pfn ? pfn + nr : 0 };
}

/* Afterwards there is enough for any block. */
static void __init fill_up(void)
{
	if (memmap_supply_has(&supply, MEMMAP_BLOCK_FRAMES))
		return;
	if (supply.now.start == supply.now.end)
		supply.now = supply.then;
	supply.then = early_frames(BOOT_CHUNK, NUMA_NO_NODE);
	if (!supply.then.end)
		supply.then = early_frames(MEMMAP_BLOCK_FRAMES, NUMA_NO_NODE);
	if (!supply.then.end)
		panic("no memory for the descriptors of frames in use");
	grew = true;
}

static void __init back_block(unsigned long pfn)
{
	if (memmap_is_backed(pfn))
		return;
	fill_up();
	memmap_back_block(pfn, &supply);
}

/* Frames of RAM that are in use, or that go to the free lists. */
static void __init back_blocks(unsigned long start, unsigned long end)
{
	start = ALIGN_DOWN(start, MAX_ORDER_NR_PAGES);
	for (; start < end; start += MAX_ORDER_NR_PAGES)
		back_block(start);
}

/* Bytes that stay reserved: the RAM among them. */
static void __init back_reserved(const struct memblock_region *r)
{
	unsigned long pfn = PFN_DOWN(r->base), last;
	struct pfn_range ram;

	last = PFN_UP(min(r->base + r->size, PFN_PHYS(MAX_PFN)));
	while (next_ram_range(pfn, &ram, NULL) && ram.start < last) {
		back_blocks(ram.start, min(ram.end, last));
		pfn = ram.end;
	}
}

/* Free frames of one zone. */
static void __init back_free(unsigned long start, unsigned long end)
{
	unsigned long first = ALIGN(start, MAX_ORDER_NR_PAGES);
	unsigned long last = ALIGN_DOWN(end, MAX_ORDER_NR_PAGES);

	if (first >= last) {
		back_blocks(start, end);
		return;
	}
	back_blocks(start, first);
	back_blocks(last, end);
	fill_up();
	memmap_back_descriptor(first, &supply);
}

/* The list may change on the way; then there is another walk. */
static void __init back_all_reserved(void)
{
	const struct memblock_region *r;
	unsigned long i;

	for_each_mem_region(r)
		if (r->flags & MEMBLOCK_NOMAP)
			back_reserved(r);
	for (i = 0; i < memblock.reserved.cnt; i++) {
		struct memblock_region copy = memblock.reserved.regions[i];

		back_reserved(&copy);
	}
}

static void __init back_all_free(void)
{
	phys_addr_t lo, hi;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_HOTPLUG, &lo, &hi,
				NULL) {
		unsigned long pfn = PFN_UP(lo), end = PFN_DOWN(hi), stop;

		for (; pfn < end; pfn = stop) {
			pfn_to_zone(pfn, &stop);
			stop = min(stop, end);
			back_free(pfn, stop);
		}
	}
}

/* Zones that can have no untouched block need none. */
static void __init supply_zones(void)
{
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone->present_pages < MAX_ORDER_NR_PAGES)
			continue;
		zone->memmap.now = early_frames(MEMMAP_BLOCK_FRAMES,
						zone->zone_pgdat->node_id);
		if (!zone->memmap.now.end)
			panic("no memory for the first descriptors of zone %s",
			      zone->name);
		zone->memmap_pages = MEMMAP_BLOCK_FRAMES;
	}
}

static void __init give_back(const struct pfn_range *range)
{
	if (range->start < range->end)
		memblock_phys_free(PFN_PHYS(range->start),
				   PFN_PHYS(range->end - range->start));
}

void __init memmap_back_boot(void)
{
	if (!MEMMAP_BLOCK_FRAMES)
		return;
	supply_zones();
	do {
		grew = false;
		back_all_reserved();
		back_all_free();
	} while (grew);
	give_back(&supply.now);
	give_back(&supply.then);
	supply = (struct memmap_supply){ { 0, 0 }, { 0, 0 } };
}

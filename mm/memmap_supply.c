/*
 * Where do descriptors lie that come into being after boot?
 *
 * Problem: a block of memory is to be used for the first time, under the zone
 * lock, perhaps in an interrupt, and its descriptors need 8 frames, and
 * perhaps tables to be mapped by. They must never be missing: the block is
 * counted as free, and who asks for it shall have it.
 *
 * 1. A zone keeps a supply of frames that are mapped and have descriptors, at
 *    least what one block can need (MEMMAP_BLOCK_FRAMES); the first one comes
 *    from early boot.
 * 2. A block that is cut off the untouched memory is backed from the supply.
 * 3. If too little is left for the next, the low part of this very block,
 *    which is usable now, becomes supply; the rest goes to the free lists.
 *
 *	supply	|used|13 left|		|12 left|  64 more  |
 *	                 |		            ^
 *	                 v		            |
 *	deferred  ... | block |		| 64 | rest of the block, free |
 *
 * 4. The zone's last untouched block gone, what is left of the supply is
 *    free memory like any other.
 *
 * A new part is as large as all that the zone has spent so far, from 256 KiB
 * to a pageblock, and not more than the untouched blocks will need: a zone of
 * a terabyte begins small, and one that has grown spoils few pageblocks. The
 * pageblock becomes unmovable.
 *
 * Accounting: memory becomes memmap when it becomes supply, not before. It
 * leaves nr_free_pages, the zone's managed pages and totalram_pages() then:
 *
 *	present == managed + memmap + what else early boot kept
 *
 * so MemTotal falls by up to 1/128 while memory is used for the first time,
 * and what nobody uses costs nothing. Watermarks were computed from what was
 * managed at boot, and err to the safe side.
 *
 * Locks: zone->lock. Invariants: while nr_deferred is not 0 the supply has
 * MEMMAP_BLOCK_FRAMES, or the next block to be cut off needs none; when it is
 * 0 the supply is empty (zone_validate()).
 * Cost: one look per block of 4 MiB; a new part every 7th to 63rd block.
 */
#include <asm/machine.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/kasan.h>
#include <mm/mm.h>

#include "memmap_supply.h"
#include "page_debug.h"

#define PART_ORDER_LEAST 6U

/* Most frames that all untouched blocks will need, tables included. */
static unsigned long frames_needed(const struct zone *zone)
{
	return MEMMAP_BLOCK_FRAMES + zone->nr_deferred * 9;
}

unsigned int memmap_part_order(const struct zone *zone)
{
	unsigned int order = __fls(zone->memmap_pages | 1);

	order = clamp(order, PART_ORDER_LEAST, (unsigned int)pageblock_order);
	while (1UL << (order - 1) >= frames_needed(zone))
		order--;
	return order;
}

static void account(struct zone *zone, long frames)
{
	zone->managed_pages += (unsigned long)frames;
	totalram_pages_add(frames);
}

/*
 * The low part of a backed block on no list becomes supply. The last part is
 * begun, as less than a part is left: there is none behind it.
 */
static void add_supply(struct zone *zone, struct page *block)
{
	unsigned int order = memmap_part_order(zone);
	unsigned long pfn = page_to_pfn(block), nr = 1UL << order;

	if (unlikely(page_debug))
		debug_new_memory(zone, block, MAX_PAGE_ORDER);
	claim_block(zone, block, order, MAX_PAGE_ORDER, MIGRATE_MOVABLE,
		    MIGRATE_UNMOVABLE);
	kasan_unpoison_pages(block, order);
	block->type = PAGE_RESERVED;
	block->order = (u8)order;
	block->owner = EARLY_MEMMAP;
	add_free_pages(zone, -(long)nr);
	account(zone, -(long)nr);
	zone->memmap_pages += nr;
	zone->memmap.then = (struct pfn_range){ pfn, pfn + nr };
}

/* Frames that early boot gave may be another zone's: they stay reserved. */
static void give_back(struct zone *zone, struct pfn_range *range)
{
	unsigned long end;

	for (; range->start < range->end; range->start++) {
		if (pfn_to_zone(range->start, &end) != zone)
			continue;
		totalram_pages_add(release_reserved_frame(zone, pfn_to_page(
						range->start)));
		zone->memmap_pages--;
	}
}

/* Zone locked. */
static void give_back_supply(struct zone *zone)
{
	give_back(zone, &zone->memmap.now);
	give_back(zone, &zone->memmap.then);
}

void memmap_supply_settle(void)
{
	struct zone *zone;
	unsigned long flags;

	for_each_zone(zone) {
		spin_lock_irqsave(&zone->lock, flags);
		if (zone->nr_deferred == 0)
			give_back_supply(zone);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

bool memmap_block_usable(struct zone *zone, struct page *block)
{
	unsigned long pfn = page_to_pfn(block);
	bool backed = memmap_is_backed(pfn);

	if (!backed)
		memmap_back_block(pfn, &zone->memmap);
	if (zone->nr_deferred == 0) {
		give_back_supply(zone);
	} else if (!backed && !memmap_supply_has(&zone->memmap,
						 MEMMAP_BLOCK_FRAMES)) {
		add_supply(zone, block);
		return false;
	}
	return true;
}

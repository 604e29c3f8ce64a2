/*
 * Fuzz target: the buddy system in a zone of its own (mm/buddy.c, fallback.c,
 * deferred.c).
 *
 *	bytes 0-5	where the zone begins in its arena, its length, where
 *			a hole in it begins (2 bytes each)
 *	the rest	operations: take a block, or give one back
 *
 * The model is a byte per frame: free or not. From it the free blocks follow,
 * without any history: a block is free if all its frames are and those of its
 * buddy are not. The allocator must have just these after each operation, and
 * refuse a request only if none is large enough.
 */
#include <string.h>

#include <lib/kernel.h>
#include <mm/mm.h>

#include "../host/start.h"
#include "../suites/zone_fixture.h"
#include "fuzz.h"

#define BLOCKS 2u
#define FRAMES (BLOCKS * MAX_ORDER_NR_PAGES)
#define SLOTS 64u
#define HOLE 3u			/* frames of it */
#define MIGRATE_USED 3u		/* types that callers ask for */
#define VALIDATE_EVERY 64u

static struct arena arena;
static struct zone *zone;
static bool is_free[FRAMES];
static unsigned long expected[NR_PAGE_ORDERS];

static struct {
	struct page *page;
	unsigned int order;
} slots[SLOTS];

/* ----- the model ----- */

/* Free blocks in the stretch of 2^order frames. */
static void count_blocks(unsigned int first, unsigned int order)
{
	if (!memchr(is_free + first, false, 1UL << order)) {
		expected[order]++;
	} else if (order && memchr(is_free + first, true, 1UL << order)) {
		count_blocks(first, order - 1);
		count_blocks(first + (1u << (order - 1)), order - 1);
	}
}

static void compare(void)
{
	unsigned int i;

	memset(expected, 0, sizeof(expected));
	for (i = 0; i < arena.pages; i += MAX_ORDER_NR_PAGES)
		count_blocks(i, MAX_PAGE_ORDER);
	for (i = 0; i < NR_PAGE_ORDERS; i++)
		if (zone_nr_free(zone, i) != expected[i])
			fuzz_fail("order %u: %lu free, not %lu", i,
				  zone_nr_free(zone, i), expected[i]);
}

static bool model_has(unsigned int order)
{
	for (; order < NR_PAGE_ORDERS; order++)
		if (expected[order])
			return true;
	return false;
}

/* ----- operations ----- */

static void mark(struct page *page, unsigned int order, bool to)
{
	unsigned long first = page_to_pfn(page) - arena.pfn, i;

	if (first % (1UL << order) || first + (1UL << order) > arena.pages)
		fuzz_fail("block at frame %lu, order %u", first, order);
	for (i = first; i < first + (1UL << order); i++) {
		if (is_free[i] == to)
			fuzz_fail("frame %lu twice", i);
		is_free[i] = to;
	}
}

/* Only the first and the last frame: a block may be of 4 MiB. */
static void contents(unsigned int slot, void (*fn)(u8 *p, u32 id))
{
	u8 *p = page_address(slots[slot].page);

	fn(p, slot);
	if (slots[slot].order)
		fn(p + (PAGE_SIZE << slots[slot].order) - 64, slot + SLOTS);
}

static void fill(u8 *p, u32 id)
{
	fuzz_fill(p, 64, id);
}

static void check(u8 *p, u32 id)
{
	fuzz_check(p, 64, id);
}

static void take_block(unsigned int slot, unsigned int order,
		       enum migratetype mt)
{
	struct page *page = zone_alloc(zone, order, mt);

	if (!page && model_has(order))
		fuzz_fail("order %u refused", order);
	slots[slot].page = page;
	slots[slot].order = order;
	if (!page)
		return;
	mark(page, order, false);
	contents(slot, fill);
}

static void give_block(unsigned int slot)
{
	contents(slot, check);
	mark(slots[slot].page, slots[slot].order, true);
	zone_free(zone, slots[slot].page);
	slots[slot].page = NULL;
}

static void operate(struct input *in)
{
	unsigned int slot = take_byte(in) % SLOTS, how;

	if (slots[slot].page) {
		give_block(slot);
		return;
	}
	how = take_byte(in);
	take_block(slot, how % 16 < NR_PAGE_ORDERS ? how % 16 : how % 4,
		   (enum migratetype)(how / 16 % MIGRATE_USED));
}

/* ----- the zone ----- */

static void feed(unsigned long from, unsigned long to)
{
	if (from >= to)
		return;
	zone_feed(zone, arena.pfn + from, to - from);
	memset(is_free + from, 1, to - from);
}

static void begin_zone(struct input *in)
{
	unsigned long start = take(in, 2) % arena.pages;
	unsigned long pages = 1 + take(in, 2) % (arena.pages - start);
	unsigned long hole = start + take(in, 2) % (2 * pages);

	arena_clear(&arena);
	memset(is_free, 0, sizeof(is_free));
	zone = private_zone(&arena, arena.pfn + start, pages);
	feed(start, min(hole, start + pages));
	feed(hole + HOLE, start + pages);
	compare();
}

void fuzz_begin(void)
{
	start_simulated_kernel(1);
	arena = arena_get(BLOCKS);
	if (arena.pages != FRAMES)
		fuzz_fail("no arena");
}

void fuzz_one(struct input *in)
{
	unsigned int n = 0, slot;

	begin_zone(in);
	while (input_left(in)) {
		operate(in);
		compare();
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(zone_validate(zone));
	}
	for (slot = 0; slot < SLOTS; slot++)
		if (slots[slot].page)
			give_block(slot);
	compare();
	fuzz_valid(zone_validate(zone));
}

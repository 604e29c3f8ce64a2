/*
 * The model of the buddy system: a byte per page. Whether there is a block, and
 * how many of each size, is found by looking at every place for one.
 *
 * What is free is always merged, across migrate types, too; so a request is
 * refused exactly if no aligned run of free pages is long enough. The zone
 * begins and ends in mid-block and has a hole; where in it a block comes from
 * is the allocator's affair.
 */
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "model.h"
#include "zone_fixture.h"

#define BLOCKS 3U			/* of the arena */
#define MOST (BLOCKS * MAX_ORDER_NR_PAGES)
#define SLOTS 512U
#define START 3U			/* pages of the arena left out below */
#define HOLE 70U
#define HOLE_PAGES 9U

static struct arena arena;
static struct zone *zone;
static unsigned long pages;		/* of the zone, its hole too */
static unsigned long nr_free;
static u8 taken[MOST];			/* by pages of the zone */
static u8 scratch[MOST];
static struct page *slots[SLOTS];	/* NULL: none */
static u8 orders[SLOTS];		/* of those blocks */

static const char *begin(void)
{
	arena = arena_get(BLOCKS);
	if (!arena.pages)
		return "no free block of the largest order";
	pages = arena.pages - START - 5;
	zone = private_zone(&arena, arena.pfn + START, pages);
	zone_feed(zone, arena.pfn + START, HOLE);
	zone_feed(zone, arena.pfn + START + HOLE + HOLE_PAGES,
		  pages - HOLE - HOLE_PAGES);
	memset(taken, 0, sizeof(taken));
	memset(taken + HOLE, 1, HOLE_PAGES);
	memset(slots, 0, sizeof(slots));
	nr_free = pages - HOLE_PAGES;
	return NULL;
}

/* The first page of the first block of an order, from page `from` on. */
static unsigned long next_free_block(const u8 *map, unsigned int order,
				     unsigned long from)
{
	unsigned long at, size = 1UL << order;

	for (at = ALIGN(START + from, size) - START; at + size <= pages;
	     at += size)
		if (!map[at] && !memchr_inv(map + at, 0, size))
			return at;
	return pages;
}

/* Counts and takes the free blocks of an order; larger ones are gone. */
static unsigned long count_blocks(u8 *map, unsigned int order)
{
	unsigned long at = 0, n = 0;

	while ((at = next_free_block(map, order, at)) < pages) {
		memset(map + at, 1, 1UL << order);
		n++;
	}
	return n;
}

static const char *validate(void)
{
	unsigned int order;

	memcpy(scratch, taken, sizeof(taken));
	for (order = NR_PAGE_ORDERS; order-- > 0;)
		if (count_blocks(scratch, order) !=
		    zone_nr_free(zone, order))
			return "another number of free blocks than the model's";
	return zone_validate(zone);
}

static const char *account(struct page *page, unsigned int slot,
			   unsigned int order)
{
	unsigned long at = page_to_pfn(page) - zone->zone_start_pfn;
	unsigned long size = 1UL << order;

	if (at >= pages || at + size > pages)
		return "a block outside of the zone";
	if ((START + at) % size)
		return "a block at a place that is none for its size";
	if (memchr_inv(taken + at, 0, size))
		return "a block that is not free";
	if (page->order != order || page->type != PAGE_ALLOC)
		return "a block whose descriptor says something else";
	memset(taken + at, 1, size);
	nr_free -= size;
	slots[slot] = page;
	orders[slot] = (u8)order;
	return zone->nr_free_pages == nr_free ? NULL :
	       "another number of free pages than the model's";
}

static const char *take(unsigned int slot, struct draws *d)
{
	unsigned int order = model_below(d, model_below(d, 4) ? 4 :
					 NR_PAGE_ORDERS);
	enum migratetype mt =
		(enum migratetype)model_below(d, MIGRATE_PCPTYPES);
	unsigned int most = order, wanted = order;
	struct page *page;
	bool has_room;

	if (slots[slot])
		return model_idle;
	if (model_below(d, 4) == 0)
		most = min(order + model_below(d, 4), MAX_PAGE_ORDER + 0U);
	has_room = next_free_block(taken, order, 0) < pages;
	page = __rmqueue_piece(zone, &order, most, mt);
	model_say("slot %u: take order %u to %u, type %u: %s", slot, wanted,
		  most, mt, page ? "done" : "refused");
	if (!page)
		return has_room ? "refused where the model has a block" : NULL;
	prep_new_page(page, order, GFP_KERNEL, 0);
	if (order < wanted || order > most)
		return "a block of a size that was not asked for";
	return account(page, slot, order);
}

static const char *give(unsigned int slot)
{
	struct page *page = slots[slot];
	unsigned long size = 1UL << orders[slot];

	model_say("slot %u: give order %u", slot, orders[slot]);
	memset(taken + (page_to_pfn(page) - zone->zone_start_pfn), 0, size);
	nr_free += size;
	slots[slot] = NULL;
	if (page->order != orders[slot] || page->type != PAGE_ALLOC)
		return "a block whose descriptor was changed meanwhile";
	zone_free(zone, page);
	return NULL;
}

static const char *give_all(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS && !bad; i++)
		if (slots[i])
			bad = give(i);
	return bad;
}

static const char *play(struct draws *d)
{
	unsigned int slot = model_below(d, SLOTS);

	if (model_below(d, 2048) == 0)
		return give_all();
	if (d->takes)
		return take(slot, d);
	if (!slots[slot])
		return model_idle;
	return give(slot);
}

static const char *end(void)
{
	const char *bad = give_all();

	if (!bad)
		bad = validate();
	arena_put(&arena);
	return bad;
}

const struct model buddy_model = {
	"buddy", 1, begin, play, validate, end
};

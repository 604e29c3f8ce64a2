/*
 * buddy-states: every state of a small zone, and every operation on each.
 *
 * A state is which pages are allocated, in which blocks; what is free follows
 * from it, for everything that may be merged is. So a zone of 2^n pages has
 *
 *	f(n) = 1 + f(n-1)^2,  f(0) = 2	(allocated whole, or two halves):
 *	2, 5, 26, 677, 458330
 *
 * and a place with a page that is not the zone's loses the 1 in every block
 * around that page: it cannot be allocated whole.
 *
 * 1. Begin with the zone all free. For each state found, lay it out: mark the
 *    allocated blocks, free the others through mm/buddy.c, from the lowest up
 *    or from the highest down, by turns, so that lists have different orders.
 * 2. Ask for each order of each migrate type, and free each allocated block.
 *    After each: was the answer right, is each descriptor what it must be, are
 *    the lists as long as they must be, does zone_validate() agree? A request
 *    is refused exactly if there is no aligned run of free pages.
 * 3. What came out is a state. If it is new, it is one more to do. In the end
 *    there must be as many as the formula says: fewer, and the allocator does
 *    not reach what it could; more, and it makes what should not be.
 *
 * Descriptors behind either end may not be read at all, as if they did not
 * exist (AddressSanitizer watches); those in the holes look like free pages of
 * another zone. Who joins them is found out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include <asm/machine.h>
#include <kernel/report.h>
#include <lib/kernel.h>

#include "../../mm/internal.h"
#include "../suites/zone_fixture.h"
#include "start.h"

#define MOST 16U		/* pages of a zone */
#define ORDERS 5U		/* 0 to 4 */
#define ASKED 6U		/* one order more than there can be */
#define MARGIN 16U		/* descriptors closed on either side */
#define SET_SIZE (1U << 21)

struct layout {
	const char *name;
	unsigned int start;	/* first page in the arena, MARGIN or more */
	unsigned int pages;
	unsigned int holes;	/* bit i: page i is not the zone's */
	unsigned int states;
	bool two_types;		/* the first pageblock is unmovable */
};

/* A pageblock ends at page 512 of the arena, a block of MAX_PAGE_ORDER too. */
static const struct layout layouts[] = {
	{ "zone_of_8_pages", 64, 8, 0, 677, false },
	{ "zone_that_begins_and_ends_in_mid_block", 67, 11, 0, 6760, false },
	{ "zone_with_two_holes", 64, 16, 0x0440, 67600, false },
	{ "zone_over_two_pageblocks_of_two_types", 506, 10, 0, 3380, true },
	{ "zone_over_two_largest_blocks", 1020, 10, 0, 3380, false },
	{ "zone_of_16_pages", 64, 16, 0, 458330, false },
};

/* Pages by bits: those in use, and the first of each block in use. */
struct state {
	u16 used, heads;
};

static const struct layout *layout;
static struct arena arena;
static struct zone *zone;
static struct page *first;		/* of the zone */
static struct page laid_out[MOST];
static struct zone zone_laid_out;
static unsigned long operations;

/* ----- states already met ------------------------------------------------ */

static u64 set[SET_SIZE];		/* 0: empty; else the state, and 2^32 */
static struct state *queue;
static unsigned int nr_states;

static void add_state(struct state s)
{
	u64 key = 1ULL << 32 | (u64)s.heads << 16 | s.used;
	unsigned int at = (unsigned int)(key * 0x9e3779b97f4a7c15ULL >> 43);

	for (; set[at]; at = (at + 1) % SET_SIZE)
		if (set[at] == key)
			return;
	set[at] = key;
	if (nr_states < SET_SIZE / 2)
		queue[nr_states++] = s;
}

/* ----- what must be ------------------------------------------------------ */

static unsigned int mask_of(unsigned int page, unsigned int order)
{
	return ((1U << (1U << order)) - 1) << page;
}

/* Does a block of this order, at its proper place, begin here? */
static bool is_place(unsigned int page, unsigned int order)
{
	return page + (1U << order) <= layout->pages &&
	       (layout->start + page) % (1U << order) == 0;
}

static bool is_free(unsigned int used, unsigned int page, unsigned int order)
{
	return is_place(page, order) &&
	       !((used | layout->holes) & mask_of(page, order));
}

static bool has_room(unsigned int used, unsigned int order)
{
	unsigned int page;

	for (page = 0; order < ORDERS && page < layout->pages; page++)
		if (is_free(used, page, order))
			return true;
	return false;
}

/* Order of the largest free block that begins at a page. */
static unsigned int free_order(unsigned int used, unsigned int page)
{
	unsigned int order = ORDERS;

	while (!is_free(used, page, --order))
		;
	return order;
}

/* Order of the block in use that begins at a page. */
static unsigned int used_order(struct state s, unsigned int page)
{
	unsigned int end = page + 1, order = 0;

	while (end < layout->pages && (s.used >> end & 1) &&
	       !(s.heads >> end & 1))
		end++;
	while (1U << order < end - page)
		order++;
	return order;
}

/* Length of what begins at a page; *order and *type say what it is. */
static unsigned int block_at(struct state s, unsigned int page,
			     unsigned int *order, enum page_type *type)
{
	*order = 0;
	*type = PAGE_NONE;
	if (layout->holes >> page & 1)
		return 1;
	if (s.used >> page & 1) {
		*type = PAGE_ALLOC;
		*order = used_order(s, page);
	} else {
		*type = PAGE_BUDDY;
		*order = free_order(s.used, page);
	}
	return 1U << *order;
}

/* The formula. A block is [page, page + 2^order), page perhaps outside. */
static unsigned long count_states(int page, unsigned int order)
{
	int half = 1 << order >> 1, end = page + (1 << order);
	bool whole = page >= 0 && end <= (int)layout->pages;
	unsigned long halves = 1;

	if (end <= 0 || page >= (int)layout->pages)
		return 1;
	if (order)
		halves = count_states(page, order - 1) *
			 count_states(page + half, order - 1);
	else
		halves += whole && !(layout->holes >> page & 1);
	if (!order || !whole || layout->holes & mask_of((unsigned int)page,
							 order))
		return halves;
	return 1 + halves;
}

static unsigned long count_all_states(void)
{
	int page = -(int)(layout->start % MOST);
	unsigned long product = 1;

	for (; page < (int)layout->pages; page += (int)MOST)
		product *= count_states(page, ORDERS - 1);
	return product;
}

/* ----- laying a state out ------------------------------------------------ */

/* A free page of another zone. */
static void lure(struct page *page)
{
	page->type = PAGE_BUDDY;
	page->order = 0;
	page->zone_id = zone->zone_id ^ 1;
	page->migratetype = MIGRATE_MOVABLE;
	INIT_LIST_HEAD(&page->buddy_list);
}

/* The zone without anything free in it. */
static void clear_zone(void)
{
	unsigned int holes;

	memset(first, 0, layout->pages * sizeof(struct page));
	zone = private_zone(&arena, arena.pfn + layout->start, layout->pages);
	zone->managed_pages = layout->pages -
			      (unsigned int)__builtin_popcount(layout->holes);
	if (layout->two_types)
		set_pageblock_migratetype(first, MIGRATE_UNMOVABLE);
	for (holes = layout->holes; holes; holes &= holes - 1)
		lure(first + __ffs(holes));
}

static void lay_block(struct page *page, unsigned int order,
		      enum page_type type)
{
	if (type == PAGE_BUDDY) {
		__free_one_page(zone, page, order,
				get_pageblock_migratetype(page));
	} else if (type == PAGE_ALLOC) {
		page->zone_id = zone->zone_id;
		prep_new_page(page, order, GFP_KERNEL, 0);
	}
}

static void lay_out(struct state s, bool downwards)
{
	unsigned int starts[MOST], nr = 0, page, order, i;
	enum page_type type;

	clear_zone();
	for (page = 0; page < layout->pages;
	     page += block_at(s, page, &order, &type))
		starts[nr++] = page;
	for (i = 0; i < nr; i++) {
		page = starts[downwards ? nr - 1 - i : i];
		block_at(s, page, &order, &type);
		lay_block(first + page, order, type);
	}
	memcpy(laid_out, first, layout->pages * sizeof(struct page));
	zone_laid_out = *zone;
}

static void lay_out_again(void)
{
	memcpy(first, laid_out, layout->pages * sizeof(struct page));
	*zone = zone_laid_out;
}

/* ----- is it? ------------------------------------------------------------ */

static const char *check_descriptor(const struct page *page, unsigned int order,
				    enum page_type type)
{
	unsigned int i;

	if (page->type != type)
		return "a descriptor of the wrong type";
	if (page->order != order || page->zone_id != zone->zone_id)
		return "a descriptor of the wrong order or zone";
	for (i = 1; i < 1U << order; i++)
		if (page[i].type != PAGE_NONE)
			return "a descriptor that speaks inside a block";
	return NULL;
}

static const char *check_blocks(struct state s)
{
	unsigned int nr_free[ORDERS] = { 0 }, page, order, n;
	enum page_type type;
	const char *bad;

	for (page = 0; page < layout->pages; page += n) {
		n = block_at(s, page, &order, &type);
		nr_free[order] += type == PAGE_BUDDY;
		bad = type == PAGE_NONE ? NULL :
		      check_descriptor(first + page, order, type);
		if (bad)
			return bad;
	}
	for (order = 0; order < ORDERS; order++)
		if (zone->free_area[order].nr_free != nr_free[order])
			return "a wrong number of free blocks";
	return NULL;
}

static const char *check_lures(void)
{
	unsigned int holes;

	for (holes = layout->holes; holes; holes &= holes - 1)
		if (memcmp(&laid_out[__ffs(holes)], first + __ffs(holes),
			   sizeof(struct page)))
			return "a descriptor of another zone was written";
	return report_uncaptured() ? "a report" : NULL;
}

static const char *check(struct state s)
{
	const char *bad = check_blocks(s);

	if (!bad)
		bad = check_lures();
	return bad ? bad : zone_validate(zone);
}

/* ----- all operations on a state ----------------------------------------- */

static const char *try_alloc(struct state s, unsigned int order,
			     enum migratetype mt)
{
	struct page *page;
	unsigned int at;

	lay_out_again();
	operations++;
	page = zone_alloc(zone, order, mt);
	if (!page)
		return has_room(s.used, order) ? "refused, with room" :
		       check(s);
	at = (unsigned int)(page - first);
	if (at >= layout->pages || order >= ORDERS ||
	    !is_free(s.used, at, order))
		return "what is no free block was handed out";
	s.used |= (u16)mask_of(at, order);
	s.heads |= (u16)(1U << at);
	add_state(s);
	return check(s);
}

static const char *try_free(struct state s, unsigned int at)
{
	unsigned int order = used_order(s, at);

	lay_out_again();
	operations++;
	zone_free(zone, first + at);
	s.used &= (u16)~mask_of(at, order);
	s.heads &= (u16)~(1U << at);
	add_state(s);
	return check(s);
}

static const char *try_all(struct state s)
{
	unsigned int order, mt, at;
	const char *bad = check(s);

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < ASKED && !bad; order++)
			if (mt == MIGRATE_MOVABLE || layout->two_types)
				bad = try_alloc(s, order,
						(enum migratetype)mt);
	for (at = 0; at < layout->pages && !bad; at++)
		if (s.heads >> at & 1)
			bad = try_free(s, at);
	return bad;
}

/* The descriptors on both sides: closed, or open again. */
static void close_margins(bool closed)
{
	struct page *end = first + layout->pages;

	if (closed) {
		ASAN_POISON_MEMORY_REGION(first - MARGIN,
					  MARGIN * sizeof(*end));
		ASAN_POISON_MEMORY_REGION(end, MARGIN * sizeof(*end));
	} else {
		ASAN_UNPOISON_MEMORY_REGION(first - MARGIN,
					    MARGIN * sizeof(*end));
		ASAN_UNPOISON_MEMORY_REGION(end, MARGIN * sizeof(*end));
	}
}

static const char *walk(void)
{
	const char *bad = NULL;
	unsigned int i;

	memset(set, 0, sizeof(set));
	nr_states = 0;
	operations = 0;
	first = pfn_to_page(arena.pfn + layout->start);
	close_margins(true);
	add_state((struct state){ 0, 0 });
	for (i = 0; i < nr_states && !bad; i++) {
		struct state s = queue[i];

		lay_out(s, i & 1);
		bad = try_all(s);
		if (bad)
			printf("# used %04x, blocks begin at %04x: %s\n",
			       s.used, s.heads, bad);
	}
	close_margins(false);
	return bad;
}

static bool run(unsigned int number)
{
	bool ok;

	layout = &layouts[number - 1];
	ok = !walk() && nr_states == layout->states &&
	     nr_states == count_all_states();
	arena_clear(&arena);
	printf("# %u states, %u expected, %lu by the formula; %lu operations\n",
	       nr_states, layout->states, count_all_states(), operations);
	printf("%sok %u - %s\n", ok ? "" : "not ", number, layout->name);
	return ok;
}

int main(void)
{
	bool ok = true;
	unsigned int i;

	start_simulated_kernel(1);
	queue = calloc(SET_SIZE / 2, sizeof(*queue));
	arena = arena_get(2);
	if (!queue || arena.pages < 2 * MAX_ORDER_NR_PAGES)
		return 2;
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(layouts));
	for (i = 1; i <= ARRAY_SIZE(layouts); i++)
		ok &= run(i);
	fflush(stdout);
	machine_exit(ok ? VERDICT_PASS : VERDICT_FAIL);
}

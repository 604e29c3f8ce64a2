/*
 * Fuzz target: who gets which virtual addresses (mm/vmap_area.c).
 *
 * The input is operations: pages taken with an alignment, areas given back.
 * The model is a byte per page and knows no tree: it says where each area
 * must lie, and when there is no room.
 */
#include <string.h>

#include <asm/page.h>
#include <lib/kernel.h>

#include "../../mm/vmap_area.h"
#include "fuzz.h"

#define PAGES 256u
#define AREAS 64u
#define VALIDATE_EVERY 8u

static unsigned long start;	/* page number */
static bool taken[PAGES];
static struct vmap_space space;
static struct vmap_hole first, nodes[AREAS];
static struct vmap_hole *unused;
static struct {
	unsigned int page, pages;	/* pages 0: none */
} areas[AREAS];

/*
 * The place is looked for in the lowest hole that would do wherever it begins,
 * and if there is none, in the lowest that does as it is.
 */
static unsigned int model_find(unsigned int pages, unsigned int align,
			       unsigned int least)
{
	unsigned int page, end, at;

	for (page = 0; page < PAGES; page = end + 1) {
		for (end = page; end < PAGES && !taken[end]; end++)
			;
		at = (unsigned int)(ALIGN(start + page, align) - start);
		if (end - page >= least && at + pages <= end)
			return at;
	}
	return PAGES;
}

static void take_area(unsigned int i, struct input *in)
{
	unsigned int how = take_byte(in), pages = 1 + take_byte(in), at;
	unsigned int align = 1u << how % 8;
	struct vmap_hole *node = unused;
	unsigned long addr;

	if (how & 0x80)
		pages = 1 + pages % 8;
	at = model_find(pages, align, pages + align - 1);
	if (at == PAGES)
		at = model_find(pages, align, pages);
	unused = node->next;
	addr = vmap_space_take(&space, pages * PAGE_SIZE, align * PAGE_SIZE,
			       node);
	if (addr != (at == PAGES ? 0 : (start + at) * PAGE_SIZE))
		fuzz_fail("%u pages aligned to %u: 0x%lx, not page %u", pages,
			  align, addr, at);
	if (!addr) {
		node->next = unused;
		unused = node;
		return;
	}
	memset(taken + at, 1, pages);
	areas[i].page = at;
	areas[i].pages = pages;
}

static void give_area(unsigned int i)
{
	struct vmap_hole *node;

	node = vmap_space_give(&space, (start + areas[i].page) * PAGE_SIZE,
			       areas[i].pages * PAGE_SIZE);
	memset(taken + areas[i].page, 0, areas[i].pages);
	areas[i].pages = 0;
	node->next = unused;
	unused = node;
}

static void check_largest(void)
{
	unsigned int i, run = 0, largest = 0;

	for (i = 0; i < PAGES; i++) {
		run = taken[i] ? 0 : run + 1;
		largest = max(largest, run);
	}
	if (vmap_space_largest(&space) != largest * PAGE_SIZE)
		fuzz_fail("largest hole 0x%lx, not %u pages",
			  vmap_space_largest(&space), largest);
}

static void begin_space(struct input *in)
{
	unsigned int i;

	start = 1 + take_byte(in);
	memset(taken, 0, sizeof(taken));
	vmap_space_init(&space, start * PAGE_SIZE, (start + PAGES) * PAGE_SIZE,
			&first, 1);
	unused = NULL;
	for (i = 0; i < AREAS; i++) {
		nodes[i].next = unused;
		unused = &nodes[i];
	}
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	unsigned int n = 0, i;

	begin_space(in);
	while (input_left(in)) {
		i = take_byte(in) % AREAS;
		if (areas[i].pages)
			give_area(i);
		else
			take_area(i, in);
		check_largest();
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(vmap_space_validate(&space));
	}
	for (i = 0; i < AREAS; i++)
		if (areas[i].pages)
			give_area(i);
	fuzz_valid(vmap_space_validate(&space));
	if (space.nr_areas || space.nr_holes != 1)
		fuzz_fail("something is left");
}

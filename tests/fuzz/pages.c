/*
 * Fuzz target: the page allocator as callers see it, with the arrays of the
 * CPU in front (mm/page_alloc.c, pcp*.c, page_alloc_bulk.c).
 *
 * The input is operations: blocks taken by all kinds of gfp, many single pages
 * at once, blocks cut into pages, references taken and put, the arrays
 * drained or put out of use. The model is who has which frame, a byte each,
 * and each block holds words that only its owner knows.
 */
#include <string.h>

#include <asm/page.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "../host/simulate.h"
#include "../host/start.h"
#include "fuzz.h"

#define SLOTS 96u
#define FRAMES 0x4000u		/* frames from 0 on that the model knows */
#define HIGH_FRAMES 0x2000u	/* and those around 4 GiB, from here */
#define HIGH_START 0xff000u
#define BULK 24u
#define VALIDATE_EVERY 64u
#define MAX_ORDER_USED 6u

static struct {
	struct page *page;
	unsigned int order, id;
} slots[SLOTS];

static u8 taken[FRAMES + HIGH_FRAMES];
static unsigned long free_before;
static unsigned int next_id;

static u8 *frame(unsigned long pfn)
{
	if (pfn < FRAMES)
		return &taken[pfn];
	if (pfn < HIGH_START || pfn >= HIGH_START + HIGH_FRAMES)
		fuzz_fail("frame 0x%lx is unknown", pfn);
	return &taken[FRAMES + pfn - HIGH_START];
}

static void mark(struct page *page, unsigned int order, bool to)
{
	unsigned long pfn = page_to_pfn(page), i;

	if (pfn % (1UL << order))
		fuzz_fail("frame 0x%lx, order %u", pfn, order);
	for (i = pfn; i < pfn + (1UL << order); i++) {
		if (*frame(i) == to || !simulate_is_ram(PFN_PHYS(i)))
			fuzz_fail("frame 0x%lx twice, or none", i);
		*frame(i) = to;
	}
}

/* The first words of each page. */
static void fill(unsigned int slot)
{
	u8 *p = page_address(slots[slot].page);
	unsigned int i;

	for (i = 0; i < 1u << slots[slot].order; i++)
		fuzz_fill(p + i * PAGE_SIZE, 32, slots[slot].id + i);
}

static void check(unsigned int slot)
{
	u8 *p = page_address(slots[slot].page);
	unsigned int i;

	for (i = 0; i < 1u << slots[slot].order; i++)
		fuzz_check(p + i * PAGE_SIZE, 32, slots[slot].id + i);
}

static void own(unsigned int slot, struct page *page, unsigned int order)
{
	slots[slot].page = page;
	slots[slot].order = order;
	slots[slot].id = next_id;
	next_id += 1u << order;
	mark(page, order, true);
	fill(slot);
}

static unsigned int empty_slot(void)
{
	unsigned int slot = 0;

	while (slot < SLOTS && slots[slot].page)
		slot++;
	return slot;
}

static gfp_t gfp_of(u8 how)
{
	static const gfp_t kinds[] = {
		GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_DMA | __GFP_RECLAIM,
		GFP_DMA32 | __GFP_RECLAIM, GFP_KERNEL | __GFP_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE, GFP_HIGHUSER_MOVABLE,
	};

	return kinds[how % ARRAY_SIZE(kinds)] | __GFP_NOWARN |
	       (how & 0x40 ? __GFP_ZERO : 0) | (how & 0x80 ? __GFP_COMP : 0);
}

static void check_place(const struct page *page, unsigned int order, gfp_t gfp)
{
	unsigned long end = page_to_pfn(page) + (1UL << order);

	if (end > (gfp & __GFP_DMA ? MAX_DMA_PFN : gfp & __GFP_DMA32 ?
		   MAX_DMA32_PFN : ~0UL))
		fuzz_fail("frame 0x%lx for gfp 0x%x", page_to_pfn(page), gfp);
}

static void check_zero(struct page *page, unsigned int order, gfp_t gfp)
{
	static const u8 zeroes[64];
	u8 *p = page_address(page);
	unsigned long at;

	for (at = 0; gfp & __GFP_ZERO && at < PAGE_SIZE << order; at += 64)
		if (memcmp(p + at, zeroes, 64))
			fuzz_fail("not zero at %lu", at);
}

static void take_block(unsigned int slot, struct input *in)
{
	unsigned int order = take_byte(in) % (MAX_ORDER_USED + 1);
	gfp_t gfp = gfp_of(take_byte(in));
	struct page *page = alloc_pages(gfp, order);

	if (!page)
		return;
	check_place(page, order, gfp);
	check_zero(page, order, gfp);
	own(slot, page, order);
	if (page_count(page) != 1)
		fuzz_fail("count %u", page_count(page));
}

static void give_block(unsigned int slot, bool by_put)
{
	struct page *page = slots[slot].page;
	unsigned int order = slots[slot].order;

	check(slot);
	mark(page, order, false);
	slots[slot].page = NULL;
	if (by_put)
		put_page(page);
	else
		__free_pages(page, order);
}

static void take_many(struct input *in)
{
	struct page *array[BULK] = { NULL };
	unsigned int nr = 1 + take_byte(in) % BULK, i, slot;
	gfp_t gfp = gfp_of(take_byte(in) & 0x3f);
	unsigned long got = alloc_pages_bulk_array(gfp, nr, array);

	for (i = 0; i < BULK; i++) {
		if (!!array[i] != (i < got))
			fuzz_fail("%lu pages, and entry %u", got, i);
		if (!array[i])
			continue;
		check_place(array[i], 0, gfp);
		slot = empty_slot();
		if (slot < SLOTS)
			own(slot, array[i], 0);
		else
			__free_pages(array[i], 0);
	}
}

/* Into its halves' halves: single pages, as far as there are slots. */
static void split(unsigned int slot)
{
	struct page *page = slots[slot].page;
	unsigned int order = slots[slot].order, i;

	if (!order || page[1].type == PAGE_TAIL)
		return;
	check(slot);
	mark(page, order, false);
	slots[slot].page = NULL;
	split_page(page, order);
	for (i = 0; i < 1u << order; i++) {
		unsigned int to = empty_slot();

		if (to < SLOTS)
			own(to, page + i, 0);
		else
			__free_pages(page + i, 0);
	}
}

/* While two hold it the first to put does not free it. */
static void hold_twice(unsigned int slot)
{
	struct page *page = slots[slot].page;

	get_page(page);
	__free_pages(page, slots[slot].order);
	if (page_count(page) != 1)
		fuzz_fail("count %u of a page held", page_count(page));
	check(slot);
}

static void with_pages_at_hand_off(struct input *in)
{
	unsigned int slot = empty_slot();

	pcp_disable();
	if (slot < SLOTS)
		take_block(slot, in);
	pcp_enable();
}

static void operate(struct input *in)
{
	u8 op = take_byte(in);
	unsigned int slot = op % SLOTS;

	switch (take_byte(in) % 16) {
	case 0:
		take_many(in);
		break;
	case 1:
		drain_local_pages();
		break;
	case 2:
		with_pages_at_hand_off(in);
		break;
	case 3:
		if (slots[slot].page)
			split(slot);
		break;
	case 4:
		if (slots[slot].page)
			hold_twice(slot);
		break;
	default:
		if (slots[slot].page)
			give_block(slot, op & 0x80);
		else
			take_block(slot, in);
	}
}

static void settle(void)
{
	drain_all_pages();
	fuzz_valid(page_alloc_validate());
}

void fuzz_begin(void)
{
	start_simulated_kernel(1);
	settle();
	free_before = nr_free_pages();
}

void fuzz_one(struct input *in)
{
	unsigned int n = 0, slot;

	next_id = 0;
	while (input_left(in)) {
		operate(in);
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(page_alloc_validate());
	}
	for (slot = 0; slot < SLOTS; slot++)
		if (slots[slot].page)
			give_block(slot, false);
	settle();
	if (nr_free_pages() != free_before)
		fuzz_fail("%lu pages free, not %lu", nr_free_pages(),
			  free_before);
}

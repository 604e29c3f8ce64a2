/*
 * What early boot keeps: reserved blocks, their owners, and single frames
 * given back. A private memblock whose only RAM is the arena stands in for
 * the machine's.
 */
#include <lib/string.h>
#include <mm/early.h>

#include "../../mm/internal.h"
#include "memblock_fixture.h"

#define FRAMES (1UL << ARENA_ORDER)

static struct page head_before;

/* The arena is all RAM there is, its descriptors are nobody's. */
static void set_up(struct ktest *t)
{
	memblock_swap_in(t);
	if (t->failed)
		return;
	head_before = *arena_page;
	memset(arena_page, 0, FRAMES * sizeof(*arena_page));
	memblock_add(arena, ARENA_SIZE);
}

static void tear_down(struct ktest *t)
{
	if (arena_page) {
		memset(arena_page, 0, FRAMES * sizeof(*arena_page));
		*arena_page = head_before;
	}
	memblock_swap_out(t);
}

/* Frames [first, FRAMES) of the arena that a reserved head covers. */
static unsigned long covered_from(unsigned long first)
{
	unsigned long i = first;

	while (i < FRAMES && arena_page[i].type == PAGE_RESERVED)
		i += 1UL << arena_page[i].order;
	return i - first;
}

static void reservation_to_the_end_of_all_addresses_covers_ram(struct ktest *t)
{
	reserve_bootmem_region(arena + ARENA_SIZE / 2, PHYS_ADDR_MAX, 0);
	KTEST_EXPECT_EQ(t, covered_from(FRAMES / 2), FRAMES / 2);
	KTEST_EXPECT_EQ(t, arena_page[0].type, PAGE_NONE);
}

static void reservation_that_ends_before_it_begins_is_none(struct ktest *t)
{
	reserve_bootmem_region(arena + ARENA_SIZE, arena, 0);
	KTEST_EXPECT_EQ(t, covered_from(0), 0);
	reserve_bootmem_region(arena + 100, arena + 50, 0);
	KTEST_EXPECT_EQ(t, covered_from(0), 0);
	reserve_bootmem_region(arena + 100, arena + 100, 0);
	KTEST_EXPECT_EQ(t, covered_from(0), 0);
}

/* Half pages at both ends are reserved whole. */
static void reservation_rounds_outwards(struct ktest *t)
{
	reserve_bootmem_region(arena + 3 * PAGE_SIZE + 1,
			       arena + 5 * PAGE_SIZE + 1, 0);
	KTEST_EXPECT_EQ(t, arena_page[2].type, PAGE_NONE);
	KTEST_EXPECT_EQ(t, covered_from(3), 3);
}

static void halves_of_a_cut_block_keep_its_owner(struct ktest *t)
{
	unsigned long i;

	reserve_bootmem_region(arena, arena + ARENA_SIZE, 0);
	KTEST_ASSERT_EQ(t, arena_page->order, ARENA_ORDER);
	arena_page->owner = EARLY_MEMMAP;
	reserve_bootmem_region(arena + 5 * PAGE_SIZE, arena + 6 * PAGE_SIZE, 0);
	KTEST_ASSERT_EQ(t, covered_from(0), FRAMES);
	for (i = 0; i < FRAMES; i += 1UL << arena_page[i].order)
		if (i != 5)
			KTEST_EXPECT_EQ(t, arena_page[i].owner, EARLY_MEMMAP);
}

/* The heads' orders; the heads are all there are. */
static void expect_orders(struct ktest *t, const u8 *orders, unsigned int n)
{
	unsigned long i, at = 0;

	for (i = 0; i < n; i++) {
		KTEST_EXPECT_EQ(t, arena_page[at].type, PAGE_RESERVED);
		KTEST_EXPECT_EQ(t, arena_page[at].order, orders[i]);
		at += 1UL << orders[i];
	}
	KTEST_EXPECT_EQ(t, at, FRAMES);
}

static void overlapped_block_is_cut_at_both_ends_of_the_range(struct ktest *t)
{
	static const u8 orders[] = { 2, 0, 0, 1, 2, 2 };

	reserve_bootmem_region(arena, arena + ARENA_SIZE, 0);
	reserve_bootmem_region(arena + 5 * PAGE_SIZE, arena + 12 * PAGE_SIZE,
			       0);
	expect_orders(t, orders, ARRAY_SIZE(orders));
}

#ifdef STRATA_HOSTED
/* What nobody named is one block, whoever asked for the pieces. */
static void stretches_of_one_owner_share_a_block(struct ktest *t)
{
	static const u8 whole[] = { ARENA_ORDER };

	KTEST_EXPECT_EQ(t, early_reserve(arena + 5 * PAGE_SIZE, PAGE_SIZE,
					 EARLY_OTHER), 0);
	KTEST_EXPECT_EQ(t, early_reserve(arena + 9 * PAGE_SIZE, PAGE_SIZE,
					 EARLY_OTHER), 0);
	reserve_bootmem_region(arena, arena + ARENA_SIZE, 0);
	expect_orders(t, whole, 1);
}
#endif

static void frame_that_is_not_reserved_is_not_given_back(struct ktest *t)
{
	unsigned long total = totalram_pages(), free = nr_free_pages();

	*arena_page = head_before;
	KTEST_EXPECT_LOGGED(t, "WARNING at ",
			    free_reserved_page(arena_page));
	KTEST_EXPECT_LOGGED(t, "WARNING at ",
			    free_reserved_page(arena_page + 3));
	KTEST_EXPECT_EQ(t, totalram_pages(), total);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reservation_to_the_end_of_all_addresses_covers_ram),
	KTEST_CASE(reservation_that_ends_before_it_begins_is_none),
	KTEST_CASE(reservation_rounds_outwards),
	KTEST_CASE(halves_of_a_cut_block_keep_its_owner),
	KTEST_CASE(overlapped_block_is_cut_at_both_ends_of_the_range),
#ifdef STRATA_HOSTED
	KTEST_CASE(stretches_of_one_owner_share_a_block),
#endif
	KTEST_CASE(frame_that_is_not_reserved_is_not_given_back),
	{}
};
KTEST_SUITE_FIXTURE(handover, cases, set_up, tear_down);

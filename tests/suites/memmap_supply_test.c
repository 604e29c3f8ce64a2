/* How much of a block becomes memory for descriptors. */
#include <kernel/ktest.h>
#include <lib/kernel.h>

#include "../../mm/memmap_supply.h"

#define LEAST 64UL		/* frames: 256 KiB */
#define DESCRIPTORS 9UL		/* frames a block needs, with their table */

static struct zone zone;

static unsigned long part(unsigned long spent, unsigned long blocks)
{
	zone.memmap_pages = spent;
	zone.nr_deferred = blocks;
	return 1UL << memmap_part_order(&zone);
}

static void parts_are_as_large_as_what_was_spent(struct ktest *t)
{
	const unsigned long most = 1UL << pageblock_order, many = 1UL << 20;
	unsigned long size;

	for (size = 0; size < 2 * LEAST; size++)
		KTEST_EXPECT_EQ(t, part(size, many), LEAST);
	for (size = LEAST; size < most; size *= 2) {
		KTEST_EXPECT_EQ(t, part(size, many), size);
		KTEST_EXPECT_EQ(t, part(2 * size - 1, many), size);
	}
	KTEST_EXPECT_EQ(t, part(most, many), most);
	KTEST_EXPECT_EQ(t, part(2 * most, many), most);
	KTEST_EXPECT_EQ(t, part(~0UL, many), most);
}

/* The first power of two that is enough for all blocks left. */
static void parts_are_no_larger_than_what_is_left_needs(struct ktest *t)
{
	unsigned long blocks, need, size;

	for (blocks = 1; blocks < 200; blocks++) {
		need = MEMMAP_BLOCK_FRAMES + blocks * DESCRIPTORS;
		for (size = 1; size < need; size *= 2)
			;
		KTEST_EXPECT_EQ(t, part(~0UL, blocks),
				min(size, 1UL << pageblock_order));
		KTEST_EXPECT_EQ(t, part(0, blocks), min(size, LEAST));
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(parts_are_as_large_as_what_was_spent),
	KTEST_CASE(parts_are_no_larger_than_what_is_left_needs),
	{}
};
KTEST_SUITE(memmap_supply, cases);

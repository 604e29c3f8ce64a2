/*
 * What boot finds out about the RAM of a machine, and where descriptors are:
 * machines made up for it, in a private memblock. The code is gone after boot,
 * so it is asked in the hosted build alone.
 */
#include <lib/kernel.h>

#include "../../mm/internal.h"
#include "../suites/memblock_fixture.h"

#define BLOCK MAX_ORDER_NR_PAGES

static struct pfn_range main_before;

static void remember_main(struct ktest *t)
{
	memblock_swap_in(t);
	main_before = backed_main;
}

static void restore_main(struct ktest *t)
{
	backed_main = main_before;
	memblock_swap_out(t);
}

/* RAM of the machine, frames [start, end). */
static void ram(unsigned long start, unsigned long end)
{
	memblock_add(PFN_PHYS(start), PFN_PHYS(end - start));
}

/* What is RAM of a node, as next_ram_range() tells it. */
#define EXPECT_RAM(t, pfn, from, to, node) do {				\
	struct pfn_range r_ = { 0, 0 };					\
	int nid_ = -7;							\
									\
	KTEST_EXPECT_TRUE(t, next_ram_range(pfn, &r_, &nid_));		\
	KTEST_EXPECT_EQ(t, r_.start, from);				\
	KTEST_EXPECT_EQ(t, r_.end, to);					\
	KTEST_EXPECT_EQ(t, nid_, node);					\
} while (0)

#define EXPECT_MAIN(t, from, to) do {					\
	backed_main = (struct pfn_range){ 0, 0 };			\
	memory_model_init();						\
	KTEST_EXPECT_EQ(t, backed_main.start, from);			\
	KTEST_EXPECT_EQ(t, backed_main.end, to);			\
} while (0)

static void ram_is_told_in_whole_pages(struct ktest *t)
{
	struct pfn_range r;

	memblock_add_node(PFN_PHYS(10) + 1, PFN_PHYS(3), 1, MEMBLOCK_NONE);
	memblock_add_node(PFN_PHYS(20) + 1, PFN_PHYS(1), 1, MEMBLOCK_NONE);
	memblock_add_node(PFN_PHYS(30), PFN_PHYS(2), 2, MEMBLOCK_NONE);
	EXPECT_RAM(t, 0, 11, 13, 1);
	EXPECT_RAM(t, 12, 12, 13, 1);
	EXPECT_RAM(t, 13, 30, 32, 2);
	EXPECT_RAM(t, 31, 31, 32, 2);
	KTEST_EXPECT_FALSE(t, next_ram_range(32, &r, NULL));
}

static void frames_of_a_node_there_is_not_are_node_0s(struct ktest *t)
{
	memblock_add(PFN_PHYS(10), PFN_PHYS(2));
	memblock_add_node(PFN_PHYS(12), PFN_PHYS(2), -1, MEMBLOCK_NONE);
	memblock_add_node(PFN_PHYS(20), PFN_PHYS(2), MAX_NUMNODES - 1,
			  MEMBLOCK_NONE);
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(10), 0);
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(12), 0);
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(19), 0);
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(20), MAX_NUMNODES - 1);
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(22), 0);
}

static void block_without_ram_in_front_is_no_part_of_the_run(struct ktest *t)
{
	ram(BLOCK + 7, 3 * BLOCK);
	EXPECT_MAIN(t, BLOCK, 3 * BLOCK);
}

static void block_without_ram_ends_a_run(struct ktest *t)
{
	if (max_low_pfn <= 3 * BLOCK) {
		ktest_skip(t, "little low memory");
		return;
	}
	ram(0, 2 * BLOCK);
	ram(3 * BLOCK, 5 * BLOCK + 1);
	EXPECT_MAIN(t, 3 * BLOCK, 6 * BLOCK);
}

static void hole_inside_a_block_does_not_end_a_run(struct ktest *t)
{
	ram(5, BLOCK - 1);
	ram(BLOCK + 1, BLOCK + 2);
	ram(2 * BLOCK - 1, 2 * BLOCK);
	ram(4 * BLOCK, 5 * BLOCK);
	EXPECT_MAIN(t, 0, 2 * BLOCK);
}

static void first_of_two_runs_as_long_is_the_main_one(struct ktest *t)
{
	ram(BLOCK, 2 * BLOCK);
	ram(4 * BLOCK, 5 * BLOCK);
	EXPECT_MAIN(t, BLOCK, 2 * BLOCK);
}

/* Objects lie below: they are asked about most. */
static void run_that_begins_in_high_memory_is_not_the_main_one(struct ktest *t)
{
	unsigned long high = ALIGN(max_low_pfn, BLOCK);

	if (max_low_pfn >= MAX_PFN || high < 4 * BLOCK) {
		ktest_skip(t, "no high memory, or little low");
		return;
	}
	ram(BLOCK, 2 * BLOCK);
	ram(high, high + 3 * BLOCK);
	EXPECT_MAIN(t, BLOCK, 2 * BLOCK);
	ram(high - BLOCK, high - BLOCK + 1);
	EXPECT_MAIN(t, high - BLOCK, high + 3 * BLOCK);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(ram_is_told_in_whole_pages),
	KTEST_CASE(frames_of_a_node_there_is_not_are_node_0s),
	KTEST_CASE(block_without_ram_in_front_is_no_part_of_the_run),
	KTEST_CASE(block_without_ram_ends_a_run),
	KTEST_CASE(hole_inside_a_block_does_not_end_a_run),
	KTEST_CASE(first_of_two_runs_as_long_is_the_main_one),
	KTEST_CASE(run_that_begins_in_high_memory_is_not_the_main_one),
	{}
};
KTEST_SUITE_FIXTURE(memory_model_boot, cases, remember_main,
		    restore_main);

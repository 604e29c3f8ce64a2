/* memblock: what is asked of it, and walks over its ranges. */
#include <lib/kernel.h>

#include "memblock_fixture.h"

static void queries_include_the_first_byte_and_exclude_the_end(struct ktest *t)
{
	struct memblock_type *mem = &memblock.memory;

	KTEST_EXPECT_EQ(t, memblock_start_of_DRAM(), 0ULL);
	KTEST_EXPECT_EQ(t, memblock_end_of_DRAM(), 0ULL);
	memblock_add(0x1000, 0x1000);
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_reserve(0x8000, 0x1000);
	KTEST_EXPECT_FALSE(t, memblock_is_memory(0xfff));
	KTEST_EXPECT_TRUE(t, memblock_is_memory(0x1000));
	KTEST_EXPECT_TRUE(t, memblock_is_memory(0x2fff));
	KTEST_EXPECT_FALSE(t, memblock_is_memory(0x3000));
	KTEST_EXPECT_TRUE(t, memblock_is_reserved(0x8fff));
	KTEST_EXPECT_FALSE(t, memblock_is_reserved(0x9000));
	KTEST_EXPECT_TRUE(t, memblock_is_region_memory(0x1000, 0x1000));
	KTEST_EXPECT_FALSE(t, memblock_is_region_memory(0x1000, 0x1001));
	KTEST_EXPECT_FALSE(t, memblock_is_region_memory(0x1000,
							PHYS_ADDR_MAX));
	KTEST_EXPECT_TRUE(t, memblock_is_region_reserved(0x7000, 0x1001));
	KTEST_EXPECT_FALSE(t, memblock_is_region_reserved(0x7000, 0x1000));
	KTEST_EXPECT_FALSE(t, memblock_overlaps_region(mem, 0x3000, 0x1000));
	KTEST_EXPECT_FALSE(t, memblock_overlaps_region(mem, 0, 0x1000));
	KTEST_EXPECT_TRUE(t, memblock_overlaps_region(mem, 0x2fff,
						      PHYS_ADDR_MAX));
	KTEST_EXPECT_EQ(t, memblock_start_of_DRAM(), 0x1000ULL);
	KTEST_EXPECT_EQ(t, memblock_end_of_DRAM(), 0x3000ULL);
}

static void free_walk_yields_what_is_not_reserved(struct ktest *t)
{
	static const phys_addr_t want[][2] = {
		{ 0x1000, 0x1800 }, { 0x2000, 0x3000 }, { 0x5000, 0x5800 },
		{ 0x6800, 0x7000 }, { PHYS_ADDR_MAX - 16, PHYS_ADDR_MAX },
	};
	phys_addr_t start, end;
	unsigned int n = 0;
	u64 i;

	memblock_add(0x1000, 0x2000);
	memblock_add(0x5000, 0x2000);
	memblock_add(PHYS_ADDR_MAX - 16, 16);
	memblock_reserve(0, 0x800);
	memblock_reserve(0x1800, 0x800);
	memblock_reserve(0x3000, 0x1000);
	memblock_reserve(0x5800, 0x1000);
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end,
				NULL) {
		KTEST_ASSERT_TRUE(t, n < ARRAY_SIZE(want));
		KTEST_EXPECT_EQ(t, start, want[n][0]);
		KTEST_EXPECT_EQ(t, end, want[n++][1]);
	}
	KTEST_EXPECT_EQ(t, n, ARRAY_SIZE(want));
	for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start,
					&end, NULL) {
		KTEST_ASSERT_TRUE(t, n > 0);
		KTEST_EXPECT_EQ(t, start, want[--n][0]);
		KTEST_EXPECT_EQ(t, end, want[n][1]);
	}
	KTEST_EXPECT_EQ(t, n, 0);
}

static void walks_pass_over_what_they_should(struct ktest *t)
{
	phys_addr_t sum = 0, start, end;
	struct memblock_region *r;
	u64 i;

	memblock_add_node(0x1000, 0x10, 0, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x200, 1, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x3000, 0x1000, 1, MEMBLOCK_NOMAP);
	memblock_reserve(0x3000, 1);
	for_each_mem_range(i, &start, &end)
		sum += end - start;
	KTEST_EXPECT_EQ(t, sum, 0x210ULL);
	for_each_free_mem_range(i, 1, MEMBLOCK_NOMAP, &start, &end, NULL)
		sum += end - start;
	KTEST_EXPECT_EQ(t, sum, 0x210ULL + 0x200 + 0xfff);
	sum = 0;
	for_each_mem_region(r)
		sum += r->size;
	for_each_reserved_mem_region(r)
		sum += r->size;
	for_each_reserved_mem_range(i, &start, &end)
		sum += end - start;
	KTEST_EXPECT_EQ(t, sum, 0x1212ULL);
}

/* Only memory is chosen by node and flags; what nobody asks is not told. */
static void walk_over_reserved_ranges_is_not_choosy(struct ktest *t)
{
	unsigned int n = 0;
	u64 pos = 0;
	int i = -1;

	memblock_reserve(0x1000, 0x1000);
	memblock_reserve(0x3000, 0x1000);
	memblock_reserved_mark_noinit(0x3000, 0x1000);
	memblock_set_node(0x1000, 0x1000, &memblock.reserved, 1);
	do {
		__next_mem_range(&pos, 2, MEMBLOCK_MIRROR, &memblock.reserved,
				 NULL, NULL, NULL, NULL);
		n++;
	} while (pos && n < 5);
	KTEST_EXPECT_EQ(t, n, 2 + 1);
	pos = ~0ULL;
	do {
		__next_mem_range_rev(&pos, 2, MEMBLOCK_MIRROR,
				     &memblock.reserved, NULL, NULL, NULL,
				     NULL);
		n++;
	} while (pos != ~0ULL && n < 9);
	KTEST_EXPECT_EQ(t, n, 2 * (2 + 1));
	memblock_add(0x1000, 0x1000);
	__next_mem_pfn_range(&i, NUMA_NO_NODE, NULL, NULL, NULL);
	KTEST_EXPECT_EQ(t, i, 0);
	__next_mem_pfn_range(&i, NUMA_NO_NODE, NULL, NULL, NULL);
	KTEST_EXPECT_EQ(t, i, -1);
}

static void walk_for_mirrored_memory_finds_no_other(struct ktest *t)
{
	phys_addr_t start, end, sum = 0;
	int nid = -1;
	u64 i;

	memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x3000, 0x800, 2, MEMBLOCK_MIRROR);
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_MIRROR, &start, &end,
				&nid) {
		KTEST_EXPECT_EQ(t, nid, 2);
		sum += end - start;
	}
	KTEST_EXPECT_EQ(t, sum, 0x800);
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end,
				&nid)
		sum += end - start;
	KTEST_EXPECT_EQ(t, sum, 0x800ULL + 0x1800);
}

/* Frames beyond what a long can count are left out, not taken for low ones. */
static void page_walk_ends_with_the_last_number(struct ktest *t)
{
	const phys_addr_t far = 1ULL << 44;
	unsigned long start = 0, end = 0;
	int i;

	memblock_add(far - 3 * PAGE_SIZE, 5 * PAGE_SIZE);
	for_each_mem_pfn_range(i, NUMA_NO_NODE, &start, &end, NULL) {
		KTEST_EXPECT_EQ(t, start, (far >> PAGE_SHIFT) - 3);
		KTEST_EXPECT_EQ(t, end, min((far >> PAGE_SHIFT) + 2,
					    (u64)~0UL));
	}
	KTEST_EXPECT_NE(t, end, 0);
}

static void page_walk_yields_whole_pages_only(struct ktest *t)
{
	unsigned long start, end, n = 0;
	int i, nid;

	memblock_add_node(0x1001, 0x2fff, 1, MEMBLOCK_NONE);
	memblock_add_node(0x5001, 0x1ffe, 1, MEMBLOCK_NONE);
	memblock_add_node(0x9000, 0x1000, 2, MEMBLOCK_NONE);
	memblock_add_node(PHYS_ADDR_MAX - 0x10, 0x10, 1, MEMBLOCK_NONE);
	for_each_mem_pfn_range(i, 1, &start, &end, &nid) {
		KTEST_EXPECT_EQ(t, start, 2);
		KTEST_EXPECT_EQ(t, end, 4);
		KTEST_EXPECT_EQ(t, nid, 1);
		n++;
	}
	for_each_mem_pfn_range(i, NUMA_NO_NODE, &start, &end, NULL)
		n += end - start;
	KTEST_EXPECT_EQ(t, n, 1 + 3);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(queries_include_the_first_byte_and_exclude_the_end),
	KTEST_CASE(free_walk_yields_what_is_not_reserved),
	KTEST_CASE(walks_pass_over_what_they_should),
	KTEST_CASE(walk_over_reserved_ranges_is_not_choosy),
	KTEST_CASE(walk_for_mirrored_memory_finds_no_other),
	KTEST_CASE(page_walk_ends_with_the_last_number),
	KTEST_CASE(page_walk_yields_whole_pages_only),
	{}
};
KTEST_SUITE_FIXTURE(memblock_walk, cases, memblock_swap_in, memblock_swap_out);

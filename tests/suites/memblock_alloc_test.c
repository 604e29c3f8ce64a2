/*
 * memblock: where an allocation goes, and what it leaves behind.
 */
#include <lib/string.h>

#include "memblock_fixture.h"

static phys_addr_t alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc(size, align);
}

static void top_down_takes_the_highest_place(struct ktest *t)
{
	memblock_add(0x1000, 0x3000);
	memblock_add(0x10000, 0x800);
	KTEST_EXPECT_EQ(t, alloc(0x100, 0x100), 0x10700ULL);
	KTEST_EXPECT_EQ(t, alloc(0x701, 1), 0x38ffULL);
	KTEST_EXPECT_EQ(t, alloc(0x700, 0x10), 0x10000ULL);
	KTEST_EXPECT_EQ(t, alloc(0x10, 0x1000), 0x3000ULL);
	EXPECT_LIST(t, reserved, { 0x3000, 0x3010, 0, NONE },
		    { 0x38ff, 0x4000, 0, NONE },
		    { 0x10000, 0x10800, 0, NONE });
}

static void bottom_up_takes_the_lowest_place(struct ktest *t)
{
	memblock_set_bottom_up(true);
	KTEST_EXPECT_TRUE(t, memblock_bottom_up());
	memblock_add(0x1010, 0x1000);
	memblock_add(0x4000, 0x2000);
	KTEST_EXPECT_EQ(t, alloc(0x10, 0x100), 0x1100ULL);
	KTEST_EXPECT_EQ(t, alloc(0xf0, 1), 0x1010ULL);
	KTEST_EXPECT_EQ(t, alloc(0xf01, 1), 0x4000ULL);
	/* fits by size, but not any more once it is aligned */
	KTEST_EXPECT_EQ(t, alloc(0x10ff, 0x800), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(0xf00, 1), 0x1110ULL);
}

static void exact_fit_fits_and_a_byte_more_does_not(struct ktest *t)
{
	memblock_add(0x2000, 0x1000);
	KTEST_EXPECT_EQ(t, alloc(0x1001, 1), 0ULL);
	expect_empty(t, &memblock.reserved);
	KTEST_EXPECT_EQ(t, alloc(0x1000, 0x1000), 0x2000ULL);
	KTEST_EXPECT_EQ(t, alloc(1, 1), 0ULL);
	memblock_phys_free(0x2000, 0x1000);
	memblock_set_bottom_up(true);
	KTEST_EXPECT_EQ(t, alloc(0x1001, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(0x1000, 0x2000), 0x2000ULL);
}

static void big_request_at_low_addresses_does_not_wrap(struct ktest *t)
{
	memblock_add(0, 0x3000);
	KTEST_EXPECT_EQ(t, alloc(0x4000, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(PHYS_ADDR_MAX, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(0x1000, 0x10000), 0ULL);
	memblock_add(0x11000, 0x2000);
	KTEST_EXPECT_EQ(t, alloc(0x1000, 0x10000), 0ULL);
	memblock_set_bottom_up(true);
	KTEST_EXPECT_EQ(t, alloc(PHYS_ADDR_MAX, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(16, (phys_addr_t)1 << 63), 0ULL);
}

static void first_page_is_never_handed_out(struct ktest *t)
{
	memblock_add(0, 0x2000);
	KTEST_EXPECT_EQ(t, alloc(0x1001, 1), 0ULL);
	KTEST_EXPECT_EQ(t, alloc(0x1000, 1), (u64)PAGE_SIZE);
	KTEST_EXPECT_EQ(t, alloc(1, 1), 0ULL);
}

static void entries_that_touch_are_not_joined(struct ktest *t)
{
	memblock_add_node(0x1000, 0x1000, 0, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_NONE);
	KTEST_EXPECT_EQ(t, alloc(0x1800, 1), 0ULL);
}

static void unmapped_driver_and_movable_memory_is_passed_over(struct ktest *t)
{
	memblock_add(0x1000, 0x1000);
	memblock_add_node(0x3000, 0x1000, 0, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x5000, 0x1000, 0, MEMBLOCK_NOMAP);
	memblock_add_node(0x7000, 0x1000, 0, MEMBLOCK_DRIVER_MANAGED);
	KTEST_EXPECT_EQ(t, alloc(0x100, 1), 0x3f00ULL);
	movable_node_enabled = true;
	KTEST_EXPECT_EQ(t, alloc(0x100, 1), 0x1f00ULL);
}

static void limits_bound_the_search(struct ktest *t)
{
	memblock_add(0x1000, 0x9000);
	memblock_set_current_limit(0x6000);
	KTEST_EXPECT_EQ(t, memblock_get_current_limit(), 0x6000ULL);
	KTEST_EXPECT_EQ(t, alloc(0x100, 1), 0x5f00ULL);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0x100, 1, 0,
			MEMBLOCK_ALLOC_NOLEAKTRACE), 0x5e00ULL);
	/* an end of one's own is not lowered, that of the others is */
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0x100, 1, 0, 0x9000),
			0x8f00ULL);
	KTEST_EXPECT_PTR_EQ(t, memblock_alloc_try_nid_raw(0x100, 1, 0, 0x9000,
			NUMA_NO_NODE), __va(0x5d00));
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0x100, 1, 0x9f01,
			MEMBLOCK_ALLOC_ANYWHERE), 0ULL);
}

static void node_in_range_comes_first_then_range_then_node(struct ktest *t)
{
	memblock_add_node(0x10000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x20000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x30000, 0x1000, 2, MEMBLOCK_NONE);
#define TRY(exact) __pa(memblock_alloc_##exact##nid_raw(0x1000, 0x1000, \
		0x20000, MEMBLOCK_ALLOC_ACCESSIBLE, 1))
	KTEST_EXPECT_EQ(t, TRY(try_), 0x20000ULL);
	KTEST_EXPECT_EQ(t, TRY(try_), 0x30000ULL);
	KTEST_EXPECT_EQ(t, TRY(try_), 0x10000ULL);
	KTEST_EXPECT_NULL(t, memblock_alloc_try_nid_raw(0x1000, 0x1000,
			0x20000, MEMBLOCK_ALLOC_ACCESSIBLE, 1));
	memblock_phys_free(0, PHYS_ADDR_MAX);
	KTEST_EXPECT_EQ(t, TRY(exact_), 0x20000ULL);
	KTEST_EXPECT_EQ(t, TRY(exact_), 0x10000ULL);
	KTEST_EXPECT_NULL(t, memblock_alloc_exact_nid_raw(0x1000, 0x1000,
			0x20000, MEMBLOCK_ALLOC_ACCESSIBLE, 1));
#undef TRY
	/* the physical calls keep the lower bound */
	memblock_phys_free(0x10000, 0x1000);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0x1000, 1, 0x20000,
			MEMBLOCK_ALLOC_ACCESSIBLE), 0x30000ULL);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0x1000, 1, 0x20000,
			MEMBLOCK_ALLOC_ACCESSIBLE), 0ULL);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_try_nid(0x1000, 1, 2),
			0x10000ULL);
}

static void reservation_of_a_node_allocation_has_no_node(struct ktest *t)
{
	memblock_add_node(0x1000, 0x4000, 1, MEMBLOCK_NONE);
	memblock_reserve(0x5000, 0x1000);
	memblock_phys_alloc_try_nid(0x1000, 1, 1);
	EXPECT_LIST(t, reserved, { 0x4000, 0x6000, 0, NONE });
}

static void blocks_are_cleared_and_raw_blocks_are_not_touched(struct ktest *t)
{
	u8 *raw, *clean;

	memset(page_address(arena_page), 0xa5, (size_t)ARENA_SIZE);
	memblock_add(arena, ARENA_SIZE);
	raw = memblock_alloc_raw(100, 64);
	KTEST_ASSERT_NOT_NULL(t, raw);
	KTEST_EXPECT_NULL(t, memchr_inv(raw, 0xa5, 100));
	clean = memblock_alloc(100, 64);
	KTEST_ASSERT_NOT_NULL(t, clean);
	KTEST_EXPECT_NULL(t, memchr_inv(clean, 0, 100));
	KTEST_EXPECT_EQ(t, clean[100], 0xa5);
	clean = memblock_alloc_from(64, 64, arena + ARENA_SIZE);
	KTEST_ASSERT_NOT_NULL(t, clean);
	KTEST_EXPECT_NULL(t, memchr_inv(clean, 0, 64));
	clean = memblock_alloc_node(64, 64, 0);
	KTEST_ASSERT_NOT_NULL(t, clean);
	KTEST_EXPECT_NULL(t, memchr_inv(clean, 0, 64));
	KTEST_EXPECT_NULL(t, memblock_alloc(ARENA_SIZE, 1));
}

static void size_is_reserved_exactly(struct ktest *t)
{
	memblock_add(0x1000, 0x3000);
	KTEST_EXPECT_EQ(t, alloc(3, 0x40), 0x3fc0ULL);
	KTEST_EXPECT_EQ(t, memblock_reserved_size(), 3ULL);
	KTEST_EXPECT_NE(t, alloc(0, 1), 0ULL);
	KTEST_EXPECT_EQ(t, memblock_reserved_size(), 3ULL);
}

/* A block of no bytes wants a place, too. */
static void no_bytes_fit_where_there_is_no_memory(struct ktest *t)
{
	memblock_add(0x1010, 0x7ff0);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0, 1, 0x9000,
			MEMBLOCK_ALLOC_ANYWHERE), 0ULL);
	memblock_set_bottom_up(true);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0, 1, 0x9000,
			MEMBLOCK_ALLOC_ANYWHERE), 0ULL);
	KTEST_EXPECT_EQ(t, memblock_phys_alloc_range(0, 0x1000, 0, 0x2000),
			0ULL);
}

static void low_blocks_lie_below_four_gigabytes(struct ktest *t)
{
	memblock_add(SZ_4G, 0x2000);
	memblock_add(arena, PAGE_SIZE);
	KTEST_EXPECT_PTR_EQ(t, memblock_alloc_low(PAGE_SIZE, PAGE_SIZE),
			    __va(arena));
	KTEST_EXPECT_NULL(t, memblock_alloc_low(PAGE_SIZE, PAGE_SIZE));
}

static void nonsense_alignment_is_refused(struct ktest *t)
{
	memblock_add(0x1000, 0x3000);
	KTEST_EXPECT_LOGGED(t, "WARNING",
		      KTEST_EXPECT_EQ(t, alloc(16, 24), 0ULL));
	expect_empty(t, &memblock.reserved);
	KTEST_EXPECT_LOGGED(t, "call stack:",
		KTEST_EXPECT_EQ(t, alloc(1, 0) % SMP_CACHE_BYTES, 0ULL));
	KTEST_EXPECT_EQ(t, memblock_reserved_size(), 1ULL);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(top_down_takes_the_highest_place),
	KTEST_CASE(bottom_up_takes_the_lowest_place),
	KTEST_CASE(exact_fit_fits_and_a_byte_more_does_not),
	KTEST_CASE(big_request_at_low_addresses_does_not_wrap),
	KTEST_CASE(first_page_is_never_handed_out),
	KTEST_CASE(entries_that_touch_are_not_joined),
	KTEST_CASE(unmapped_driver_and_movable_memory_is_passed_over),
	KTEST_CASE(limits_bound_the_search),
	KTEST_CASE(node_in_range_comes_first_then_range_then_node),
	KTEST_CASE(reservation_of_a_node_allocation_has_no_node),
	KTEST_CASE(blocks_are_cleared_and_raw_blocks_are_not_touched),
	KTEST_CASE(size_is_reserved_exactly),
	KTEST_CASE(no_bytes_fit_where_there_is_no_memory),
	KTEST_CASE(low_blocks_lie_below_four_gigabytes),
	KTEST_CASE(nonsense_alignment_is_refused),
	{}
};
KTEST_SUITE_FIXTURE(memblock_alloc, cases, memblock_swap_in, memblock_swap_out);

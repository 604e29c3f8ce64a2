/* Untouched memory: counted as free, handed out, and untouched until then. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

static struct arena arena;
static struct zone *zone;
static unsigned long base;

/* Two blocks, both deferred. */
static void set_up(struct ktest *t)
{
	arena = arena_get(2);
	if (arena.pages < 2 * MAX_ORDER_NR_PAGES) {
		ktest_skip(t, "no two free blocks of the largest order");
		return;
	}
	base = arena.pfn;
	zone = private_zone(&arena, base, arena.pages);
	zone_feed(zone, base, arena.pages);
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

#define EXPECT_VALID(t) KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL)

static bool block_untouched(unsigned long pfn)
{
	return !memchr_inv(pfn_to_page(pfn), 0,
			   MAX_ORDER_NR_PAGES * sizeof(struct page));
}

static void whole_blocks_extend_one_range_untouched(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 1);
	KTEST_EXPECT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 0);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 2);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, arena.pages);
	KTEST_EXPECT_TRUE(t, block_untouched(base));
	KTEST_EXPECT_TRUE(t, block_untouched(base + MAX_ORDER_NR_PAGES));
	EXPECT_VALID(t);
}

static void highest_block_goes_first_and_alone(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 0, MIGRATE_MOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, page_to_pfn(page), base + MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_TRUE(t, block_untouched(base));
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 1);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 1);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, arena.pages - 1);
	zone_free(zone, page);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 2);
	KTEST_EXPECT_TRUE(t, block_untouched(base));
	EXPECT_VALID(t);
}

static void lists_are_used_up_before_untouched_memory(struct ktest *t)
{
	unsigned long i;

	for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
		KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_TRUE(t, block_untouched(base));
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 1);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 0);
	EXPECT_VALID(t);
}

static void untouched_memory_is_used_before_stealing(struct ktest *t)
{
	struct page *movable = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	struct page *page = zone_alloc(zone, 0, MIGRATE_UNMOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, page_to_pfn(movable), base + MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_EQ(t, page_to_pfn(page), base);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(movable),
			MIGRATE_MOVABLE);
	EXPECT_VALID(t);
}

static void only_the_pageblocks_needed_change_type(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 3, MIGRATE_UNMOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 512),
			MIGRATE_MOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 9, MIGRATE_MOVABLE), 1);
	KTEST_EXPECT_EQ(t, list_length(zone, 8, MIGRATE_UNMOVABLE), 1);
	EXPECT_VALID(t);
	page = zone_alloc(zone, MAX_PAGE_ORDER, MIGRATE_RECLAIMABLE);
	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 512),
			MIGRATE_RECLAIMABLE);
}

static void every_block_is_handed_out_once(struct ktest *t)
{
	struct page *a = zone_alloc(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE);
	struct page *b = zone_alloc(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE);

	KTEST_ASSERT_NOT_NULL(t, a);
	KTEST_ASSERT_NOT_NULL(t, b);
	KTEST_EXPECT_TRUE(t, a != b);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 0);
	zone_free(zone, a);
	zone_free(zone, b);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 2);
	EXPECT_VALID(t);
}

/* No frame of this zone is ever looked at: its numbers are made up. */
static void gap_opens_a_range_until_the_table_is_full(struct ktest *t)
{
	unsigned long step = 2 * MAX_ORDER_NR_PAGES, last;
	unsigned int i;

	zone = private_zone(&arena, 0, 1000 * step);
	for (i = 0; i < ZONE_MAX_DEFERRED; i++)
		KTEST_ASSERT_TRUE(t, deferred_add(zone, i * step));
	KTEST_EXPECT_EQ(t, zone->nr_deferred, ZONE_MAX_DEFERRED);
	KTEST_EXPECT_FALSE(t, deferred_add(zone, i * step));
	last = (ZONE_MAX_DEFERRED - 1) * step + MAX_ORDER_NR_PAGES;
	KTEST_EXPECT_TRUE(t, deferred_add(zone, last));
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER),
			ZONE_MAX_DEFERRED + 1);
	KTEST_EXPECT_EQ(t, deferred_pages(zone), zone->nr_free_pages);
	KTEST_EXPECT_EQ(t, deferred_skip(zone, step + 5),
			step + MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_EQ(t, deferred_skip(zone, step - 1), step - 1);
	KTEST_EXPECT_EQ(t, deferred_skip(zone, step + MAX_ORDER_NR_PAGES),
			step + MAX_ORDER_NR_PAGES);
}

static void full_table_falls_back_to_the_free_lists(struct ktest *t)
{
	unsigned int i;

	arena_clear(&arena);
	zone = private_zone(&arena, base, arena.pages);
	for (i = 0; i < ZONE_MAX_DEFERRED; i++)
		zone->deferred[i] = (struct pfn_range){ 0, 0 };
	zone->nr_deferred = ZONE_MAX_DEFERRED;
	zone_add_block(zone, base, MAX_PAGE_ORDER);
	KTEST_EXPECT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 1);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_EQ(t, pfn_to_page(base)->type, PAGE_BUDDY);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(whole_blocks_extend_one_range_untouched),
	KTEST_CASE(highest_block_goes_first_and_alone),
	KTEST_CASE(lists_are_used_up_before_untouched_memory),
	KTEST_CASE(untouched_memory_is_used_before_stealing),
	KTEST_CASE(only_the_pageblocks_needed_change_type),
	KTEST_CASE(every_block_is_handed_out_once),
	KTEST_CASE(gap_opens_a_range_until_the_table_is_full),
	KTEST_CASE(full_table_falls_back_to_the_free_lists),
	{}
};
KTEST_SUITE_FIXTURE(deferred, cases, set_up, tear_down);

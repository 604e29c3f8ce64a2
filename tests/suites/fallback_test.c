/* Stealing between migrate types: from whom, how much, and what changes. */
#include <kernel/ktest.h>
#include <lib/kernel.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

static struct arena arena;
static struct zone *zone;	/* one pageblock of frames, none given yet */
static unsigned long base;

static void set_up(struct ktest *t)
{
	arena = arena_get(1);
	if (!arena.pages) {
		ktest_skip(t, "no free block of the largest order");
		return;
	}
	base = arena.pfn;
	zone = private_zone(&arena, base, MAX_ORDER_NR_PAGES);
	zone->managed_pages = MAX_ORDER_NR_PAGES;
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

#define EXPECT_VALID(t) KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL)

/* A free block in a pageblock that is made mt. */
static struct page *give(unsigned long offset, unsigned int order,
			 enum migratetype mt)
{
	struct page *page = pfn_to_page(base + offset);

	set_pageblock_range(page, order, mt);
	__free_one_page(zone, page, order, mt);
	return page;
}

static void own_type_is_taken_before_any_other(struct ktest *t)
{
	struct page *own = give(0, 1, MIGRATE_UNMOVABLE);

	give(512, 9, MIGRATE_MOVABLE);
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE), own);
	KTEST_EXPECT_EQ(t, list_length(zone, 9, MIGRATE_MOVABLE), 1);
	EXPECT_VALID(t);
}

static void unmovable_prefers_reclaimable_to_movable(struct ktest *t)
{
	struct page *reclaimable = give(0, 8, MIGRATE_RECLAIMABLE);

	give(512, 8, MIGRATE_MOVABLE);
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE),
			    reclaimable);
	EXPECT_VALID(t);
}

static void unmovable_steals_the_largest_block(struct ktest *t)
{
	struct page *large = give(512, 7, MIGRATE_MOVABLE);

	give(0, 2, MIGRATE_MOVABLE);
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE), large);
	EXPECT_VALID(t);
}

static void movable_steals_the_smallest_of_small_blocks(struct ktest *t)
{
	struct page *small = give(512, 1, MIGRATE_UNMOVABLE);

	give(0, 3, MIGRATE_UNMOVABLE);
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_MOVABLE), small);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(small),
			MIGRATE_UNMOVABLE);
	EXPECT_VALID(t);
}

static void half_free_pageblock_changes_type_whole(struct ktest *t)
{
	struct page *page = give(0, 7, MIGRATE_MOVABLE);

	give(256, 7, MIGRATE_MOVABLE);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 7, MIGRATE_UNMOVABLE), 1);
	KTEST_EXPECT_EQ(t, list_length(zone, 7, MIGRATE_MOVABLE), 0);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 255);
	EXPECT_VALID(t);
}

static void fuller_pageblock_lends_only_what_is_asked(struct ktest *t)
{
	struct page *page = give(0, 7, MIGRATE_MOVABLE);

	give(256, 6, MIGRATE_MOVABLE);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 6, MIGRATE_MOVABLE), 2);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 191);
	EXPECT_VALID(t);
}

static void whole_pageblock_changes_type_and_no_more(struct ktest *t)
{
	struct page *page = give(0, 10, MIGRATE_MOVABLE);
	struct page *got = zone_alloc(zone, 0, MIGRATE_RECLAIMABLE);

	KTEST_EXPECT_PTR_EQ(t, got, page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page),
			MIGRATE_RECLAIMABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 9, MIGRATE_MOVABLE), 1);
	KTEST_EXPECT_EQ(t, list_length(zone, 8, MIGRATE_RECLAIMABLE), 1);
	EXPECT_VALID(t);
}

static void special_types_neither_steal_nor_are_stolen_from(struct ktest *t)
{
	give(0, 9, MIGRATE_ISOLATE);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	give(512, 9, MIGRATE_MOVABLE);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_CMA));
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 1024);
	EXPECT_VALID(t);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(own_type_is_taken_before_any_other),
	KTEST_CASE(unmovable_prefers_reclaimable_to_movable),
	KTEST_CASE(unmovable_steals_the_largest_block),
	KTEST_CASE(movable_steals_the_smallest_of_small_blocks),
	KTEST_CASE(half_free_pageblock_changes_type_whole),
	KTEST_CASE(fuller_pageblock_lends_only_what_is_asked),
	KTEST_CASE(whole_pageblock_changes_type_and_no_more),
	KTEST_CASE(special_types_neither_steal_nor_are_stolen_from),
	{}
};
KTEST_SUITE_FIXTURE(fallback, cases, set_up, tear_down);

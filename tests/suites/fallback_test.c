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
	zone = private_zone_of_one_block(t, &arena);
	if (!zone)
		return;
	base = arena.pfn;
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

static void half_a_pageblock_may_be_blocks_side_by_side(struct ktest *t)
{
	struct page *page = give(128, 7, MIGRATE_MOVABLE);

	give(256, 7, MIGRATE_MOVABLE);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 7, MIGRATE_UNMOVABLE), 1);
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

static void one_page_less_than_half_is_not_half(struct ktest *t)
{
	struct page *page = give(0, 7, MIGRATE_MOVABLE);
	unsigned int order;

	for (order = 0; order < 7; order++)
		give(256 + (1UL << order), order, MIGRATE_MOVABLE);
	give(512, 0, MIGRATE_MOVABLE);	/* the next pageblock's */
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
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

/* Half of a pageblock, in blocks of one order with gaps between them. */
static struct page *give_every_other(unsigned int order, enum migratetype mt)
{
	unsigned long i;

	for (i = 0; i < pageblock_nr_pages; i += 2UL << order)
		give(i, order, mt);
	return pfn_to_page(base);
}

static void movable_changes_the_type_for_half_an_order_at_least(struct ktest *t)
{
	unsigned int order = pageblock_order / 2;
	struct page *page = give_every_other(order, MIGRATE_UNMOVABLE);

	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	EXPECT_VALID(t);
}

static void movable_leaves_the_type_for_less(struct ktest *t)
{
	unsigned int order = pageblock_order / 2 - 1;
	struct page *page = give_every_other(order, MIGRATE_UNMOVABLE);

	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	/* no block is large enough for anybody then */
	KTEST_EXPECT_NULL(t, zone_alloc(zone, order + 1, MIGRATE_RECLAIMABLE));
	EXPECT_VALID(t);
}

static void special_types_neither_steal_nor_are_stolen_from(struct ktest *t)
{
	give(0, 9, MIGRATE_ISOLATE);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	give(512, 9, MIGRATE_MOVABLE);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_CMA));
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_HIGHATOMIC));
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 1024);
	EXPECT_VALID(t);
}

/* A node may end inside a pageblock: its type is not ours to change. */
static void pageblock_shared_with_another_zone_keeps_its_type(struct ktest *t)
{
	struct page *page;

	zone->zone_id ^= 1;	/* its frames are another zone's then */
	page = give(0, 7, MIGRATE_MOVABLE);
	give(256, 7, MIGRATE_MOVABLE);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 7, MIGRATE_MOVABLE), 1);
}

/* Up to the last frame of a zone: what begins behind it does not count. */
static void last_pageblock_of_a_zone_may_change_its_type(struct ktest *t)
{
	gfp_t gfp = GFP_DMA | __GFP_MEMALLOC | __GFP_NOWARN;
	struct page *block, *next, *last = NULL;
	LIST_HEAD(taken);

	while ((block = alloc_pages(gfp, MAX_PAGE_ORDER))) {
		list_add(&block->lru, &taken);
		if (page_to_pfn(block) == MAX_DMA_PFN - MAX_ORDER_NR_PAGES)
			last = block;
	}
	list_for_each_entry_safe(block, next, &taken, lru)
		if (block != last)
			__free_pages(block, MAX_PAGE_ORDER);
	if (!last) {
		ktest_skip(t, "zone DMA is used where it ends");
		return;
	}
	arena_put(&arena);
	arena.pages = MAX_ORDER_NR_PAGES;
	arena.pfn = base = page_to_pfn(last);
	arena.zone_id = last->zone_id;
	arena_clear(&arena);
	zone = private_zone(&arena, base, arena.pages);
	zone->managed_pages = arena.pages;
	give(512, 8, MIGRATE_MOVABLE);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(last + 512),
			MIGRATE_UNMOVABLE);
	EXPECT_VALID(t);
}

static void free_block_that_names_another_zone_does_not_count(struct ktest *t)
{
	struct page *other = give(0, 7, MIGRATE_MOVABLE);
	struct page *page = give(256, 7, MIGRATE_MOVABLE);

	other->zone_id ^= 1;
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE), page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	KTEST_EXPECT_EQ(t, other->migratetype, MIGRATE_MOVABLE);
}

static void movable_changes_the_type_for_a_large_block(struct ktest *t)
{
	struct page *page = give(0, 8, MIGRATE_UNMOVABLE);

	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_MOVABLE), page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_MOVABLE);
	EXPECT_VALID(t);
}

/* The pageblock changes its type, but nothing is written through its links. */
static void damaged_block_stays_on_its_list(struct ktest *t)
{
	struct page *bad = give(0, 8, MIGRATE_MOVABLE);
	struct page *page = give(256, 7, MIGRATE_MOVABLE);
	struct list_head elsewhere = { NULL, NULL };

	/* links of the order-8 list: the largest intact one is taken first */
	give(512, 8, MIGRATE_MOVABLE);
	bad->buddy_list.next = &elsewhere;
	zone->free_area[8].nr_free--;
	list_del(&pfn_to_page(base + 512)->buddy_list);
	INIT_LIST_HEAD(&zone->free_area[8].free_list[MIGRATE_MOVABLE]);
	KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE), page);
	KTEST_EXPECT_EQ(t, bad->migratetype, MIGRATE_MOVABLE);
	KTEST_EXPECT_NULL(t, elsewhere.prev);
}

/* The first of its list is told and dropped, the one behind it is stolen. */
static void damaged_block_is_not_stolen(struct ktest *t)
{
	struct list_head *list = &zone->free_area[8].free_list[MIGRATE_MOVABLE];
	struct page *bad, *got = NULL;

	give(0, 8, MIGRATE_MOVABLE);
	give(512, 8, MIGRATE_MOVABLE);
	bad = list_first_entry(list, struct page, buddy_list);
	bad->order = 3;
	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	KTEST_EXPECT_TRUE(t, got && got != bad);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, (1UL << 8) - 1);
	EXPECT_VALID(t);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(own_type_is_taken_before_any_other),
	KTEST_CASE(unmovable_prefers_reclaimable_to_movable),
	KTEST_CASE(unmovable_steals_the_largest_block),
	KTEST_CASE(movable_steals_the_smallest_of_small_blocks),
	KTEST_CASE(half_free_pageblock_changes_type_whole),
	KTEST_CASE(half_a_pageblock_may_be_blocks_side_by_side),
	KTEST_CASE(fuller_pageblock_lends_only_what_is_asked),
	KTEST_CASE(one_page_less_than_half_is_not_half),
	KTEST_CASE(whole_pageblock_changes_type_and_no_more),
	KTEST_CASE(movable_changes_the_type_for_half_an_order_at_least),
	KTEST_CASE(movable_leaves_the_type_for_less),
	KTEST_CASE(special_types_neither_steal_nor_are_stolen_from),
	KTEST_CASE(pageblock_shared_with_another_zone_keeps_its_type),
	KTEST_CASE(last_pageblock_of_a_zone_may_change_its_type),
	KTEST_CASE(free_block_that_names_another_zone_does_not_count),
	KTEST_CASE(movable_changes_the_type_for_a_large_block),
	KTEST_CASE(damaged_block_stays_on_its_list),
	KTEST_CASE(damaged_block_is_not_stolen),
	{}
};
KTEST_SUITE_FIXTURE(fallback, cases, set_up, tear_down);

/* Splitting and merging in one zone, and what must never merge. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

static struct arena arena;
static struct zone *zone;	/* the arena's first block, all of it free */
static unsigned long base;

static void set_up(struct ktest *t)
{
	zone = private_zone_of_one_block(t, &arena);
	if (!zone)
		return;
	base = arena.pfn;
	zone_feed(zone, base, MAX_ORDER_NR_PAGES);
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

#define EXPECT_VALID(t) KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL)

/* What is taken next of an order. */
static struct page *front_of(unsigned int order)
{
	return list_first_entry(&zone->free_area[order]
					 .free_list[MIGRATE_MOVABLE],
				struct page, buddy_list);
}

/* Frees frames one at a time into an empty zone of its own. */
static void refill(unsigned long start, unsigned long pages)
{
	unsigned long pfn;

	arena_clear(&arena);
	zone = private_zone(&arena, start, pages);
	zone->managed_pages = pages;
	for (pfn = start; pfn < start + pages; pfn++)
		__free_one_page(zone, pfn_to_page(pfn), 0, MIGRATE_MOVABLE);
}

static void split_leaves_upper_halves_free(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 3, MIGRATE_MOVABLE);
	unsigned int order;

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, page_to_pfn(page), base);
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		KTEST_EXPECT_EQ(t, zone_nr_free(zone, order),
				order >= 3 && order < MAX_PAGE_ORDER);
	for (order = 3; order < MAX_PAGE_ORDER; order++) {
		KTEST_EXPECT_EQ(t, page[1UL << order].type, PAGE_BUDDY);
		KTEST_EXPECT_EQ(t, page[1UL << order].order, order);
	}
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES - 8);
	EXPECT_VALID(t);
}

static void split_and_merge_touch_heads_alone(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 9, MIGRATE_MOVABLE);
	unsigned long i;

	KTEST_ASSERT_NOT_NULL(t, page);
	zone_free(zone, page);
	for (i = 1; i < MAX_ORDER_NR_PAGES; i++)
		if (i != 512 && memchr_inv(page + i, 0, sizeof(*page)))
			break;
	KTEST_EXPECT_EQ(t, i, MAX_ORDER_NR_PAGES);
}

static void free_merges_with_lower_buddy(struct ktest *t)
{
	struct page *a, *b;

	zone_alloc(zone, 1, MIGRATE_MOVABLE);
	a = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	b = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	KTEST_ASSERT_TRUE(t, b == a + 1);
	zone_free(zone, a);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), 1);
	zone_free(zone, b);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), 0);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 1), 1);
	KTEST_EXPECT_EQ(t, a->order, 1);
	KTEST_EXPECT_EQ(t, b->type, PAGE_NONE);
	EXPECT_VALID(t);
}

static void free_merges_with_upper_buddy(struct ktest *t)
{
	struct page *a, *b;

	zone_alloc(zone, 1, MIGRATE_MOVABLE);
	a = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	b = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	zone_free(zone, b);
	zone_free(zone, a);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), 0);
	KTEST_EXPECT_EQ(t, a->type, PAGE_BUDDY);
	KTEST_EXPECT_EQ(t, a->order, 1);
	EXPECT_VALID(t);
}

static void neighbours_that_are_not_buddies_stay_apart(struct ktest *t)
{
	struct page *p[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		p[i] = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	zone_free(zone, p[1]);
	zone_free(zone, p[2]);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), 2);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 1), 0);
	EXPECT_VALID(t);
}

static void single_pages_in_any_order_merge_to_one_block(struct ktest *t)
{
	unsigned long i, step;

	for (step = 1; step < 64; step += 2) {
		arena_clear(&arena);
		zone = private_zone(&arena, base, MAX_ORDER_NR_PAGES);
		zone->managed_pages = MAX_ORDER_NR_PAGES;
		for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
			__free_one_page(zone, pfn_to_page(base + i * step %
							  MAX_ORDER_NR_PAGES),
					0, MIGRATE_MOVABLE);
		KTEST_ASSERT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 1);
		KTEST_ASSERT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES);
	}
	EXPECT_VALID(t);
}

static void smallest_block_that_fits_is_split(struct ktest *t)
{
	struct page *a = zone_alloc(zone, 2, MIGRATE_MOVABLE);

	/* free: one block each of orders 2 .. 9 */
	KTEST_ASSERT_NOT_NULL(t, a);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 2, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 2), 0);
	KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 1, MIGRATE_MOVABLE));
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 3), 0);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 4), 1);
	EXPECT_VALID(t);
}

static void exhausted_zone_gives_null_and_stays_usable(struct ktest *t)
{
	struct page *all = zone_alloc(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE);

	KTEST_ASSERT_NOT_NULL(t, all);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, 0);
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_NULL(t, zone_alloc(zone, 0, MIGRATE_UNMOVABLE));
	zone_free(zone, all);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES);
	EXPECT_VALID(t);
}

/*
 * A frame beyond the zone that looks free, of the right order and on the right
 * list: only where it lies tells that it is no buddy of the zone's one block.
 */
static void free_beside_decoy(struct ktest *t, struct page *decoy,
			      unsigned int order)
{
	struct page *page = zone_alloc(zone, order, MIGRATE_MOVABLE);

	decoy->type = PAGE_BUDDY;
	decoy->order = (u8)order;
	decoy->zone_id = zone->zone_id;
	decoy->migratetype = MIGRATE_MOVABLE;
	list_add(&decoy->buddy_list,
		 &zone->free_area[order].free_list[MIGRATE_MOVABLE]);
	zone_free(zone, page);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, order), 1);
	KTEST_EXPECT_EQ(t, decoy->type, PAGE_BUDDY);
	if (decoy->type == PAGE_BUDDY)
		list_del(&decoy->buddy_list);
	EXPECT_VALID(t);
}

static void never_merges_over_the_start_of_the_zone(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < MAX_PAGE_ORDER; order++) {
		unsigned long nr = 1UL << order;

		refill(base + nr, nr);
		free_beside_decoy(t, pfn_to_page(base), order);
	}
}

static void never_merges_over_the_end_of_the_zone(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < MAX_PAGE_ORDER; order++) {
		unsigned long nr = 1UL << order;

		refill(base, nr);
		free_beside_decoy(t, pfn_to_page(base + nr), order);
	}
}

static void never_merges_with_another_zone_inside_the_span(struct ktest *t)
{
	struct page *a = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	struct page *b = zone_alloc(zone, 0, MIGRATE_MOVABLE);

	b->type = PAGE_BUDDY;
	b->zone_id ^= 4;	/* the next node's zone */
	INIT_LIST_HEAD(&b->buddy_list);
	zone_free(zone, a);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), 1);
	KTEST_EXPECT_EQ(t, a->order, 0);
}

static void never_merges_over_a_hole(struct ktest *t)
{
	unsigned long hole;

	for (hole = 0; hole < 64; hole++) {
		unsigned long i;

		arena_clear(&arena);
		zone = private_zone(&arena, base, 64);
		zone->managed_pages = 63;
		for (i = 0; i < 64; i++)
			if (i != hole)
				__free_one_page(zone, pfn_to_page(base + i), 0,
						MIGRATE_MOVABLE);
		/* all but one of 64: one block of each order below 6 */
		for (i = 0; i < 6; i++)
			KTEST_ASSERT_EQ(t, zone_nr_free(zone,
							(unsigned int)i), 1);
		KTEST_ASSERT_EQ(t, zone_nr_free(zone, 6), 0);
		KTEST_ASSERT_TRUE(t, !zone_validate(zone));
	}
}

/* Two pageblocks, the lower one of another type. */
static void free_two_pageblocks(enum migratetype lower,
				enum migratetype upper)
{
	struct page *page = pfn_to_page(base);

	arena_clear(&arena);
	zone = private_zone(&arena, base, MAX_ORDER_NR_PAGES);
	zone->managed_pages = MAX_ORDER_NR_PAGES;
	set_pageblock_migratetype(page, lower);
	set_pageblock_migratetype(page + pageblock_nr_pages, upper);
	__free_one_page(zone, page, pageblock_order, lower);
	__free_one_page(zone, page + pageblock_nr_pages, pageblock_order,
			upper);
}

static void never_merges_isolated_or_cma_pageblocks(struct ktest *t)
{
	static const u8 special[] = {
		MIGRATE_HIGHATOMIC, MIGRATE_CMA, MIGRATE_ISOLATE
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(special); i++) {
		free_two_pageblocks(special[i], MIGRATE_MOVABLE);
		KTEST_EXPECT_EQ(t, zone_nr_free(zone, pageblock_order), 2);
		EXPECT_VALID(t);
		free_two_pageblocks(MIGRATE_UNMOVABLE, special[i]);
		KTEST_EXPECT_EQ(t, zone_nr_free(zone, pageblock_order), 2);
		EXPECT_VALID(t);
	}
}

static void halves_of_types_that_stay_apart_are_freed_apart(struct ktest *t)
{
	struct page *page = zone_alloc(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	set_pageblock_migratetype(page + pageblock_nr_pages, MIGRATE_ISOLATE);
	free_to_zone(zone, page, MAX_PAGE_ORDER);
	KTEST_EXPECT_EQ(t, list_length(zone, pageblock_order, MIGRATE_MOVABLE),
			1);
	KTEST_EXPECT_EQ(t, list_length(zone, pageblock_order, MIGRATE_ISOLATE),
			1);
	EXPECT_VALID(t);
}

static void merged_pageblocks_take_the_type_of_the_last_one(struct ktest *t)
{
	struct page *page = pfn_to_page(base);

	free_two_pageblocks(MIGRATE_MOVABLE, MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, MAX_PAGE_ORDER,
				       MIGRATE_UNMOVABLE), 1);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	EXPECT_VALID(t);
}

static void every_migratetype_survives_its_encoding(struct ktest *t)
{
	struct page *page = pfn_to_page(base);
	int mt;

	arena_clear(&arena);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 511),
			MIGRATE_MOVABLE);
	for (mt = 0; mt < MIGRATE_TYPES; mt++) {
		set_pageblock_migratetype(page + 300, (enum migratetype)mt);
		KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), mt);
		KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 511), mt);
		KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 512),
				MIGRATE_MOVABLE);
	}
}

/* Model: which block owns each frame, by number; 0: free. */
#define MODEL_BLOCKS 200
static u16 owner[MAX_ORDER_NR_PAGES];
static struct page *model[MODEL_BLOCKS];

static bool model_claim(struct page *page, unsigned int order, u16 who)
{
	unsigned long first = page_to_pfn(page) - base, i;

	if (first + (1UL << order) > MAX_ORDER_NR_PAGES ||
	    !IS_ALIGNED(page_to_pfn(page), 1UL << order))
		return false;
	for (i = first; i < first + (1UL << order); i++) {
		if (who && owner[i])
			return false;
		owner[i] = who;
	}
	return true;
}

static bool model_step(struct rng *rng, unsigned long *used)
{
	unsigned int i = (unsigned int)rng_below(rng, MODEL_BLOCKS);
	unsigned int order = __ffs((unsigned long)rng_next(rng) | BIT(8));

	if (model[i]) {
		*used -= 1UL << model[i]->order;
		model_claim(model[i], model[i]->order, 0);
		zone_free(zone, model[i]);
		model[i] = NULL;
		return true;
	}
	model[i] = zone_alloc(zone, order,
			      (enum migratetype)rng_below(rng,
							  MIGRATE_PCPTYPES));
	if (!model[i])
		return true;
	*used += 1UL << order;
	return model_claim(model[i], order, (u16)(i + 1));
}

static void random_use_matches_a_naive_owner_map(struct ktest *t)
{
	struct rng rng = rng_seed(2);
	unsigned long used = 0;
	unsigned int i;

	memset(owner, 0, sizeof(owner));
	memset(model, 0, sizeof(model));
	for (i = 0; i < 20000; i++) {
		KTEST_ASSERT_TRUE(t, model_step(&rng, &used));
		KTEST_ASSERT_EQ(t, zone->nr_free_pages + used,
				MAX_ORDER_NR_PAGES);
		if (i % 16 == 0)
			KTEST_ASSERT_TRUE(t, KTEST_EXPECT_STREQ(t,
						zone_validate(zone), NULL));
	}
	for (i = 0; i < MODEL_BLOCKS; i++)
		if (model[i])
			zone_free(zone, model[i]);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 1);
	EXPECT_VALID(t);
}

static void damaged_free_block_is_reported_and_passed_over(struct ktest *t)
{
	struct page *bad, *got = NULL;

	zone_alloc(zone, 0, MIGRATE_MOVABLE);
	bad = pfn_to_page(base + 1);	/* the one free block of order 0 */
	bad->order = 7;
	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_ASSERT_NOT_NULL(t, got);
	KTEST_EXPECT_NE(t, page_to_pfn(got), base + 1);
	/* gone: the damaged page; used: two */
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES - 3);
	bad->type = PAGE_NONE;
	EXPECT_VALID(t);
}

static void free_list_with_wild_link_is_abandoned_whole(struct ktest *t)
{
	struct page *p[8], *got = NULL;
	unsigned int i;

	for (i = 0; i < 8; i++)
		p[i] = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	for (i = 0; i < 8; i += 2)
		zone_free(zone, p[i]);
	KTEST_ASSERT_EQ(t, zone_nr_free(zone, 0), 4);
	front_of(0)->buddy_list.next = (struct list_head *)0x1234567;
	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_ASSERT_NOT_NULL(t, got);
	KTEST_EXPECT_EQ(t, page_to_pfn(got), base + 8);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, MAX_ORDER_NR_PAGES - 8 - 1);
}

/* The neighbour before it does not know it: only its prev link is damaged. */
static void free_block_with_damaged_prev_link_is_not_given_out(struct ktest *t)
{
	struct page *p[4], *got = NULL, *bad;
	unsigned int i;

	for (i = 0; i < 4; i++)
		p[i] = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	zone_free(zone, p[0]);
	zone_free(zone, p[2]);
	bad = front_of(0);
	bad->buddy_list.prev = &p[1]->buddy_list;
	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_ASSERT_NOT_NULL(t, got);
	KTEST_EXPECT_TRUE(t, got != bad);
}

/* A free writes nothing through the links of a buddy written over. */
static void free_does_not_merge_with_a_damaged_buddy(struct ktest *t)
{
	struct list_head elsewhere = { NULL, NULL };
	struct page *page = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	struct page *bad = page + 1;

	bad->buddy_list.next = &elsewhere;
	zone_free(zone, page);
	KTEST_EXPECT_NULL(t, elsewhere.prev);
	KTEST_EXPECT_EQ(t, bad->type, PAGE_BUDDY);
	KTEST_EXPECT_EQ(t, page->order, 0);
}

static void free_does_not_merge_with_a_buddy_of_no_type(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	struct page *bad = page + 1;

	bad->migratetype = 0xff;
	zone_free(zone, page);
	KTEST_EXPECT_EQ(t, bad->type, PAGE_BUDDY);
	KTEST_EXPECT_EQ(t, page->order, 0);
}

/* What is freed below is left alone, and can become whole. */
static void free_pages_of_the_upper_end_are_taken_first(struct ktest *t)
{
	unsigned long i, n = MAX_ORDER_NR_PAGES;

	for (i = 0; i < n; i++)
		zone_alloc(zone, 0, MIGRATE_MOVABLE);
	for (i = 0; i < n; i += 2)
		zone_free(zone, pfn_to_page(base + i));
	for (i = 0; i < n / 4; i++)
		KTEST_EXPECT_LE(t, base + n / 2 - n / 64,
				page_to_pfn(zone_alloc(zone, 0,
						       MIGRATE_MOVABLE)));
	EXPECT_VALID(t);
}

/* A larger block there is cut before a small one below is used. */
static void larger_block_of_the_upper_end_comes_first(struct ktest *t)
{
	unsigned long i, n = MAX_ORDER_NR_PAGES;

	for (i = 0; i < n; i++)
		zone_alloc(zone, 0, MIGRATE_MOVABLE);
	zone_free(zone, pfn_to_page(base));
	for (i = 0; i < 4; i++)
		zone_free(zone, pfn_to_page(base + n / 2 + i));
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, 2), 1);
	KTEST_EXPECT_EQ(t, page_to_pfn(zone_alloc(zone, 0, MIGRATE_MOVABLE)),
			base + n / 2);
	EXPECT_VALID(t);
}

/*
 * A free page of the upper end with so many of the lower before it on the list,
 * as if the mark had moved; also free there: four pages in one.
 */
static struct page *packed_page_behind(unsigned long stale)
{
	unsigned long i, n = MAX_ORDER_NR_PAGES;
	struct page *page = pfn_to_page(base + n - 16);

	for (i = 0; i < n; i++)
		zone_alloc(zone, 0, MIGRATE_MOVABLE);
	zone_free(zone, page);
	for (i = 0; i < 4; i++)
		zone_free(zone, pfn_to_page(base + n - 8 + i));
	for (i = 0; i < stale; i++) {
		struct page *low = pfn_to_page(base + 2 * i);

		zone_free(zone, low);
		list_move(&low->buddy_list,
			  &zone->free_area[0].free_list[MIGRATE_MOVABLE]);
	}
	return page;
}

/* Blocks that the mark has passed go to the back; no more than some at once. */
static void stale_blocks_in_front_make_way(struct ktest *t)
{
	unsigned long stale;

	for (stale = 0; stale < 4; stale++) {
		struct page *page = packed_page_behind(stale);

		KTEST_EXPECT_PTR_EQ(t, zone_alloc(zone, 0, MIGRATE_MOVABLE),
				    page);
		KTEST_EXPECT_EQ(t, zone_nr_free(zone, 0), stale);
		EXPECT_VALID(t);
		refill(base, MAX_ORDER_NR_PAGES);
	}
	/* one look finds none: the next order's is cut */
	packed_page_behind(4);
	KTEST_EXPECT_EQ(t, page_to_pfn(zone_alloc(zone, 0, MIGRATE_MOVABLE)),
			base + MAX_ORDER_NR_PAGES - 8);
	EXPECT_VALID(t);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(split_leaves_upper_halves_free),
	KTEST_CASE(split_and_merge_touch_heads_alone),
	KTEST_CASE(free_merges_with_lower_buddy),
	KTEST_CASE(free_merges_with_upper_buddy),
	KTEST_CASE(neighbours_that_are_not_buddies_stay_apart),
	KTEST_CASE(single_pages_in_any_order_merge_to_one_block),
	KTEST_CASE(smallest_block_that_fits_is_split),
	KTEST_CASE(exhausted_zone_gives_null_and_stays_usable),
	KTEST_CASE(never_merges_over_the_start_of_the_zone),
	KTEST_CASE(never_merges_over_the_end_of_the_zone),
	KTEST_CASE(never_merges_with_another_zone_inside_the_span),
	KTEST_CASE(never_merges_over_a_hole),
	KTEST_CASE(never_merges_isolated_or_cma_pageblocks),
	KTEST_CASE(halves_of_types_that_stay_apart_are_freed_apart),
	KTEST_CASE(merged_pageblocks_take_the_type_of_the_last_one),
	KTEST_CASE(every_migratetype_survives_its_encoding),
	KTEST_CASE(random_use_matches_a_naive_owner_map),
	KTEST_CASE(damaged_free_block_is_reported_and_passed_over),
	KTEST_CASE(free_list_with_wild_link_is_abandoned_whole),
	KTEST_CASE(free_block_with_damaged_prev_link_is_not_given_out),
	KTEST_CASE(free_does_not_merge_with_a_damaged_buddy),
	KTEST_CASE(free_does_not_merge_with_a_buddy_of_no_type),
	KTEST_CASE(free_pages_of_the_upper_end_are_taken_first),
	KTEST_CASE(larger_block_of_the_upper_end_comes_first),
	KTEST_CASE(stale_blocks_in_front_make_way),
	{}
};
KTEST_SUITE_FIXTURE(buddy, cases, set_up, tear_down);

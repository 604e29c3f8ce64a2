/* Untouched memory: counted as free, handed out, and untouched until then. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/sort.h>
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

static bool untouched(unsigned long pfn, unsigned long end)
{
	return !memchr_inv(pfn_to_page(pfn), 0,
			   (end - pfn) * sizeof(struct page));
}

static unsigned long nr_ranges(void)
{
	return list_count_nodes(&zone->deferred);
}

/* Is [pfn, ...) a range of that many blocks, written to in its head alone? */
static bool range_is(unsigned long pfn, unsigned long blocks)
{
	unsigned long end = pfn + blocks * MAX_ORDER_NR_PAGES;
	const struct list_head *near = &zone->deferred;
	const struct page *head = pfn_to_page(pfn);

	return head->type == PAGE_DEFERRED && head->nr_blocks == blocks &&
	       deferred_range(zone, pfn, &near) == head &&
	       deferred_range(zone, end - 1, &near) == head &&
	       deferred_range(zone, end, &near) != head &&
	       untouched(pfn + 1, end);
}

static void whole_blocks_extend_one_range_untouched(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, nr_ranges(), 1);
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 2);
	KTEST_EXPECT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 0);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 2);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, arena.pages);
	KTEST_EXPECT_TRUE(t, range_is(base, 2));
	EXPECT_VALID(t);
}

static void highest_block_goes_first_and_alone(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 0, MIGRATE_MOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, page_to_pfn(page), base + MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_TRUE(t, range_is(base, 1));
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 1);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 1);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, arena.pages - 1);
	zone_free(zone, page);
	KTEST_EXPECT_EQ(t, zone_nr_free(zone, MAX_PAGE_ORDER), 2);
	KTEST_EXPECT_TRUE(t, range_is(base, 1));
	EXPECT_VALID(t);
}

static void lists_are_used_up_before_untouched_memory(struct ktest *t)
{
	unsigned long i;

	for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
		KTEST_ASSERT_NOT_NULL(t, zone_alloc(zone, 0, MIGRATE_MOVABLE));
	KTEST_EXPECT_TRUE(t, range_is(base, 1));
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

static void block_cut_off_changes_type_as_a_whole(struct ktest *t)
{
	struct page *page = zone_alloc(zone, 3, MIGRATE_UNMOVABLE);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page), MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(page + 512),
			MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, list_length(zone, 9, MIGRATE_UNMOVABLE), 1);
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

/* The machine's own ranges: at the start, inside, at the end of one. */
#define EXPECT_REFUSED(t, page, order) do { \
	unsigned long free_ = nr_free_pages(); \
	KTEST_EXPECT_REPORTS(t, 1, "never handed out", \
			     __free_pages(page, order)); \
	KTEST_EXPECT_EQ(t, nr_free_pages(), free_); \
} while (0)

static void free_of_untouched_memory_is_refused(struct ktest *t)
{
	struct page *head, *end;
	struct zone *z;

	for_each_populated_zone(z)
		if (!list_empty(&z->deferred))
			break;
	if (!z) {
		ktest_skip(t, "all memory was touched");
		return;
	}
	head = list_first_entry(&z->deferred, struct page, buddy_list);
	end = head + head->nr_blocks * MAX_ORDER_NR_PAGES;
	EXPECT_REFUSED(t, head, MAX_PAGE_ORDER);
	EXPECT_REFUSED(t, head, 0);
	EXPECT_REFUSED(t, head + 1, 0);
	EXPECT_REFUSED(t, end - 1, 0);
}

/* The block that held the range's head is as any other when it is used. */
static void empty_range_leaves_no_trace(struct ktest *t)
{
	KTEST_ASSERT_EQ(t, page_to_pfn(deferred_take(zone)),
			base + MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_TRUE(t, range_is(base, 1));
	KTEST_ASSERT_EQ(t, page_to_pfn(deferred_take(zone)), base);
	KTEST_EXPECT_TRUE(t, untouched(base, base + arena.pages));
	KTEST_EXPECT_EQ(t, nr_ranges(), 0);
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 0);
	KTEST_EXPECT_EQ(t, deferred_skip(zone, base), base);
	KTEST_EXPECT_NULL(t, deferred_take(zone));
}

static void block_below_the_last_range_goes_to_the_free_lists(struct ktest *t)
{
	unsigned long upper = base + MAX_ORDER_NR_PAGES;

	arena_clear(&arena);
	zone = private_zone(&arena, base, arena.pages);
	zone_add_block(zone, upper, MAX_PAGE_ORDER);
	zone_add_block(zone, base, MAX_PAGE_ORDER);
	KTEST_EXPECT_TRUE(t, range_is(upper, 1));
	KTEST_EXPECT_EQ(t, pfn_to_page(base)->type, PAGE_BUDDY);
	KTEST_EXPECT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 1);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, arena.pages);
	EXPECT_VALID(t);
}

#define EXPECT_BROKEN(t, words, broken, mended) do { \
	broken; \
	KTEST_EXPECT_STREQ(t, zone_validate(zone), words); \
	mended; \
	EXPECT_VALID(t); \
} while (0)

static void validation_finds_what_is_wrong_with_a_range(struct ktest *t)
{
	struct page *head = pfn_to_page(base);

	EXPECT_BROKEN(t, "deferred range has a damaged head",
		      head->type = PAGE_NONE, head->type = PAGE_DEFERRED);
	EXPECT_BROKEN(t, "deferred range has a damaged head",
		      head->zone_id ^= 1, head->zone_id ^= 1);
	EXPECT_BROKEN(t, "deferred range has a damaged head",
		      head->order = 1, head->order = 0);
	EXPECT_BROKEN(t, "deferred range is empty",
		      head->nr_blocks = 0, head->nr_blocks = 2);
	EXPECT_BROKEN(t, "deferred range leaves its zone",
		      head->nr_blocks = 3, head->nr_blocks = 2);
	EXPECT_BROKEN(t, "deferred range leaves its zone",
		      head->nr_blocks = ~0UL, head->nr_blocks = 2);
	EXPECT_BROKEN(t, "nr_deferred is not the sum of the deferred ranges",
		      zone->nr_deferred++, zone->nr_deferred--);
	EXPECT_BROKEN(t, "free list links disagree",
		      head->buddy_list.prev = &head->buddy_list,
		      head->buddy_list.prev = &zone->deferred);
}

static void validation_finds_a_range_that_begins_inside_a_block(struct ktest *t)
{
	zone->nr_deferred = 0;
	INIT_LIST_HEAD(&zone->deferred);
	zone->nr_free_pages = 0;
	KTEST_EXPECT_TRUE(t, deferred_add(zone, base + 1, 1));
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "deferred range is not whole blocks");
}

/* Nodes may interleave: two zones may span the same frames. */
static void range_of_another_zone_is_not_skipped(struct ktest *t)
{
	static struct zone other;

	zone_init(&other, "other", zone->zone_id ^ 1, zone->zone_pgdat, base,
		  arena.pages);
	KTEST_EXPECT_EQ(t, deferred_skip(&other, base), base);
	KTEST_EXPECT_EQ(t, deferred_skip(zone, base), base + arena.pages);
}

static void validation_finds_a_block_both_deferred_and_on_a_list(
	struct ktest *t)
{
	unsigned long pfn = base + MAX_ORDER_NR_PAGES;

	__free_one_page(zone, pfn_to_page(pfn), MAX_PAGE_ORDER,
			MIGRATE_MOVABLE);
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "free block is deferred too");
	KTEST_EXPECT_NOT_NULL(t, __rmqueue(zone, MAX_PAGE_ORDER,
					   MIGRATE_MOVABLE));
	EXPECT_VALID(t);
	__free_one_page(zone, pfn_to_page(pfn + 512), 9, MIGRATE_MOVABLE);
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "free block is deferred too");
}

/*
 * Blocks wherever there are some, ascending, given to a zone that spans them
 * all: every second one where they are neighbours, so each is a range.
 */
#define SCATTER_RANGES 100
#define SCATTER_BLOCKS (2 * SCATTER_RANGES)
#define SCATTER_GFP (GFP_KERNEL | __GFP_MOVABLE | __GFP_MEMALLOC | \
		     __GFP_NOWARN)

static struct page *scatter[SCATTER_BLOCKS];
static unsigned int nr_scatter;
static struct page *apart[SCATTER_BLOCKS];
static unsigned int nr_apart;

static int compare_pages(const void *a, const void *b)
{
	const struct page *x = *(struct page *const *)a;
	const struct page *y = *(struct page *const *)b;

	return x < y ? -1 : x > y;
}

static void scatter_get(unsigned int blocks)
{
	unsigned int i;

	for (nr_scatter = 0; nr_scatter < blocks; nr_scatter++) {
		struct page *page = alloc_pages(SCATTER_GFP, MAX_PAGE_ORDER);

		if (!page)
			break;
		scatter[nr_scatter] = page;
	}
	sort(scatter, nr_scatter, sizeof(scatter[0]), compare_pages);
	for (i = nr_apart = 0; i < nr_scatter; i++)
		if (!nr_apart || scatter[i] >
		    apart[nr_apart - 1] + MAX_ORDER_NR_PAGES)
			apart[nr_apart++] = scatter[i];
}

/* The zone's number is one they all have: descriptors are put back after. */
static void scatter_feed(void)
{
	unsigned long first = page_to_pfn(apart[0]);
	unsigned long last = page_to_pfn(apart[nr_apart - 1]);
	unsigned int i;

	zone = private_zone(&arena, first, last - first + MAX_ORDER_NR_PAGES);
	for (i = 0; i < nr_apart; i++) {
		memset(apart[i], 0, MAX_ORDER_NR_PAGES * sizeof(struct page));
		zone_add_block(zone, page_to_pfn(apart[i]), MAX_PAGE_ORDER);
	}
}

static void scatter_put(const u8 *zone_ids)
{
	unsigned int i;

	for (i = 0; i < nr_scatter; i++) {
		struct page *page = scatter[i];

		memset(page, 0, MAX_ORDER_NR_PAGES * sizeof(*page));
		page->zone_id = zone_ids[i];
		prep_new_page(page, MAX_PAGE_ORDER, GFP_KERNEL, 0);
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

static void expect_ranges_apart(struct ktest *t)
{
	unsigned int i;

	KTEST_EXPECT_EQ(t, nr_ranges(), nr_apart);
	KTEST_EXPECT_EQ(t, zone->nr_deferred, nr_apart);
	KTEST_EXPECT_EQ(t, zone->free_area[MAX_PAGE_ORDER].nr_free, 0);
	EXPECT_VALID(t);
	for (i = 0; i < nr_apart; i++) {
		unsigned long pfn = page_to_pfn(apart[i]);
		unsigned long end = pfn + MAX_ORDER_NR_PAGES;

		KTEST_EXPECT_TRUE(t, range_is(pfn, 1));
		KTEST_EXPECT_EQ(t, deferred_skip(zone, pfn), end);
		KTEST_EXPECT_EQ(t, deferred_skip(zone, end - 1), end);
		if (pfn_valid(pfn - 1))
			KTEST_EXPECT_EQ(t, deferred_skip(zone, pfn - 1),
					pfn - 1);
	}
}

/* Wherever the last search ended. */
static void expect_found_from_anywhere(struct ktest *t)
{
	const struct list_head *near = &zone->deferred;
	unsigned int i, j;

	for (i = 0; i < nr_apart; i++)
		for (j = 0; j < 3; j++) {
			const struct page *head = apart[i * (j + 1) % nr_apart];
			unsigned long pfn = page_to_pfn(head) + j;

			KTEST_EXPECT_PTR_EQ(t, deferred_range(zone, pfn, &near),
					    head);
			KTEST_EXPECT_PTR_EQ(t, near, &head->buddy_list);
		}
	KTEST_EXPECT_NULL(t, deferred_range(zone, zone->zone_start_pfn - 1,
					    &near));
	KTEST_EXPECT_PTR_EQ(t, near, &zone->deferred);
}

static void expect_taken_downwards(struct ktest *t)
{
	unsigned int i = nr_apart;

	while (i-- > 0)
		KTEST_EXPECT_EQ(t, page_to_pfn(deferred_take(zone)),
				page_to_pfn(apart[i]));
	KTEST_EXPECT_NULL(t, deferred_take(zone));
}

static void expect_overlap_found(struct ktest *t)
{
	unsigned long gap = (unsigned long)(apart[1] - apart[0]);

	EXPECT_BROKEN(t, "deferred ranges overlap or descend",
		      apart[0]->nr_blocks = gap / MAX_ORDER_NR_PAGES + 1,
		      apart[0]->nr_blocks = 1);
}

static void scattered(struct ktest *t, unsigned int ranges)
{
	static u8 zone_ids[SCATTER_BLOCKS];
	unsigned int i;

	scatter_get(2 * ranges);
	for (i = 0; i < nr_scatter; i++)
		zone_ids[i] = scatter[i]->zone_id;
	if (nr_apart < ranges) {
		ktest_skip(t, "not enough blocks that lie apart");
	} else {
		scatter_feed();
		expect_ranges_apart(t);
		expect_found_from_anywhere(t);
		expect_overlap_found(t);
		expect_taken_downwards(t);
	}
	scatter_put(zone_ids);
}

static void each_gap_opens_a_range(struct ktest *t)
{
	scattered(t, 3);
}

static void any_number_of_ranges_stays_deferred(struct ktest *t)
{
	scattered(t, SCATTER_RANGES);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(whole_blocks_extend_one_range_untouched),
	KTEST_CASE(highest_block_goes_first_and_alone),
	KTEST_CASE(lists_are_used_up_before_untouched_memory),
	KTEST_CASE(untouched_memory_is_used_before_stealing),
	KTEST_CASE(block_cut_off_changes_type_as_a_whole),
	KTEST_CASE(every_block_is_handed_out_once),
	KTEST_CASE(free_of_untouched_memory_is_refused),
	KTEST_CASE(empty_range_leaves_no_trace),
	KTEST_CASE(block_below_the_last_range_goes_to_the_free_lists),
	KTEST_CASE(validation_finds_what_is_wrong_with_a_range),
	KTEST_CASE(validation_finds_a_range_that_begins_inside_a_block),
	KTEST_CASE(validation_finds_a_block_both_deferred_and_on_a_list),
	KTEST_CASE(range_of_another_zone_is_not_skipped),
	KTEST_CASE(each_gap_opens_a_range),
	KTEST_CASE(any_number_of_ranges_stays_deferred),
	{}
};
KTEST_SUITE_FIXTURE(deferred, cases, set_up, tear_down);

/* Pages in other shapes than one block: exact sizes, many single ones. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "all_memory.h"
#include "enough_memory.h"
#include "settled.h"

#define BULK 100

static void exact_allocation_gives_back_the_rest(struct ktest *t)
{
	static const u32 sizes[] = { 1, 4096, 4097, 12288, 20480, 1000000 };
	const gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) &&
		    memory_is_enough_for(2 * sizes[i]);
	     i++) {
		unsigned long before = settled_free_pages();
		u8 *p = alloc_pages_exact(sizes[i], GFP_KERNEL | __GFP_ZERO);

		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, settled_free_pages(),
				before - PFN_UP(sizes[i]));
		memset(p, 0x11, sizes[i]);
		free_pages_exact(p, sizes[i]);
		KTEST_EXPECT_EQ(t, settled_free_pages(), before);
	}
	KTEST_EXPECT_NULL(t, alloc_pages_exact(0, quiet));
	KTEST_EXPECT_NULL(t, alloc_pages_exact((size_t)-1, quiet));
	KTEST_EXPECT_NULL(t, alloc_pages_exact((PAGE_SIZE << MAX_PAGE_ORDER) +
					       1, quiet));
}

/* It is not taken from one that is twice as large. */
static void exact_allocation_may_be_a_whole_block(struct ktest *t)
{
	struct page *block = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
					 MAX_PAGE_ORDER);
	void *p;

	if (!block) {
		ktest_skip(t, "no free block of the largest order");
		return;
	}
	__free_pages(block, MAX_PAGE_ORDER);
	p = alloc_pages_exact(PAGE_SIZE << MAX_PAGE_ORDER, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	free_pages_exact(p, PAGE_SIZE << MAX_PAGE_ORDER);
}

static void bulk_fills_empty_entries_alone(struct ktest *t)
{
	static struct page *array[BULK];
	struct page *mine = alloc_page(GFP_KERNEL);
	unsigned long before = settled_free_pages(), n, i;

	KTEST_ASSERT_NOT_NULL(t, mine);
	memset(array, 0, sizeof(array));
	array[3] = mine;
	n = alloc_pages_bulk_array(GFP_KERNEL, BULK, array);
	KTEST_EXPECT_EQ(t, n, BULK);
	KTEST_EXPECT_PTR_EQ(t, array[3], mine);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before - (BULK - 1));
	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_KERNEL, BULK, array),
			BULK);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before - (BULK - 1));
	for (i = 0; i < BULK; i++)
		if (array[i])
			__free_page(array[i]);
}

/* Under one hold of the lock: no CPU gets a batch of its own by the way. */
static void bulk_takes_no_more_than_it_gives(struct ktest *t)
{
	struct zone *zone = node_zonelist(NUMA_NO_NODE, GFP_KERNEL)->zones[0];
	static struct page *array[BULK];
	unsigned long n, before = settled_free_pages();

	if (zone->nr_free_pages < high_wmark_pages(zone) + BULK) {
		ktest_skip(t, "the zone is nearly used up");
		return;
	}
	memset(array, 0, sizeof(array));
	n = alloc_pages_bulk_array(GFP_KERNEL, BULK, array);
	KTEST_EXPECT_EQ(t, nr_free_pages(), before - n);
	while (n)
		__free_page(array[--n]);
}

static unsigned long room_for_all(const struct zone *zone)
{
	unsigned long floor = zone_watermark_floor(zone, low_wmark_pages(zone),
						   gfp_zone(GFP_KERNEL),
						   WMARK_LOW);

	return zone->nr_free_pages - min(zone->nr_free_pages, floor);
}

/* A block of this zone, to list; false: the next one would be another's. */
static bool take_block_of(const struct zone *zone, unsigned int order,
			  struct list_head *list)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
	bool ours = page && page_zone(page) == zone;

	drain_local_pages();
	if (ours)
		list_add(&page->lru, list);
	else if (page)
		__free_pages(page, order);
	return ours;
}

/* Takes what is there above low watermark, but for a few pages. */
static void leave_few(const struct zone *zone, unsigned long few,
		      struct list_head *taken)
{
	unsigned int order = MAX_PAGE_ORDER + 1;

	while (order--)
		while (room_for_all(zone) > few + (1UL << order) &&
		       take_block_of(zone, order, taken))
			;
}

static void bulk_goes_on_in_the_next_zone(struct ktest *t)
{
	struct zone *const *z = node_zonelist(NUMA_NO_NODE, GFP_KERNEL)->zones;
	struct page *page, *next, *array[BULK] = { NULL };
	unsigned long n, first = 0, free;
	LIST_HEAD(taken);

	drain_all_pages();
	if (!z[1] || room_for_all(z[1]) < BULK) {
		ktest_skip(t, "there is one zone");
		return;
	}
	if (skip_on_a_huge_machine(t))
		return;
	leave_few(z[0], BULK / 2, &taken);
	free = nr_free_pages();
	n = alloc_pages_bulk_array(GFP_KERNEL, BULK, array);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free - n);
	KTEST_EXPECT_EQ(t, n, BULK);
	while (n) {
		first += page_zone(array[--n]) == z[0];
		__free_page(array[n]);
	}
	KTEST_EXPECT_LE(t, 1, first);
	KTEST_EXPECT_LE(t, first, BULK / 2 + 1);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, page->order);
}

/* As if there were free pages that nobody may have: isolated ones. */
static void count_more(struct zone *zone, long more)
{
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	add_free_pages(zone, more);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static unsigned long bulk_of_a_zone_that_counts_more(struct list_head *taken)
{
	struct zone *zone = node_zonelist(NUMA_NO_NODE, GFP_KERNEL)->zones[0];
	unsigned long more = 2 * high_wmark_pages(zone) + BULK, n;
	struct page *page, *array[4] = { NULL };

	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN | __GFP_MEMALLOC)))
		list_add(&page->lru, taken);
	count_more(zone, (long)more);
	n = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN,
				   ARRAY_SIZE(array), array);
	count_more(zone, -(long)more);
	for (more = 0; more < n; more++)
		list_add(&array[more]->lru, taken);
	return n;
}

/* The rest is not asked for one by one. */
static void bulk_ends_with_the_first_refusal(struct ktest *t)
{
	struct list_head blocks[NR_PAGE_ORDERS];
	struct page *array[4] = { NULL };
	unsigned long failures, n;

	take_blocks(GFP_DMA | __GFP_MEMALLOC, blocks);
	failures = alloc_failures();
	n = alloc_pages_bulk_array(GFP_DMA | __GFP_NOWARN, ARRAY_SIZE(array),
				   array);
	KTEST_EXPECT_EQ(t, n, 0);
	KTEST_EXPECT_EQ(t, alloc_failures(), failures + 1);
	while (n)
		__free_page(array[--n]);
	give_blocks(blocks);
}

/* What a batch takes at once is counted against the watermark at once. */
static void bulk_leaves_the_reserves_alone(struct ktest *t)
{
	struct list_head blocks[NR_PAGE_ORDERS];
	struct page *page, *array[64] = { NULL };
	struct hidden hidden;
	unsigned long n, i, all, none;

	hide_untouched(&hidden);
	take_blocks(GFP_KERNEL, blocks);
	for (i = 0; i < 5 && !list_empty(&blocks[0]); i++) {
		page = list_first_entry(&blocks[0], struct page, lru);
		list_del(&page->lru);
		__free_page(page);
	}
	n = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN,
				   ARRAY_SIZE(array), array);
	all = alloc_pages_bulk_array(GFP_KERNEL | __GFP_NOWARN | __GFP_MEMALLOC,
				     ARRAY_SIZE(array), array);
	none = bulk_of_a_zone_that_counts_more(&blocks[0]);
	give_blocks(blocks);
	show_untouched(&hidden);
	KTEST_EXPECT_EQ(t, none, 0);
	KTEST_EXPECT_EQ(t, n, i);
	KTEST_EXPECT_GT(t, all, n + 1);	/* who frees memory may have them */
	for (i = 0; i < ARRAY_SIZE(array); i++)
		if (array[i])
			__free_page(array[i]);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(exact_allocation_gives_back_the_rest),
	KTEST_CASE(exact_allocation_may_be_a_whole_block),
	KTEST_CASE(bulk_fills_empty_entries_alone),
	KTEST_CASE(bulk_takes_no_more_than_it_gives),
	KTEST_CASE(bulk_goes_on_in_the_next_zone),
	KTEST_CASE(bulk_ends_with_the_first_refusal),
	KTEST_CASE(bulk_leaves_the_reserves_alone),
	{}
};
KTEST_SUITE(page_alloc_bulk, cases);

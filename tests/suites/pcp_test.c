/*
 * Free blocks at hand: what goes into a CPU's arrays, what stays out, and in
 * what order it leaves again. Zones are counted under the assumption that
 * nobody else allocates meanwhile.
 */
#include <lib/kernel.h>
#include <lib/string.h>

#include "pcp_fixture.h"
#include "zone_fixture.h"

#define MANY 256

static struct page *pages[MANY];

static unsigned int take(unsigned int nr, unsigned int order)
{
	unsigned int n;

	for (n = 0; n < nr; n++) {
		pages[n] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (!pages[n])
			break;
	}
	return n;
}

static void give(unsigned int from, unsigned int to, unsigned int order)
{
	while (from < to)
		__free_pages(pages[from++], order);
}

/* ----- refill ------------------------------------------------------------- */

static void empty_array_takes_one_batch_from_the_zone(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	unsigned int order;

	for (order = 0; order < NR_PCP_ORDERS; order++) {
		unsigned int batch = pcp_batch(zone->pageset_high[order]), n;
		unsigned long left = settled_free_pages();

		left -= (unsigned long)batch << order;
		for (n = 1; n <= batch; n++) {
			pages[n - 1] = alloc_pages(GFP_KERNEL, order);
			KTEST_ASSERT_NOT_NULL(t, pages[n - 1]);
			KTEST_EXPECT_EQ(t, nr_free_pages(), left);
			KTEST_EXPECT_EQ(t, at_hand(zone, order), batch - n);
		}
		give(0, batch, order);
	}
}

static void note_free_lists(unsigned long *nr)
{
	unsigned int order, mt;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (mt = 0; mt < MIGRATE_TYPES; mt++)
			*nr++ = list_length(kernel_zone(), order,
					    (enum migratetype)mt);
}

/* Blocks of the zone by list, with the batch gone: as singles, or at once. */
static void note_lists_without_a_batch(unsigned long *singly,
				       unsigned long *batched)
{
	struct zone *zone = kernel_zone();
	unsigned int batch = pcp_batch(zone->pageset_high[0]), n;
	struct page *batch_pages[PCP_BATCH_MOST], *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (n = 0; n < batch; n++)
		batch_pages[n] = __rmqueue(zone, 0, MIGRATE_UNMOVABLE);
	note_free_lists(singly);
	for (n = 0; n < batch; n++)
		if (batch_pages[n])
			free_to_zone(zone, batch_pages[n], 0);
	spin_unlock_irqrestore(&zone->lock, flags);
	page = alloc_page(GFP_KERNEL);
	note_free_lists(batched);
	if (page)
		__free_page(page);
}

static unsigned long sum(const unsigned long *nr, unsigned int n)
{
	unsigned long all = 0;

	while (n--)
		all += nr[n];
	return all;
}

/*
 * Whole pieces are taken, yet no block is split that need not be: what is left
 * is in no more blocks. Give or take a few: the batch that came back in between
 * may have left the lists in another order.
 */
static void batch_leaves_no_more_pieces_than_singles_would(struct ktest *t)
{
	static unsigned long singly[NR_PAGE_ORDERS * MIGRATE_TYPES];
	static unsigned long batched[NR_PAGE_ORDERS * MIGRATE_TYPES];
	unsigned int i, n = take(MANY, 0);

	/* small blocks of many sizes, between pages in use */
	for (i = 0; i < n; i++)
		if (i % 7 < 4)
			__free_page(pages[i]);
	drain_all_pages();
	note_lists_without_a_batch(singly, batched);
	for (i = 0; i < n; i++)
		if (i % 7 >= 4)
			__free_page(pages[i]);
	KTEST_EXPECT_LE(t, sum(batched, ARRAY_SIZE(batched)),
			sum(singly, ARRAY_SIZE(singly)) + 4);
}

/* Will the next batch be cut from one piece? */
static bool one_piece_serves(const struct zone *zone, unsigned int order)
{
	unsigned int o = order, batch = pcp_batch(zone->pageset_high[order]);

	while (o < NR_PAGE_ORDERS && !list_length(zone, o, MIGRATE_UNMOVABLE))
		o++;
	return o < NR_PAGE_ORDERS && batch && 1UL << o >= batch << order;
}

/* Takes small free blocks away until one piece serves; how many. */
static unsigned int use_up_small_blocks(struct zone *zone, unsigned int order)
{
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&zone->lock, flags);
	for (n = 0; n < MANY && !one_piece_serves(zone, order); n++) {
		pages[n] = __rmqueue(zone, 0, MIGRATE_UNMOVABLE);
		if (!pages[n])
			break;
		prep_new_page(pages[n], 0, GFP_KERNEL, 0);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return n;
}

static void batch_of_one_piece_is_handed_out_from_low_to_high(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	struct page *block[PCP_BATCH_MOST];
	unsigned int order, n, i, checked = 0;

	for (order = 0; order < NR_PCP_ORDERS; order++) {
		unsigned int batch = pcp_batch(zone->pageset_high[order]);

		drain_all_pages();
		n = use_up_small_blocks(zone, order);
		if (!one_piece_serves(zone, order))
			batch = 0;
		for (i = 0; i < batch; i++) {
			block[i] = alloc_pages(GFP_KERNEL, order);
			KTEST_ASSERT_NOT_NULL(t, block[i]);
			if (i)
				KTEST_EXPECT_PTR_EQ(t, block[i], block[i - 1] +
						    (1UL << order));
			checked++;
		}
		while (i--)
			__free_pages(block[i], order);
		give(0, n, 0);
	}
	if (!checked)
		ktest_skip(t, "no free block is large enough");
}

/* A handler fills it between the look at it and the refill. */
static void refill_of_a_full_array_gives_the_rest_back(struct ktest *t)
{
	struct page *block = same_type_pages(t), *page, *more;
	struct zone *zone;
	enum migratetype mt;
	unsigned long free;
	unsigned int high;

	if (!block)
		return;
	zone = page_zone(block);
	mt = get_pageblock_migratetype(block);
	high = zone->pageset_high[0];
	drain_all_pages();
	if (zone->nr_free_pages < MANY) {
		ktest_skip(t, "the zone is nearly used up");
		free_range(block, 0, pageblock_nr_pages);
		return;
	}
	free_range(block, 0, high);
	free = zone->nr_free_pages;
	page = pcp_refill(zone, 0, mt, 0);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, free - 1);
	KTEST_EXPECT_EQ(t, at_hand(zone, 0), high);
	/* room for one */
	KTEST_EXPECT_PTR_EQ(t, pcp_pop(zone, 0, mt), block + high - 1);
	more = pcp_refill(zone, 0, mt, 0);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, free - 3);
	KTEST_EXPECT_EQ(t, at_hand(zone, 0), high);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	prep_new_page(page, 0, GFP_KERNEL, 0);
	prep_new_page(more, 0, GFP_KERNEL, 0);
	prep_new_page(block + high - 1, 0, GFP_KERNEL, 0);
	__free_page(page);
	__free_page(more);
	free_range(block, high - 1, pageblock_nr_pages);
}

/* Each batch comes from above the low watermark, whoever asks. */
static void batch_leaves_the_low_watermark_alone(struct ktest *t)
{
	struct zone *dma = &NODE_DATA(0)->node_zones[ZONE_DMA];
	unsigned long low = low_wmark_pages(dma);
	unsigned int batch = min(pcp_batch(dma->pageset_high[0]), 3U);
	struct page *page, *next;
	LIST_HEAD(taken);

	if (!dma->pageset_high[0] || dma->nr_free_pages < low + 256) {
		ktest_skip(t, "zone DMA is small or used up");
		return;
	}
	while (dma->nr_free_pages > low + 3) {
		page = alloc_page(GFP_DMA | __GFP_MEMALLOC);
		KTEST_EXPECT_NOT_NULL(t, page);
		list_add(&page->lru, &taken);
		drain_local_pages();
	}
	page = alloc_page(GFP_DMA | __GFP_DIRECT_RECLAIM);
	KTEST_EXPECT_NOT_NULL(t, page);
	list_add(&page->lru, &taken);
	KTEST_EXPECT_EQ(t, dma->nr_free_pages, low + 3 - batch);
	KTEST_EXPECT_EQ(t, at_hand(dma, 0), batch - 1);
	page = alloc_pages(GFP_DMA | __GFP_MEMALLOC, 1);
	KTEST_EXPECT_EQ(t, at_hand(dma, 1), 0);
	if (page)
		__free_pages(page, 1);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
}

/* Who takes it lowers no zone: it is counted as used. */
static void block_at_hand_serves_below_all_marks(struct ktest *t)
{
	struct zone *dma = &NODE_DATA(0)->node_zones[ZONE_DMA];
	struct page *page, *next;
	LIST_HEAD(taken);

	if (!dma->pageset_high[0] || !min_wmark_pages(dma)) {
		ktest_skip(t, "zone DMA is small");
		return;
	}
	drain_all_pages();
	while ((page = alloc_page(GFP_DMA | __GFP_MEMALLOC | __GFP_NOWARN))) {
		list_add(&page->lru, &taken);
		drain_local_pages();
	}
	list_for_each_entry(page, &taken, lru)
		if (get_pageblock_migratetype(page) == MIGRATE_UNMOVABLE)
			break;
	if (KTEST_EXPECT_TRUE(t, &page->lru != &taken)) {
		list_del(&page->lru);
		__free_page(page);
		KTEST_EXPECT_EQ(t, at_hand(dma, 0), 1);
		page = alloc_page(GFP_DMA | __GFP_ZERO | __GFP_NOWARN);
		if (KTEST_EXPECT_NOT_NULL(t, page))
			list_add(&page->lru, &taken);
	}
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
}

static void large_blocks_pass_the_arrays_by(struct ktest *t)
{
	unsigned int order = NR_PCP_ORDERS;
	unsigned long free = settled_free_pages();
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

	if (!page) {
		ktest_skip(t, "no free block of the largest order");
		return;
	}
	KTEST_EXPECT_EQ(t, nr_free_pages(), free - (1UL << order));
	__free_pages(page, order);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
}

/* ----- free --------------------------------------------------------------- */

static void array_holds_its_high_mark_and_no_more(struct ktest *t)
{
	struct page *block = same_type_pages(t);
	struct zone *zone;
	unsigned long free, n, high, batch, held = 0;

	if (!block)
		return;
	zone = page_zone(block);
	high = zone->pageset_high[0];
	batch = pcp_batch((unsigned int)high);
	free = settled_free_pages();
	for (n = 0; n < pageblock_nr_pages; n++) {
		if (held == high) {
			held -= batch;
			free += batch;
		}
		held++;
		__free_page(block + n);
		KTEST_EXPECT_EQ(t, at_hand(zone, 0), held);
		KTEST_EXPECT_EQ(t, nr_free_pages(), free);
	}
}

static void full_array_gives_back_what_lay_there_longest(struct ktest *t)
{
	struct page *block = same_type_pages(t);
	unsigned long high, batch, n;

	if (!block)
		return;
	high = page_zone(block)->pageset_high[0];
	batch = pcp_batch((unsigned int)high);
	drain_all_pages();
	free_range(block, 0, high);
	for (n = 0; n < high; n++)
		KTEST_EXPECT_EQ(t, block[n].type, PAGE_PCP);
	__free_page(block + high);
	for (n = 0; n <= high; n++)
		KTEST_EXPECT_EQ(t, block[n].type == PAGE_PCP, n >= batch);
	/* and what came last is what goes first */
	KTEST_EXPECT_PTR_EQ(t, pcp_pop(page_zone(block), 0,
				       get_pageblock_migratetype(block)),
			    block + high);
	prep_new_page(block + high, 0, GFP_KERNEL, 0);
	free_range(block, high, pageblock_nr_pages);
}

static void block_that_comes_back_is_handed_out_next(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < NR_PCP_ORDERS; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
						order);
		struct page *again;

		if (!page)
			break;
		__free_pages(page, order);
		again = alloc_pages(GFP_KERNEL, order);
		KTEST_ASSERT_NOT_NULL(t, again);
		if (kernel_zone()->pageset_high[order] &&
		    get_pageblock_migratetype(page) == MIGRATE_UNMOVABLE)
			KTEST_EXPECT_PTR_EQ(t, again, page);
		__free_pages(again, order);
	}
}

static void block_at_hand_is_zeroed_when_that_is_asked(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL), *again;

	KTEST_ASSERT_NOT_NULL(t, page);
	memset(lowmem_page_address(page), 0xa5, PAGE_SIZE);
	__free_page(page);
	again = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KTEST_ASSERT_NOT_NULL(t, again);
	KTEST_EXPECT_NULL(t, memchr_inv(lowmem_page_address(again), 0,
					PAGE_SIZE));
	__free_page(again);
}

static void shared_block_stays_until_the_last_reference_goes(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	get_page(page);
	__free_page(page);
	KTEST_EXPECT_EQ(t, page->type, PAGE_ALLOC);
	KTEST_EXPECT_EQ(t, page_count(page), 1);
	put_page(page);
	KTEST_EXPECT_EQ(t, page->type, PAGE_PCP);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

static void compound_block_loses_its_tails_on_the_way_in(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	__free_pages(page, 2);
	for (i = 1; i < 4; i++)
		KTEST_EXPECT_EQ(t, page[i].type, PAGE_NONE);
	page = alloc_pages(GFP_KERNEL, 2);
	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 1; i < 4; i++)
		KTEST_EXPECT_REPORTS(t, 1, "inside the block",
				     __free_page(page + i));
	__free_pages(page, 2);
}

/* Takes the free block at page out of the zone's lists again. */
static void take_back(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	del_free_block(zone, page, order);
	add_free_pages(zone, -(1L << order));
	spin_unlock_irqrestore(&zone->lock, flags);
	prep_new_page(page, order, GFP_KERNEL, 0);
}

static void special_pageblocks_stay_out_of_the_arrays(struct ktest *t)
{
	static const u8 types[] = { MIGRATE_HIGHATOMIC, MIGRATE_CMA,
				    MIGRATE_ISOLATE };
	struct page *block = same_type_pages(t);
	enum migratetype before;
	unsigned int i;

	if (!block)
		return;
	before = get_pageblock_migratetype(block);
	drain_all_pages();
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		unsigned long free = nr_free_pages();

		set_pageblock_migratetype(block, (enum migratetype)types[i]);
		__free_page(block);
		KTEST_EXPECT_EQ(t, block->type, PAGE_BUDDY);
		KTEST_EXPECT_EQ(t, block->migratetype, types[i]);
		KTEST_EXPECT_EQ(t, nr_free_pages(), free + 1);
		KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
		take_back(block, 0);
	}
	set_pageblock_migratetype(block, before);
	free_range(block, 0, pageblock_nr_pages);
}

/* The type changed while the block lay in an array. */
static void block_leaves_an_array_for_its_pageblocks_list(struct ktest *t)
{
	struct page *block = same_type_pages(t);
	enum migratetype before;

	if (!block)
		return;
	before = get_pageblock_migratetype(block);
	drain_all_pages();
	__free_page(block);
	KTEST_EXPECT_EQ(t, block->type, PAGE_PCP);
	set_pageblock_migratetype(block, MIGRATE_ISOLATE);
	drain_local_pages();
	KTEST_EXPECT_EQ(t, block->type, PAGE_BUDDY);
	KTEST_EXPECT_EQ(t, block->migratetype, MIGRATE_ISOLATE);
	take_back(block, 0);
	set_pageblock_migratetype(block, before);
	free_range(block, 0, pageblock_nr_pages);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(empty_array_takes_one_batch_from_the_zone),
	KTEST_CASE(batch_leaves_no_more_pieces_than_singles_would),
	KTEST_CASE(batch_of_one_piece_is_handed_out_from_low_to_high),
	KTEST_CASE(refill_of_a_full_array_gives_the_rest_back),
	KTEST_CASE(batch_leaves_the_low_watermark_alone),
	KTEST_CASE(block_at_hand_serves_below_all_marks),
	KTEST_CASE(large_blocks_pass_the_arrays_by),
	KTEST_CASE(array_holds_its_high_mark_and_no_more),
	KTEST_CASE(full_array_gives_back_what_lay_there_longest),
	KTEST_CASE(block_that_comes_back_is_handed_out_next),
	KTEST_CASE(block_at_hand_is_zeroed_when_that_is_asked),
	KTEST_CASE(shared_block_stays_until_the_last_reference_goes),
	KTEST_CASE(compound_block_loses_its_tails_on_the_way_in),
	KTEST_CASE(special_pageblocks_stay_out_of_the_arrays),
	KTEST_CASE(block_leaves_an_array_for_its_pageblocks_list),
	{}
};
KTEST_SUITE_FIXTURE(pcp, cases, need_arrays, NULL);

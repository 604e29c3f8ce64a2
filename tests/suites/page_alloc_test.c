/* The page allocator as its callers see it: pages out, pages back, mistakes. */
#include <kernel/ktest.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/slab.h>

#include "../../mm/page_debug.h"
#include "all_memory.h"
#include "settled.h"

static void blocks_of_every_order_are_aligned_and_counted(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		unsigned long before = settled_free_pages();
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
						order);

		if (!page)
			continue;	/* a small machine has no such block */
		KTEST_EXPECT_TRUE(t, IS_ALIGNED(page_to_pfn(page),
						1UL << order));
		KTEST_EXPECT_EQ(t, settled_free_pages(),
				before - (1UL << order));
		KTEST_EXPECT_EQ(t, page->type, PAGE_ALLOC);
		KTEST_EXPECT_EQ(t, page->order, order);
		KTEST_EXPECT_EQ(t, page_count(page), 1);
		KTEST_EXPECT_NE(t, page->private, 0);
		__free_pages(page, order);
		KTEST_EXPECT_EQ(t, settled_free_pages(), before);
	}
}

static void order_over_the_maximum_is_refused(struct ktest *t)
{
	unsigned long failures = alloc_failures();

	KTEST_EXPECT_NULL(t, alloc_pages(GFP_KERNEL | __GFP_NOWARN,
					 MAX_PAGE_ORDER + 1));
	KTEST_EXPECT_NULL(t, alloc_pages(GFP_KERNEL | __GFP_NOWARN, 64));
	KTEST_EXPECT_EQ(t, alloc_failures(), failures + 2);
	KTEST_EXPECT_EQ(t, __get_free_pages(GFP_KERNEL | __GFP_NOWARN,
					    MAX_PAGE_ORDER + 1), 0);
}

static void zeroed_page_is_one_of_zeroes(struct ktest *t)
{
	unsigned long addr = __get_free_page(GFP_KERNEL);

	KTEST_ASSERT_TRUE(t, addr != 0);
	memset((void *)addr, 0xa5, PAGE_SIZE);
	free_page(addr);
	addr = get_zeroed_page(GFP_KERNEL);
	KTEST_ASSERT_TRUE(t, addr != 0);
	KTEST_EXPECT_NULL(t, memchr_inv((void *)addr, 0, PAGE_SIZE));
	KTEST_EXPECT_EQ(t, virt_to_page(addr)->order, 0);
	free_page(addr);
}

static void zone_modifiers_bound_the_address(struct ktest *t)
{
	struct page *dma = alloc_page(GFP_KERNEL | GFP_DMA | __GFP_NOWARN);
	struct page *dma32 = alloc_page(GFP_KERNEL | GFP_DMA32 | __GFP_NOWARN);
	unsigned int order;

	if (dma) {
		KTEST_EXPECT_LT(t, page_to_pfn(dma), MAX_DMA_PFN);
		__free_page(dma);
	}
	if (dma32) {
		KTEST_EXPECT_LT(t, page_to_phys(dma32), SZ_4G);
		__free_page(dma32);
	}
	for (order = 1; order <= MAX_PAGE_ORDER; order++) {
		dma = alloc_pages(GFP_ATOMIC | GFP_DMA | __GFP_NOWARN, order);
		if (!dma)
			continue;
		KTEST_EXPECT_LE(t, page_to_pfn(dma) + (1UL << order),
				MAX_DMA_PFN);
		__free_pages(dma, order);
	}
}

static void exhausted_dma_zone_never_takes_from_above(struct ktest *t)
{
	gfp_t gfp = GFP_DMA | __GFP_MEMALLOC | __GFP_NOWARN;
	unsigned long failures = alloc_failures();
	struct page *page, *next;
	LIST_HEAD(taken);

	while ((page = alloc_page(gfp))) {
		KTEST_EXPECT_LT(t, page_to_pfn(page), MAX_DMA_PFN);
		list_add(&page->lru, &taken);
	}
	KTEST_EXPECT_EQ(t, NODE_DATA(0)->node_zones[ZONE_DMA].nr_free_pages, 0);
	KTEST_EXPECT_LT(t, failures, alloc_failures());
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
}

static void this_node_never_goes_to_another(struct ktest *t)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		gfp_t gfp = GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN;
		struct page *page = alloc_pages_node(nid, gfp, 0);

		if (!NODE_DATA(nid)->node_present_pages)
			KTEST_EXPECT_NULL(t, page);
		if (!page)
			continue;
		KTEST_EXPECT_EQ(t, page_to_nid(page), nid);
		__free_page(page);
	}
}

static void node_without_memory_falls_back_to_others(struct ktest *t)
{
	static const int nodes[] = {
		NUMA_NO_NODE, MAX_NUMNODES - 1, MAX_NUMNODES, MAX_NUMNODES + 1
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		struct page *page = alloc_pages_node(nodes[i], GFP_KERNEL, 0);

		KTEST_ASSERT_NOT_NULL(t, page);
		__free_page(page);
	}
}

static void zeroed_pages_are_zero_whatever_was_there(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < 4; order++) {
		size_t size = PAGE_SIZE << order;
		unsigned long addr = __get_free_pages(GFP_KERNEL, order);

		KTEST_ASSERT_TRUE(t, addr != 0);
		memset((void *)addr, 0xa5, size);
		free_pages(addr, order);
		addr = __get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
		KTEST_ASSERT_TRUE(t, addr != 0);
		KTEST_EXPECT_NULL(t, memchr_inv((void *)addr, 0, size));
		free_pages(addr, order);
	}
	free_pages(0, 3);
}

/* To clear costs more than all else that an allocation does. */
static void pages_are_left_as_they_are_unless_zero_is_asked(struct ktest *t)
{
	struct page *page;
	u8 *bytes;

	if (page_debug) {
		ktest_skip(t, "every page is asked");
		return;
	}
	page = alloc_page(GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, page);
	bytes = lowmem_page_address(page);
	memset(bytes, 0xa5, PAGE_SIZE);
	hand_out_block(page, 0, GFP_KERNEL, page->private);
	KTEST_EXPECT_NULL(t, memchr_inv(bytes, 0xa5, PAGE_SIZE));
	hand_out_block(page, 0, GFP_KERNEL | __GFP_ZERO, page->private);
	KTEST_EXPECT_NULL(t, memchr_inv(bytes, 0, PAGE_SIZE));
	__free_page(page);
}

static void compound_tails_know_their_head(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 1; i < 8; i++) {
		KTEST_EXPECT_EQ(t, page[i].type, PAGE_TAIL);
		KTEST_EXPECT_PTR_EQ(t, page[i].compound_head, page);
	}
	get_page(page + 5);
	KTEST_EXPECT_EQ(t, page_count(page), 2);
	put_page(page + 7);
	put_page(page);
	for (i = 1; i < 8; i++)
		KTEST_EXPECT_NE(t, page[i].type, PAGE_TAIL);
}

/* As few tails as there can be. */
static void tail_of_a_compound_pair_is_none_afterwards(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, page[1].type, PAGE_TAIL);
	__free_pages(page, 1);
	KTEST_EXPECT_NE(t, page[1].type, PAGE_TAIL);
}

/* Who asks for the same page again and again; 0: somebody else, or nobody. */
static unsigned long name_of_who_asks(struct page *(*ask)(void))
{
	unsigned long asked[3] = { 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		struct page *page = ask();

		if (!page)
			return 0;
		asked[i] = page->private;
		page->private = 0;
		__free_page(page);
	}
	return asked[1] == asked[0] && asked[2] == asked[0] ? asked[0] : 0;
}

static noinline struct page *ask_for_a_page(void)
{
	return alloc_page(GFP_KERNEL);
}

/* Out of line, as for an order that the compiler does not know. */
static noinline struct page *ask_for_a_block(void)
{
	return (alloc_pages)(GFP_KERNEL, 0);
}

/* From the CPU's array, too, where nobody else writes the descriptor. */
static void pages_name_who_asked(struct ktest *t)
{
	KTEST_EXPECT_NE(t, name_of_who_asks(ask_for_a_page), 0);
	KTEST_EXPECT_NE(t, name_of_who_asks(ask_for_a_block), 0);
}

/* Whatever the descriptors of the tails held before. */
static void compound_tails_are_of_their_heads_zone(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 1; i < 8; i++)
		page[i].zone_id = (u8)~page->zone_id;
	prep_new_page(page, 3, GFP_KERNEL | __GFP_COMP, page->private);
	for (i = 1; i < 8; i++)
		KTEST_EXPECT_EQ(t, page[i].zone_id, page->zone_id);
	__free_pages(page, 3);
}

static void block_is_free_when_the_last_reference_goes(struct ktest *t)
{
	unsigned long before = settled_free_pages();
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KTEST_ASSERT_NOT_NULL(t, page);
	get_page(page);
	__free_pages(page, 2);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before - 4);
	KTEST_EXPECT_EQ(t, page_count(page), 1);
	put_page(page);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before);
	KTEST_EXPECT_REPORTS(t, 1, "already free", put_page(page));
	KTEST_EXPECT_REPORTS(t, 1, "already free", get_page(page));
}

static void split_block_is_freed_page_by_page(struct ktest *t)
{
	unsigned long before = settled_free_pages();
	struct page *page = alloc_pages(GFP_KERNEL, 4);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	split_page(page, 4);
	for (i = 0; i < 16; i++) {
		KTEST_EXPECT_EQ(t, page[i].private, page->private);
		__free_page(page + (i * 5) % 16);
	}
	KTEST_EXPECT_EQ(t, settled_free_pages(), before);
}

static void compound_block_is_not_split(struct ktest *t)
{
	unsigned int order;

	for (order = 1; order < 3; order++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, order);

		KTEST_ASSERT_NOT_NULL(t, page);
		KTEST_EXPECT_REPORTS(t, 1, "compound", split_page(page, order));
		KTEST_EXPECT_EQ(t, page->order, order);
		__free_pages(page, order);
	}
}

/* What lies inside is nobody's, and costs nothing. */
static void free_of_a_plain_block_writes_its_head_alone(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KTEST_ASSERT_NOT_NULL(t, page);
	get_page(page);
	__free_pages(page, 2);
	page[2].type = PAGE_TAIL;
	put_page(page);
	KTEST_EXPECT_EQ(t, page[2].type, PAGE_TAIL);
	page[2].type = PAGE_NONE;
}

/* The last two pages there are, and no word about it. */
static void nofail_takes_from_the_reserves(struct ktest *t)
{
	struct page *pair = alloc_pages(GFP_KERNEL, 1), *got = NULL;
	struct list_head blocks[NR_PAGE_ORDERS];
	struct hidden hidden;

	KTEST_ASSERT_NOT_NULL(t, pair);
	hide_untouched(&hidden);
	take_blocks(__GFP_MEMALLOC, blocks);
	__free_pages(pair, 1);
	drain_local_pages();
	KTEST_EXPECT_LOGGED(t, "", got = alloc_pages(GFP_KERNEL | __GFP_NOFAIL,
						     1));
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
	KTEST_EXPECT_PTR_EQ(t, got, pair);
	give_blocks(blocks);
	show_untouched(&hidden);
	__free_pages(got, 1);
}

/* Takes single pages until the gfp gets none; how many. */
static unsigned long take_all(gfp_t gfp, struct list_head *list)
{
	unsigned long n = 0;
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		list_add(&page->lru, list);
		n++;
	}
	return n;
}

static void reserves_go_to_those_who_ask_for_them(struct ktest *t)
{
	struct zone *dma = &NODE_DATA(0)->node_zones[ZONE_DMA];
	unsigned long min = min_wmark_pages(dma);
	struct page *page, *next;
	LIST_HEAD(taken);

	if (dma->nr_free_pages < 256 || min < 4) {
		ktest_skip(t, "zone DMA is used up");
		return;
	}
	take_all(GFP_DMA | __GFP_DIRECT_RECLAIM, &taken);
	KTEST_EXPECT_EQ(t, dma->nr_free_pages, min);
	take_all(GFP_DMA | __GFP_HIGH | __GFP_DIRECT_RECLAIM, &taken);
	KTEST_EXPECT_EQ(t, dma->nr_free_pages, min - min / 2);
	take_all(GFP_DMA | GFP_ATOMIC, &taken);
	KTEST_EXPECT_EQ(t, dma->nr_free_pages,
			min - min / 2 - (min - min / 2) / 4);
	take_all(GFP_DMA | __GFP_MEMALLOC | __GFP_NOMEMALLOC, &taken);
	KTEST_EXPECT_NE(t, dma->nr_free_pages, 0);
	take_all(GFP_DMA | __GFP_MEMALLOC, &taken);
	KTEST_EXPECT_EQ(t, dma->nr_free_pages, 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
}

static void gfp_is_told_in_words(struct ktest *t)
{
	char buf[160];

	gfp_words(GFP_KERNEL | __GFP_ZERO, buf, sizeof(buf));
	KTEST_EXPECT_STREQ(t, buf, "GFP_KERNEL|__GFP_ZERO");
	gfp_words(GFP_ATOMIC | GFP_DMA, buf, sizeof(buf));
	KTEST_EXPECT_STREQ(t, buf, "GFP_ATOMIC|GFP_DMA");
	gfp_words(0, buf, sizeof(buf));
	KTEST_EXPECT_STREQ(t, buf, "0x0");
	gfp_words(1u << 30, buf, sizeof(buf));
	KTEST_EXPECT_STREQ(t, buf, "0x40000000");
}

/* Of many failures a few, then each whose number is a power of two. */
static void failure_is_told_with_the_state_of_all_zones(struct ktest *t)
{
	unsigned long caller = (unsigned long)gfp_is_told_in_words;

	while (alloc_failures() < 64 || !is_power_of_2(alloc_failures() + 1))
		warn_alloc_failed(__GFP_NOWARN, 0, caller);
	KTEST_EXPECT_LOGGED(t, "order 3, gfp 0x",
			    warn_alloc_failed(GFP_KERNEL, 3, caller));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "(GFP_KERNEL)"));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "managed:"));
	KTEST_EXPECT_LOGGED(t, "", warn_alloc_failed(GFP_KERNEL, 3, caller));
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
	while (!is_power_of_2(alloc_failures() + 1))
		warn_alloc_failed(__GFP_NOWARN, 0, caller);
	KTEST_EXPECT_LOGGED(t, "order 12 (over the maximum), gfp",
			    warn_alloc_failed(GFP_ATOMIC, 12, caller));
}

static void split_pages_share_the_number_of_references(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	get_page(page);
	split_page(page, 1);
	KTEST_EXPECT_EQ(t, page_count(page + 1), 2);
	put_page(page);
	put_page(page + 1);
	__free_page(page);
	__free_page(page + 1);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(blocks_of_every_order_are_aligned_and_counted),
	KTEST_CASE(order_over_the_maximum_is_refused),
	KTEST_CASE(zeroed_page_is_one_of_zeroes),
	KTEST_CASE(zone_modifiers_bound_the_address),
	KTEST_CASE(exhausted_dma_zone_never_takes_from_above),
	KTEST_CASE(this_node_never_goes_to_another),
	KTEST_CASE(node_without_memory_falls_back_to_others),
	KTEST_CASE(zeroed_pages_are_zero_whatever_was_there),
	KTEST_CASE(pages_are_left_as_they_are_unless_zero_is_asked),
	KTEST_CASE(compound_tails_know_their_head),
	KTEST_CASE(block_is_free_when_the_last_reference_goes),
	KTEST_CASE(split_block_is_freed_page_by_page),
	KTEST_CASE(compound_block_is_not_split),
	KTEST_CASE(free_of_a_plain_block_writes_its_head_alone),
	KTEST_CASE(nofail_takes_from_the_reserves),
	KTEST_CASE(reserves_go_to_those_who_ask_for_them),
	KTEST_CASE(gfp_is_told_in_words),
	KTEST_CASE(failure_is_told_with_the_state_of_all_zones),
	KTEST_CASE(split_pages_share_the_number_of_references),
	KTEST_CASE(compound_tails_are_of_their_heads_zone),
	KTEST_CASE(tail_of_a_compound_pair_is_none_afterwards),
	KTEST_CASE(pages_name_who_asked),
	{}
};
KTEST_SUITE(page_alloc, cases);

/* The zone's stock of single pages: what goes there, and when it leaves. */
#include <lib/kernel.h>
#include <lib/string.h>

#include "all_memory.h"
#include "names_fault.h"
#include "pcp_fixture.h"
#include "zone_fixture.h"

/* More than a zone gives before it keeps any, and what arrays hold. */
#define MANY 3072U

static struct page *pages[MANY];

static unsigned int take(unsigned int nr)
{
	unsigned int n;

	for (n = 0; n < nr; n++) {
		pages[n] = alloc_page(GFP_KERNEL | __GFP_NOWARN |
				      __GFP_NORETRY);
		if (!pages[n])
			break;
	}
	return n;
}

static void give(unsigned int nr)
{
	while (nr)
		__free_page(pages[--nr]);
}

/* A zone of which so many pages are a small part. */
static void need_a_large_zone(struct ktest *t)
{
	need_arrays(t);
	if (kernel_zone()->nr_free_pages < 6UL * MANY)
		ktest_skip(t, "the zone is too small");
}

/* Pages of this zone in use: the stock has some of them then. */
static bool used_in_earnest(struct ktest *t)
{
	unsigned int n;

	drain_all_pages();
	n = take(MANY);
	KTEST_EXPECT_EQ(t, kernel_zone()->nr_stock, 0);
	give(n);
	if (n < MANY) {
		ktest_skip(t, "no memory");
		return false;
	}
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	return KTEST_EXPECT_LT(t, 0, kernel_zone()->nr_stock);
}

static void pages_wanted_again_stay_in_the_stock(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	unsigned long free, stock;

	if (!used_in_earnest(t))
		return;
	free = zone->nr_free_pages;
	stock = zone->nr_stock;
	take((unsigned int)stock / 2);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, free);
	KTEST_EXPECT_LT(t, zone->nr_stock, stock);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	give((unsigned int)stock / 2);
}

static void draining_empties_the_stock(struct ktest *t)
{
	unsigned long free = settled_free_pages(), before, drained;

	if (!used_in_earnest(t))
		return;
	before = nr_free_pages();
	KTEST_EXPECT_EQ(t, before + nr_pcp_pages(), free);
	KTEST_EXPECT_LE(t, kernel_zone()->nr_stock, nr_pcp_pages());
	drained = drain_local_pages();
	KTEST_EXPECT_EQ(t, nr_free_pages(), before + drained);
	KTEST_EXPECT_EQ(t, kernel_zone()->nr_stock, 0);
	KTEST_EXPECT_EQ(t, settled_free_pages(), free);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

static void little_use_fills_no_stock(struct ktest *t)
{
	unsigned int round;

	drain_all_pages();
	for (round = 0; round < 2; round++) {
		give(take(512));
		KTEST_EXPECT_EQ(t, kernel_zone()->nr_stock, 0);
	}
}

static void without_arrays_there_is_no_stock(struct ktest *t)
{
	if (!used_in_earnest(t))
		return;
	pcp_disable();
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	give(take(MANY));
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	pcp_enable();
}

/* What the stock holds merges again before a large request fails. */
static void large_request_gets_what_the_stock_holds(struct ktest *t)
{
	struct page *page, *next;
	unsigned int n = 0;
	LIST_HEAD(taken);

	if (!used_in_earnest(t) || skip_on_a_huge_machine(t))
		return;
	while ((page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN,
				   MAX_PAGE_ORDER))) {
		list_add(&page->lru, &taken);
		n++;
	}
	if (!n)
		ktest_skip(t, "no free block of the largest order");
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, MAX_PAGE_ORDER);
}

/* The chain on top of any type's stock, or NULL. */
static struct page *top_chain(struct zone *zone, enum migratetype *mt)
{
	unsigned int i;

	for (i = 0; i < MIGRATE_PCPTYPES; i++)
		if (zone->stock[i]) {
			*mt = (enum migratetype)i;
			return zone->stock[i];
		}
	return NULL;
}

static unsigned int take_chain(struct zone *zone, enum migratetype mt,
			       struct page **got)
{
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&zone->lock, flags);
	n = stock_take(zone, mt, got);
	spin_unlock_irqrestore(&zone->lock, flags);
	return n;
}

/* The page to be damaged: a chain's first. NULL: it is told why. */
static struct page *chain_to_damage(struct ktest *t, enum migratetype *mt)
{
	struct page *chain;

	if (!used_in_earnest(t))
		return NULL;
	chain = top_chain(kernel_zone(), mt);
	KTEST_EXPECT_NOT_NULL(t, chain);
	return chain;
}

/* Told, not handed out; and what hung behind it is not believed. */
static void damaged_page_of_the_stock_is_not_handed_out(struct ktest *t)
{
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct page *got[PCP_BATCH_MOST], *bad = chain_to_damage(t, &mt);
	unsigned int i, n = 0;

	if (!bad)
		return;
	bad->order = 7;
	KTEST_EXPECT_STREQ(t, pcp_validate(),
			   "pcp: the stock names no free page");
	KTEST_EXPECT_REPORTS(t, 1, "in a CPU's array of order 0",
			     n = take_chain(kernel_zone(), mt, got));
	KTEST_EXPECT_EQ(t, n, 0);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	/* the case puts right what it broke */
	for (i = 0; bad; bad = got[0], i++) {
		got[0] = bad->next_in_chain;
		bad->order = 0;
		free_unref_page(bad, 0);
	}
	KTEST_EXPECT_LT(t, 0, i);
}

/* Somebody wrote page->private after his free. */
static void link_that_was_written_over_is_not_followed(struct ktest *t)
{
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct page *got[PCP_BATCH_MOST], *bad = chain_to_damage(t, &mt), *next;
	unsigned int n = 0;

	if (!bad)
		return;
	next = bad->next_in_chain;
	bad->private = 0x1230;
	KTEST_EXPECT_REPORTS(t, 1, "in a CPU's array of order 0",
			     n = take_chain(kernel_zone(), mt, got));
	KTEST_EXPECT_EQ(t, n, 1);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	/* the case puts right what it broke */
	free_unref_page(got[0], 0);
	for (bad = next; bad; bad = next) {
		next = bad->next_in_chain;
		free_unref_page(bad, 0);
	}
}

/* High memory, too, wherever its descriptors lie. */
static void pages_of_high_memory_come_back_from_the_stock(struct ktest *t)
{
	struct zone *zone = node_zonelist(NUMA_NO_NODE,
					  GFP_HIGHUSER)->zones[0];
	unsigned int n, round;

	if (zone->nr_free_pages < 6UL * MANY) {
		ktest_skip(t, "there is little high memory");
		return;
	}
	drain_all_pages();
	for (round = 0; round < 3; round++) {
		for (n = 0; n < MANY; n++) {
			pages[n] = alloc_page(GFP_HIGHUSER | __GFP_NOWARN |
					      __GFP_NORETRY);
			if (!pages[n])
				break;
		}
		give(n);
	}
	KTEST_EXPECT_LT(t, 0, zone->nr_stock);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	drain_all_pages();
}

/* Or a list through page->lru: nothing of the type is to be found then. */
static void chain_that_leads_nowhere_is_abandoned(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct page *got[PCP_BATCH_MOST], *bad = chain_to_damage(t, &mt);
	struct page *chain;
	struct list_head lru;
	unsigned int n = 0;

	if (!bad)
		return;
	lru = bad->lru;
	INIT_LIST_HEAD(&bad->lru);
	KTEST_EXPECT_REPORTS(t, 1, "in a CPU's array of order 0",
			     n = take_chain(zone, mt, got));
	KTEST_EXPECT_EQ(t, n, 0);
	KTEST_EXPECT_NULL(t, zone->stock[mt]);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	/* the case puts right what it broke */
	bad->lru = lru;
	zone->stock[mt] = bad;
	for (chain = bad; chain; chain = chain->next_chain)
		zone->nr_stock += chain->chain_length;
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

#define STOCK_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, pcp_validate(), words)

static void stock_is_checked(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct page *chain = chain_to_damage(t, &mt), *last = chain;

	if (!chain)
		return;
	STOCK_NAMES(t, zone->nr_stock, zone->nr_stock + 1,
		    "pcp: nr_stock is not what is in the stock");
	STOCK_NAMES(t, chain->chain_length, chain->chain_length - 1,
		    "pcp: a chain of the stock says another length");
	STOCK_NAMES(t, chain->zone_id, chain->zone_id ^ 1,
		    "pcp: the stock names no free page");
	STOCK_NAMES(t, chain->type, PAGE_ALLOC,
		    "pcp: the stock names no free page");
	while (last->next_in_chain)
		last = last->next_in_chain;
	STOCK_NAMES(t, last->zone_id, last->zone_id ^ 1,
		    "pcp: the stock names no free page");
	STOCK_NAMES(t, last->next_in_chain, chain,
		    "pcp: a chain of the stock is too long");
}

/* The chain behind is another type's, and stays counted. */
static void other_types_stock_outlives_an_abandoned_one(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	enum migratetype mt = MIGRATE_UNMOVABLE, other;
	struct page *got[PCP_BATCH_MOST], *bad = chain_to_damage(t, &mt);
	struct page *behind = bad ? bad->next_chain : NULL;
	unsigned long length, before = zone->nr_stock;

	if (!behind)
		return;
	other = mt == MIGRATE_MOVABLE ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
	KTEST_ASSERT_NULL(t, zone->stock[other]);
	zone->stock[other] = behind;
	bad->next_chain = NULL;
	length = bad->chain_length;
	bad->chain_length = 0;
	KTEST_EXPECT_REPORTS(t, 1, "in a CPU's array of order 0",
			     take_chain(zone, mt, got));
	KTEST_EXPECT_EQ(t, zone->nr_stock, before - length);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	/* the case puts right what it broke */
	bad->chain_length = length;
	bad->next_chain = behind;
	zone->stock[other] = NULL;
	zone->stock[mt] = bad;
	zone->nr_stock = before;
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

/* All of one type's stock becomes that of another, as it were. */
static void rename_stock(struct zone *zone, enum migratetype from,
			 enum migratetype to)
{
	struct page *chain = zone->stock[from];

	zone->stock[from] = NULL;
	zone->stock[to] = chain;
}

static void expect_none_but(struct ktest *t, struct zone *zone,
			    enum migratetype only)
{
	unsigned int mt;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++) {
		struct page *page;

		if (mt == only)
			continue;
		page = pcp_refill_from_stock(zone, (enum migratetype)mt);
		KTEST_EXPECT_NULL(t, page);
		if (page)
			free_unref_page(page, 0);
	}
}

static void no_type_gets_what_the_stock_has_of_another(struct ktest *t)
{
	enum migratetype mt = MIGRATE_UNMOVABLE, last;
	struct zone *zone = kernel_zone();
	unsigned long before;
	unsigned int to;

	if (!chain_to_damage(t, &mt))
		return;
	last = mt;
	before = zone->nr_stock;
	for (to = 0; to < MIGRATE_PCPTYPES; to++)
		KTEST_ASSERT_TRUE(t, to == mt || !zone->stock[to]);
	for (to = 0; to < MIGRATE_PCPTYPES; to++) {
		rename_stock(zone, last, (enum migratetype)to);
		last = (enum migratetype)to;
		expect_none_but(t, zone, last);
	}
	rename_stock(zone, last, mt);
	KTEST_EXPECT_EQ(t, zone->nr_stock, before);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

static bool lies_in_stock(const struct zone *zone, enum migratetype mt,
			  const struct page *page)
{
	const struct page *chain, *p;

	for (chain = zone->stock[mt]; chain; chain = chain->next_chain)
		for (p = chain; p; p = p->next_in_chain)
			if (p == page)
				return true;
	return false;
}

/* The others do, or go to the zone's lists if they lie in its last part. */
static void damaged_page_does_not_reach_the_stock(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct page *got[PCP_BATCH_MOST];
	unsigned long flags, before;
	unsigned int n;

	if (!chain_to_damage(t, &mt))
		return;
	before = zone->nr_stock;
	n = take_chain(zone, mt, got);
	KTEST_ASSERT_TRUE(t, n > 1);
	got[1]->order = 7;
	report_capture_start();
	spin_lock_irqsave(&zone->lock, flags);
	stock_put(zone, mt, (void *const *)got, n);
	spin_unlock_irqrestore(&zone->lock, flags);
	ktest_check_reports(t, __FILE__, __LINE__, 1,
			    "in a CPU's array of order 0");
	KTEST_EXPECT_LT(t, zone->nr_stock, before);
	KTEST_EXPECT_FALSE(t, lies_in_stock(zone, mt, got[1]));
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	got[1]->order = 0;
	free_unref_page(got[1], 0);
}

/* What the array has no room for goes to the zone, page by page. */
static void stock_never_overfills_an_array(struct ktest *t)
{
	unsigned int cpu = smp_processor_id(), i;
	enum migratetype mt = MIGRATE_UNMOVABLE;
	struct zone *zone = kernel_zone();
	struct page *got[4];
	unsigned long sum;

	if (!chain_to_damage(t, &mt))
		return;
	sum = zone->nr_free_pages + zone_pcp_pages(zone, cpu) + zone->nr_stock;
	for (i = 0; i < ARRAY_SIZE(got); i++) {
		got[i] = pcp_refill_from_stock(zone, mt);
		sum -= got[i] != NULL;
		KTEST_EXPECT_EQ(t, zone->nr_free_pages +
				zone_pcp_pages(zone, cpu) + zone->nr_stock,
				sum);
		KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	}
	while (i--)
		if (got[i])
			free_unref_page(got[i], 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pages_wanted_again_stay_in_the_stock),
	KTEST_CASE(draining_empties_the_stock),
	KTEST_CASE(little_use_fills_no_stock),
	KTEST_CASE(without_arrays_there_is_no_stock),
	KTEST_CASE(large_request_gets_what_the_stock_holds),
	KTEST_CASE(damaged_page_of_the_stock_is_not_handed_out),
	KTEST_CASE(pages_of_high_memory_come_back_from_the_stock),
	KTEST_CASE(link_that_was_written_over_is_not_followed),
	KTEST_CASE(chain_that_leads_nowhere_is_abandoned),
	KTEST_CASE(other_types_stock_outlives_an_abandoned_one),
	KTEST_CASE(no_type_gets_what_the_stock_has_of_another),
	KTEST_CASE(damaged_page_does_not_reach_the_stock),
	KTEST_CASE(stock_never_overfills_an_array),
	KTEST_CASE(stock_is_checked),
	{}
};
KTEST_SUITE_FIXTURE(pcp_stock, cases, need_a_large_zone, NULL);

/* ----- a full array's pages, in a zone of our own ------------------------- */

/* Frames [start, end) of the arena go back to the zone. */
static void free_frames(struct zone *zone, unsigned long start,
			unsigned long end)
{
	for (; start < end; start++)
		zone_free(zone, pfn_to_page(start));
}

/* As an array would have them. */
static void make_array(void **slots, unsigned long pfn, unsigned int nr)
{
	while (nr--) {
		struct page *page = pfn_to_page(pfn + nr);

		page->type = PAGE_PCP;
		slots[nr] = page;
	}
}

/*
 * Half of the zone is free, so what lies below the middle is not packed: it
 * merges; what lies above stays at hand.
 */
static void pages_not_packed_go_to_the_free_lists(struct ktest *t)
{
	const unsigned long half = MAX_ORDER_NR_PAGES / 2;
	struct arena arena;
	struct zone *zone = private_zone_of_one_block(t, &arena);
	void *array[8];
	unsigned int i;

	if (!zone)
		return;
	zone_feed(zone, arena.pfn, arena.pages);
	for (i = 0; i < arena.pages; i++)
		zone_alloc(zone, 0, MIGRATE_MOVABLE);
	free_frames(zone, arena.pfn + half / 2, arena.pfn + half / 2 + half);
	make_array(array, arena.pfn, 4);
	make_array(array + 4, arena.pfn + arena.pages - 4, 4);
	stock_put(zone, MIGRATE_MOVABLE, array, 8);
	KTEST_EXPECT_EQ(t, zone->nr_stock, 4);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, half + 4);
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
	KTEST_EXPECT_EQ(t, stock_drain(zone), 4);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, half + 8);
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
	arena_put(&arena);
}

static void stock_is_an_eighth_of_its_zone_at_most(struct ktest *t)
{
	struct zone zone = { .managed_pages = 80000, .nr_asked = 1UL << 20,
			     .nr_stock = 9999 };

	if (pcp_is_disabled()) {
		ktest_skip(t, "the arrays are put aside");
		return;
	}
	KTEST_EXPECT_TRUE(t, stock_wants(&zone));
	zone.nr_stock++;
	KTEST_EXPECT_FALSE(t, stock_wants(&zone));
}

static const struct ktest_case put_cases[] = {
	KTEST_CASE(stock_is_an_eighth_of_its_zone_at_most),
	KTEST_CASE(pages_not_packed_go_to_the_free_lists),
	{}
};
KTEST_SUITE(pcp_stock_put, put_cases);

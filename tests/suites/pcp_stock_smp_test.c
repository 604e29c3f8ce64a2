/*
 * The zone's stock, which all CPUs fill and empty at once: no page of it has
 * two owners, and none is lost.
 */
#include <lib/kernel.h>
#include <mm/memory_model.h>

#include "pcp_fixture.h"
#include "stress.h"

/* Of each CPU; two of them need more than a zone gives before it keeps any. */
#define PAGES 1536U

static void need_a_large_zone(struct ktest *t)
{
	need_arrays(t);
	if (kernel_zone()->nr_free_pages < 4UL * PAGES * stress_count(1))
		ktest_skip(t, "the zone is too small");
}

static void take(struct list_head *pages, u64 id)
{
	unsigned int n;

	for (n = 0; n < PAGES; n++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_NOWARN);

		if (!page)
			return;
		list_add(&page->lru, pages);
		stress_fill(lowmem_page_address(page), 64, id);
	}
}

static void give(struct stressor *me, struct list_head *pages, u64 id)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		stress_verify(me, lowmem_page_address(page), 64, id);
		__free_page(page);
	}
}

static void use_in_earnest(struct stressor *me)
{
	unsigned int rounds = 1 + stress_rounds(5);

	stress_meet(me);
	while (rounds--) {
		u64 id = stress_new_id(me);
		LIST_HEAD(pages);

		take(&pages, id);
		give(me, &pages, id);
	}
}

static void all_cpus_share_the_stock(struct ktest *t)
{
	stress_run(t, 1, use_in_earnest, NULL);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	drain_all_pages();
	KTEST_EXPECT_EQ(t, kernel_zone()->nr_stock, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_cpus_share_the_stock),
	{}
};
KTEST_SUITE_FIXTURE(pcp_stock_smp, cases, need_a_large_zone, NULL);

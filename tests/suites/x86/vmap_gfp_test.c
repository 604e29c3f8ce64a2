/*
 * Page tables of an area are asked for as the area was: who must not sleep
 * gets none by sleeping, who wants no warning hears none. Only requests for
 * tables are made to fail, of one kind at a time.
 */
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/vmalloc.h>

#include "../fail_pages.h"

#define PAGES 20UL	/* too many for a small area: it has its own table */

static void set_up(struct ktest *t)
{
	if (VMAP_AREA_ALIGN == PAGE_SIZE) {
		ktest_skip(t, "all tables are made at boot");
		return;
	}
	vmalloc_trim();
	fail_pages_set_up(t);
}

/* From now on, of requests for tables, those that the filter lets through. */
static void fail_tables(bool ignore_wait, bool ignore_atomic)
{
	fail_pages(ignore_wait, ignore_atomic);
	strscpy(fail_page_alloc.attr.caller, "pgtable_page_alloc",
		sizeof(fail_page_alloc.attr.caller));
}

static void *area(gfp_t gfp)
{
	return __vmalloc(PAGES * PAGE_SIZE, gfp);
}

/* Has an area with this gfp its tables, while those of one kind fail? */
static bool gets_tables(gfp_t gfp)
{
	void *p = area(gfp | __GFP_NOWARN);
	bool success = p;

	vfree(p);
	vm_unmap_aliases();
	return success;
}

static void who_may_not_sleep_asks_for_tables_so(struct ktest *t)
{
	if (!fail_pages_is_set_up)
		return;
	fail_tables(true, false);
	KTEST_EXPECT_FALSE(t, gets_tables(GFP_NOWAIT));
	KTEST_EXPECT_FALSE(t, gets_tables(GFP_ATOMIC));
	KTEST_EXPECT_TRUE(t, gets_tables(GFP_KERNEL));
	KTEST_EXPECT_TRUE(t, gets_tables(GFP_NOFS));
}

static void who_may_sleep_asks_for_tables_so(struct ktest *t)
{
	if (!fail_pages_is_set_up)
		return;
	fail_tables(false, true);
	KTEST_EXPECT_TRUE(t, gets_tables(GFP_NOWAIT));
	KTEST_EXPECT_TRUE(t, gets_tables(GFP_ATOMIC));
	KTEST_EXPECT_FALSE(t, gets_tables(GFP_KERNEL));
}

static void who_may_not_fail_gets_tables(struct ktest *t)
{
	if (!fail_pages_is_set_up)
		return;
	fail_tables(false, false);
	KTEST_EXPECT_FALSE(t, gets_tables(GFP_KERNEL));
	KTEST_EXPECT_TRUE(t, gets_tables(GFP_KERNEL | __GFP_NOFAIL));
}

static void who_wants_no_warning_hears_none_of_tables(struct ktest *t)
{
	void *p;

	if (!fail_pages_is_set_up)
		return;
	fail_tables(false, false);
	p = area(GFP_KERNEL | __GFP_NOWARN);
	KTEST_EXPECT_NULL(t, p);
	vfree(p);
	KTEST_EXPECT_NE(t, fail_page_alloc.attr.injected, 0);
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.told, 0);
	vm_unmap_aliases();
}

/* Of pages of others; the second time there are tables. */
static void check_map(struct ktest *t, struct page **pages, unsigned int n)
{
	char *p;

	fail_tables(false, false);
	fail_page_alloc.attr.verbose = 0;
	p = vmap(pages, n, VM_MAP, PAGE_KERNEL);
	KTEST_EXPECT_NULL(t, p);
	vunmap(p);
	fail_page_alloc.attr.probability = 0;
	p = vmap(pages, n, VM_MAP, PAGE_KERNEL);
	if (KTEST_EXPECT_NOT_NULL(t, p))
		p[n * PAGE_SIZE - 1] = 1;
	vunmap(p);
	vmalloc_trim();
}

static void map_without_tables_is_none(struct ktest *t)
{
	struct page *pages[PAGES], *page;
	unsigned int i;

	if (!fail_pages_is_set_up)
		return;
	page = alloc_page(GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 0; i < PAGES; i++)
		pages[i] = page;
	check_map(t, pages, PAGES);
	__free_page(page);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(who_may_not_sleep_asks_for_tables_so),
	KTEST_CASE(who_may_sleep_asks_for_tables_so),
	KTEST_CASE(who_may_not_fail_gets_tables),
	KTEST_CASE(who_wants_no_warning_hears_none_of_tables),
	KTEST_CASE(map_without_tables_is_none),
	{}
};
KTEST_SUITE_FIXTURE(vmap_gfp, cases, set_up, fail_pages_tear_down);

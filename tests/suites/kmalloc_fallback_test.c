/*
 * When kvmalloc() goes the other way, to vmalloc(), and how hard it tries
 * before. Requests of one kind at a time are made to fail.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "../../mm/internal.h"
#include "fail_pages.h"
#include "no_guards.h"
#include "slub_fixture.h"

static struct failslab old_slab;

static void set_up(struct ktest *t)
{
	no_guards(t);
	old_slab = failslab;
	fail_pages_set_up(t);
}

static void tear_down(struct ktest *t)
{
	failslab = old_slab;
	fail_pages_tear_down(t);
	guards_again(t);
}

/* Pages, asked for by who may not sleep. */
static void fail_sleepless_pages(void)
{
	fail_pages(true, false);
}

/* Objects of kmalloc()'s, asked for by who may not sleep, or by anybody. */
static void fail_objects(bool ignore_wait)
{
	failslab = (struct failslab){
		.attr = FAULT_ATTR_INITIALIZER("failslab"),
		.max_size = ~0U, .gfp.ignore_wait = ignore_wait,
	};
	failslab.attr.times = -1;
	failslab.attr.probability = 100;
	strscpy(failslab.cache, "kmalloc-*", sizeof(failslab.cache));
}

static void fail_none(void)
{
	fail_no_pages();
	failslab.attr.probability = 0;
}

static void large_block_is_worth_no_sleep_and_no_warning(struct ktest *t)
{
	void *p;

	if (!fail_pages_is_set_up)
		return;
	fail_sleepless_pages();
	p = kvmalloc(SZ_64K, GFP_KERNEL);
	fail_none();
	KTEST_EXPECT_TRUE(t, is_vmalloc_addr(p));
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.told, 0);
	kvfree(p);
	fail_objects(true);
	p = kvmalloc(PAGE_SIZE + 1, GFP_KERNEL);
	fail_none();
	KTEST_EXPECT_TRUE(t, is_vmalloc_addr(p));
	KTEST_EXPECT_NE(t, failslab.attr.injected, 0);
	KTEST_EXPECT_EQ(t, failslab.attr.told, 0);
	kvfree(p);
}

static void large_block_is_tried_as_hard_as_one_says(struct ktest *t)
{
	void *p;

	if (!fail_pages_is_set_up)
		return;
	fail_sleepless_pages();
	p = kvmalloc(SZ_64K, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	fail_none();
	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_FALSE(t, is_vmalloc_addr(p));
	kvfree(p);
}

/* Where there is no other way it is asked for as the caller said. */
static void up_to_a_page_there_is_no_other_way(struct ktest *t)
{
	void *p, *q;

	if (!fail_pages_is_set_up)
		return;
	fail_objects(false);
	p = kvmalloc(PAGE_SIZE, GFP_MUST);
	q = kvmalloc(PAGE_SIZE + 1, GFP_MUST);
	KTEST_EXPECT_NULL(t, kvmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN));
	fail_none();
	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_FALSE(t, is_vmalloc_addr(p));
	KTEST_EXPECT_TRUE(t, is_vmalloc_addr(q));
	kvfree(p);
	kvfree(q);
}

static void other_way_keeps_to_the_node(struct ktest *t)
{
	struct page *page;
	void *p;
	int nid;

	if (!fail_pages_is_set_up)
		return;
	fail_sleepless_pages();
	for_each_online_node(nid) {
		page = alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE |
					     __GFP_NOWARN, MAX_PAGE_ORDER);
		if (!page)
			continue;
		__free_pages(page, MAX_PAGE_ORDER);
		p = kvmalloc_node(SZ_64K, GFP_KERNEL, nid);
		KTEST_EXPECT_TRUE(t, is_vmalloc_addr(p));
		if (is_vmalloc_addr(p))
			KTEST_EXPECT_EQ(t, early_pfn_to_nid(vmalloc_to_pfn(p)),
					nid);
		kvfree(p);
	}
	fail_none();
}

static const struct ktest_case cases[] = {
	KTEST_CASE(large_block_is_worth_no_sleep_and_no_warning),
	KTEST_CASE(large_block_is_tried_as_hard_as_one_says),
	KTEST_CASE(up_to_a_page_there_is_no_other_way),
	KTEST_CASE(other_way_keeps_to_the_node),
	{}
};
KTEST_SUITE_FIXTURE(kmalloc_fallback, cases, set_up, tear_down);

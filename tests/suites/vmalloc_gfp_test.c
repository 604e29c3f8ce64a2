/*
 * With what gfp vmalloc() asks for pages. A large block is worth neither sleep
 * nor a warning nor a reserve: a smaller one does as well. Single pages are
 * asked for as the caller said. Requests of one kind at a time are made to
 * fail, or there is little memory.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "../../mm/internal.h"
#include "fail_pages.h"
#include "slub_fixture.h"

#define PAGES 16UL

static size_t blocks_of(const void *p)
{
	return list_count_nodes(&find_vm_area(p)->blocks);
}

static void large_blocks_do_not_sleep_and_single_pages_may(struct ktest *t)
{
	void *p;

	if (!fail_pages_is_set_up)
		return;
	fail_pages(true, false);
	p = vmalloc(PAGES * PAGE_SIZE);
	fail_no_pages();
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, blocks_of(p), PAGES);
	KTEST_EXPECT_NE(t, fail_page_alloc.attr.injected, 0);
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.told, 0);
	vfree(p);
}

static void large_blocks_may_fail_and_single_pages_not(struct ktest *t)
{
	void *p;

	if (!fail_pages_is_set_up)
		return;
	fail_pages(false, false);
	p = __vmalloc(PAGES * PAGE_SIZE, GFP_MUST);
	fail_no_pages();
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, blocks_of(p), PAGES);
	vfree(p);
}

/*
 * One block of just that size is all there is, and whoever takes it whole
 * leaves less than the watermark; smaller ones may not. Of zone DMA: what is
 * high is not drained.
 */
static void large_blocks_leave_the_reserves_alone(struct ktest *t)
{
	const unsigned int order = ilog2(PAGES);
	const struct zone *zone;
	struct page *block;
	struct drained d;
	bool reserve;
	void *p;

	if (!fail_pages_is_set_up)
		return;
	block = alloc_pages(GFP_KERNEL | GFP_DMA, order);
	if (!block) {
		ktest_skip(t, "zone DMA is used up");
		return;
	}
	vfree(vmalloc(PAGES * PAGE_SIZE));	/* so there are addresses */
	vm_unmap_aliases();
	drain_pages(&d);
	zone = page_zone(block);
	__free_pages(block, order);
	reserve = !zone_watermark_ok(zone, order, min_wmark_pages(zone),
				     gfp_zone(GFP_DMA), 0);
	p = __vmalloc(PAGES * PAGE_SIZE, GFP_NOWAIT | GFP_DMA |
					__GFP_MEMALLOC);
	undrain_pages(&d);
	KTEST_ASSERT_NOT_NULL(t, p);
	if (reserve)
		KTEST_EXPECT_GT(t, blocks_of(p), 1);
	else
		ktest_skip(t, "zone DMA is too small for a reserve");
	vfree(p);
}

/* Where the pages are to lie says nothing of descriptors and tables. */
static void areas_are_written_about_in_any_memory(struct ktest *t)
{
	static const gfp_t places[] = {
		__GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_MOVABLE,
		__GFP_RECLAIMABLE, __GFP_THISNODE, __GFP_ZERO,
	};
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		void *p = __vmalloc(PAGE_SIZE, gfp | places[i]);

		if (p)
			KTEST_EXPECT_EQ(t, find_vm_area(p)->gfp, gfp);
		vfree(p);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(large_blocks_do_not_sleep_and_single_pages_may),
	KTEST_CASE(large_blocks_may_fail_and_single_pages_not),
	KTEST_CASE(large_blocks_leave_the_reserves_alone),
	KTEST_CASE(areas_are_written_about_in_any_memory),
	{}
};
KTEST_SUITE_FIXTURE(vmalloc_gfp, cases, fail_pages_set_up,
		    fail_pages_tear_down);

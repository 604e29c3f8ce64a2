/*
 * init_on_alloc=1 and init_on_free=1: pages of every order and shape are
 * cleared when they come, and when they go.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/init_on.h>
#include <mm/page_poison.h>
#include <mm/slab.h>

#include "settled.h"

#define NR_BULK 20

static bool bytes_are(const void *p, u8 value, size_t n)
{
	const u8 *byte = p;

	while (n && *byte == value) {
		byte++;
		n--;
	}
	return !n;
}

static bool pages_are(struct page *page, u8 value, unsigned int order)
{
	unsigned long i;
	bool ok = true;

	for (i = 0; ok && i < 1UL << order; i++) {
		void *p = kmap_local_must(page + i);

		ok = bytes_are(p, value, PAGE_SIZE);
		kunmap_local(p);
	}
	return ok;
}

static void dirty_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		memset_page(page + i, 0, 0x5c, PAGE_SIZE);
}

/* What comes next is, as far as possible, memory somebody wrote to. */
static void dirty_free_memory(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

	if (!page)
		return;
	dirty_pages(page, order);
	__free_pages(page, order);
}

static void gfp_says_whether_it_is_cleared(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, want_init_on_alloc(GFP_KERNEL | __GFP_ZERO));
	KTEST_EXPECT_EQ(t, want_init_on_alloc(GFP_KERNEL), init_on_alloc);
	KTEST_EXPECT_EQ(t, want_init_on_free(), init_on_free);
}

static const gfp_t gfps[] = { GFP_KERNEL, GFP_HIGHUSER, GFP_DMA | GFP_KERNEL };

/* True: gfp with what makes it be cleared in this boot; skipped otherwise. */
static bool clears(struct ktest *t, gfp_t gfp)
{
	if (!want_init_on_alloc(gfp))
		ktest_skip(t, "init_on_alloc is off");
	return want_init_on_alloc(gfp);
}

static void expect_clear_blocks(struct ktest *t, gfp_t zero)
{
	unsigned int order, i;

	if (!clears(t, zero))
		return;
	for (i = 0; i < NR_PAGE_ORDERS * ARRAY_SIZE(gfps); i++) {
		gfp_t gfp = gfps[i % ARRAY_SIZE(gfps)];
		struct page *page;

		order = i / ARRAY_SIZE(gfps);
		dirty_free_memory(gfp, order);
		page = alloc_pages(gfp | zero | __GFP_NOWARN, order);
		if (!page)
			continue;
		KTEST_EXPECT_TRUE(t, pages_are(page, 0, order));
		dirty_pages(page, order);
		__free_pages(page, order);
	}
}

static void asked_for_zeroes_every_order_is_zero(struct ktest *t)
{
	expect_clear_blocks(t, __GFP_ZERO);
}

static void every_order_is_zero_unasked(struct ktest *t)
{
	expect_clear_blocks(t, 0);
}

static void large_kmalloc_is_zero_unasked(struct ktest *t)
{
	size_t size;

	if (!clears(t, 0))
		return;
	for (size = 2 * KMALLOC_MAX_CACHE_SIZE; size <= 1UL << 20; size *= 2) {
		void *p;

		dirty_free_memory(GFP_KERNEL, __fls(size / PAGE_SIZE));
		p = kmalloc(size, GFP_KERNEL | __GFP_NOWARN);
		if (p)
			KTEST_EXPECT_TRUE(t, bytes_are(p, 0, size));
		kfree(p);
	}
}

static void bulk_pages_are_zero_unasked(struct ktest *t)
{
	struct page *pages[NR_BULK] = { NULL };
	unsigned long i;

	if (!clears(t, 0))
		return;
	dirty_free_memory(GFP_KERNEL, 5);
	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_KERNEL, NR_BULK, pages),
			NR_BULK);
	for (i = 0; i < NR_BULK; i++)
		if (pages[i]) {
			KTEST_EXPECT_TRUE(t, pages_are(pages[i], 0, 0));
			__free_page(pages[i]);
		}
}

static void exact_pages_are_zero_unasked(struct ktest *t)
{
	void *p;

	if (!clears(t, 0))
		return;
	dirty_free_memory(GFP_KERNEL, 3);
	p = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_TRUE(t, bytes_are(p, 0, 5 * PAGE_SIZE));
	free_pages_exact(p, 5 * PAGE_SIZE);
}

/* What free memory holds in this boot; false: anything. */
static bool free_contents(u8 *value)
{
	*value = page_poisoning_enabled() ? PAGE_POISON : 0;
	return page_poisoning_enabled() || want_init_on_free();
}

static void freed_pages_keep_nothing(struct ktest *t)
{
	unsigned int order, i;
	u8 value;

	if (!free_contents(&value)) {
		ktest_skip(t, "init_on_free is off");
		return;
	}
	for (i = 0; i < NR_PAGE_ORDERS * ARRAY_SIZE(gfps); i++) {
		struct page *page;

		order = i / ARRAY_SIZE(gfps);
		page = alloc_pages(gfps[i % ARRAY_SIZE(gfps)] | __GFP_NOWARN,
				   order);
		if (!page)
			continue;
		dirty_pages(page, order);
		__free_pages(page, order);
		KTEST_EXPECT_TRUE(t, pages_are(page, value, order));
	}
}

static void freed_large_kmalloc_keeps_nothing(struct ktest *t)
{
	void *p = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);
	struct page *page;
	u8 value;

	KTEST_ASSERT_NOT_NULL(t, p);
	page = virt_to_page(p);
	memset(p, 0x5c, 5 * PAGE_SIZE);
	kfree(p);
	if (free_contents(&value))
		KTEST_EXPECT_TRUE(t, pages_are(page, value, 3));
	else
		ktest_skip(t, "init_on_free is off");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(gfp_says_whether_it_is_cleared),
	KTEST_CASE(asked_for_zeroes_every_order_is_zero),
	KTEST_CASE(every_order_is_zero_unasked),
	KTEST_CASE(large_kmalloc_is_zero_unasked),
	KTEST_CASE(bulk_pages_are_zero_unasked),
	KTEST_CASE(exact_pages_are_zero_unasked),
	KTEST_CASE(freed_pages_keep_nothing),
	KTEST_CASE(freed_large_kmalloc_keeps_nothing),
	{}
};
KTEST_SUITE(init_on, cases);

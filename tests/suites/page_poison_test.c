/*
 * Writes to free pages are found: on pages of the test's own in every boot,
 * and on free lists where page_poison=on.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_poison.h>

#include "../../mm/page_debug.h"
#include "settled.h"

#define ORDER 2

/* A block of the test's, filled as if it were free. */
static struct page *poisoned_block(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_HIGHUSER, ORDER);

	if (KTEST_EXPECT_NOT_NULL(t, page))
		page_poison_fill(page, ORDER);
	return page;
}

static void write_byte(struct page *page, size_t offset, u8 value)
{
	memset_page(page + offset / PAGE_SIZE, offset % PAGE_SIZE, value, 1);
}

static u8 read_byte(struct page *page, size_t offset)
{
	u8 value;

	memcpy_from_page(&value, page + offset / PAGE_SIZE, offset % PAGE_SIZE,
			 1);
	return value;
}

/* Checks the block: one report with these words, and none the second time. */
#define EXPECT_DAMAGE(t, page, words) do { \
	KTEST_EXPECT_REPORTS(t, 1, words, \
			     KTEST_EXPECT_FALSE(t, page_poison_check(page, \
								     ORDER))); \
	KTEST_EXPECT_TRUE(t, page_poison_check(page, ORDER)); \
} while (0)

static void fill_reaches_every_byte(struct ktest *t)
{
	struct page *page = poisoned_block(t);
	size_t i;

	if (!page)
		return;
	for (i = 0; i < PAGE_SIZE << ORDER; i += 61)
		KTEST_EXPECT_EQ(t, read_byte(page, i), PAGE_POISON);
	KTEST_EXPECT_EQ(t, read_byte(page, (PAGE_SIZE << ORDER) - 1),
			PAGE_POISON);
	KTEST_EXPECT_TRUE(t, page_poison_check(page, ORDER));
	__free_pages(page, ORDER);
}

static void any_byte_written_is_found_and_repaired(struct ktest *t)
{
	static const size_t offsets[] = {
		0, 1, 7, 8, 49, 4088, 4095, 4096, 8191, 8192, 16383
	};
	struct page *page = poisoned_block(t);
	unsigned int i;

	for (i = 0; page && i < ARRAY_SIZE(offsets); i++) {
		write_byte(page, offsets[i], 0x11);
		EXPECT_DAMAGE(t, page, "memory corruption");
		KTEST_EXPECT_EQ(t, read_byte(page, offsets[i]), PAGE_POISON);
	}
	if (page)
		__free_pages(page, ORDER);
}

static void one_bit_is_told_from_more(struct ktest *t)
{
	struct page *page = poisoned_block(t);
	unsigned int bit;

	for (bit = 0; page && bit < 8; bit++) {
		write_byte(page, 100, (u8)(PAGE_POISON ^ 1 << bit));
		EXPECT_DAMAGE(t, page, "single bit error");
		write_byte(page, 100, (u8)(PAGE_POISON ^ 3 << bit));
		if (bit < 7)
			EXPECT_DAMAGE(t, page, "memory corruption");
		else
			page_poison_fill(page, ORDER);
	}
	if (!page)
		return;
	write_byte(page, 100, PAGE_POISON ^ 1);
	write_byte(page, 200, PAGE_POISON ^ 1);
	EXPECT_DAMAGE(t, page, "memory corruption");
	__free_pages(page, ORDER);
}

static void report_names_the_bytes(struct ktest *t)
{
	struct page *page = poisoned_block(t);

	if (!page)
		return;
	write_byte(page, 0x1010, 0x17);
	write_byte(page, 0x1012, 0x18);
	EXPECT_DAMAGE(t, page, "bytes 0x1010 to 0x1012");
	write_byte(page, 0x1010, 0x17);
	write_byte(page, 0x1012, 0x18);
	EXPECT_DAMAGE(t, page, "found 17 aa 18 instead of 0xaa");
	write_byte(page, 5, 0x17);
	write_byte(page, 0x3fff, 0x18);
	EXPECT_DAMAGE(t, page, "bytes 0x5 to 0x3fff");
	__free_pages(page, ORDER);
}

/* ----- with page_poison=on ------------------------------------------------ */

static bool mode_is_on(struct ktest *t)
{
	if (!page_poisoning_enabled())
		ktest_skip(t, "page_poison is off");
	return page_poisoning_enabled();
}

static void free_memory_is_poison(struct ktest *t)
{
	if (!mode_is_on(t))
		return;
	KTEST_EXPECT_EQ(t, page_poison_check_all(), 0);
}

/* Two writes that one step sees are one report: so near to an earlier one? */
static bool shares_a_step(struct page *const *pages, unsigned int i)
{
	unsigned int k;

	for (k = 0; k < i; k++)
		if (pages[k] && page_to_pfn(pages[k]) / 128 ==
				page_to_pfn(pages[i]) / 128)
			return true;
	return false;
}

/* A block is freed; then someone writes to it. */
static void write_after_free(struct page *page, unsigned int order,
			     size_t offset)
{
	__free_pages(page, order);
	write_byte(page, offset, 0x55);
}

/* One of each order; all are taken before any is freed: they may merge then. */
static void write_to_free_pages_is_found_on_demand(struct ktest *t)
{
	static const unsigned int orders[] = { 0, 1, 4, MAX_PAGE_ORDER };
	struct page *pages[2 * ARRAY_SIZE(orders)];
	unsigned int i, written = 0;

	if (!mode_is_on(t))
		return;
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages((i % 2 ? GFP_HIGHUSER : GFP_KERNEL) |
				       __GFP_NOWARN, orders[i / 2]);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			__free_pages(pages[i], orders[i / 2]);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i] && !shares_a_step(pages, i)) {
			write_byte(pages[i], 50, 0x55);
			written++;
		}
	KTEST_EXPECT_REPORTS(t, written, "memory corruption",
			     KTEST_EXPECT_EQ(t, page_poison_check_all(),
					     written));
	KTEST_EXPECT_EQ(t, page_poison_check_all(), 0);
}

/* Asked for twice: the first refusal may be one that was injected. */
static struct page *take_any(gfp_t gfp)
{
	struct page *page;

	gfp |= __GFP_MEMALLOC | __GFP_NOWARN;
	page = alloc_page(gfp);
	return page ? page : alloc_page(gfp);
}

/* Single pages until the one we look for comes; all go back. */
static bool alloc_until(const struct page *wanted, gfp_t gfp)
{
	struct page *page, *next;
	bool found = false;
	LIST_HEAD(taken);

	while (!found && (page = take_any(gfp))) {
		list_add(&page->lru, &taken);
		found = page == wanted;
	}
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	return found;
}

static void write_to_a_free_page_is_found_when_handed_out(struct ktest *t)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL | __GFP_ZERO };
	unsigned int i;

	if (!mode_is_on(t))
		return;
	for (i = 0; i < ARRAY_SIZE(gfps); i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		KTEST_ASSERT_NOT_NULL(t, page);
		write_after_free(page, 0, 50);
		KTEST_EXPECT_REPORTS(t, 1, "memory corruption",
				     KTEST_EXPECT_TRUE(t,
					alloc_until(page, gfps[i])));
	}
}

static void zeroed_pages_are_zero_all_the_same(struct ktest *t)
{
	struct page *page;

	if (!mode_is_on(t))
		return;
	page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, ORDER);
	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_EQ(t, read_byte(page, 0), 0);
	KTEST_EXPECT_EQ(t, read_byte(page, (PAGE_SIZE << ORDER) - 1), 0);
	__free_pages(page, ORDER);
}

static void damaged_page_is_not_lost(struct ktest *t)
{
	unsigned long free = settled_free_pages();
	struct page *page;

	if (!mode_is_on(t))
		return;
	page = alloc_page(GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, page);
	write_after_free(page, 0, 0);
	KTEST_EXPECT_REPORTS(t, 1, "memory corruption",
			     alloc_until(page, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, settled_free_pages(), free);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(fill_reaches_every_byte),
	KTEST_CASE(any_byte_written_is_found_and_repaired),
	KTEST_CASE(one_bit_is_told_from_more),
	KTEST_CASE(report_names_the_bytes),
	KTEST_CASE(free_memory_is_poison),
	KTEST_CASE(write_to_free_pages_is_found_on_demand),
	KTEST_CASE(write_to_a_free_page_is_found_when_handed_out),
	KTEST_CASE(zeroed_pages_are_zero_all_the_same),
	KTEST_CASE(damaged_page_is_not_lost),
	{}
};
KTEST_SUITE(page_poison, cases);

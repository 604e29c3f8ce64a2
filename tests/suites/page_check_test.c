/* Frees that must be refused: each reported once, nothing changed by it. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/early.h>
#include <mm/kfence.h>
#include <mm/slab.h>

#include "../../mm/internal.h"

#define EXPECT_REFUSED(t, words, page, order) do { \
	unsigned long free_ = nr_free_pages(); \
	KTEST_EXPECT_REPORTS(t, 1, words, __free_pages(page, order)); \
	KTEST_EXPECT_EQ(t, nr_free_pages(), free_); \
} while (0)

/* Is this, formatted, in the last report? */
static __printf(1, 2) bool told(const char *fmt, ...)
{
	char words[128];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	return strstr(report_capture_text(), words) != NULL;
}

static void second_free_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	__free_pages(page, 1);
	EXPECT_REFUSED(t, "free", page, 1);
}

/* The block merged into a larger one: its head is inside that now. */
static void second_free_is_refused_after_a_merge(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	split_page(page, 1);
	__free_page(page);
	__free_page(page + 1);
	drain_local_pages();
	EXPECT_REFUSED(t, "already free", page + 1, 0);
}

static void wrong_order_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KTEST_ASSERT_NOT_NULL(t, page);
	EXPECT_REFUSED(t, "wrong order", page, 1);
	EXPECT_REFUSED(t, "wrong order", page, 3);
	EXPECT_REFUSED(t, "wrong order", page, 200);
	KTEST_EXPECT_TRUE(t, told("pfn %#lx order 200: wrong order, allocated with order 2, caller",
				  page_to_pfn(page)));
	KTEST_EXPECT_TRUE(t, told("allocated by %pS, 1 references\n",
				  (void *)page->private));
	__free_pages(page, 2);
}

static void page_inside_a_block_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 1; i < 8; i++) {
		EXPECT_REFUSED(t, "inside the block", page + i, 0);
		KTEST_EXPECT_TRUE(t, told("pfn %#lx order 0: inside the block at pfn %#lx order 3 (allocated)",
					  page_to_pfn(page + i),
					  page_to_pfn(page)));
	}
	__free_pages(page, 3);
}

static void compound_tail_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	EXPECT_REFUSED(t, "tail", page + 1, 0);
	__free_pages(page, 1);
}

static void block_without_a_reference_is_refused(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->_refcount = 0;
	EXPECT_REFUSED(t, "no reference left", page, 0);
	KTEST_EXPECT_REPORTS(t, 1, "no reference left", get_page(page));
	KTEST_EXPECT_REPORTS(t, 1, "no reference left", put_page(page));
	KTEST_EXPECT_EQ(t, page->_refcount, 0);
	page->_refcount = 1;
	__free_page(page);
}

/* Who takes or drops a reference names no order: the block's own is told. */
static void reference_to_no_block_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	struct page *none = (struct page *)((char *)page + 8);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->_refcount = 0;
	KTEST_EXPECT_REPORTS(t, 1, "order 2: no reference left",
			     get_page(page));
	KTEST_EXPECT_REPORTS(t, 1, "order 2: no reference left",
			     put_page(page));
	page->_refcount = 1;
	KTEST_EXPECT_REPORTS(t, 1, "get_page: page ", get_page(none));
	KTEST_EXPECT_TRUE(t, told("not a page descriptor"));
	KTEST_EXPECT_REPORTS(t, 1, "put_page: page ", put_page(none));
	__free_pages(page, 2);
}

/* As if it had been left out when memory was given to the zones. */
static void frame_of_ram_that_was_never_given_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	split_page(page, 1);
	page[1].type = PAGE_NONE;
	KTEST_EXPECT_NULL(t, block_head(page + 1));
	EXPECT_REFUSED(t, "never given to the allocator", page + 1, 0);
	page[1].type = PAGE_ALLOC;
	__free_page(page + 1);
	__free_page(page);
}

static void memory_that_nobody_has_used_yet_is_refused(struct ktest *t)
{
	struct page *head = NULL;
	struct zone *zone;

	for_each_populated_zone(zone)
		if (!list_empty(&zone->deferred))
			head = list_first_entry(&zone->deferred, struct page,
						buddy_list);
	if (!head) {
		ktest_skip(t, "all memory has been used");
		return;
	}
	EXPECT_REFUSED(t, "order 0: already free, never handed out", head, 0);
	EXPECT_REFUSED(t, "order 0: already free, never handed out", head + 1,
		       0);
}

static void slab_page_is_refused(struct ktest *t)
{
	void *p = kmalloc(64, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	EXPECT_REFUSED(t, is_kfence_address(p) ? "guarded object" : "slab",
		       virt_to_page(p), 0);
	kfree(p);
}

static void large_kmalloc_is_refused(struct ktest *t)
{
	void *p = kmalloc(4 * PAGE_SIZE, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	EXPECT_REFUSED(t, "large kmalloc", virt_to_page(p), 2);
	kfree(p);
}

static void page_table_is_refused(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->type = PAGE_TABLE;
	EXPECT_REFUSED(t, "order 0: page table, caller", page, 0);
	KTEST_EXPECT_FALSE(t, told(" references"));
	page->type = PAGE_ALLOC;
	__free_page(page);
}

static void unknown_type_is_refused_as_damaged(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->type = 0xee;
	EXPECT_REFUSED(t, "damaged", page, 0);
	page->type = NR_PAGE_TYPES;
	EXPECT_REFUSED(t, "damaged", page, 0);
	page->type = PAGE_ALLOC;
	__free_page(page);
}

/* By whom, too. */
static void page_set_aside_at_boot_is_refused(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long caller;

	KTEST_ASSERT_NOT_NULL(t, page);
	caller = page->private;		/* the same word */
	page->type = PAGE_RESERVED;
	page->owner = EARLY_PERCPU;
	EXPECT_REFUSED(t, "reserved (", page, 0);
	KTEST_EXPECT_TRUE(t, told("order 0: reserved (%s), caller",
				  early_owner_name(EARLY_PERCPU)));
	page->private = caller;
	page->type = PAGE_ALLOC;
	__free_page(page);
}

static void find_reserved(struct page *head, enum census_owner owner,
			  unsigned long nr, void *arg)
{
	if (head->type == PAGE_RESERVED && (!*(struct page **)arg || nr > 1))
		*(struct page **)arg = head;
}

static void reserved_page_is_refused(struct ktest *t)
{
	static struct census c;
	struct page *page = NULL;

	census_walk(&c, find_reserved, &page);
	if (!page) {
		ktest_skip(t, "nothing is reserved");
		return;
	}
	EXPECT_REFUSED(t, "reserved", page, page->order);
	if (page->order)
		EXPECT_REFUSED(t, "reserved", page + 1, 0);
}

static void frame_outside_ram_is_refused(struct ktest *t)
{
	struct pfn_range ram = { 0, 0 };
	unsigned long pfn;

	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		;
	pfn = ALIGN(ram.end, MAX_ORDER_NR_PAGES);
	if (pfn >= MAX_PFN) {
		ktest_skip(t, "RAM ends where frames end");
		return;
	}
	EXPECT_REFUSED(t, "outside RAM", pfn_to_page(pfn), 0);
	KTEST_EXPECT_TRUE(t, told("pfn %#lx: outside RAM, caller", pfn));
	EXPECT_REFUSED(t, "outside RAM", pfn_to_page(MAX_PFN - 1), 0);
}

static void pointer_to_no_descriptor_is_refused(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	EXPECT_REFUSED(t, "not a page descriptor",
		       (struct page *)((char *)page + 8), 0);
	EXPECT_REFUSED(t, "not a page descriptor", (struct page *)8, 0);
	EXPECT_REFUSED(t, "not a page descriptor", vmemmap - 1, 0);
	EXPECT_REFUSED(t, "not a page descriptor", pfn_to_page(MAX_PFN), 0);
	__free_page(page);
}

/* First frame after a range of RAM that ends inside a block. */
static unsigned long find_hole(void)
{
	struct pfn_range ram, next;
	unsigned long pfn;

	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		if (!IS_ALIGNED(ram.end, MAX_ORDER_NR_PAGES) &&
		    !(next_ram_range(ram.end, &next, NULL) &&
		      next.start == ram.end))
			return ram.end;
	return 0;
}

static void hole_is_refused(struct ktest *t)
{
	unsigned long pfn = find_hole();

	if (!pfn) {
		ktest_skip(t, "RAM has no hole inside a block");
		return;
	}
	EXPECT_REFUSED(t, "hole", pfn_to_page(pfn), 0);
}

static void address_inside_a_page_is_refused(struct ktest *t)
{
	unsigned long addr = __get_free_page(GFP_KERNEL);

	KTEST_ASSERT_TRUE(t, addr != 0);
	KTEST_EXPECT_REPORTS(t, 1, "not the start of a page",
			     free_page(addr + 8));
	free_page(addr);
}

static void wrong_exact_free_is_refused_page_by_page(struct ktest *t)
{
	char *p = alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	free_pages_exact(p, 3 * PAGE_SIZE);
	KTEST_EXPECT_REPORTS(t, 3, "free", free_pages_exact(p, 3 * PAGE_SIZE));
}

static void check_descriptor(struct ktest *t, unsigned long pfn)
{
	unsigned long block = ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
	struct pfn_range ram;
	bool holds_ram = next_ram_range(block, &ram, NULL) &&
			 ram.start < block + MAX_ORDER_NR_PAGES;

	if (pfn < MAX_PFN)
		KTEST_EXPECT_EQ(t, pfn_valid(pfn), holds_ram);
}

/* Asked around each range's ends, and those of its sections. */
static void descriptors_are_there_where_a_block_holds_ram(struct ktest *t)
{
	struct pfn_range ram;
	unsigned long pfn;

	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end) {
		unsigned long start = ALIGN_DOWN(ram.start, MAX_ORDER_NR_PAGES);
		unsigned long end = ALIGN(ram.end, MAX_ORDER_NR_PAGES);

		check_descriptor(t, start - 1);
		check_descriptor(t, start);
		check_descriptor(t, end - 1);
		check_descriptor(t, end);
		check_descriptor(t, ALIGN_DOWN(start, PAGES_PER_SECTION));
		check_descriptor(t, ALIGN(end, PAGES_PER_SECTION) - 1);
	}
}

/* Of a block that is handed out as one, or as compound pages. */
static void each_page_of_a_block_leads_to_its_head(struct ktest *t)
{
	static const gfp_t kinds[] = { 0, __GFP_COMP };
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		struct page *page = alloc_pages(GFP_KERNEL | kinds[k], 3);

		KTEST_ASSERT_NOT_NULL(t, page);
		for (i = 0; i < 8; i++)
			KTEST_EXPECT_PTR_EQ(t, block_head(page + i), page);
		__free_pages(page, 3);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(each_page_of_a_block_leads_to_its_head),
	KTEST_CASE(second_free_is_refused),
	KTEST_CASE(second_free_is_refused_after_a_merge),
	KTEST_CASE(wrong_order_is_refused),
	KTEST_CASE(page_inside_a_block_is_refused),
	KTEST_CASE(compound_tail_is_refused),
	KTEST_CASE(descriptors_are_there_where_a_block_holds_ram),
	KTEST_CASE(block_without_a_reference_is_refused),
	KTEST_CASE(reference_to_no_block_is_refused),
	KTEST_CASE(frame_of_ram_that_was_never_given_is_refused),
	KTEST_CASE(memory_that_nobody_has_used_yet_is_refused),
	KTEST_CASE(slab_page_is_refused),
	KTEST_CASE(large_kmalloc_is_refused),
	KTEST_CASE(page_table_is_refused),
	KTEST_CASE(unknown_type_is_refused_as_damaged),
	KTEST_CASE(page_set_aside_at_boot_is_refused),
	KTEST_CASE(reserved_page_is_refused),
	KTEST_CASE(frame_outside_ram_is_refused),
	KTEST_CASE(pointer_to_no_descriptor_is_refused),
	KTEST_CASE(hole_is_refused),
	KTEST_CASE(address_inside_a_page_is_refused),
	KTEST_CASE(wrong_exact_free_is_refused_page_by_page),
	{}
};
KTEST_SUITE(page_check, cases);

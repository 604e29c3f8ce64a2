/* Wrong frees of pages, and writes to free ones. */
#include <mm/highmem.h>
#include <mm/page_poison.h>

#include "detect.h"

static struct page *any_block(struct detect *d, unsigned int *order)
{
	*order = detect_below(d, 5);
	return alloc_pages(GFP_KERNEL, *order);
}

static bool try_free_a_page_twice(struct detect *d)
{
	unsigned int order;
	struct page *page = any_block(d, &order);

	if (!page)
		return false;
	__free_pages(page, order);
	__free_pages(page, order);
	return true;
}

static bool try_free_a_page_with_another_order(struct detect *d)
{
	unsigned int order, wrong;
	struct page *page = any_block(d, &order);

	if (!page)
		return false;
	wrong = detect_below(d, 10);
	__free_pages(page, wrong < order ? wrong : wrong + 1);
	__free_pages(page, order);
	return true;
}

static bool free_inside(struct detect *d, gfp_t gfp)
{
	unsigned int order = 1 + detect_below(d, 4);
	struct page *page = alloc_pages(GFP_KERNEL | gfp, order);

	if (!page)
		return false;
	__free_pages(page + 1 + detect_below(d, (1U << order) - 1),
		     detect_below(d, order));
	__free_pages(page, order);
	return true;
}

static bool try_free_a_page_inside_a_block(struct detect *d)
{
	return free_inside(d, 0);
}

static bool try_free_a_tail_page(struct detect *d)
{
	return free_inside(d, __GFP_COMP);
}

/* Page 0 is firmware's. */
static bool try_free_a_reserved_page(struct detect *d)
{
	__free_pages(pfn_to_page(0), detect_below(d, 4));
	return true;
}

static bool try_free_a_page_of_a_slab(struct detect *d)
{
	void *p = kmalloc(64, GFP_KERNEL);

	if (!p)
		return false;
	__free_pages(virt_to_page(p), detect_below(d, 4));
	kfree(p);
	return true;
}

/* Somewhere in it; then all free pages are looked at. */
static bool try_write_to_a_free_page(struct detect *d)
{
	unsigned int order;
	struct page *page = any_block(d, &order);
	volatile u8 *p;

	if (!page)
		return false;
	p = lowmem_page_address(page);
	__free_pages(page, order);
	p += detect_below(d, (unsigned int)PAGE_SIZE << order);
	*p ^= (u8)(1 + detect_below(d, 255));
	page_poison_check_all();
	return true;
}

DETECT_KIND(free_a_page_twice, DETECT_ALL)
DETECT_KIND(free_a_page_with_another_order, DETECT_ALL)
DETECT_KIND(free_a_page_inside_a_block, DETECT_ALL)
DETECT_KIND(free_a_tail_page, DETECT_ALL)
DETECT_KIND(free_a_reserved_page, DETECT_ALL)
DETECT_KIND(free_a_page_of_a_slab, DETECT_ALL)

/* Caches may debug without pages being poisoned. */
static void write_to_a_free_page(struct ktest *t)
{
	detect_run(t, "write_to_a_free_page", DETECT_KASAN |
		   (page_poisoning_enabled() ? DETECT_DEBUG : 0),
		   try_write_to_a_free_page);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(free_a_page_twice),
	KTEST_CASE(free_a_page_with_another_order),
	KTEST_CASE(free_a_page_inside_a_block),
	KTEST_CASE(free_a_tail_page),
	KTEST_CASE(free_a_reserved_page),
	KTEST_CASE(free_a_page_of_a_slab),
	KTEST_CASE(write_to_a_free_page),
	{}
};

KTEST_SUITE(detect_page, cases);

/* Pages of others shown one behind the other: by vmap() and vm_map_ram(). */
#include <asm/machine.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define SHOWN 20U

/* Writable as PAGE_KERNEL is and PAGE_KERNEL_RO is not. */
#define WRITABLE_CODE ((PAGE_KERNEL & ~PAGE_KERNEL_RO) | PAGE_KERNEL_RX)

/* Single pages, every other of them next to its neighbour. */
static unsigned int take_pages(struct page **pages)
{
	unsigned int n;

	for (n = 0; n < SHOWN; n++) {
		pages[n] = alloc_page(GFP_HIGHUSER);
		if (!pages[n])
			break;
	}
	return n;
}

static void give_pages(struct page **pages, unsigned int n)
{
	while (n--)
		__free_page(pages[n]);
}

static void use_map(struct ktest *t, struct page **pages)
{
	u8 *p = vmap(pages, SHOWN, VM_MAP, PAGE_KERNEL), *q;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	q = vm_map_ram(pages, SHOWN, NUMA_NO_NODE);
	if (!q) {
		vunmap(p);
		KTEST_EXPECT_NOT_NULL(t, q);
		return;
	}
	for (i = 0; i < SHOWN; i++) {
		p[i * PAGE_SIZE + i] = (u8)(i + 1);
		KTEST_EXPECT_EQ(t, q[i * PAGE_SIZE + i], i + 1);
		KTEST_EXPECT_PTR_EQ(t, vmalloc_to_page(p + i * PAGE_SIZE),
				    pages[i]);
	}
	KTEST_EXPECT_NULL(t, find_vm_area(p)->pages);	/* not the area's */
	KTEST_EXPECT_REPORTS(t, 1, "made by vmap()", vfree(p));
	vunmap(p);
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	KTEST_EXPECT_REPORTS(t, 1, "20 pages, not 19",
			     vm_unmap_ram(q, SHOWN - 1));
	KTEST_EXPECT_REPORTS(t, 1, "made by vm_map_ram()", vfree(q));
	vm_unmap_ram(q, SHOWN);
	KTEST_EXPECT_EQ(t, probe_write(q), -EFAULT);
	KTEST_EXPECT_REPORTS(t, 1, "bad vm_unmap_ram", vm_unmap_ram(q, SHOWN));
	KTEST_EXPECT_NULL(t, vmalloc_to_page(q));
	KTEST_EXPECT_EQ(t, vmalloc_to_pfn(q), 0);
}

static void pages_of_others_are_shown_and_stay_theirs(struct ktest *t)
{
	struct page *pages[SHOWN];
	unsigned int n = take_pages(pages);

	if (n == SHOWN)
		use_map(t, pages);
	KTEST_EXPECT_EQ(t, n, SHOWN);
	give_pages(pages, n);
}

static void a_map_may_be_read_only_but_not_writable_code(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *p = t;

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_REPORTS(t, 1, "writable and executable",
			     p = vmap(&page, 1, VM_MAP,
				      WRITABLE_CODE));
	KTEST_EXPECT_REPORTS(t, 1, "so many pages",
			     p = vmap(&page, 0, VM_MAP, PAGE_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL_RO);
	if (p) {
		KTEST_EXPECT_EQ(t, probe_read(p), 0);
		KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	}
	vunmap(p);
	__free_page(page);
	KTEST_EXPECT_NOT_NULL(t, p);
}

/* Neighbours in memory, but the other way round; and one page twice. */
static void pages_are_shown_in_the_order_asked_for(struct ktest *t)
{
	struct page *block = alloc_pages(GFP_KERNEL, 2), *pages[5];
	unsigned int i;
	char *p;

	KTEST_ASSERT_NOT_NULL(t, block);
	for (i = 0; i < 4; i++)
		pages[i] = block + 3 - i;
	pages[4] = pages[3];
	p = vmap(pages, ARRAY_SIZE(pages), VM_MAP, PAGE_KERNEL);
	for (i = 0; p && i < ARRAY_SIZE(pages); i++)
		KTEST_EXPECT_PTR_EQ(t, vmalloc_to_page(p + i * PAGE_SIZE),
				    pages[i]);
	vunmap(p);
	__free_pages(block, 2);
	KTEST_EXPECT_NOT_NULL(t, p);
}

static void pages_that_are_none_are_not_shown(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL), *pages[3];
	volatile unsigned int many = (unsigned int)totalram_pages() + 1;
	unsigned int i;
	void *p = t;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[0] = pages[1] = pages[2] = page;
		pages[i] = i % 2 ? NULL : (struct page *)((char *)page + 8);
		KTEST_EXPECT_REPORTS(t, 1, "something that is no page",
				     p = vmap(pages, 3, VM_MAP, PAGE_KERNEL));
		KTEST_EXPECT_NULL(t, p);
	}
	KTEST_EXPECT_REPORTS(t, 1, "so many pages",
			     p = vmap(pages, many, VM_MAP, PAGE_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	/* of so many the first is looked at */
	pages[0] = NULL;
	KTEST_EXPECT_REPORTS(t, 1, "something that is no page",
			     p = vmap(pages, many - 1, VM_MAP, PAGE_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	__free_page(page);
}

static void map_and_unmap_in_atomic(struct ktest *t, struct page **pages)
{
	void *p = vmap(pages, 1, VM_MAP, PAGE_KERNEL), *q, *none = p;

	q = p ? vm_map_ram(pages, 1, NUMA_NO_NODE) : NULL;
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 2, "so many pages",
			     none = vmap(pages, 0, VM_MAP, PAGE_KERNEL));
	KTEST_EXPECT_NULL(t, none);
	if (p)
		KTEST_EXPECT_REPORTS(t, 1, "may sleep", vunmap(p));
	if (q)
		KTEST_EXPECT_REPORTS(t, 1, "may sleep", vm_unmap_ram(q, 1));
	preempt_enable();
}

static void who_must_not_sleep_does_not_map(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	map_and_unmap_in_atomic(t, &page);
	__free_page(page);
}

/* n: how many there are; NULL: they stay the caller's. */
static void *map_to_give_away(struct ktest *t, struct page **pages,
			      unsigned int *n)
{
	void *p = NULL;

	*n = take_pages(pages);
	if (*n == SHOWN)
		p = vmap(pages, *n, VM_MAP_PUT_PAGES, PAGE_KERNEL);
	KTEST_EXPECT_NOT_NULL(t, p);
	return p;
}

static void pages_given_away_are_freed_with_the_map(struct ktest *t)
{
	struct page **pages = kvmalloc_array(SHOWN, sizeof(*pages),
					     GFP_KERNEL);
	unsigned int n;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, pages);
	p = map_to_give_away(t, pages, &n);
	if (p) {
		vfree(p);
		return;
	}
	give_pages(pages, n);
	kvfree(pages);
}

/* What has its addresses next has no pages of others. */
static void area_behind_pages_given_away_is_made_anew(struct ktest *t)
{
	struct page **pages = kvmalloc_array(1, sizeof(*pages), GFP_KERNEL);
	unsigned long before = vmalloc_nr_pages();
	void *p;

	KTEST_ASSERT_NOT_NULL(t, pages);
	pages[0] = alloc_page(GFP_KERNEL);
	p = pages[0] ? vmap(pages, 1, VM_MAP_PUT_PAGES, PAGE_KERNEL) : NULL;
	if (!p) {
		give_pages(pages, pages[0] != NULL);
		kvfree(pages);
		return;
	}
	KTEST_EXPECT_EQ(t, vmalloc_nr_pages(), before);
	vfree(p);
	KTEST_EXPECT_EQ(t, vmalloc_nr_pages(), before);
	vm_unmap_aliases();
	p = vmalloc(PAGE_SIZE);
	if (p)
		KTEST_EXPECT_NULL(t, find_vm_area(p)->pages);
	vfree(p);
}

/* They go with a vfree() of the map, which this is not. */
static void pages_given_away_stay_when_they_are_only_unmapped(struct ktest *t)
{
	struct page **pages = kvmalloc_array(SHOWN, sizeof(*pages),
					     GFP_KERNEL);
	unsigned int i, n;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, pages);
	p = map_to_give_away(t, pages, &n);
	vunmap(p);
	vm_unmap_aliases();
	for (i = 0; i < n; i++)
		KTEST_ASSERT_EQ(t, pages[i]->type, PAGE_ALLOC);
	give_pages(pages, n);
	kvfree(pages);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pages_of_others_are_shown_and_stay_theirs),
	KTEST_CASE(a_map_may_be_read_only_but_not_writable_code),
	KTEST_CASE(pages_are_shown_in_the_order_asked_for),
	KTEST_CASE(pages_that_are_none_are_not_shown),
	KTEST_CASE(who_must_not_sleep_does_not_map),
	KTEST_CASE(pages_given_away_are_freed_with_the_map),
	KTEST_CASE(area_behind_pages_given_away_is_made_anew),
	KTEST_CASE(pages_given_away_stay_when_they_are_only_unmapped),
	{}
};
KTEST_SUITE(vmap, cases);

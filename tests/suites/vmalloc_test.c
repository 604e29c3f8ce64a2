/*
 * vmalloc() and its kin in good hands and in bad ones: what is shown where,
 * what is given back, and what is said of mistakes.
 */
#include <asm/machine.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "../../mm/vmalloc_internal.h"
#include "enough_memory.h"

static bool filled_with(const void *p, unsigned long size, u8 value)
{
	const u8 *byte = p;

	while (size && *byte == value) {
		byte++;
		size--;
	}
	return !size;
}

static const unsigned long sizes[] = {
	1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 8 * PAGE_SIZE, SZ_64K,
	SZ_64K + 1, SZ_1M, VMAP_TABLE_SIZE, 3 * SZ_1M - 5,
};

/* Those that this machine can have two of. */
static unsigned int nr_sizes(void)
{
	unsigned int n = ARRAY_SIZE(sizes);

	while (!memory_is_enough_for(2 * sizes[n - 1]))
		n--;
	return n;
}

static void memory_of_any_size_can_be_written_to_its_end(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < nr_sizes(); i++) {
		u8 *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_TRUE(t, is_vmalloc_addr(p));
		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, PAGE_SIZE));
		memset(p, (int)i + 1, sizes[i]);
		KTEST_EXPECT_TRUE(t, filled_with(p, sizes[i], (u8)(i + 1)));
		vfree(p);
	}
}

static void zeroed_memory_is_zero_after_use(struct ktest *t)
{
	u8 *p = vmalloc(SZ_64K);

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 0xff, SZ_64K);
	vfree(p);
	vm_unmap_aliases();
	p = vzalloc(SZ_64K);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_TRUE(t, filled_with(p, SZ_64K, 0));
	vfree(p);
}

/* The page behind, and the one in front. */
static void both_ends_are_guarded(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < nr_sizes(); i++) {
		u8 *p = vmalloc(sizes[i]), *q = vmalloc(sizes[i]);
		unsigned long end = PAGE_ALIGN(sizes[i]);

		if (p && q) {
			KTEST_EXPECT_EQ(t, probe_read(p + end - 1), 0);
			KTEST_EXPECT_EQ(t, probe_write(p + end), -EFAULT);
			KTEST_EXPECT_EQ(t, probe_read(q), 0);
			KTEST_EXPECT_EQ(t, probe_write(q - 1), -EFAULT);
			KTEST_EXPECT_EQ(t, probe_write(q + end), -EFAULT);
		}
		KTEST_EXPECT_TRUE(t, p && q);
		vfree(p);
		vfree(q);
	}
}

static void pages_are_those_that_are_shown(struct ktest *t)
{
	char *p = vmalloc(SZ_64K);
	unsigned long at;

	KTEST_ASSERT_NOT_NULL(t, p);
	for (at = 0; at < SZ_64K; at += PAGE_SIZE) {
		struct page *page = vmalloc_to_page(p + at + 7);

		KTEST_EXPECT_NOT_NULL(t, page);
		KTEST_EXPECT_EQ(t, vmalloc_to_pfn(p + at), page_to_pfn(page));
	}
	KTEST_EXPECT_NULL(t, vmalloc_to_page(p + SZ_64K));
	KTEST_EXPECT_NULL(t, vmalloc_to_page(t));
	KTEST_EXPECT_EQ(t, vmalloc_to_page(p)->type, PAGE_VMALLOC);
	vfree(p);
}

static void areas_are_found_by_any_byte(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < nr_sizes(); i++) {
		char *p = vmalloc(sizes[i]);
		struct vm_struct *vm;

		KTEST_ASSERT_NOT_NULL(t, p);
		vm = find_vm_area(p + sizes[i] - 1);
		KTEST_EXPECT_NOT_NULL(t, vm);
		if (vm) {
			KTEST_EXPECT_PTR_EQ(t, vm->addr, p);
			KTEST_EXPECT_EQ(t, vm->nr_pages, PFN_UP(sizes[i]));
		}
		vfree(p);
		KTEST_EXPECT_NULL(t, find_vm_area(p));
	}
}

static bool node_has_pages(int nid)
{
	unsigned long pages = 0;
	int z;

	for (z = 0; z < MAX_NR_ZONES; z++)
		pages += NODE_DATA(nid)->node_zones[z].nr_free_pages;
	return pages > 2 * MAX_ORDER_NR_PAGES;
}

static void expect_node(struct ktest *t, char *p, int nid)
{
	unsigned long i;

	for (i = 0; p && i < SZ_64K; i += PAGE_SIZE) {
		unsigned long pfn = vmalloc_to_pfn(p + i);

		KTEST_EXPECT_EQ(t, early_pfn_to_nid(pfn), nid);
	}
	vfree(p);
}

static void pages_are_of_the_node_asked_for(struct ktest *t)
{
	int nid;

	for_each_online_node(nid) {
		if (!node_has_pages(nid))
			continue;
		expect_node(t, vmalloc_node(SZ_64K, nid), nid);
		expect_node(t, vzalloc_node(SZ_64K, nid), nid);
	}
}

static void pages_are_counted_while_they_are_used(struct ktest *t)
{
	unsigned long before = vmalloc_nr_pages();
	void *p = vmalloc(5 * PAGE_SIZE), *q = vmalloc(SZ_1M);

	if (p && q)
		KTEST_EXPECT_EQ(t, vmalloc_nr_pages(),
				before + 5 + SZ_1M / PAGE_SIZE);
	KTEST_EXPECT_TRUE(t, p && q);
	vfree(p);
	vfree(q);
	KTEST_EXPECT_EQ(t, vmalloc_nr_pages(), before);
}

/* It is larger than the zone that it must come from. */
static void area_that_cannot_be_had_is_not_counted(struct ktest *t)
{
	unsigned long before = vmalloc_nr_pages();
	void *p = __vmalloc(2 * MAX_DMA_PFN * PAGE_SIZE,
			    GFP_KERNEL | __GFP_DMA | __GFP_NOWARN);

	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_EQ(t, vmalloc_nr_pages(), before);
	vfree(p);
}

static void what_was_freed_faults(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < nr_sizes(); i++) {
		char *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		p[sizes[i] - 1] = 1;
		vfree(p);
		KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
		KTEST_EXPECT_EQ(t, probe_write(p + sizes[i] - 1), -EFAULT);
	}
}

static void sizes_that_make_no_sense_are_refused_and_told(struct ktest *t)
{
	volatile unsigned long much = (totalram_pages() + 1) * PAGE_SIZE;
	volatile unsigned long none = 0, all = ~0UL;
	void *p = t;

	KTEST_EXPECT_REPORTS(t, 1, "vmalloc of nothing", p = vmalloc(none));
	KTEST_EXPECT_NULL(t, p);
	p = t;
	KTEST_EXPECT_REPORTS(t, 1, "vmalloc too large", p = vmalloc(much));
	KTEST_EXPECT_NULL(t, p);
	p = t;
	KTEST_EXPECT_REPORTS(t, 1, "vmalloc too large", p = vzalloc(all));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_NULL(t, __vmalloc(all, GFP_KERNEL | __GFP_NOWARN));
	KTEST_EXPECT_NULL(t, vmalloc_array(all / 2, 4));
	KTEST_EXPECT_NULL(t, vcalloc(all / 2, 4));
}

/* Of all there is: that is for the allocator to refuse. */
static void size_of_all_memory_makes_sense(struct ktest *t)
{
	volatile unsigned long all = totalram_pages() * PAGE_SIZE;
	void *p = t;

	if (all / PAGE_SIZE != totalram_pages() || all > VMALLOC_TOTAL / 2) {
		ktest_skip(t, "more memory than addresses");
		return;
	}
	KTEST_EXPECT_REPORTS(t, 0, "", p = __vmalloc(all, GFP_NOFS | GFP_DMA));
	KTEST_EXPECT_NULL(t, p);
	vfree(p);
}

static void who_must_not_sleep_is_told(struct ktest *t)
{
	volatile unsigned long none = 0;
	void *p = t;

	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 2, "vmalloc of nothing", p = vmalloc(none));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "vmalloc of nothing",
			     p = __vmalloc(none, GFP_ATOMIC));
	KTEST_EXPECT_NULL(t, p);
	preempt_enable();
}

/* Pages of a block are the area's, whatever the caller asks for. */
static void blocks_have_no_tails(struct ktest *t)
{
	void *p = __vmalloc(16 * PAGE_SIZE, GFP_KERNEL | __GFP_COMP);
	struct page *page;

	KTEST_ASSERT_NOT_NULL(t, p);
	page = vmalloc_to_page(p);
	if (page->order)
		KTEST_EXPECT_EQ(t, page[1].type, PAGE_NONE);
	vfree(p);
}

static void freeing_nothing_is_fine(struct ktest *t)
{
	vfree(NULL);
	vunmap(NULL);
	kvfree(NULL);
}

static void double_free_is_reported_with_who_freed_it(struct ktest *t)
{
	volatile unsigned int i;

	for (i = 0; i < nr_sizes(); i++) {
		void *p = vmalloc(sizes[i]);

		KTEST_ASSERT_NOT_NULL(t, p);
		vfree(p);
		KTEST_EXPECT_REPORTS(t, 1, "no area in use there", vfree(p));
		KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
						"freed by"));
		vm_unmap_aliases();
		KTEST_EXPECT_REPORTS(t, 1, "no area in use there", vfree(p));
	}
}

static void wrong_addresses_are_reported_and_nothing_is_freed(struct ktest *t)
{
	char *p = vmalloc(3 * PAGE_SIZE), *q = vmalloc(SZ_1M);
	unsigned long before = vmalloc_nr_pages();

	if (p && q) {
		KTEST_EXPECT_REPORTS(t, 1, "not where an area begins",
				     vfree(p + 1));
		KTEST_EXPECT_REPORTS(t, 1, "not where an area begins",
				     vfree(p + PAGE_SIZE));
		KTEST_EXPECT_REPORTS(t, 1, "not where an area begins",
				     vfree(q + SZ_64K));
		KTEST_EXPECT_REPORTS(t, 1, "guard page",
				     vfree(p + 3 * PAGE_SIZE));
		KTEST_EXPECT_REPORTS(t, 1, "not in the vmalloc area",
				     vfree(&before));
		KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
						"called by"));
		KTEST_EXPECT_NULL(t, strstr(report_capture_text(),
					    "is or was here"));
		KTEST_EXPECT_REPORTS(t, 1, "no area in use there",
				     vfree((char *)VMALLOC_END - PAGE_SIZE));
		KTEST_EXPECT_REPORTS(t, 1, "made by vmalloc()", vunmap(p));
		KTEST_EXPECT_REPORTS(t, 1, "made by vmalloc()",
				     vm_unmap_ram(p, 3));
	}
	KTEST_EXPECT_TRUE(t, p && q);
	KTEST_EXPECT_EQ(t, vmalloc_nr_pages(), before);
	vfree(p);
	vfree(q);
}

static void kfree_of_such_memory_is_reported(struct ktest *t)
{
	char *p = vmalloc(PAGE_SIZE);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "memory of vmalloc", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "memory of vmalloc", kfree(p + 64));
	*p = 1;
	vfree(p);
}

static void freeing_a_page_of_an_area_is_reported(struct ktest *t)
{
	char *p = vmalloc(PAGE_SIZE);
	struct page *page;

	KTEST_ASSERT_NOT_NULL(t, p);
	page = vmalloc_to_page(p);
	KTEST_EXPECT_REPORTS(t, 1, "page of vmalloc()", __free_page(page));
	*p = 1;
	vfree(p);
}

static void kvfree_takes_memory_of_both_kinds(struct ktest *t)
{
	size_t large = KMALLOC_MAX_SIZE + 1;
	char *p = kvmalloc(100, GFP_KERNEL), *q;

	KTEST_EXPECT_FALSE(t, is_vmalloc_addr(p));
	kvfree(p);
	if (!enough_memory(t, large))
		return;
	q = kvzalloc(large, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, q);
	KTEST_EXPECT_TRUE(t, is_vmalloc_addr(q));
	KTEST_EXPECT_TRUE(t, filled_with(q, large, 0));
	kvfree(q);
}

static void alignment_is_what_was_asked_for(struct ktest *t)
{
	unsigned long align;

	for (align = PAGE_SIZE; align <= 8 * SZ_1M; align *= 2) {
		char *p = __vmalloc_node(PAGE_SIZE, align, GFP_KERNEL,
					 NUMA_NO_NODE, t);

		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, align));
		*p = 1;
		vfree(p);
	}
}

/* As far as there is such memory; other pages are as good as none. */
static void pages_come_from_the_zone_asked_for(struct ktest *t)
{
	const unsigned int nr = 20;
	char *p = __vmalloc(nr * PAGE_SIZE, GFP_KERNEL | GFP_DMA);
	unsigned int i;

	for (i = 0; p && i < nr; i++)
		KTEST_EXPECT_LT(t, vmalloc_to_pfn(p + i * PAGE_SIZE),
				MAX_DMA_PFN);
	vfree(p);
}

static void huge_areas_are_aligned_and_whole(struct ktest *t)
{
	unsigned long size = 2 * SZ_2M + PAGE_SIZE;
	char *p, *in_front;

	if (!enough_memory(t, size))
		return;
	in_front = vmalloc(SZ_64K + 1);
	p = vmalloc_huge(size, GFP_KERNEL | __GFP_ZERO);
	vfree(in_front);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, SZ_2M));
	KTEST_EXPECT_TRUE(t, filled_with(p, size, 0));
	memset(p, 0x5a, size);
	KTEST_EXPECT_EQ(t, probe_write(p + size), -EFAULT);
	vfree(p);
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
}

static void words_say_what_is_or_was_at_an_address(struct ktest *t)
{
	char *p = vmalloc(2 * PAGE_SIZE), words[400];
	unsigned long addr = (unsigned long)p;

	KTEST_ASSERT_NOT_NULL(t, p);
	vmalloc_describe(addr + 5, words, sizeof(words));
	KTEST_EXPECT_NOT_NULL(t, strstr(words, "5 bytes into 8192 bytes"));
	vmalloc_describe(addr + 2 * PAGE_SIZE + 3, words, sizeof(words));
	KTEST_EXPECT_NOT_NULL(t, strstr(words,
					"guard page, 3 bytes behind 8192"));
	vmalloc_describe(addr - 4, words, sizeof(words));
	KTEST_EXPECT_NOT_NULL(t, strstr(words, "4 bytes in front of"));
	vfree(p);
	vmalloc_describe(addr + 5, words, sizeof(words));
	KTEST_EXPECT_NOT_NULL(t, strstr(words, "freed: 5 bytes into 8192"));
	KTEST_EXPECT_NOT_NULL(t, strstr(words, "freed by "));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(memory_of_any_size_can_be_written_to_its_end),
	KTEST_CASE(zeroed_memory_is_zero_after_use),
	KTEST_CASE(both_ends_are_guarded),
	KTEST_CASE(pages_are_those_that_are_shown),
	KTEST_CASE(areas_are_found_by_any_byte),
	KTEST_CASE(pages_are_of_the_node_asked_for),
	KTEST_CASE(pages_are_counted_while_they_are_used),
	KTEST_CASE(area_that_cannot_be_had_is_not_counted),
	KTEST_CASE(what_was_freed_faults),
	KTEST_CASE(sizes_that_make_no_sense_are_refused_and_told),
	KTEST_CASE(size_of_all_memory_makes_sense),
	KTEST_CASE(who_must_not_sleep_is_told),
	KTEST_CASE(blocks_have_no_tails),
	KTEST_CASE(freeing_nothing_is_fine),
	KTEST_CASE(double_free_is_reported_with_who_freed_it),
	KTEST_CASE(wrong_addresses_are_reported_and_nothing_is_freed),
	KTEST_CASE(kfree_of_such_memory_is_reported),
	KTEST_CASE(freeing_a_page_of_an_area_is_reported),
	KTEST_CASE(kvfree_takes_memory_of_both_kinds),
	KTEST_CASE(alignment_is_what_was_asked_for),
	KTEST_CASE(pages_come_from_the_zone_asked_for),
	KTEST_CASE(huge_areas_are_aligned_and_whole),
	KTEST_CASE(words_say_what_is_or_was_at_an_address),
	{}
};
KTEST_SUITE(vmalloc, cases);

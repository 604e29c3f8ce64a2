/*
 * What Linux's test_vmalloc puts vmalloc through, in our words: sizes, fits,
 * long lists, alignments, per-CPU memory, maps, huge areas; and a memory so
 * fragmented that there is no large block left.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "all_memory.h"
#include "enough_memory.h"

#define LOOPS 100U
#define JUNK 256U

static struct rng rng;
static void *areas[JUNK];

static void begin(struct ktest *t)
{
	rng = rng_seed(11);
}

static unsigned long some_pages(unsigned long most)
{
	return 1 + (unsigned long)rng_below(&rng, most);
}

/* Writes to both ends, and gives back. */
static void use(struct ktest *t, void *p, unsigned long size)
{
	char *bytes = p;

	KTEST_ASSERT_NOT_NULL(t, p);
	bytes[0] = 1;
	bytes[size - 1] = 1;
	vfree(p);
}

static void free_areas(void)
{
	unsigned int i;

	for (i = 0; i < JUNK; i++) {
		vfree(areas[i]);
		areas[i] = NULL;
	}
}

static void one_size_again_and_again(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < LOOPS; i++)
		use(t, vmalloc(3 * PAGE_SIZE), 3 * PAGE_SIZE);
}

/* Every other one is given back; then the holes are filled exactly. */
static void areas_that_fit_the_holes_others_left(struct ktest *t)
{
	unsigned long size = 20 * PAGE_SIZE;
	unsigned int i, loop;

	if (!enough_memory(t, JUNK / 8 * size))
		return;
	for (i = 0; i < JUNK / 8; i++) {
		areas[i] = vmalloc(size);
		KTEST_EXPECT_NOT_NULL(t, areas[i]);
	}
	for (i = 0; i < JUNK / 8; i += 2) {
		vfree(areas[i]);
		areas[i] = NULL;
	}
	for (loop = 0; loop < LOOPS / 4; loop++)
		use(t, vmalloc(size), size);
	free_areas();
}

static void many_areas_in_use_at_a_time(struct ktest *t)
{
	unsigned int i, loop;

	if (!enough_memory(t, JUNK * PAGE_SIZE))
		return;
	for (i = 0; i < JUNK; i++) {
		areas[i] = vmalloc(PAGE_SIZE);
		KTEST_EXPECT_NOT_NULL(t, areas[i]);
	}
	for (loop = 0; loop < LOOPS; loop++) {
		void *p = vmalloc(100 * PAGE_SIZE);

		use(t, vmalloc(PAGE_SIZE), PAGE_SIZE);
		use(t, p, 100 * PAGE_SIZE);
	}
	free_areas();
}

static void random_sizes(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < LOOPS; i++) {
		unsigned long size = some_pages(100) * PAGE_SIZE;

		use(t, vmalloc(size), size);
	}
}

static void random_sizes_at_random_alignments(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < LOOPS; i++) {
		unsigned long align = 1UL << rng_below(&rng, 23);
		unsigned long size = some_pages(10) * PAGE_SIZE;
		void *p = __vmalloc_node(size, align, GFP_KERNEL | __GFP_ZERO,
					 NUMA_NO_NODE,
					 __builtin_return_address(0));

		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, align));
		use(t, p, size);
	}
}

/* A machine of one node: it is asked for, and where it is does not matter. */
static void memory_of_a_node_is_like_any_other(struct ktest *t)
{
	char *p = vzalloc_node(3 * PAGE_SIZE, 0);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 3 * PAGE_SIZE));
	vfree(p);
	use(t, vmalloc_node(2 * PAGE_SIZE, 0), 2 * PAGE_SIZE);
}

/* Whether the area has an address that is a multiple of align. */
static bool has_multiple_of(unsigned long align)
{
	unsigned long first = ALIGN(VMALLOC_START, align);

	return first >= VMALLOC_START && first < VMALLOC_END - SZ_2M;
}

/* Of the highest there is only one, which may be in use where few are. */
static bool can_be_counted_on(unsigned long align)
{
	return has_multiple_of(align) &&
	       (align <= SZ_16M || BITS_PER_LONG == 64);
}

/*
 * From 1 GiB on each needs page tables of upper levels for itself. That they
 * go, too, is for the census to see.
 */
static void every_alignment_works_or_is_refused(struct ktest *t)
{
	unsigned int shift;

	for (shift = 0; shift < (unsigned int)BITS_PER_LONG; shift++) {
		unsigned long align = 1UL << shift;
		char *p = __vmalloc_node(PAGE_SIZE, align,
					 GFP_KERNEL | __GFP_NOWARN,
					 NUMA_NO_NODE,
					 __builtin_return_address(0));

		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, align));
		if (can_be_counted_on(align))
			KTEST_EXPECT_NOT_NULL(t, p);
		if (!has_multiple_of(align))
			KTEST_EXPECT_NULL(t, p);
		if (p)
			p[PAGE_SIZE - 1] = 1;
		vfree(p);
		vm_unmap_aliases();	/* lowest addresses again */
	}
}

static void per_cpu_memory_beside_it(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < LOOPS; i++) {
		size_t size = 1 + (size_t)rng_below(&rng, PAGE_SIZE / 4);
		size_t align = 1UL << rng_below(&rng, 7);

		areas[i] = __alloc_percpu(size, align);
		KTEST_EXPECT_NOT_NULL(t, areas[i]);
	}
	for (i = 0; i < LOOPS; i++) {
		free_percpu(areas[i]);
		areas[i] = NULL;
	}
}

#define MAPPED 8U

static void the_same_pages_mapped_again_and_again(struct ktest *t)
{
	struct page *pages[MAPPED] = { NULL };
	unsigned int i;

	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_KERNEL, MAPPED, pages),
			MAPPED);
	for (i = 0; i < LOOPS && pages[MAPPED - 1]; i++) {
		char *p = vm_map_ram(pages, MAPPED, NUMA_NO_NODE);

		KTEST_EXPECT_NOT_NULL(t, p);
		if (!p)
			break;
		p[MAPPED * PAGE_SIZE - 1] = (char)i;
		vm_unmap_ram(p, MAPPED);
	}
	for (i = 0; i < MAPPED; i++)
		if (pages[i])
			__free_page(pages[i]);
}

static void huge_areas_again_and_again(struct ktest *t)
{
	unsigned int i;

	if (!enough_memory(t, SZ_4M + PAGE_SIZE))
		return;
	for (i = 0; i < LOOPS / 10; i++)
		use(t, vmalloc_huge(SZ_4M + PAGE_SIZE, GFP_KERNEL),
		    SZ_4M + PAGE_SIZE);
}

/* As many as have nearly all of i386's addresses. */
#define MANY 10000U
#define MOST_ADDRESSES (60 * SZ_1M)

/* A chunk that is empty keeps its addresses until somebody is short of them. */
static void addresses_of_empty_chunks_serve_large_areas(struct ktest *t)
{
	unsigned int i, missing = 0;
	void **many, *p;

	if (t->fail_nth > 1)
		return;
	if (VMALLOC_TOTAL < MANY * 2 * PAGE_SIZE) {
		ktest_skip(t, "fewer addresses than this case wants");
		return;
	}
	if (!enough_memory(t, MOST_ADDRESSES))
		return;
	many = vzalloc(MANY * sizeof(*many));
	KTEST_ASSERT_NOT_NULL(t, many);
	for (i = 0; i < MANY; i++) {
		many[i] = vmalloc(PAGE_SIZE);
		missing += !many[i];
	}
	KTEST_EXPECT_EQ(t, missing, 0);
	for (i = 0; i < MANY; i++)
		vfree(many[i]);
	vfree(many);
	p = vmalloc(MOST_ADDRESSES);
	KTEST_EXPECT_NOT_NULL(t, p);
	vfree(p);
}

/* ----- no large block left ------------------------------------------------ */

#define ORDER 4U
#define WANTED SZ_16M

static gfp_t quiet_gfp(void)
{
	return (GFP_HIGHUSER | __GFP_NOWARN | __GFP_NORETRY) &
	       ~__GFP_DIRECT_RECLAIM;
}

/* Keeps the lower half of each block of 16 pages, gives the upper one back. */
static void fragment(struct list_head *kept)
{
	struct page *page;
	unsigned int i;

	while ((page = alloc_pages(quiet_gfp(), ORDER))) {
		split_page(page, ORDER);
		for (i = 0; i < 1U << ORDER; i++) {
			if (i < 1U << (ORDER - 1))
				list_add(&page[i].lru, kept);
			else
				__free_page(page + i);
		}
	}
}

static void put_together(struct list_head *kept)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, kept, lru)
		__free_page(page);
}

static void large_areas_need_no_large_blocks(struct ktest *t)
{
	struct page *block;
	LIST_HEAD(kept);
	char *p;

	if (nr_free_pages() < 4 * WANTED / PAGE_SIZE) {
		ktest_skip(t, "less than 64 MiB of memory");
		return;
	}
	if (t->fail_nth > 1)
		return;		/* thousands of them: one is enough */
	if (skip_on_a_huge_machine(t))
		return;
	pcp_disable();
	fragment(&kept);
	block = alloc_pages(quiet_gfp(), ORDER);
	KTEST_EXPECT_NULL(t, block);
	if (block)
		__free_pages(block, ORDER);
	p = vmalloc(WANTED);
	KTEST_EXPECT_NOT_NULL(t, p);
	if (p) {
		p[0] = p[WANTED - 1] = 1;
		vfree(p);
	}
	put_together(&kept);
	pcp_enable();
}

static const struct ktest_case cases[] = {
	KTEST_CASE(one_size_again_and_again),
	KTEST_CASE(areas_that_fit_the_holes_others_left),
	KTEST_CASE(many_areas_in_use_at_a_time),
	KTEST_CASE(random_sizes),
	KTEST_CASE(random_sizes_at_random_alignments),
	KTEST_CASE(every_alignment_works_or_is_refused),
	KTEST_CASE(memory_of_a_node_is_like_any_other),
	KTEST_CASE(per_cpu_memory_beside_it),
	KTEST_CASE(the_same_pages_mapped_again_and_again),
	KTEST_CASE(huge_areas_again_and_again),
	KTEST_CASE(addresses_of_empty_chunks_serve_large_areas),
	KTEST_CASE(large_areas_need_no_large_blocks),
	{}
};
KTEST_SUITE_FIXTURE(vmalloc_cases, cases, begin, NULL);

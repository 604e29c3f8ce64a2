/*
 * The cases of Linux's lib/test_vmalloc.c (6.12), by their names, with its
 * sizes and with the calls it uses. Each is done so many times; there the
 * default is a million, here it is what a boot has time for:
 *
 *	make run SMP=4 MEM=1G CMDLINE="selftest=linux_vmalloc \
 *		test_vmalloc_loops=100000"
 *
 * A case that wants more memory, or more addresses, than there are is skipped;
 * so are those with ten thousands of areas where loops are few.
 */
#include <asm/kernel_stack.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/ktest.h>
#include <kernel/random.h>
#include <kernel/smp.h>
#include <lib/bitops.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "enough_memory.h"

static unsigned int test_loop_count = 30;

static int __init set_loops(const char *value)
{
	u64 loops;

	if (kstrtou64(value, &loops) || !loops || loops > 100000000)
		return -EINVAL;
	test_loop_count = (unsigned int)loops;
	return 0;
}
early_param("test_vmalloc_loops", set_loops);

/* The three that take as long with one loop as with hundreds. */
#define LOOPS_FOR_MANY 10U

static bool many_areas_wanted(struct ktest *t)
{
	if (t->fail_nth > 1)
		return false;		/* of thousands: one is enough */
	if (test_loop_count >= LOOPS_FOR_MANY)
		return true;
	ktest_skip(t, "test_vmalloc_loops= is low");
	return false;
}

/* Pages, and addresses for areas areas of which each has a guard. */
static bool enough(struct ktest *t, unsigned long pages, unsigned long areas)
{
	if ((pages + areas) * PAGE_SIZE > VMALLOC_TOTAL / 8 * 7) {
		ktest_skip(t, "fewer addresses than this case wants");
		return false;
	}
	return enough_memory(t, pages * PAGE_SIZE);
}

/* Again and again, and the census is equal. */
#define FOR_EACH_LOOP(i) for ((i) = 0; (i) < test_loop_count; (i)++)

static void touch_and_free(struct ktest *t, void *p)
{
	KTEST_ASSERT_NOT_NULL(t, p);
	*(u8 *)p = 1;
	vfree(p);
}

static void random_size_align_alloc_test(struct ktest *t)
{
	unsigned long size, align;
	unsigned int i;

	FOR_EACH_LOOP(i) {
		align = 1UL << get_random_u32_inclusive(1, 23);
		size = get_random_u32_inclusive(1, 10) * PAGE_SIZE;
		touch_and_free(t, __vmalloc_node(size, align,
						 GFP_KERNEL | __GFP_ZERO, 0,
						 __builtin_return_address(0)));
	}
}

/* In Linux, too, what is too large an alignment is refused. */
static void align_shift_alloc_test(struct ktest *t)
{
	unsigned int i;
	void *p;

	for (i = 0; i < (unsigned int)BITS_PER_LONG; i++) {
		unsigned long align = 1UL << i;

		p = __vmalloc_node(PAGE_SIZE, align,
				   GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, 0,
				   __builtin_return_address(0));
		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, align));
		if (align <= VMALLOC_TOTAL / 4 && align <= SZ_16M)
			KTEST_EXPECT_NOT_NULL(t, p);
		vfree(p);
		if (align >= SZ_1G)
			break;	/* tables of upper levels would stay */
	}
}

static void fix_align_alloc_test(struct ktest *t)
{
	unsigned int i;

	FOR_EACH_LOOP(i)
		touch_and_free(t, __vmalloc_node(5 * PAGE_SIZE,
						 THREAD_ALIGN << 1,
						 GFP_KERNEL | __GFP_ZERO, 0,
						 __builtin_return_address(0)));
}

static void random_size_alloc_test(struct ktest *t)
{
	unsigned int i;

	FOR_EACH_LOOP(i)
		touch_and_free(t, vmalloc(get_random_u32_inclusive(1, 100) *
					  PAGE_SIZE));
}

static void free_all(void **ptr, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++)
		vfree(ptr[i]);
	vfree(ptr);
}

/* How many of n areas of a page could not be had. */
static unsigned long take_pages(void **ptr, unsigned long n)
{
	unsigned long i, missing = 0;

	for (i = 0; i < n; i++) {
		ptr[i] = vmalloc(PAGE_SIZE);
		missing += !ptr[i];
	}
	return missing;
}

#define LONG_LIST 15000UL

static void long_busy_list_alloc_test(struct ktest *t)
{
	void **ptr;
	unsigned int i;

	if (!many_areas_wanted(t) ||
	    !enough(t, LONG_LIST + 200, LONG_LIST + 2))
		return;
	ptr = vzalloc(sizeof(void *) * LONG_LIST);
	KTEST_ASSERT_NOT_NULL(t, ptr);
	KTEST_EXPECT_EQ(t, take_pages(ptr, LONG_LIST), 0);
	FOR_EACH_LOOP(i) {
		touch_and_free(t, vmalloc(100 * PAGE_SIZE));
		touch_and_free(t, vmalloc(PAGE_SIZE));
	}
	free_all(ptr, LONG_LIST);
}

/* As many pages as Linux lets wait before it purges, and as many again. */
static unsigned long lazy_max_pages(void)
{
	return (unsigned long)fls(num_online_cpus()) * (32 * SZ_1M / PAGE_SIZE);
}

static void full_fit_alloc_test(struct ktest *t)
{
	unsigned long n = lazy_max_pages(), missing;
	void **ptr, **junk;
	unsigned int i;

	if (!many_areas_wanted(t) || !enough(t, 2 * n, 2 * n))
		return;
	ptr = vzalloc(sizeof(void *) * n);
	junk = vzalloc(sizeof(void *) * n);
	if (ptr && junk) {
		missing = take_pages(ptr, n) + take_pages(junk, n);
		KTEST_EXPECT_EQ(t, missing, 0);
		free_all(junk, n);
		junk = NULL;
		FOR_EACH_LOOP(i)
			touch_and_free(t, vmalloc(PAGE_SIZE));
	}
	KTEST_EXPECT_NOT_NULL(t, ptr);
	free_all(ptr, ptr ? n : 0);
	vfree(junk);
}

static void fix_size_alloc_test(struct ktest *t)
{
	unsigned int i;

	if (!enough(t, 600, 1))
		return;
	FOR_EACH_LOOP(i) {
		touch_and_free(t, vmalloc(3 * PAGE_SIZE));
		touch_and_free(t, vmalloc_huge(600 * PAGE_SIZE, GFP_KERNEL));
	}
}

#define PER_CPU_OBJECTS 35000UL
/* Some 500 bytes each, and as much for what alignment leaves unused. */
#define PER_CPU_BYTES (PER_CPU_OBJECTS * 1100)

static void pcpu_alloc_test(struct ktest *t)
{
	unsigned long i, missing = 0;
	void **pcpu;

	if (!many_areas_wanted(t) ||
	    !enough_memory(t, PER_CPU_BYTES * nr_cpu_ids))
		return;
	pcpu = vzalloc(sizeof(void *) * PER_CPU_OBJECTS);
	KTEST_ASSERT_NOT_NULL(t, pcpu);
	for (i = 0; i < PER_CPU_OBJECTS; i++) {
		size_t size = get_random_u32_inclusive(1, PAGE_SIZE / 4);
		size_t align = 1UL << get_random_u32_inclusive(1, 11);

		pcpu[i] = __alloc_percpu(size, align);
		missing += !pcpu[i];
	}
	KTEST_EXPECT_EQ(t, missing, 0);
	for (i = 0; i < PER_CPU_OBJECTS; i++)
		free_percpu(pcpu[i]);
	vfree(pcpu);
}

struct test_kvfree_rcu {
	struct rcu_head rcu;
	unsigned char array[20];
};

static void kvfree_rcu_1_arg_vmalloc_test(struct ktest *t)
{
	struct test_kvfree_rcu *p;
	unsigned int i;

	FOR_EACH_LOOP(i) {
		p = vmalloc(PAGE_SIZE);
		KTEST_ASSERT_NOT_NULL(t, p);
		p->array[0] = 'a';
		kvfree_rcu_mightsleep(p);
	}
}

static void kvfree_rcu_2_arg_vmalloc_test(struct ktest *t)
{
	struct test_kvfree_rcu *p;
	unsigned int i;

	FOR_EACH_LOOP(i) {
		p = vmalloc(PAGE_SIZE);
		KTEST_ASSERT_NOT_NULL(t, p);
		p->array[0] = 'a';
		kvfree_rcu(p, rcu);
	}
}

static void map_again_and_again(struct ktest *t, struct page **pages,
				unsigned int n)
{
	unsigned int i;

	FOR_EACH_LOOP(i) {
		u8 *v = vm_map_ram(pages, n, NUMA_NO_NODE);

		KTEST_ASSERT_NOT_NULL(t, v);
		*v = 'a';
		vm_unmap_ram(v, n);
	}
}

static void vm_map_ram_test(struct ktest *t)
{
	static const unsigned int nr_pages[] = { 1, 64, 512 };
	unsigned int i;

	if (!enough_memory(t, 512 * PAGE_SIZE))
		return;
	for (i = 0; i < ARRAY_SIZE(nr_pages); i++) {
		unsigned int n = nr_pages[i];
		struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
		unsigned long got = 0;

		KTEST_ASSERT_NOT_NULL(t, pages);
		got = alloc_pages_bulk_array(GFP_KERNEL, n, pages);
		KTEST_EXPECT_EQ(t, got, n);
		if (got == n)
			map_again_and_again(t, pages, n);
		while (got)
			__free_page(pages[--got]);
		kfree(pages);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(fix_size_alloc_test),
	KTEST_CASE(full_fit_alloc_test),
	KTEST_CASE(long_busy_list_alloc_test),
	KTEST_CASE(random_size_alloc_test),
	KTEST_CASE(fix_align_alloc_test),
	KTEST_CASE(random_size_align_alloc_test),
	KTEST_CASE(align_shift_alloc_test),
	KTEST_CASE(pcpu_alloc_test),
	KTEST_CASE(kvfree_rcu_1_arg_vmalloc_test),
	KTEST_CASE(kvfree_rcu_2_arg_vmalloc_test),
	KTEST_CASE(vm_map_ram_test),
	{}
};
KTEST_SUITE(linux_vmalloc, cases);

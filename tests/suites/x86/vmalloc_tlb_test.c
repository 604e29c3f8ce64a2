/*
 * No stale translations: a write through an old mapping faults, on the CPU
 * that freed it at once, on all others when they have been told; and before
 * that neither pages nor addresses are anybody else's. Tables of the last
 * level go with what they translate, and stay out of what is left.
 */
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "../../../mm/vmalloc_internal.h"
#include "../enough_memory.h"

struct touch {
	void *p;
	int error;
};

static void touch_here(void *info)
{
	struct touch *touch = info;

	touch->error = probe_write(touch->p);
}

/* Another CPU that runs, or -1. */
static int another_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			return (int)cpu;
	return -1;
}

static int touch_on(int cpu, void *p)
{
	struct touch touch = { p, 1 };

	smp_call_function_single((unsigned int)cpu, touch_here, &touch, true);
	return touch.error;
}

static void free_and_look(struct ktest *t, int cpu, char *p)
{
	struct page *page = vmalloc_to_page(p);

	KTEST_EXPECT_EQ(t, touch_on(cpu, p), 0);
	vfree(p);
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	/* whatever that CPU reaches there, nobody else has it */
	touch_on(cpu, p);
	if (vm_leaving_pages())
		KTEST_EXPECT_EQ(t, page->type, PAGE_VMALLOC);
	else
		KTEST_EXPECT_EQ(t, touch_on(cpu, p), -EFAULT);
	vm_unmap_aliases();
	KTEST_EXPECT_EQ(t, touch_on(cpu, p), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	KTEST_EXPECT_EQ(t, vm_leaving_pages(), 0);
}

static const unsigned long sizes[] = { PAGE_SIZE, SZ_64K, SZ_1M, SZ_4M };

static void write_through_an_old_mapping_faults_on_all_cpus(struct ktest *t)
{
	int cpu = another_cpu();
	unsigned int i;

	if (cpu < 0) {
		ktest_skip(t, "one CPU");
		return;
	}
	if (!enough_memory(t, SZ_4M))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = vmalloc_huge(sizes[i], GFP_KERNEL);

		KTEST_ASSERT_NOT_NULL(t, p);
		free_and_look(t, cpu, p);
	}
}

/* As vmap()'s pages go back to somebody who may free them next. */
static void vunmap_returns_when_no_cpu_reaches_the_pages(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int cpu = another_cpu();
	char *p;

	KTEST_ASSERT_NOT_NULL(t, page);
	p = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	if (p) {
		if (cpu >= 0)
			KTEST_EXPECT_EQ(t, touch_on(cpu, p), 0);
		vunmap(p);
		if (cpu >= 0)
			KTEST_EXPECT_EQ(t, touch_on(cpu, p), -EFAULT);
		KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	}
	__free_page(page);
	KTEST_EXPECT_NOT_NULL(t, p);
}

static void many_frees_share_one_round_of_interrupts(struct ktest *t)
{
	/* two pages each, their guards too: fewer than a purge is worth */
	unsigned long before, i, n = min(64UL, totalram_pages() / 256);

	vm_unmap_aliases();
	before = tlb_shootdowns();
	for (i = 0; i < n; i++)
		vfree(vmalloc(PAGE_SIZE));
	KTEST_EXPECT_LE(t, tlb_shootdowns() - before, 1);
	vm_unmap_aliases();
	KTEST_EXPECT_LE(t, tlb_shootdowns() - before, 2);
}

static void handler_frees(void *info)
{
	vfree(info);
}

static void areas_can_be_freed_in_a_handler(struct ktest *t)
{
	int cpu = another_cpu();
	unsigned int i;

	if (!enough_memory(t, SZ_4M))
		return;
	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		char *p = vmalloc(sizes[i / 2]);

		KTEST_ASSERT_NOT_NULL(t, p);
		smp_call_function_single(cpu < 0 ? smp_processor_id() :
					 (unsigned int)cpu, handler_frees, p,
					 true);
		vm_unmap_aliases();
		KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	}
}

static void tables_go_with_the_areas(struct ktest *t)
{
	unsigned long before, during;
	char *p;

	if (!enough_memory(t, 4 * SZ_2M))
		return;
	vmalloc_trim();
	before = kernel_pgtable.nr_tables;
	p = vmalloc(4 * SZ_2M);
	KTEST_ASSERT_NOT_NULL(t, p);
	during = kernel_pgtable.nr_tables;
	vfree(p);
	vmalloc_trim();
	KTEST_EXPECT_EQ(t, kernel_pgtable.nr_tables, before);
	if (VMAP_AREA_ALIGN > PAGE_SIZE)
		KTEST_EXPECT_LE(t, before + 4, during);
}

static unsigned long huge_pages_at(const char *p, unsigned long size)
{
	unsigned long at, n = 0;
	enum pt_level level;

	for (at = 0; at < size; at += SZ_2M)
		n += pgtable_lookup(&kernel_pgtable, (unsigned long)p + at,
				    &level) && level == PT_2M;
	return n;
}

static void huge_areas_are_mapped_with_huge_pages(struct ktest *t)
{
	struct vm_struct *vm;
	char *p;

	if (!enough_memory(t, SZ_4M))
		return;
	p = vmalloc_huge(SZ_4M, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	vm = find_vm_area(p);
	/* fragmented memory has none; i386 has tables for all addresses */
	if (VMAP_AREA_ALIGN > PAGE_SIZE &&
	    list_first_entry(&vm->blocks, struct page, lru)->order >= 9)
		KTEST_EXPECT_NE(t, huge_pages_at(p, SZ_4M), 0);
	vfree(p);
	p = vmalloc(SZ_4M);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, huge_pages_at(p, SZ_4M), 0);
	vfree(p);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(write_through_an_old_mapping_faults_on_all_cpus),
	KTEST_CASE(vunmap_returns_when_no_cpu_reaches_the_pages),
	KTEST_CASE(many_frees_share_one_round_of_interrupts),
	KTEST_CASE(areas_can_be_freed_in_a_handler),
	KTEST_CASE(tables_go_with_the_areas),
	KTEST_CASE(huge_areas_are_mapped_with_huge_pages),
	{}
};
KTEST_SUITE(vmalloc_tlb, cases);

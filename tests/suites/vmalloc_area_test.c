/* Areas of vmalloc(): how long they are, and which of them are small ones. */
#include <asm/machine.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "../../mm/slab_internal.h"
#include "../../mm/vmalloc_internal.h"
#include "enough_memory.h"

/* Its pages alone would do without the addresses behind. */
static void area_as_long_as_its_addresses_is_guarded(struct ktest *t)
{
	unsigned long size = ALIGN(SZ_64K + 1, VMAP_AREA_ALIGN);
	u8 *p;

	if (!enough_memory(t, size))
		return;
	p = vmalloc(size);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, vmalloc_validate() ?: "", "");
	KTEST_EXPECT_EQ(t, probe_write(p + size - 1), 0);
	KTEST_EXPECT_EQ(t, probe_write(p + size), -EFAULT);
	vfree(p);
}

/* Up to 1, 2, 4, 8, 16 pages; what is longer has none. */
static void small_area_is_of_the_least_class_that_holds_it(struct ktest *t)
{
	static const u8 classes[] = {
		0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, VM_LARGE
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(classes); i++) {
		char *p = vmalloc((i + 1) * PAGE_SIZE);

		if (p)
			KTEST_EXPECT_EQ(t, find_vm_area(p)->class, classes[i]);
		vfree(p);
	}
}

/* They are looked at by readers, and guards are asked about by reports. */
static void descriptors_are_of_caches_of_their_own(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, vm_cache->flags & (SLAB_HWCACHE_ALIGN |
					      SLAB_NO_MERGE),
			SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE);
	KTEST_EXPECT_EQ(t, vmap_hole_cache->flags & (SLAB_SKIP_KFENCE |
						     SLAB_NO_MERGE),
			SLAB_SKIP_KFENCE | SLAB_NO_MERGE);
}

/* So that it is found once, and not for each run of pages. */
static void small_area_knows_where_its_entries_are(struct ktest *t)
{
	char *p = vmalloc(3 * PAGE_SIZE), *large = vmalloc(SZ_1M);
	const struct vm_struct *vm = p ? find_vm_area(p) : NULL;

	if (vm)
		KTEST_EXPECT_PTR_EQ(t, vm->entry,
				    vmap_entry((unsigned long)p));
	vm = large ? find_vm_area(large) : NULL;
	if (vm)
		KTEST_EXPECT_NULL(t, vm->entry);
	vfree(large);
	vfree(p);
}

/* For who shows something there himself. */
static void addresses_alone_are_had_as_long_as_there_are_any(struct ktest *t)
{
	struct vm_struct *vm;

	KTEST_EXPECT_NULL(t, get_vm_area_caller(0, VM_IOREMAP, NULL));
	KTEST_EXPECT_NULL(t, get_vm_area_caller(VMALLOC_TOTAL + 1, VM_IOREMAP,
						NULL));
	KTEST_EXPECT_NULL(t, get_vm_area_caller(VMALLOC_TOTAL, VM_IOREMAP,
						NULL));
	vm = get_vm_area_caller(3 * PAGE_SIZE, VM_IOREMAP, NULL);
	if (vm) {
		KTEST_EXPECT_EQ(t, vm->phys_addr, 0);
		KTEST_EXPECT_EQ(t, probe_read(vm->addr), -EFAULT);
		KTEST_EXPECT_REPORTS(t, 1, "made by ioremap()",
				     vfree(vm->addr));
		free_vm_area(vm);
	}
}

/* A small one comes back as it was left. */
static void addresses_alone_show_nothing_at_first(struct ktest *t)
{
	struct vm_struct *vm;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		vm = get_vm_area_caller(PAGE_SIZE, VM_IOREMAP, NULL);
		if (!vm)
			return;
		KTEST_EXPECT_EQ(t, vm->phys_addr, 0);
		vm->phys_addr = 0x1000;
		free_vm_area(vm);
	}
}

/* Pages and guard; of addresses no more than that takes. */
static void area_is_as_long_as_its_pages_and_a_guard(struct ktest *t)
{
	static const unsigned int pages[] = { 1, 3, 16, 17, 100 };
	const struct vm_struct *vm;
	unsigned long size;
	unsigned int i;
	char *p;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		size = (pages[i] + 1) * PAGE_SIZE;
		p = vmalloc(pages[i] * PAGE_SIZE);
		if (!p)
			continue;
		vm = find_vm_area(p);
		KTEST_EXPECT_EQ(t, vm->size, size);
		if (vm->class == VM_LARGE)
			KTEST_EXPECT_EQ(t, vm->span,
					ALIGN(size, VMAP_AREA_ALIGN));
		KTEST_EXPECT_PTR_EQ(t, find_vm_area(p + vm->span - 1), vm);
		KTEST_EXPECT_TRUE(t, find_vm_area(p + vm->span) != vm);
		KTEST_EXPECT_TRUE(t, find_vm_area(p - 1) != vm);
		vfree(p);
	}
}

#define EXPECT_ASKED_HERE(t, p, func) do {				\
	const struct vm_struct *vm_ = (p) ? find_vm_area(p) : NULL;	\
									\
	if (vm_)							\
		KTEST_EXPECT_LT(t, (unsigned long)vm_->caller -		\
				(unsigned long)(func), 4096UL);		\
} while (0)

static void area_knows_who_asked_for_it(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *made = vmalloc(PAGE_SIZE), *zeroed = vzalloc(PAGE_SIZE);
	void *map = NULL, *ram = NULL;

	if (page) {
		map = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
		ram = vm_map_ram(&page, 1, NUMA_NO_NODE);
	}
	EXPECT_ASKED_HERE(t, made, area_knows_who_asked_for_it);
	EXPECT_ASKED_HERE(t, zeroed, area_knows_who_asked_for_it);
	if (made)
		KTEST_EXPECT_EQ(t, vmalloc_to_page(made)->private,
				(unsigned long)find_vm_area(made)->caller);
	EXPECT_ASKED_HERE(t, map, area_knows_who_asked_for_it);
	EXPECT_ASKED_HERE(t, ram, area_knows_who_asked_for_it);
	if (ram)
		vm_unmap_ram(ram, 1);
	vunmap(map);
	vfree(zeroed);
	vfree(made);
	if (page)
		__free_page(page);
}

/* As a huge one, which begins a table of its own, and one that does not. */
static void area_of_a_table_and_more_begins_one_if_huge(struct ktest *t)
{
	void *in_front;
	char *p;

	if (!enough_memory(t, VMAP_TABLE_SIZE))
		return;
	in_front = vmalloc(SZ_64K + 1);
	p = vmalloc_huge(VMAP_TABLE_SIZE, GFP_KERNEL);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p, VMAP_TABLE_SIZE));
	vfree(p);
	vfree(in_front);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(area_as_long_as_its_addresses_is_guarded),
	KTEST_CASE(small_area_is_of_the_least_class_that_holds_it),
	KTEST_CASE(descriptors_are_of_caches_of_their_own),
	KTEST_CASE(small_area_knows_where_its_entries_are),
	KTEST_CASE(addresses_alone_are_had_as_long_as_there_are_any),
	KTEST_CASE(addresses_alone_show_nothing_at_first),
	KTEST_CASE(area_is_as_long_as_its_pages_and_a_guard),
	KTEST_CASE(area_knows_who_asked_for_it),
	KTEST_CASE(area_of_a_table_and_more_begins_one_if_huge),
	{}
};
KTEST_SUITE(vmalloc_area, cases);

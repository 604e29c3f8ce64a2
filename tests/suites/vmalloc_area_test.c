/* Areas of vmalloc(): how long they are, and which of them are small ones. */
#include <asm/machine.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

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
		free_vm_area(vm);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(area_as_long_as_its_addresses_is_guarded),
	KTEST_CASE(small_area_is_of_the_least_class_that_holds_it),
	KTEST_CASE(small_area_knows_where_its_entries_are),
	KTEST_CASE(addresses_alone_are_had_as_long_as_there_are_any),
	{}
};
KTEST_SUITE(vmalloc_area, cases);

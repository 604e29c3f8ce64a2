/*
 * Frees of addresses that the kernel has outside the direct map: a page there
 * has a descriptor, its address does not lead to it.
 */
#include <asm/kernel_stack.h>
#include <asm/memory_layout.h>
#include <mm/vmalloc.h>

#include "../detect.h"

/* Mapped page by page, too: a stack for a thread to come. */
static bool free_mapped(struct detect *d)
{
	char *stack = kernel_stack_alloc();
	bool made;

	if (!stack)
		return false;
	made = detect_free_address(d, stack +
				   detect_below(d, KERNEL_STACK_SIZE));
	kernel_stack_free(stack);
	return made;
}

/* Nobody's, as what vfree() leaves. */
static bool free_unmapped(struct detect *d)
{
	unsigned long pages = (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT;
	unsigned long page = detect_below(d, min(pages, 1UL << 31));

	return detect_free_address(d, (void *)(VMALLOC_START +
					       (page << PAGE_SHIFT) +
					       detect_below(d, PAGE_SIZE)));
}

/* In use, and its first byte more often than any other. */
static bool free_area(struct detect *d)
{
	unsigned int size = detect_size(d, 64 * PAGE_SIZE);
	char *p = vmalloc(size);
	bool made;

	if (!p)
		return false;
	made = detect_free_address(d, p + (detect_below(d, 2) ? 0 :
					   detect_below(d, size)));
	vfree(p);
	return made;
}

static bool try_free_of_a_vmalloc_address(struct detect *d)
{
	switch (detect_below(d, 4)) {
	case 0:
		return free_mapped(d);
	case 1:
		return free_unmapped(d);
	default:
		return free_area(d);
	}
}

DETECT_KIND(free_of_a_vmalloc_address, DETECT_ALL)

static const struct ktest_case cases[] = {
	KTEST_CASE(free_of_a_vmalloc_address),
	{}
};

KTEST_SUITE(detect_free_mapped, cases);

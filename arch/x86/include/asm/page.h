/*
 * Page size and the two linear views of physical memory.
 * Part of the machine contract: every <asm/page.h> defines these names.
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <asm/memory_layout.h>
#include <lib/types.h>

#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_SIZE
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#define PAGE_MASK (~(PAGE_SIZE - 1))
#ifndef PAGE_ALIGN
#define PAGE_ALIGN(a) (((a) + (__typeof__(a))PAGE_SIZE - 1) & \
		       ~((__typeof__(a))PAGE_SIZE - 1))
#endif

/* pfn of an address, rounding down / up; address of a pfn. */
#define PFN_DOWN(pa) ((unsigned long)((phys_addr_t)(pa) >> PAGE_SHIFT))
#define PFN_UP(pa) ((unsigned long)(((phys_addr_t)(pa) + PAGE_SIZE - 1) >> \
				    PAGE_SHIFT))
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)

/*
 * Virtual address of RAM in the direct map, and back. __pa() also knows the
 * kernel image's own mapping. No check (see virt_addr_valid()), but an address
 * below the direct map gives a physical one that is too big for RAM.
 */
#ifndef __va
#define __va(pa) ((void *)(unsigned long)((phys_addr_t)(pa) + PAGE_OFFSET))
#endif
#ifndef __pa
static inline phys_addr_t __phys_addr(unsigned long va)
{
	unsigned long base = va >= KERNEL_BASE ? KERNEL_BASE : PAGE_OFFSET;

	return (phys_addr_t)va - base;
}
#define __pa(va) __phys_addr((unsigned long)(va))
#endif
#ifndef phys_to_virt
#define phys_to_virt(pa) __va(pa)
#endif
#ifndef virt_to_phys
#define virt_to_phys(va) __pa(va)
#endif

#endif

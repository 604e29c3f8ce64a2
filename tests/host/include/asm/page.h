/* Page size and linear views of memory: the hosted twin of the kernel's. */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#include <asm/memory_layout.h>
#include <lib/types.h>

#ifndef PAGE_SIZE
#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#ifndef PAGE_SHIFT
#define PAGE_SHIFT 12
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif
#ifndef PAGE_ALIGN
#define PAGE_ALIGN(a) (((a) + (__typeof__(a))PAGE_SIZE - 1) & \
		       ~((__typeof__(a))PAGE_SIZE - 1))
#endif

#define PFN_DOWN(pa) ((unsigned long)((phys_addr_t)(pa) >> PAGE_SHIFT))
#define PFN_UP(pa) ((unsigned long)(((phys_addr_t)(pa) + PAGE_SIZE - 1) >> \
				    PAGE_SHIFT))
#define PFN_PHYS(pfn) ((phys_addr_t)(pfn) << PAGE_SHIFT)

#ifndef __va
#define __va(pa) ((void *)(unsigned long)((phys_addr_t)(pa) + PAGE_OFFSET))
#endif
#ifndef __pa
#define __pa(va) ((phys_addr_t)((unsigned long)(va) - PAGE_OFFSET))
#endif
#ifndef phys_to_virt
#define phys_to_virt(pa) __va(pa)
#endif
#ifndef virt_to_phys
#define virt_to_phys(va) __pa(va)
#endif

#endif

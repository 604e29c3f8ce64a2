/* Building the kernel's final page tables; called by setup_arch(), in order. */
#ifndef ASM_PAGING_H
#define ASM_PAGING_H

#include <asm/pgtable.h>

/* What the first page tables map at PAGE_OFFSET: RAM usable before ours. */
#define BOOT_MAPPED_END (1ULL << 32)

/*
 * The kernel image, the direct map, the fixmap; then the CPU runs on them,
 * and what the first tables had is gone. Early allocation works before and
 * after; afterwards it may use all RAM. Panics if there is no memory.
 */
void paging_init(void);

/* Direct map of RAM in [start, end); part of paging_init(). */
void direct_map_ram(phys_addr_t start, phys_addr_t end);

/* pgtable_map() in the kernel's tree for boot: panics where that fails. */
void kernel_map_or_panic(unsigned long va, phys_addr_t pa, unsigned long size,
			 pte_t prot, enum pt_level max);

/* Makes the direct map's view of part of the image read-only / writable. */
void direct_map_protect_image(const char *start, const char *end,
			      bool writable);

#endif

/* Building the kernel's final page tables; called by setup_arch(), in order. */
#ifndef ASM_PAGING_H
#define ASM_PAGING_H

#include <asm/pgtable.h>

/*
 * End of the RAM that the first page tables show at PAGE_OFFSET: what may be
 * allocated before there are ours. On i386 also the end of the direct map.
 */
phys_addr_t boot_mapped_end(void);

/*
 * The kernel image, the direct map, the fixmap; then the CPU runs on them,
 * and what the first tables had is gone. Early allocation works before and
 * after; afterwards it may use all RAM. Panics if there is no memory.
 */
void paging_init(void);

/* Direct map of RAM in [start, end); part of paging_init(). */
void direct_map_ram(phys_addr_t start, phys_addr_t end);

/*
 * Parts of paging_init() that each target has its own way to do: the image's
 * mapping; the array of descriptors, all of which reads as zeroes if it has
 * addresses of its own; the load of the new tables; RAM beyond
 * boot_mapped_end(); and how much the direct map shows in the end.
 */
void map_image(void);
void map_descriptors(void);
void load_root_table(phys_addr_t root);
void map_rest_of_ram(void);
phys_addr_t direct_map_bytes(void);
/* Nothing is left to be mapped when it is used. */
bool direct_map_is_complete(void);

/* pgtable_map() in the kernel's tree for boot: panics where that fails. */
void kernel_map_or_panic(unsigned long va, phys_addr_t pa, unsigned long size,
			 pte_t prot, enum pt_level max);

/* Makes the direct map's view of part of the image read-only / writable. */
void direct_map_protect_image(const char *start, const char *end,
			      bool writable);

/* The init part of the image becomes RAM like any other. */
void release_init_image(void);
/* Has it, and its addresses are RAM's in the direct map? i386. */
bool init_image_is_ram(void);

#endif

/*
 * Windows on memory that the direct map leaves out: the hosted twin of the
 * kernel's. A window is a page of the process's address space, and memory is
 * a file, of which mmap() puts one page there.
 */
#ifndef ASM_HIGHMEM_H
#define ASM_HIGHMEM_H

#include <asm/memory_layout.h>
#include <lib/types.h>

/* Places of kmap(), and of kmap_local_page() (all CPUs together). */
#define PKMAP_PAGES 512U
#define KMAP_LOCAL_SLOTS 512U

/*
 * Shows the frame at pa in a place that is empty; the address. What a place
 * of kmap() showed may be remembered until pkmap_flush(): none may be used
 * again before.
 */
void *kmap_slot_map(unsigned int slot, phys_addr_t pa);
void kmap_slot_unmap(unsigned int slot);
void *pkmap_map(unsigned int index, phys_addr_t pa);
void pkmap_unmap(unsigned int index);
void pkmap_flush(void);

/* Frame that a place shows; PHYS_ADDR_MAX if it is empty. */
phys_addr_t kmap_slot_phys(unsigned int slot);
phys_addr_t pkmap_phys(unsigned int index);

#endif

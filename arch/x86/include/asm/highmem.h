/*
 * Where pages of high memory can be shown: the machine's side of kmap().
 * Who uses a place, and when it is free again, mm/highmem.c decides.
 *
 * Two areas, each under one page table that is made at boot, so showing a
 * page never allocates and never fails. A place that shows a page must be
 * emptied before it shows another.
 */
#ifndef ASM_HIGHMEM_H
#define ASM_HIGHMEM_H

#include <asm/memory_layout.h>
#include <asm/page.h>
#include <lib/types.h>

/* Places of kmap(), and of kmap_local_page() (all CPUs together). */
#define PKMAP_PAGES 512U
#define KMAP_LOCAL_SLOTS 512U

static inline void *pkmap_address(unsigned int index)
{
	return (void *)(PKMAP_START + ((unsigned long)index << PAGE_SHIFT));
}

static inline void *kmap_slot_address(unsigned int slot)
{
	return (void *)(KMAP_LOCAL_START + ((unsigned long)slot << PAGE_SHIFT));
}

/*
 * Shows the frame at pa (whole pages) in a place, writable, not executable,
 * and says where that is. Any context.
 */
void *kmap_slot_map(unsigned int slot, phys_addr_t pa);
void *pkmap_map(unsigned int index, phys_addr_t pa);

/* Empties a slot, and makes this CPU forget it. Any context. */
void kmap_slot_unmap(unsigned int slot);

/*
 * Empties a place of kmap(); the CPU may remember it until pkmap_flush(), and
 * before that it must not be used again.
 */
void pkmap_unmap(unsigned int index);
void pkmap_flush(void);

/* Frame that a place shows, for checks; PHYS_ADDR_MAX if it is empty. */
phys_addr_t kmap_slot_phys(unsigned int slot);
phys_addr_t pkmap_phys(unsigned int index);

/* Makes the page tables of both areas; before the final tables are loaded. */
void highmem_tables_init(void);

#endif

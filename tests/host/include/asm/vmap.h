/*
 * The vmalloc area of a process: the hosted twin of the kernel's <asm/vmap.h>.
 * Memory is a file, of which mmap() puts pieces there (tests/host/vmap.c).
 */
#ifndef ASM_VMAP_H
#define ASM_VMAP_H

#include <asm/page.h>
#include <lib/list.h>
#include <lib/types.h>
#include <mm/gfp.h>

typedef unsigned int pgprot_t;

/* Bits: written to, executed. */
#define PAGE_KERNEL_RO 0u
#define PAGE_KERNEL 1u
#define PAGE_KERNEL_RX 2u
#define PAGE_KERNEL_DEVICE PAGE_KERNEL

static inline bool pgprot_is_wx(pgprot_t prot)
{
	return (prot & PAGE_KERNEL) && (prot & PAGE_KERNEL_RX);
}

/* VMALLOC_START may be found at boot: the least it can be. */
#ifndef VMALLOC_LOWEST
#define VMALLOC_LOWEST VMALLOC_START
#endif

#define VMAP_TABLE_SIZE SZ_2M
#if defined(__LP64__)
#define VMAP_AREA_ALIGN VMAP_TABLE_SIZE
#else
#define VMAP_AREA_ALIGN PAGE_SIZE
#endif

/* Aborts where something is shown, or was and no CPU has been told. */
int vmap_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     pgprot_t prot, bool huge, gfp_t gfp);
void vmap_unmap(unsigned long va, unsigned long size);
void vmap_flush(unsigned long va, unsigned long size);
/*
 * A page that is not shown faults here at once, on all CPUs; but what another
 * CPU might remember stays stale.
 */
void vmap_flush_local(unsigned long va, unsigned long size);
bool vmap_translate(unsigned long va, phys_addr_t *pa);

/* There are no entries: addresses stand for them. */
static inline void *vmap_entry(unsigned long va)
{
	return (void *)va;
}

static inline unsigned long vmap_entry_offset(unsigned long va,
					      const void *first)
{
	return va - (unsigned long)first;
}

static inline void vmap_show(void *entry, unsigned long va, phys_addr_t pa,
			     unsigned long nr, pgprot_t prot)
{
	vmap_map(va, pa, nr << PAGE_SHIFT, prot, false, GFP_NOWAIT);
}

static inline void vmap_hide(void *entry, unsigned long va, unsigned long nr)
{
	vmap_unmap(va, nr << PAGE_SHIFT);
}

/* The operating system has the tables. */
#define VMAP_UPPER_SIZE 0UL

static inline void vmap_take_tables(unsigned long va, unsigned long size,
				    struct list_head *tables)
{
}

static inline bool vmap_find_tables(unsigned long *va, unsigned long *size)
{
	return false;
}

static inline void vmap_take_all_tables(unsigned long va, unsigned long size,
					struct list_head *tables)
{
}

static inline void vmap_free_tables(struct list_head *tables)
{
}

#endif

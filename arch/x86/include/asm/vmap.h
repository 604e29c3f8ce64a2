/*
 * Mapping pages one behind the other in the vmalloc area: what mm/vmalloc.c
 * asks of the machine. Part of the machine contract: hosted tests have an area
 * in their process. VMALLOC_START and VMALLOC_END: <asm/memory_layout.h>.
 */
#ifndef ASM_VMAP_H
#define ASM_VMAP_H

#include <asm/page.h>
#include <asm/pgtable.h>
#include <lib/list.h>

/* What pages may be used for: PAGE_KERNEL, _RO, _RX, _DEVICE. */
typedef pte_t pgprot_t;

/* Both at once is what no kernel page may be. */
static inline bool pgprot_is_wx(pgprot_t prot)
{
	return (prot & _PAGE_RW) && !(prot & _PAGE_NX);
}

/* VMALLOC_START may be found at boot: the least it can be. */
#ifndef VMALLOC_LOWEST
#define VMALLOC_LOWEST VMALLOC_START
#endif

/* Addresses that one table of the last level translates. */
#define VMAP_TABLE_SIZE SZ_2M

/*
 * Where areas of more than VMAP_CHUNK_PAGES begin. On x86_64 addresses abound:
 * each has tables of its own, which come and go with it. On i386 they do not,
 * and all tables of the area are made at boot.
 */
#ifdef __x86_64__
#define VMAP_AREA_ALIGN VMAP_TABLE_SIZE
#else
#define VMAP_AREA_ALIGN PAGE_SIZE
#endif

/*
 * Addresses below the smallest table that does not belong to one area, but goes
 * when none is left below it; 0: all such stay.
 */
#if defined(CONFIG_KASAN)
#define VMAP_UPPER_SIZE SZ_16M	/* a table of shadow speaks for that */
#elif defined(__x86_64__)
#define VMAP_UPPER_SIZE SZ_1G
#else
#define VMAP_UPPER_SIZE 0UL
#endif

/* Boot, with the final tables in the making: tables that will stay. */
void vmap_tables_init(void);

/*
 * Shows [pa, pa + size) at va, where nothing is shown; huge: in pages of 2 MiB
 * where va, pa and size allow it. Tables are asked for with gfp. 0; -ENOMEM: no
 * table, perhaps in part.
 */
int vmap_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     pgprot_t prot, bool huge, gfp_t gfp);

/*
 * Whole areas, holes in them are fine. CPUs may remember what was shown until
 * it is flushed. Any context; never fails.
 */
void vmap_unmap(unsigned long va, unsigned long size);

/*
 * The same for nr pages whose table entries are known and lie in one table.
 * vmap_entry(): that of va; NULL: there is no table for it. What it says holds
 * for as long as the table does. vmap_show() never fails.
 */
void *vmap_entry(unsigned long va);

/* Bytes between the entries of first and va. */
static inline unsigned long vmap_entry_offset(unsigned long va,
					      const void *first)
{
	return (va - (unsigned long)first) / PAGE_SIZE * sizeof(pte_t);
}

static inline void vmap_show(void *entry, unsigned long va, phys_addr_t pa,
			     unsigned long nr, pgprot_t prot)
{
	pte_t *e = entry, value = pa | (prot & pte_supported_mask);
	unsigned long i;

	for (i = 0; i < nr; i++, value += PAGE_SIZE)
		pte_write(&e[i], value);
}

static inline void vmap_hide(void *entry, unsigned long va, unsigned long nr)
{
	pte_t *e = entry;
	unsigned long i;

	for (i = 0; i < nr; i++)
		pte_write(&e[i], 0);
}

/*
 * Takes the tables out that translate addresses of [va, va + size) and none
 * else; nothing is shown there. They are free after the next vmap_flush().
 */
void vmap_take_tables(unsigned long va, unsigned long size,
		      struct list_head *tables);
void vmap_free_tables(struct list_head *tables);

/*
 * Of addresses that are nobody's, [*va, *va + *size): the first that a table
 * could be taken from which spans several areas; *va and *size become what it
 * spans. False: there is none. Under vmap_lock, so that they stay nobody's.
 */
bool vmap_find_tables(unsigned long *va, unsigned long *size);
/* Takes out those found; the addresses are the caller's. */
void vmap_take_all_tables(unsigned long va, unsigned long size,
			  struct list_head *tables);

/*
 * No CPU remembers what was shown in the range, or a table taken out of it. As
 * flush_tlb_range(): may wait for other CPUs.
 */
void vmap_flush(unsigned long va, unsigned long size);
/* This CPU does not. Any context. */
void vmap_flush_local(unsigned long va, unsigned long size);

/* Physical address that va shows. False: nothing. */
bool vmap_translate(unsigned long va, phys_addr_t *pa);

#endif

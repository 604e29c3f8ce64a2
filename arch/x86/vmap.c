/*
 * The machine's side of vmalloc: <asm/vmap.h>, by the one walk of pgtable.c.
 *
 * Tables. Those of the upper levels, for the addresses that are used first, are
 * made at boot and stay; further ones come when they are needed, and go when
 * memory is short and no area is left below (mm/vm_tables.c). On x86_64 a table
 * of the last level belongs to one area, or chunk of small areas:
 *
 *	PT_1G	| . . . . |			512 GiB; first: boot
 *	PT_2M	| t t . 2M | | . |		one per GiB; first 4: boot
 *	PT_4K	  | |				the area's own; a huge
 *						page needs none
 *
 * A table goes in two steps: out of the table above, where no walk finds it any
 * more; and back to the page allocator when no CPU remembers it. On i386 all
 * tables are made at boot, and none goes.
 */
#include <asm/paging.h>
#include <asm/vmap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/kasan.h>
#include <mm/memory_model.h>

#include "pgtable_pages.h"

/* Of addresses, lowest first, whose tables are made at boot. */
#ifdef __x86_64__
#define BOOT_TABLES_SIZE (4 * SZ_1G)
#define BOOT_TABLES_LEVEL PT_2M
#else
#define BOOT_TABLES_SIZE (VMALLOC_END - VMALLOC_START)
#define BOOT_TABLES_LEVEL PT_4K
#endif

void __init vmap_tables_init(void)
{
	unsigned long step = pt_size((enum pt_level)(BOOT_TABLES_LEVEL + 1));
	unsigned long va = VMALLOC_START;

	for (; va < VMALLOC_START + BOOT_TABLES_SIZE; va += step)
		if (pgtable_make_tables(&kernel_pgtable, va,
					BOOT_TABLES_LEVEL, GFP_KERNEL))
			panic("no memory for the tables of the vmalloc area");
}

int vmap_map(unsigned long va, phys_addr_t pa, unsigned long size,
	     pgprot_t prot, bool huge, gfp_t gfp)
{
	return pgtable_map_gfp(&kernel_pgtable, va, pa, size, prot,
			       huge ? PT_2M : PT_4K, gfp);
}

/* Areas are unmapped whole: no big page sticks out, so nothing is split. */
void vmap_unmap(unsigned long va, unsigned long size)
{
	struct tlb_batch batch = TLB_BATCH_INIT;	/* the caller's care */

	pgtable_unmap_batched(&kernel_pgtable, va, size, &batch);
}

void *vmap_entry(unsigned long va)
{
	return pgtable_lookup_small(&kernel_pgtable, va);
}

void vmap_take_tables(unsigned long va, unsigned long size,
		      struct list_head *tables)
{
	if (BOOT_TABLES_LEVEL > PT_4K)
		pgtable_take_tables(&kernel_pgtable, va, size, tables);
}

bool vmap_find_tables(unsigned long *va, unsigned long *size)
{
	enum pt_level lowest = (enum pt_level)(BOOT_TABLES_LEVEL + 1);

	return VMAP_UPPER_SIZE &&
	       (pgtable_find_tables(&kernel_pgtable, lowest, va, size) ||
		kasan_find_vmalloc_tables(va, size));
}

void vmap_take_all_tables(unsigned long va, unsigned long size,
			  struct list_head *tables)
{
	pgtable_take_all_tables(&kernel_pgtable, va, size, tables);
	kasan_take_vmalloc_tables(va, size, tables);
}

void vmap_free_tables(struct list_head *tables)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, tables, lru)
		pgtable_page_free(lowmem_page_address(page));
}

void vmap_flush(unsigned long va, unsigned long size)
{
	flush_tlb_range(va, size);
}

void vmap_flush_local(unsigned long va, unsigned long size)
{
	flush_tlb_local_range(va, size);
}

bool vmap_translate(unsigned long va, phys_addr_t *pa)
{
	return pgtable_translate(&kernel_pgtable, va, pa);
}

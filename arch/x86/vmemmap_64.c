/*
 * What backs the array of page descriptors?
 *
 * vmemmap[] is as long as physical memory could be; only what describes RAM
 * has memory of its own. All else reads as zeroes (zeroes_64.c), a frame that
 * nobody may free, and cannot be written: vmemmap[pfn] can be looked at for
 * any pfn below MAX_PFN. A descriptor has 32 bytes, so
 *
 *	one 4 KiB page		128 descriptors		512 KiB of RAM
 *	a block of the biggest	1024 descriptors	4 MiB of RAM, 8 pages
 *	  order
 *	one 2 MiB page		65536 descriptors	256 MiB of RAM
 *
 * Blocks of the biggest order are backed as a whole: ranges are rounded out
 * to such blocks.
 *
 *	1. Round [start_pfn, end_pfn) out to blocks of the biggest order.
 *	2. Cut what descriptors that needs at the borders of 2 MiB pages.
 *	3. A piece that is a whole 2 MiB gets a 2 MiB page if memory has one.
 *	4. Any other gets 4 KiB pages, as many as it needs: a machine with
 *	   16 MiB spends 128 KiB on descriptors and not 2 MiB.
 *
 * Ranges that touch share pages at their ends: what is backed already is
 * passed over.
 */
#include <asm/machine.h>
#include <asm/paging.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <kernel/init.h>
#include <mm/early.h>
#include <mm/memory_model.h>
#include <mm/mmzone.h>

#include "setup.h"
#include "zeroes.h"

/* Backs one page of descriptors with zeroed memory, by its entry. */
static int __init back_page(pte_t *e, enum pt_level level, int nid)
{
	unsigned long size = pt_size(level);
	phys_addr_t pa = early_alloc_raw(size, size, nid, EARLY_MEMMAP);
	pte_t flags = PAGE_KERNEL & pte_supported_mask;

	if (!pa)
		return -ENOMEM;
	memset(__va(pa), 0, size);
	pte_write(e, pa | flags | (level == PT_4K ? 0 : _PAGE_PSE));
	return 0;
}

static int __init back_with_small_pages(unsigned long va, unsigned long end,
					int nid)
{
	for (; va < end; va += PAGE_SIZE) {
		pte_t *e = zeroes_own_entry(&kernel_pgtable, va, PT_4K);

		if (!e)
			return -ENOMEM;
		if (zeroes_shared(*e) && back_page(e, PT_4K, nid))
			return -ENOMEM;
	}
	return 0;
}

/* One 2 MiB page, if that is the piece and nobody has put small ones there. */
static bool __init back_with_big_page(unsigned long va, unsigned long end,
				      int nid)
{
	pte_t *e;

	if (!IS_ALIGNED(va, pt_size(PT_2M)) || end - va != pt_size(PT_2M))
		return false;
	e = zeroes_own_entry(&kernel_pgtable, va, PT_2M);
	return e && zeroes_shared(*e) && !back_page(e, PT_2M, nid);
}

/* The array has addresses of its own, for all there can be. */
void __init mem_map_init(void)
{
}

void __init map_descriptors(void)
{
	zeroes_map(&kernel_pgtable, VMEMMAP_START);
}

/* A zero that was read before may still be remembered: one CPU, boot. */
int __init vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn,
			    int nid)
{
	unsigned long first = ALIGN_DOWN(start_pfn, MAX_ORDER_NR_PAGES);
	unsigned long last = ALIGN(end_pfn, MAX_ORDER_NR_PAGES);
	unsigned long va = (unsigned long)pfn_to_page(first);
	unsigned long end = (unsigned long)pfn_to_page(last);

	while (va < end) {
		unsigned long stop = min(ALIGN(va + 1, pt_size(PT_2M)), end);

		if (!back_with_big_page(va, stop, nid) &&
		    back_with_small_pages(va, stop, nid))
			return -ENOMEM;
		va = stop;
	}
	flush_tlb_local_all();
	return 0;
}

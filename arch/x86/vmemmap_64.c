/*
 * What backs the array of page descriptors?
 *
 * vmemmap[] is as long as physical memory could be; only what describes RAM
 * is backed. A descriptor has 32 bytes, so
 *
 *	one 4 KiB page		128 descriptors		512 KiB of RAM
 *	a block of the biggest	1024 descriptors	4 MiB of RAM, 8 pages
 *	  order
 *	one 2 MiB page		65536 descriptors	256 MiB of RAM
 *
 * The buddy code looks at the descriptor of a block's buddy before it knows
 * whether that is RAM. Both lie in the same block of the biggest order, so
 * ranges are rounded out to such blocks: whoever looks inside finds zeroes, a
 * frame that nobody may free.
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

/* Backs one page of descriptors at va, zeroed. */
static int __init back_page(unsigned long va, enum pt_level level, int nid)
{
	unsigned long size = pt_size(level);
	phys_addr_t pa = early_alloc_raw(size, size, nid, EARLY_MEMMAP);

	if (!pa)
		return -ENOMEM;
	memset(__va(pa), 0, size);
	return pgtable_map(&kernel_pgtable, va, pa, size, PAGE_KERNEL, level);
}

static int __init back_with_small_pages(unsigned long va, unsigned long end,
					int nid)
{
	enum pt_level level;

	for (; va < end; va += PAGE_SIZE) {
		int err = 0;

		if (!pgtable_lookup(&kernel_pgtable, va, &level))
			err = back_page(va, PT_4K, nid);
		if (err)
			return err;
	}
	return 0;
}

/* A whole 2 MiB where nobody has put small pages yet? */
static bool __init big_page_possible(unsigned long va, unsigned long end)
{
	return IS_ALIGNED(va, pt_size(PT_2M)) && end - va == pt_size(PT_2M) &&
	       pgtable_entry_empty(&kernel_pgtable, va, PT_2M);
}

/* Backs [va, end), which crosses no border of a 2 MiB page. */
static int __init back_piece(unsigned long va, unsigned long end, int nid)
{
	if (big_page_possible(va, end) && !back_page(va, PT_2M, nid))
		return 0;
	return back_with_small_pages(va, end, nid);
}

/* The array has addresses of its own, for all there can be. */
void __init mem_map_init(void)
{
}

int __init vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn,
			    int nid)
{
	unsigned long first = ALIGN_DOWN(start_pfn, MAX_ORDER_NR_PAGES);
	unsigned long last = ALIGN(end_pfn, MAX_ORDER_NR_PAGES);
	unsigned long va = (unsigned long)pfn_to_page(first);
	unsigned long end = (unsigned long)pfn_to_page(last);

	while (va < end) {
		unsigned long stop = min(ALIGN(va + 1, pt_size(PT_2M)), end);
		int err = back_piece(va, stop, nid);

		if (err)
			return err;
		va = stop;
	}
	return 0;
}

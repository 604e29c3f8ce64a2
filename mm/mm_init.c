/*
 * Memory management comes up: the order, and why it is that one.
 *
 *	memblock	knows what RAM there is and what of it is taken
 *	   | free_area_init()		nodes, zones, descriptors
 *	   | build_all_zonelists()	who is asked after whom
 *	   | early_free_all()		all free memory changes hands
 *	   v
 *	page allocator
 *	   | init_per_zone_wmark_min()	reserves, now that sizes are known
 *	   | kmem_cache_init()		the first caches come out of pages
 *	   v
 *	kmalloc
 *
 * Descriptors must exist before a block is handed over, zonelists before the
 * first page is asked for. Until the watermarks are set they are 0: nobody
 * asks for pages in between.
 */
#include <kernel/init.h>
#include <mm/early.h>
#include <mm/mm.h>

#include "internal.h"

/* First frame beyond what the kernel maps for good. */
#ifndef MAX_NORMAL_PFN
#define MAX_NORMAL_PFN MAX_PFN
#endif

void __init mm_init(void)
{
	const unsigned long max_zone_pfn[MAX_NR_ZONES] = {
		[ZONE_DMA] = MAX_DMA_PFN,
		[ZONE_DMA32] = MAX_DMA32_PFN,
		[ZONE_NORMAL] = MAX_NORMAL_PFN,
		[ZONE_HIGHMEM] = MAX_PFN,
	};

	free_area_init(max_zone_pfn);
	build_all_zonelists();
	early_free_all();
	init_per_zone_wmark_min();
	kmem_cache_init();
	mem_init_print_info();
}

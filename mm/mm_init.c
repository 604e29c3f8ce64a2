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
 *	   | setup_zone_pagesets()	each CPU may keep pages at hand
 *	   | vmalloc_init()		addresses for what only looks contiguous
 *	   | kfence_init()		pool of guarded objects, if asked for
 *	   v
 *	kmalloc
 *
 * Descriptors must exist before a block is handed over, zonelists before the
 * first page is asked for. Until the watermarks are set they are 0: nobody
 * asks for pages in between.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <asm/smp.h>
#include <mm/early.h>
#include <mm/highmem.h>
#include <mm/kfence.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "memmap_supply.h"

/* Per CPU: what the caches of the boot will ask for. */
#define EARLY_PERCPU_RESERVE (40 * 1024UL)

/* First frame beyond what the kernel maps for good. */
#ifndef MAX_NORMAL_PFN
#define MAX_NORMAL_PFN MAX_PFN
#endif

/*
 * dma32=SIZE moves the end of ZONE_DMA32 down, so that a small machine has a
 * ZONE_NORMAL too. (Where there is high memory lowmem=SIZE does the like.)
 */
static unsigned long dma32_end_pfn __initdata = MAX_DMA32_PFN;

static int __init set_dma32(const char *value)
{
	const char *end;
	u64 size = memparse(value, &end);

	if (*end || size % PAGE_SIZE || size < PFN_PHYS(MAX_DMA_PFN) ||
	    size > PFN_PHYS(MAX_DMA32_PFN))
		return -EINVAL;
	dma32_end_pfn = PFN_DOWN(size);
	return 0;
}
early_param("dma32", set_dma32);

void __init mm_init(void)
{
	/* what is not mapped is high, however low it lies */
	unsigned long low = MAX_NORMAL_PFN;
	unsigned long dma = min(MAX_DMA_PFN, low);
	unsigned long dma32 = min(dma32_end_pfn, low);
	const unsigned long max_zone_pfn[MAX_NR_ZONES] = {
		[ZONE_DMA] = dma,
		[ZONE_DMA32] = dma32,
		[ZONE_NORMAL] = low,
		[ZONE_HIGHMEM] = MAX_PFN,
	};

	free_area_init(max_zone_pfn);
	build_all_zonelists();
	setup_per_cpu_areas(arch_nr_cpus(), EARLY_PERCPU_RESERVE +
			    zone_pagesets_size(arch_nr_cpus()));
	page_debug_init();
	early_free_all();
	memmap_supply_settle();
	init_per_zone_wmark_min();
	kmem_cache_init();
	kvfree_rcu_init();
	setup_zone_pagesets();
	vmalloc_init();
	kfence_init();
	mem_init_print_info();
}

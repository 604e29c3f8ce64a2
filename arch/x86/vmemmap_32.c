/*
 * Where is the array of page descriptors?
 *
 * One array, mem_map[pfn], from frame 0 to the highest frame of RAM: there
 * are no addresses to spare for an array with holes, as x86_64 has. All of it
 * lies in low memory and takes, at 20 bytes a frame,
 *
 *	RAM up to	1 GiB	4 GiB	16 GiB	64 GiB
 *	mem_map		5 MiB	20 MiB	80 MiB	320 MiB of at most 896
 *
 * which is what bounds the RAM of an i386: at most half of the low memory
 * that is free goes to descriptors, and not more than is free in one piece.
 * RAM whose descriptors would lie beyond that is left out, before anybody has
 * seen it, so zones, early allocators and mem_map agree.
 *
 *	1. mem_map_init(): how many frames can be described; leave out RAM
 *	   above; take the array from the early allocator.
 *	2. vmemmap_populate(): clear what describes RAM. What describes holes
 *	   nobody looks at.
 */
#include <asm/machine.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>

#include "setup.h"
#include "zeroes.h"

_Static_assert(sizeof(struct page) == 20, "see the table above");

struct page *mem_map __ro_after_init;
static unsigned long mem_map_frames __ro_after_init;

/* Free low memory: all together, and the largest piece. */
static phys_addr_t __init free_lowmem(phys_addr_t *largest)
{
	phys_addr_t start, end, sum = 0, limit = PFN_PHYS(max_low_pfn);
	u64 i;

	*largest = 0;
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end,
				NULL) {
		end = min(end, limit);
		if (start >= end)
			continue;
		sum += end - start;
		*largest = max(*largest, end - start);
	}
	return sum;
}

/* Frames whose descriptors low memory can hold: whole blocks. */
static unsigned long __init frames_with_descriptors(void)
{
	phys_addr_t largest, bytes = free_lowmem(&largest) / 2;

	/* a piece loses something to alignment and to the other users */
	bytes = min(bytes, largest - largest / 8);
	return ALIGN_DOWN((unsigned long)bytes / sizeof(struct page),
			  MAX_ORDER_NR_PAGES);
}

static void __init leave_out_ram_above(unsigned long pfn)
{
	phys_addr_t limit = PFN_PHYS(pfn), all = memblock_phys_mem_size();

	memblock_remove(limit, PHYS_ADDR_MAX - limit);
	pr_warn("mem_map: %lu MiB of low memory hold the descriptors of %lu MiB; %llu MiB of RAM above are left out\n",
		pfn * sizeof(struct page) >> 20, pfn >> (20 - PAGE_SHIFT),
		(all - memblock_phys_mem_size()) >> 20);
}

void __init mem_map_init(void)
{
	unsigned long possible = frames_with_descriptors();
	phys_addr_t pa;

	if (PFN_UP(memblock_end_of_DRAM()) > possible)
		leave_out_ram_above(possible);
	mem_map_frames = ALIGN(PFN_UP(memblock_end_of_DRAM()),
			       MAX_ORDER_NR_PAGES);
	pa = early_alloc_raw(mem_map_frames * sizeof(struct page), PAGE_SIZE,
			     NUMA_NO_NODE, EARLY_MEMMAP);
	if (!pa)
		panic("no low memory for the descriptors of %lu frames",
		      mem_map_frames);
	mem_map = __va(pa);
}

/* It lies in the direct map. */
void __init map_descriptors(void)
{
}

/* Nothing is shared: descriptors of holes are there, or beyond the end. */
bool zeroes_shared(pte_t e)
{
	return false;
}

pte_t zeroes_flags(void)
{
	return 0;
}

/* All of it can be written from the start. */
bool memmap_is_backed(unsigned long pfn)
{
	return true;
}

void memmap_back_block(unsigned long pfn, struct memmap_supply *supply)
{
}

void memmap_back_descriptor(unsigned long pfn, struct memmap_supply *supply)
{
}

int __init vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn,
			    int nid)
{
	if (end_pfn > mem_map_frames)
		return -ENOMEM;
	memset(mem_map + start_pfn, 0,
	       (end_pfn - start_pfn) * sizeof(struct page));
	return 0;
}

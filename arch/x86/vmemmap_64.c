/*
 * When do page descriptors, and the direct map, come into being?
 *
 * vmemmap[] is as long as physical memory could be, and all of it reads as
 * zeroes (zeroes_64.c): a frame that nobody may free. Memory of its own gets
 * what is to be written, in blocks of the biggest order, when the page
 * allocator first takes something from a block; until then a terabyte costs
 * nothing. A descriptor has 32 bytes, so
 *
 *	one 4 KiB page		128 descriptors		512 KiB of RAM
 *	a block of the biggest	1024 descriptors	4 MiB of RAM, 8 pages
 *	  order
 *	one table of pages	65536 descriptors	256 MiB of RAM
 *
 * Blocks share no page of descriptors, and the buddy of a block inside it lies
 * in the same block: backing one says nothing about others.
 *
 *	1. Own tables for the 8 pages, where shared ones stand for them.
 *	2. 8 pages of zeroes in place of the shared one.
 *	3. If one of the entries changed may be remembered by a CPU, because
 *	   somebody looked at descriptors that did not exist (a wild free, a
 *	   walk over all frames) or the CPU read ahead: flush all, on all CPUs.
 *	4. On a CPU without 1 GiB pages the block's frames may be missing in
 *	   the direct map, too: two entries of 2 MiB. There was nothing, so
 *	   there is nothing to flush.
 *
 * This happens under a zone's lock with interrupts off, where nothing can be
 * allocated and nobody waited for: frames come from a supply that the caller
 * keeps (mm/memmap_supply.c), and step 3 asks by NMI. It is rare.
 *
 * 2 MiB pages for descriptors would save tables, and spend 2 MiB, cleared with
 * interrupts off, on the first page of each 256 MiB: left out.
 *
 * Locks: backing_lock around the tables: two zones may share one.
 * Cost: 8 cleared pages per 4 MiB, once. A look: one walk.
 */
#include <asm/cpufeature.h>
#include <asm/machine.h>
#include <asm/paging.h>
#include <kernel/init.h>
#include <kernel/spinlock.h>
#include <lib/kernel.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>
#include <mm/mmzone.h>

#include "setup.h"
#include "zeroes.h"

#define BLOCK_DESCRIPTORS (MAX_ORDER_NR_PAGES * sizeof(struct page))

_Static_assert(BLOCK_DESCRIPTORS / PAGE_SIZE + PT_TOP + PT_1G ==
	       MEMMAP_BLOCK_FRAMES, "pages, their tables, the block's tables");

static spinlock_t backing_lock = SPIN_LOCK_UNLOCKED(RANK_MEMMAP);

/* The array has addresses of its own, for all there can be. */
void __init mem_map_init(void)
{
}

void __init map_descriptors(void)
{
	zeroes_map(&kernel_pgtable, VMEMMAP_START);
}

int __init vmemmap_populate(unsigned long start_pfn, unsigned long end_pfn,
			    int nid)
{
	return 0;
}

static bool address_is_backed(unsigned long va)
{
	enum pt_level level;
	const pte_t *e = pgtable_lookup(&kernel_pgtable, va, &level);

	return e && !zeroes_shared(pte_read(e));
}

static unsigned long block_of(unsigned long pfn)
{
	return ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES);
}

/* The last page: the first may be there for the head of a range alone. */
bool memmap_is_backed(unsigned long pfn)
{
	unsigned long first = block_of(pfn);

	return address_is_backed((unsigned long)pfn_to_page(first) +
				 BLOCK_DESCRIPTORS - PAGE_SIZE);
}

static void back_page(unsigned long va, struct memmap_supply *supply,
		      bool *seen)
{
	pte_t flags = PAGE_KERNEL & pte_supported_mask;
	pte_t *e = zeroes_own_entry(&kernel_pgtable, va, supply, seen);

	if (zeroes_shared(*e))
		zeroes_replace(e, __pa(zeroed_frame(supply)) | flags, seen);
}

/* The direct map's entry of 2 MiB, or the one above if that is a page. */
static pte_t *direct_entry(unsigned long va, struct memmap_supply *supply)
{
	enum pt_level level = PT_TOP;
	pte_t *e = &kernel_pgtable.root[pt_index(va, level)];

	while (level > PT_2M && !(pte_present(*e) && pte_leaf(*e, level))) {
		if (!pte_present(*e)) {
			pte_write(e, __pa(zeroed_frame(supply)) |
				     PAGE_TABLE_FLAGS);
			__atomic_fetch_add(&kernel_pgtable.nr_tables, 1,
					   __ATOMIC_RELAXED);
		}
		level--;
		e = (pte_t *)__va(pte_phys(*e)) + pt_index(va, level);
	}
	return e;
}

/* Ends of RAM are mapped already. */
static void map_directly(phys_addr_t pa, struct memmap_supply *supply)
{
	phys_addr_t end = pa + MAX_ORDER_SIZE;

	for (; pa < end; pa += pt_size(PT_2M)) {
		pte_t *e;

		if (!memblock_is_region_memory(pa, pt_size(PT_2M)))
			continue;
		e = direct_entry((unsigned long)__va(pa), supply);
		if (!pte_present(*e))
			pte_write(e, pa | _PAGE_PSE |
				     (PAGE_KERNEL & pte_supported_mask));
	}
}

/* Backs [va, end); flushes if anybody may still see zeroes there. */
static void back_pages(unsigned long va, unsigned long end,
		       struct memmap_supply *supply)
{
	bool seen = false;

	for (; va < end; va += PAGE_SIZE)
		back_page(va, supply, &seen);
	if (seen)
		flush_tlb_all_nmi();
}

void memmap_back_block(unsigned long pfn, struct memmap_supply *supply)
{
	unsigned long first = block_of(pfn), flags;
	unsigned long va = (unsigned long)pfn_to_page(first);

	spin_lock_irqsave(&backing_lock, flags);
	back_pages(va, va + BLOCK_DESCRIPTORS, supply);
	if (!direct_map_is_complete())
		map_directly(PFN_PHYS(first), supply);
	spin_unlock_irqrestore(&backing_lock, flags);
}

void memmap_back_descriptor(unsigned long pfn, struct memmap_supply *supply)
{
	unsigned long va = (unsigned long)pfn_to_page(pfn) & PAGE_MASK, flags;

	spin_lock_irqsave(&backing_lock, flags);
	back_pages(va, va + PAGE_SIZE, supply);
	spin_unlock_irqrestore(&backing_lock, flags);
}

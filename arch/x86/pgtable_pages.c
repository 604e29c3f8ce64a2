/*
 * Where do the pages for page tables come from?
 *
 * While the early allocator rules, from there, marked EARLY_PAGETABLE; later
 * from the page allocator, their descriptors marked PAGE_TABLE. Either way
 * the census of page frames can tell them from all others.
 *
 * The early allocator hands out only what is mapped already, so a new table
 * can be cleared and filled through the direct map at once.
 */
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/gfp.h>
#include <mm/memory_model.h>
#include <mm/mm.h>

#include "pgtable_pages.h"

/* The page allocator rules from the moment it owns any page. */
static bool early(void)
{
	return totalram_pages() == 0;
}

/*
 * Firmware, or memmap= on the command line, may promise RAM that is not there;
 * a table in it would read as present entries to nowhere, and the first use
 * of it would end the machine without a word.
 */
void pgtable_check_memory(phys_addr_t pa)
{
	volatile u32 *word = __va(pa);

	*word = 0x5a17c0de;
	if (*word != 0x5a17c0de)
		panic("no memory behind address %#llx: the memory map is wrong",
		      (u64)pa);
	*word = 0;
}

pte_t *pgtable_page_alloc(gfp_t gfp)
{
	unsigned long addr;

	if (early()) {
		phys_addr_t pa = early_alloc(PAGE_SIZE, PAGE_SIZE,
					     EARLY_PAGETABLE);

		if (!pa)
			return NULL;
		pgtable_check_memory(pa);
		return __va(pa);
	}
	addr = get_zeroed_page(gfp);
	if (addr)
		virt_to_page(addr)->type = PAGE_TABLE;
	return (pte_t *)addr;
}

void pgtable_page_free(pte_t *table)
{
	struct page *page = virt_to_page(table);

	if (page->type != PAGE_TABLE)
		return;
	page->type = PAGE_ALLOC;
	__free_page(page);
}

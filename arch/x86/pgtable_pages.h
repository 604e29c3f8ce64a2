/* Where the pages for page tables come from, early and late. */
#ifndef PGTABLE_PAGES_H
#define PGTABLE_PAGES_H

#include <asm/pgtable.h>

/* A cleared page for a table, or NULL. May sleep if gfp says so. */
pte_t *pgtable_page_alloc(gfp_t gfp);
/* Only for pages that were allocated after the early allocator ended. */
void pgtable_page_free(pte_t *table);
/* Panics if there is no memory at pa, whatever the memory map says. */
void pgtable_check_memory(phys_addr_t pa);

#endif

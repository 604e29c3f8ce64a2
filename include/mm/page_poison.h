/*
 * Free pages hold a pattern; who wrote to one is found out. page_poison=on
 * (or 1) on the command line. Counterparts: linux/poison.h, mm/page_poison.c
 * (6.12).
 */
#ifndef MM_PAGE_POISON_H
#define MM_PAGE_POISON_H

#include <mm/page.h>

/* What each byte of a free page is. */
#define PAGE_POISON 0xaa

bool page_poisoning_enabled(void);

/* Fills 2^order pages, high ones too. Any context. */
void page_poison_fill(struct page *page, unsigned int order);
/*
 * Is every byte of the block poison? False: it was not; reported, once for
 * the block, and it is again. Any context.
 */
bool page_poison_check(struct page *page, unsigned int order);

/*
 * Checks all free blocks that are on lists, a bounded number of pages at a
 * time; the number of reports, 0 where the mode is off. Threads.
 */
unsigned long page_poison_check_all(void);

#endif

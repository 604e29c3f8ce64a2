/* Descriptors of memory nobody has used yet: who backs them, and with what. */
#ifndef MM_MEMMAP_SUPPLY_H
#define MM_MEMMAP_SUPPLY_H

#include "internal.h"

/*
 * After the hand-over: what was kept for zones in which nothing is untouched
 * is free.
 */
void memmap_supply_settle(void);

/*
 * A block of MAX_PAGE_ORDER that was deferred is about to
 * be used. False: it became memory for descriptors, and free blocks; take
 * another. Zone locked.
 */
bool memmap_block_usable(struct zone *zone, struct page *block);

/* Order of the block that becomes supply next. Zone locked. */
unsigned int memmap_part_order(const struct zone *zone);

#endif

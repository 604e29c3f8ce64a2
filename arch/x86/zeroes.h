/*
 * Addresses that read as zeroes and cannot be written, at the cost of one page
 * and one table per level, however many there are: zeroes_64.c. i386 has no
 * addresses to spare for them, and nothing is shared.
 */
#ifndef ZEROES_H
#define ZEROES_H

#include <asm/pgtable.h>

/*
 * Everything below the entry of the root that va belongs to reads as zeroes.
 * Boot only; nothing is mapped there yet.
 */
void zeroes_map(struct pgtable *pt, unsigned long va);

/* Does a present entry lead to the shared page, by itself or through tables? */
bool zeroes_shared(pte_t e);

/* What the shared page may be used for, as the flags of its entry. */
pte_t zeroes_flags(void);

/*
 * The entry of that level that decides about va, in tables that are va's own:
 * shared ones on the way are replaced by copies, which changes no
 * translation. Or the one above if that is a page. NULL: no memory.
 */
pte_t *zeroes_own_entry(struct pgtable *pt, unsigned long va,
			enum pt_level level);

#endif

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

struct memmap_supply;

/*
 * The entry that maps va's page of 4 KiB, in tables that are va's own: shared
 * ones on the way are replaced by copies, which changes no translation.
 * Copies come from the supply, which has PT_TOP frames. *seen is set if a CPU
 * may remember what it found through a table that was replaced.
 */
pte_t *zeroes_own_entry(struct pgtable *pt, unsigned long va,
			struct memmap_supply *supply, bool *seen);

/* Changes a shared entry; sets *seen if a CPU may remember it. */
void zeroes_replace(pte_t *e, pte_t value, bool *seen);

/* A frame of the supply as zeroed memory; the supply has one. */
void *zeroed_frame(struct memmap_supply *supply);

#endif

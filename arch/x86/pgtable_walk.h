/* The one walk down a tree of tables, for the files of pgtable*.c. */
#ifndef PGTABLE_WALK_H
#define PGTABLE_WALK_H

#include <asm/pgtable.h>
#include <mm/memory_model.h>

static inline pte_t *table_of(pte_t e)
{
	return __va(pte_phys(e));
}

/*
 * The entry that decides about va at level stop or above: the walk ends early
 * where there is no table below.
 */
static inline pte_t *walk(const struct pgtable *pt, unsigned long va,
			  enum pt_level stop, enum pt_level *level)
{
	pte_t *table = pt->root;
	int l;

	for (l = PT_TOP; ; l--) {
		pte_t *e = &table[pt_index(va, (enum pt_level)l)];
		pte_t v = pte_read(e);

		*level = (enum pt_level)l;
		if (*level == stop || !pte_present(v) || pte_leaf(v, *level))
			return e;
		table = table_of(v);
	}
}

/* Bytes from va to the end of what one entry of this level spans. */
static inline unsigned long rest_of_entry(unsigned long va,
					  enum pt_level level)
{
	return pt_size(level) - (va & (pt_size(level) - 1));
}

#endif

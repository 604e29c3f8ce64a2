/*
 * How does a table go that translates nothing any more?
 *
 * The problem: a CPU may be on its way through the table just now, or remember
 * it; somebody else may be about to put an entry in.
 *
 *	PT_1G	| t | . |		| 0 | . |	out: no walk finds it
 *		  |		=>
 *	PT_2M	  | 0 0 0 ... |		  | 0 0 0 ... |	free when all CPUs
 *							have been flushed
 *
 *  1. Who asks has all addresses below the table to himself. So nobody puts an
 *     entry in, or looks one up but by a stray access; and what nobody has,
 *     nobody needs a lock for. Whose the addresses are is not known here: for
 *     the vmalloc area mm/vm_tables.c sees to it.
 *  2. The entry above is cleared, last levels first, and the page is put on a
 *     list.
 *  3. The caller flushes all CPUs, then frees what is on the list. Until then
 *     the addresses stay his: a CPU that still remembers the old table would
 *     find nothing in it, though the new one has an entry.
 *
 * Who follows tables at addresses that are not his, to tell what is there,
 * keeps interrupts off: the flush waits for him.
 *
 * Tables of boot are no pages of the page allocator: they stay.
 */
#include <lib/kernel.h>
#include <mm/memory_model.h>

#include "pgtable_walk.h"

/* A present entry that names a table which can be freed? */
static bool is_allocated(pte_t e)
{
	return phys_to_page(pte_phys(e))->type == PAGE_TABLE;
}

static bool is_table(pte_t e, enum pt_level level)
{
	return pte_present(e) && !pte_leaf(e, level);
}

static bool is_empty(const pte_t *table)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		if (pte_present(pte_read(&table[i])))
			return false;
	return true;
}

/* That of entry e, if it can be freed. */
static void take_table(struct pgtable *pt, pte_t *e, struct list_head *tables)
{
	pte_t v = pte_read(e);

	if (!is_allocated(v))
		return;
	pte_write(e, 0);
	__atomic_fetch_sub(&pt->nr_tables, 1, __ATOMIC_RELAXED);
	list_add(&phys_to_page(pte_phys(v))->lru, tables);
}

void pgtable_take_tables(struct pgtable *pt, unsigned long va,
			 unsigned long size, struct list_head *tables)
{
	unsigned long end = ALIGN_DOWN(va + size, pt_size(PT_2M));

	for (va = ALIGN(va, pt_size(PT_2M)); va < end; va += pt_size(PT_2M)) {
		enum pt_level level;
		pte_t *e = walk(pt, va, PT_2M, &level), v = pte_read(e);

		if (level == PT_2M && is_table(v, level))
			take_table(pt, e, tables);
	}
}

/* The empty ones that hang at entries of a level; skips where there is none. */
static void take_level(struct pgtable *pt, unsigned long va, unsigned long end,
		       enum pt_level level, struct list_head *tables)
{
	enum pt_level reached;

	end = ALIGN_DOWN(end, pt_size(level));
	va = ALIGN(va, pt_size(level));
	for (; va < end; va += rest_of_entry(va, reached)) {
		pte_t *e = walk(pt, va, level, &reached), v = pte_read(e);

		if (reached == level && is_table(v, level) &&
		    is_empty(table_of(v)))
			take_table(pt, e, tables);
	}
}

void pgtable_take_all_tables(struct pgtable *pt, unsigned long va,
			     unsigned long size, struct list_head *tables)
{
	int level;

	for (level = PT_2M; level <= PT_TOP; level++)
		take_level(pt, va, va + size, (enum pt_level)level, tables);
}

/*
 * Does a table begin at va that could go, and ends before end? The highest;
 * *step: what it spans, or how far it is to where the next may begin. lowest is
 * not above the root's.
 */
static bool table_begins(const struct pgtable *pt, unsigned long va,
			 unsigned long end, enum pt_level lowest,
			 unsigned long *step)
{
	const pte_t *table = pt->root;
	int l;

	for (l = PT_TOP; l >= (int)lowest; l--) {
		enum pt_level level = (enum pt_level)l;
		pte_t e = pte_read(&table[pt_index(va, level)]);

		*step = rest_of_entry(va, level);
		if (!is_table(e, level))
			return false;
		if (*step == pt_size(level) && *step <= end - va &&
		    is_allocated(e))
			return true;
		table = table_of(e);
	}
	return false;
}

bool pgtable_find_tables(const struct pgtable *pt, enum pt_level lowest,
			 unsigned long *va, unsigned long *size)
{
	unsigned long at = ALIGN(*va, pt_size(lowest));
	unsigned long end = *va + *size, step = 0;

	for (; at < end; at += step)
		if (table_begins(pt, at, end, lowest, &step)) {
			*va = at;
			*size = step;
			return true;
		}
	return false;
}

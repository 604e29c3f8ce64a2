/*
 * How can 512 GiB of addresses be read for 16 KiB of memory?
 *
 * One page of zeroes, and one table per level, all of whose entries lead to
 * the next:
 *
 *	root entry --> table --> table --> table --> page of zeroes
 *	               (512 x)   (512 x)   (512 x)   read-only, no-execute
 *
 * Where something is to be mapped after all, the shared tables on the way to
 * it are replaced by copies of their own, and one entry of the last copy is
 * changed. A copy says what the shared table said, so replacing one needs no
 * flush; the change at the end may need one, of all CPUs: who remembers the
 * zeroes goes on reading them. Often nobody can. A CPU sets _PAGE_ACCESSED in
 * each entry on its way before it remembers what it found there, so an entry
 * of va's own that has the flag clear is remembered by nobody. Entries of
 * shared tables have it set for somebody else's sake; copies begin without.
 *
 *	root     A --> own table  ... | A  | ... | -  | ...
 *	                                |          |
 *	                           own table     shared: nobody looked at this
 *	                         | A | - | ..    GiB, nothing to flush
 *
 * The page lies in the image's constants: nobody can write it anywhere.
 * The shared tables are never freed, and never changed after boot but by the
 * CPU.
 *
 * Locks: the caller's, around the tree below the root's entry.
 */
#include <kernel/init.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memory_model.h>

#include "pgtable_pages.h"
#include "zeroes.h"

static const char zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
static pte_t shared_tables[PT_TOP][PTRS_PER_TABLE] __aligned(PAGE_SIZE);

pte_t zeroes_flags(void)
{
	return PAGE_KERNEL_RO & ~_PAGE_ACCESSED & pte_supported_mask;
}

/* An entry of that level that leads to the page; nobody has used it. */
static pte_t shared_entry(enum pt_level level)
{
	if (level == PT_4K)
		return __pa(zero_page) | zeroes_flags();
	return __pa(shared_tables[level - 1]) |
	       (PAGE_TABLE_FLAGS & ~_PAGE_ACCESSED);
}

static void fill_table(pte_t *table, enum pt_level level)
{
	const pte_t e = shared_entry(level);
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i += 4) {
		table[i] = e;
		table[i + 1] = e;
		table[i + 2] = e;
		table[i + 3] = e;
	}
}

void __init zeroes_map(struct pgtable *pt, unsigned long va)
{
	enum pt_level level;

	for (level = PT_4K; level < PT_TOP; level++)
		fill_table(shared_tables[level], level);
	pte_write(&pt->root[pt_index(va, PT_TOP)], shared_entry(PT_TOP));
	pt->nr_tables += PT_TOP;
}

bool zeroes_shared(pte_t e)
{
	return pte_phys(e) == __pa(zero_page) ||
	       pte_phys(e) - __pa(shared_tables) < sizeof(shared_tables);
}

/* In one step: a CPU that is on its way through e takes the old or the new. */
void zeroes_replace(pte_t *e, pte_t value, bool *seen)
{
	pte_t old = __atomic_exchange_n(e, value, __ATOMIC_SEQ_CST);

	*seen |= !!(old & _PAGE_ACCESSED);
}

static void *any_frame(struct memmap_supply *supply)
{
	phys_addr_t pa = PFN_PHYS(memmap_supply_take(supply));

	pgtable_check_memory(pa);
	return __va(pa);
}

void *zeroed_frame(struct memmap_supply *supply)
{
	return memset(any_frame(supply), 0, PAGE_SIZE);
}

pte_t *zeroes_own_entry(struct pgtable *pt, unsigned long va,
			struct memmap_supply *supply, bool *seen)
{
	enum pt_level level = PT_TOP;
	pte_t *e = &pt->root[pt_index(va, level)];

	while (level > PT_4K) {
		level--;
		if (zeroes_shared(*e)) {
			pte_t *table = any_frame(supply);

			fill_table(table, level);
			zeroes_replace(e, __pa(table) | PAGE_TABLE_FLAGS,
				       seen);
			__atomic_fetch_add(&pt->nr_tables, 1, __ATOMIC_RELAXED);
		}
		e = (pte_t *)__va(pte_phys(*e)) + pt_index(va, level);
	}
	return e;
}

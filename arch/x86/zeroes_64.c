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
 * flush; the change at the end does.
 *
 * The page lies in the image's constants: nobody can write it anywhere.
 * The tables are never freed, and never changed after boot but by the CPU,
 * which notes that it used them.
 */
#include <kernel/init.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "pgtable_pages.h"
#include "zeroes.h"

static const char zero_page[PAGE_SIZE] __aligned(PAGE_SIZE);
static pte_t shared_tables[PT_TOP][PTRS_PER_TABLE] __aligned(PAGE_SIZE);

pte_t zeroes_flags(void)
{
	return PAGE_KERNEL_RO & pte_supported_mask;
}

static pte_t shared_entry(enum pt_level level)
{
	if (level == PT_4K)
		return __pa(zero_page) | zeroes_flags();
	return __pa(shared_tables[level - 1]) | PAGE_TABLE_FLAGS;
}

void __init zeroes_map(struct pgtable *pt, unsigned long va)
{
	enum pt_level level;
	unsigned int i;

	for (level = PT_4K; level < PT_TOP; level++)
		for (i = 0; i < PTRS_PER_TABLE; i++)
			shared_tables[level][i] = shared_entry(level);
	pte_write(&pt->root[pt_index(va, PT_TOP)], shared_entry(PT_TOP));
	pt->nr_tables += PT_TOP;
}

bool zeroes_shared(pte_t e)
{
	return pte_phys(e) == __pa(zero_page) ||
	       pte_phys(e) - __pa(shared_tables) < sizeof(shared_tables);
}

static bool make_own_table(struct pgtable *pt, pte_t *e)
{
	pte_t *table = pgtable_page_alloc();

	if (!table)
		return false;
	memcpy(table, __va(pte_phys(*e)), PAGE_SIZE);
	pte_write(e, __pa(table) | PAGE_TABLE_FLAGS);
	pt->nr_tables++;
	return true;
}

pte_t *zeroes_own_entry(struct pgtable *pt, unsigned long va,
			enum pt_level level)
{
	enum pt_level l = PT_TOP;
	pte_t *e = &pt->root[pt_index(va, l)];

	while (l > level && (l == PT_TOP || !pte_leaf(*e, l))) {
		if (zeroes_shared(*e) && !make_own_table(pt, e))
			return NULL;
		l--;
		e = (pte_t *)__va(pte_phys(*e)) + pt_index(va, l);
	}
	return e;
}

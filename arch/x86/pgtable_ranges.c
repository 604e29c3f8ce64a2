/*
 * What does a tree of page tables map? Its leaves in address order, joined as
 * long as they touch and may be used alike:
 *
 *	leaves	| 4K rw | 4K rw |  2M rw  | 2M r |    hole    | 4K rw |
 *	ranges	|<------- rw ------------>|<- r->|            |<- rw->|
 *
 * What reads as zeroes through shared tables (zeroes_64.c) is one stretch, and
 * no page of it is counted.
 *
 * Reads only; may run while others map and unmap elsewhere in the tree.
 */
#include <asm/pgtable.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/kernel.h>

#include "areas.h"
#include "zeroes.h"

struct joiner {
	struct pgtable_range r;		/* size 0: none yet */
	void (*fn)(const struct pgtable_range *r, void *arg);
	void *arg;
};

/* What an entry says about its use; not where it points, nor how big. */
static pte_t use_flags(pte_t e)
{
	return e & (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_PWT |
		    _PAGE_PCD | _PAGE_GLOBAL | _PAGE_NX);
}

static void flush_range(struct joiner *j)
{
	if (j->r.size)
		j->fn(&j->r, j->arg);
	j->r = (struct pgtable_range){ .size = 0 };
}

/* One more page, or all that an entry with shared tables below spans. */
static void join(struct joiner *j, unsigned long va, pte_t flags,
		 unsigned long size)
{
	flags = use_flags(flags);
	if (va != j->r.start + j->r.size || flags != j->r.flags)
		flush_range(j);
	if (!j->r.size)
		j->r = (struct pgtable_range){ .start = va, .flags = flags };
	j->r.size += size;
}

/* Recursion is as deep as the tree: PT_TOP + 1. */
static void visit_table(struct joiner *j, const pte_t *table,
			unsigned long base, enum pt_level level)
{
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++) {
		unsigned long va = base + ((unsigned long)i << pt_shift(level));
		pte_t e = pte_read(&table[i]);

		if (!pte_present(e))
			continue;
		va = va_make_canonical(va);
		if (zeroes_shared(e)) {
			join(j, va, zeroes_flags(), pt_size(level));
		} else if (pte_leaf(e, level)) {
			join(j, va, e, pt_size(level));
			j->r.pages[level]++;
		} else {
			visit_table(j, __va(pte_phys(e)), va,
				    (enum pt_level)(level - 1));
		}
	}
}

void pgtable_for_each_range(const struct pgtable *pt,
			    void (*fn)(const struct pgtable_range *r,
				       void *arg), void *arg)
{
	struct joiner j = { .fn = fn, .arg = arg };

	visit_table(&j, pt->root, 0, PT_TOP);
	flush_range(&j);
}

static const char *area_name(unsigned long va)
{
	const struct area *area = find_area(address_map, nr_areas, va);

	return area ? area->name : "user";
}

static void print_range(const struct pgtable_range *r, void *arg)
{
	static const char *const sizes[] = { "4 KiB", "2 MiB", "1 GiB" };
	const char **area = arg, *name = area_name(r->start);
	unsigned int i;

	if (name != *area)
		printk("%s\n", name);
	*area = name;
	printk("  %px-%px %9lu KiB  r%c%c%s", (void *)r->start,
	       (void *)(r->start + r->size - 1), r->size >> 10,
	       r->flags & _PAGE_RW ? 'w' : '-', r->flags & _PAGE_NX ? '-' : 'x',
	       r->flags & _PAGE_USER ? " user" : "");
	for (i = 0; i < PT_TOP; i++)
		if (r->pages[i])
			printk("  %lu x %s", r->pages[i], sizes[i]);
	printk("\n");
}

static int cmd_pagetables(int argc, char **argv)
{
	const char *area = NULL;

	pgtable_for_each_range(&kernel_pgtable, print_range, &area);
	printk("%lu KiB of tables\n",
	       kernel_pgtable.nr_tables * PAGE_SIZE >> 10);
	return 0;
}
SHELL_COMMAND(pagetables, "", "what is mapped, and what it may be used for",
	      cmd_pagetables);

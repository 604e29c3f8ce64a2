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
 * Reads only; may run while others map and unmap, and tables come and go: each
 * entry is looked up from the root, with interrupts off on the way.
 */
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/kernel.h>

#include "areas.h"
#include "pgtable_walk.h"
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

/* The entry that says all about va: of a page, of shared tables, or empty. */
static pte_t entry_of(const struct pgtable *pt, unsigned long va,
		      enum pt_level *level)
{
	const pte_t *table = pt->root;
	int l;

	for (l = PT_TOP; ; l--) {
		pte_t e;

		*level = (enum pt_level)l;
		e = pte_read(&table[pt_index(va, *level)]);
		if (!pte_present(e) || pte_leaf(e, *level) || zeroes_shared(e))
			return e;
		table = table_of(e);
	}
}

/* Tables on the way stay until interrupts are on again (pgtable_take.c). */
static pte_t entry_of_any(const struct pgtable *pt, unsigned long va,
			  enum pt_level *level)
{
	unsigned long flags;
	pte_t e;

	local_irq_save(flags);
	e = entry_of(pt, va, level);
	local_irq_restore(flags);
	return e;
}

static void visit(struct joiner *j, unsigned long va, pte_t e,
		  enum pt_level level)
{
	if (zeroes_shared(e)) {
		join(j, va, zeroes_flags(), pt_size(level));
	} else {
		join(j, va, e, pt_size(level));
		j->r.pages[level]++;
	}
}

void pgtable_for_each_range(const struct pgtable *pt,
			    void (*fn)(const struct pgtable_range *r,
				       void *arg), void *arg)
{
	struct joiner j = { .fn = fn, .arg = arg };
	unsigned long va = 0;
	enum pt_level level;

	do {
		pte_t e = entry_of_any(pt, va, &level);

		if (pte_present(e))
			visit(&j, va, e, level);
		va = va_make_canonical(va + pt_size(level));
	} while (va);
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

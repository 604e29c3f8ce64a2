/*
 * How is a range mapped, unmapped, changed, looked up?
 *
 * The problem
 *	A tree of tables, each one page of 512 entries. An entry is empty,
 *	or points at a table of the next level, or (except at the top) maps
 *	a page as big as all that a table below would span.
 *
 *	     root            PT_1G           PT_2M           PT_4K
 *	   +-------+       +-------+       +-------+       +-------+
 *	   |       |   +-->|       |   +-->| 2 MiB |   +-->| 4 KiB |
 *	   | table |---+   | table |---+   | table |---+   | 4 KiB |
 *	   |   0   |       | 1 GiB |       |   0   |       |   0   |
 *	   +-------+       +-------+       +-------+       +-------+
 *
 *	An entry of a level spans pt_size(level) bytes. The same code walks
 *	all levels: a level is a number, not a function.
 *
 * Mapping
 *	1. Take the biggest page that the alignment of va and pa, the rest of
 *	   the range and the caller's maximum allow.
 *	2. Walk to that level, putting in empty tables on the way.
 *	3. Fill entries up to the end of that table. A bigger page can only
 *	   become possible at the end of a table, so step 1 is asked once per
 *	   table, not once per entry.
 *	4. Go on behind what was filled.
 *
 * Changing (protect, unmap)
 *	1. Walk to the entry that decides about va, present or not.
 *	2. If it maps more than the range: split it, which puts a table in its
 *	   place that maps the same memory the same way in smaller pages; look
 *	   again.
 *	3. Change the entry and step over what it spans; at the last level all
 *	   entries up to the end of their table.
 *	4. Flush the range, on all CPUs (tlb.c). A split needs no flush of its
 *	   own: the big page that a CPU may remember still says the truth
 *	   about all addresses but the changed ones, and forgetting one of
 *	   these forgets all of it.
 *
 * Locks: none
 *	An entry becomes a table by one compare-and-exchange with a table that
 *	is filled already. Who comes second gives his table back and looks
 *	again. Entries that map pages belong to the owner of their range.
 *
 * Invariants
 *	all entries of a table are below the same entry one level up;
 *	an entry that was a table stays one until pgtable_destroy(), or until
 *	who has all addresses below it to himself takes the table out
 *	(pgtable_take.c);
 *	a split changes no translation and no permission;
 *	pt->nr_tables == number of table pages reachable from root, plus root.
 *
 * Cost
 *	map and change: one walk per table plus a few instructions per entry.
 *	Look up: one walk, PT_TOP + 1 loads at most.
 *
 * Left out: joining small pages into big ones again; freeing tables that
 * became empty without being asked to.
 */
#include <asm/pgtable.h>
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/memory_model.h>

#include "pgtable_pages.h"
#include "pgtable_walk.h"

/* Flags of the 512 smaller pages that replace one page of this level. */
static pte_t split_flags(pte_t e, enum pt_level level)
{
	pte_t flags = e & ~PTE_ADDR_MASK;

	return level == PT_2M ? flags & ~_PAGE_PSE : flags;
}

static void fill_split(pte_t *table, pte_t e, enum pt_level level)
{
	unsigned long step = pt_size((enum pt_level)(level - 1));
	pte_t flags = split_flags(e, level);
	unsigned int i;

	for (i = 0; i < PTRS_PER_TABLE; i++)
		table[i] = (pte_phys(e) + i * step) | flags;
}

static pte_t table_entry(const pte_t *table, enum pt_level level)
{
	return __pa(table) | (level == PT_TOP ? PT_TOP_FLAGS :
			      PAGE_TABLE_FLAGS);
}

/*
 * Puts a table where entry e is empty or maps a page of its level. Afterwards
 * e is a table, ours or another CPU's. 0 or -ENOMEM.
 */
static int install_table(struct pgtable *pt, pte_t *e, enum pt_level level,
			 gfp_t gfp)
{
	pte_t old = pte_read(e), *table = pgtable_page_alloc(gfp);

	if (!table)
		return -ENOMEM;
	while (!pte_present(old) || pte_leaf(old, level)) {
		if (pte_present(old))
			fill_split(table, old, level);
		if (pte_cmpxchg(e, &old, table_entry(table, level))) {
			__atomic_fetch_add(&pt->nr_tables, 1, __ATOMIC_RELAXED);
			if (level == PT_TOP && pt->live)
				pt_root_changed();
			return 0;
		}
	}
	pgtable_page_free(table);
	return 0;
}

static enum pt_level biggest_page(unsigned long va, phys_addr_t pa,
				  unsigned long size, enum pt_level max)
{
	enum pt_level level = max;

	while (level > PT_4K &&
	       (!IS_ALIGNED(va | pa, pt_size(level)) || size < pt_size(level)))
		level--;
	return level;
}

/*
 * Walks to level want, or lower if a table is in the way there, making
 * tables. Returns the empty entry; NULL with *err set if it is taken.
 */
static pte_t *make_entry(struct pgtable *pt, unsigned long va,
			 enum pt_level want, enum pt_level *level, gfp_t gfp,
			 int *err)
{
	for (;;) {
		pte_t *e = walk(pt, va, want, level);
		pte_t v = pte_read(e);

		if (!pte_present(v)) {
			if (*level == want)
				return e;
			*err = install_table(pt, e, *level, gfp);
			if (*err)
				return NULL;
		} else if (pte_leaf(v, *level)) {
			*err = -EEXIST;
			return NULL;
		} else {
			want = (enum pt_level)(want - 1);
		}
	}
}

/* Fills empty entries up to the end of their table; bytes mapped. */
static unsigned long fill_entries(pte_t *e, unsigned long va, phys_addr_t pa,
				  unsigned long size, pte_t prot,
				  enum pt_level level)
{
	unsigned long step = pt_size(level);
	unsigned long n = PTRS_PER_TABLE - pt_index(va, level);
	pte_t value = pa | prot | (level > PT_4K ? _PAGE_PSE : 0);
	unsigned long i;

	n = min(n, size >> pt_shift(level));
	for (i = 0; i < n && !pte_present(e[i]); i++, value += step)
		pte_write(&e[i], value);
	return i * step;
}

int pgtable_map_gfp(struct pgtable *pt, unsigned long va, phys_addr_t pa,
		    unsigned long size, pte_t prot, enum pt_level max,
		    gfp_t gfp)
{
	if (!IS_ALIGNED(va | pa | size, PAGE_SIZE))
		return -EINVAL;
	prot &= pte_supported_mask;
	while (size) {
		enum pt_level level = biggest_page(va, pa, size, max);
		unsigned long done;
		int err = 0;
		pte_t *e = make_entry(pt, va, level, &level, gfp, &err);

		if (!e)
			return err;
		done = fill_entries(e, va, pa, size, prot, level);
		va += done;
		pa += done;
		size -= done;
	}
	return 0;
}

/* A table may be changed where the CPU must not be given away. */
static gfp_t gfp_of_context(void)
{
	return in_atomic() ? GFP_ATOMIC : GFP_KERNEL;
}

int pgtable_map(struct pgtable *pt, unsigned long va, phys_addr_t pa,
		unsigned long size, pte_t prot, enum pt_level max)
{
	return pgtable_map_gfp(pt, va, pa, size, prot, max, gfp_of_context());
}

int pgtable_make_tables(struct pgtable *pt, unsigned long va,
			enum pt_level level, gfp_t gfp)
{
	int err = 0;

	return make_entry(pt, va, level, &level, gfp, &err) ? 0 : err;
}

/* Does a page of this level around va lie inside [va, va + size)? */
static bool page_fits(unsigned long va, unsigned long size,
		      enum pt_level level)
{
	return IS_ALIGNED(va, pt_size(level)) && size >= pt_size(level);
}

static void change_entry(pte_t *e, pte_t clear, pte_t set)
{
	pte_t v = pte_read(e);

	if (pte_present(v))
		pte_write(e, (v & ~clear) | set);
}

/* From entry e of a last table, va's, to its end; bytes stepped over. */
static unsigned long change_entries(pte_t *e, unsigned long va,
				    unsigned long size, pte_t clear, pte_t set)
{
	unsigned long n = PTRS_PER_TABLE - pt_index(va, PT_4K), i;

	n = min(n, size >> PAGE_SHIFT);
	for (i = 0; i < n; i++)
		change_entry(&e[i], clear, set);
	return n << PAGE_SHIFT;
}

static noinline int split_entry(struct pgtable *pt, pte_t *e,
				enum pt_level level)
{
	return install_table(pt, e, level, gfp_of_context());
}

/* entry = (entry & ~clear) | set for all that is mapped; set 0 may unmap. */
static int change_range(struct pgtable *pt, unsigned long va,
			unsigned long size, pte_t clear, pte_t set)
{
	while (size) {
		enum pt_level level;
		pte_t *e = walk(pt, va, PT_4K, &level);
		unsigned long rest = rest_of_entry(va, level);

		if (level == PT_4K) {
			rest = change_entries(e, va, size, clear, set);
		} else if (pte_present(pte_read(e))) {
			if (!page_fits(va, size, level)) {
				int err = split_entry(pt, e, level);

				if (err)
					return err;
				continue;
			}
			change_entry(e, clear, set);
		}
		rest = min(rest, size);
		va += rest;
		size -= rest;
	}
	return 0;
}

static int change_batched(struct pgtable *pt, unsigned long va,
			  unsigned long size, pte_t clear, pte_t set,
			  struct tlb_batch *batch)
{
	if (!IS_ALIGNED(va | size, PAGE_SIZE))
		return -EINVAL;
	if (pt->live)
		tlb_batch_add(batch, va, size);
	return change_range(pt, va, size, clear, set & pte_supported_mask);
}

int pgtable_unmap_batched(struct pgtable *pt, unsigned long va,
			  unsigned long size, struct tlb_batch *batch)
{
	return change_batched(pt, va, size, ~(pte_t)0, 0, batch);
}

int pgtable_protect_batched(struct pgtable *pt, unsigned long va,
			    unsigned long size, pte_t clear, pte_t set,
			    struct tlb_batch *batch)
{
	return change_batched(pt, va, size, clear, set, batch);
}

int pgtable_unmap(struct pgtable *pt, unsigned long va, unsigned long size)
{
	struct tlb_batch batch = TLB_BATCH_INIT;
	int err = pgtable_unmap_batched(pt, va, size, &batch);

	tlb_batch_flush(&batch);
	return err;
}

int pgtable_protect(struct pgtable *pt, unsigned long va, unsigned long size,
		    pte_t clear, pte_t set)
{
	struct tlb_batch batch = TLB_BATCH_INIT;
	int err = pgtable_protect_batched(pt, va, size, clear, set, &batch);

	tlb_batch_flush(&batch);
	return err;
}

pte_t *pgtable_lookup(const struct pgtable *pt, unsigned long va,
		      enum pt_level *level)
{
	pte_t *e;

	if (!pt->root || !va_is_canonical(va))
		return NULL;
	e = walk(pt, va, PT_4K, level);
	return pte_present(pte_read(e)) ? e : NULL;
}

pte_t *pgtable_lookup_small(const struct pgtable *pt, unsigned long va)
{
	enum pt_level level;
	pte_t *e = walk(pt, va, PT_4K, &level);

	return level == PT_4K ? e : NULL;
}

bool pgtable_entry_empty(const struct pgtable *pt, unsigned long va,
			 enum pt_level level)
{
	enum pt_level reached;

	return !pte_present(pte_read(walk(pt, va, level, &reached)));
}

bool pgtable_translate(const struct pgtable *pt, unsigned long va,
		       phys_addr_t *pa)
{
	enum pt_level level;
	pte_t *e = pgtable_lookup(pt, va, &level);

	if (!e)
		return false;
	*pa = pte_phys(*e) + (va & (pt_size(level) - 1));
	return true;
}

int pgtable_init(struct pgtable *pt)
{
	*pt = (struct pgtable){ .root = pgtable_page_alloc(gfp_of_context()) };
	if (!pt->root)
		return -ENOMEM;
	pt->nr_tables = 1;
	return 0;
}

static void free_table(pte_t *table, enum pt_level level)
{
	unsigned int i;

	for (i = 0; level > PT_4K && i < PTRS_PER_TABLE; i++)
		if (pte_present(table[i]) && !pte_leaf(table[i], level))
			free_table(table_of(table[i]),
				   (enum pt_level)(level - 1));
	pgtable_page_free(table);
}

void pgtable_destroy(struct pgtable *pt)
{
	if (pt->root)
		free_table(pt->root, PT_TOP);
	*pt = (struct pgtable){ .root = NULL };
}

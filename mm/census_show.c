/*
 * The census for a person: the shell command `census`. Beside the sums, which
 * cache holds how many slab pages, and who allocated the blocks in use.
 *
 * page->private of a block in use is the address it was asked from, until its
 * owner puts something else there; what is not kernel text counts as unknown.
 * Both lists are tables of fixed size: what does not fit is summed up under
 * one line, never left out.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/spinlock.h>
#include <lib/sprintf.h>
#include <mm/census.h>
#include <mm/slab.h>

#define TALLY_SIZE 48

/* Frames per key; key 0 is for what has none, and for the overflow. */
struct tally {
	unsigned int nr;
	unsigned long other;
	struct {
		unsigned long key, pages;
	} entry[TALLY_SIZE];
};

/* Too large for a stack; the shell is one thread. */
static struct {
	struct tally slabs, callers;
	struct census census;
} view;

static void tally_add(struct tally *t, unsigned long key, unsigned long pages)
{
	unsigned int i;

	for (i = 0; i < t->nr && t->entry[i].key != key; i++)
		;
	if (key == 0 || i == TALLY_SIZE) {
		t->other += pages;
		return;
	}
	if (i == t->nr) {
		t->entry[i].key = key;
		t->entry[i].pages = 0;
		t->nr++;
	}
	t->entry[i].pages += pages;
}

static bool is_text(unsigned long addr)
{
	unsigned long offset, size;

	return sprintf_symbolize && sprintf_symbolize(addr, &offset, &size);
}

static void tally_block(struct page *head, enum census_owner owner,
			unsigned long nr, void *arg)
{
	if (owner == CENSUS_SLAB)
		tally_add(&view.slabs, (unsigned long)head->slab_cache, nr);
	else if (owner == CENSUS_ALLOCATED || owner == CENSUS_VMALLOC)
		tally_add(&view.callers,
			  is_text(head->private) ? head->private : 0, nr);
}

static void print_slabs(const struct tally *t)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		printk("  slab %8lu frames  %s\n", t->entry[i].pages,
		       kmem_cache_name((void *)t->entry[i].key));
	if (t->other)
		printk("  slab %8lu frames  (other caches)\n", t->other);
}

static void print_callers(const struct tally *t)
{
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		printk("  by   %8lu frames  %pS\n", t->entry[i].pages,
		       (void *)t->entry[i].key);
	if (t->other)
		printk("  by   %8lu frames  (not known)\n", t->other);
}

static int cmd_census(int argc, char **argv)
{
	view.slabs = (struct tally){ 0 };
	view.callers = (struct tally){ 0 };
	kmem_cache_shrink_all();
	drain_all_pages();
	census_walk(&view.census, tally_block, NULL);
	census_print(&view.census);
	print_slabs(&view.slabs);
	print_callers(&view.callers);
	return 0;
}
SHELL_COMMAND(census, "", "who owns each frame of RAM", cmd_census);

/*
 * The address map of the running kernel: the shell command `addressmap`. For
 * each area its addresses, how much of it is mapped, and which kinds of pages
 * there are.
 */
#include <asm/pgtable.h>
#include <kernel/printk.h>
#include <kernel/shell.h>

#include "areas.h"

struct use {
	const struct area *area;
	unsigned long mapped;		/* bytes */
	bool kinds[4];			/* seen: 1 written, 2 executed */
};

/* What is mapped alike may run from one area into the next. */
static void add_range(const struct pgtable_range *r, void *arg)
{
	struct use *u = arg;
	unsigned long first = r->start, last = r->start + (r->size - 1);
	unsigned long area_last = u->area->end - 1;

	if (last < u->area->start || first > area_last)
		return;
	if (first < u->area->start)
		first = u->area->start;
	if (last > area_last)
		last = area_last;
	u->mapped += last - first + 1;
	u->kinds[(r->flags & _PAGE_RW ? 1 : 0) |
		 (r->flags & _PAGE_NX ? 0 : 2)] = true;
}

static void print_area(const struct area *area)
{
	static const char *const names[4] = { "r--", "rw-", "r-x", "rwx" };
	struct use u = { .area = area };
	unsigned int i;

	pgtable_for_each_range(&kernel_pgtable, add_range, &u);
	printk("%px-%px %11lu KiB, %lu mapped  %s ", (void *)area->start,
	       (void *)(area->end - 1), (area->end - area->start) >> 10,
	       u.mapped >> 10, area->name);
	for (i = 0; i < 4; i++)
		if (u.kinds[i])
			printk(" %s", names[i]);
	printk("\n");
}

static int cmd_addressmap(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < nr_areas; i++)
		print_area(&address_map[i]);
	return 0;
}
SHELL_COMMAND(addressmap, "", "areas of kernel addresses, and what is mapped",
	      cmd_addressmap);

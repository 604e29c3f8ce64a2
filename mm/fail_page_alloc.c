/*
 * Pages that fail on purpose.
 *
 *	fail_page_alloc=INTERVAL,PERCENT,SPACE,TIMES[,KEY...]
 *
 *	order=MIN-MAX	blocks of these orders
 *	ignore_highmem	leaves alone who would take high memory
 *	ignore_wait, ignore_atomic, caller=, task, seed=, verbose=
 *			as for failslab= (mm/failslab.c)
 *
 * Asked once per block in __alloc_pages(), and once per call when many single
 * pages are wanted; so large kmalloc'ed objects, slabs, stacks and per-CPU
 * chunks are pages, too. Space counts in bytes. Locks: none.
 */
#include <kernel/cmdline.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/fault_inject.h>

#include "fault_range.h"

struct fail_page_alloc fail_page_alloc = {
	.attr = FAULT_ATTR_INITIALIZER("fail_page_alloc"),
	.max_order = ~0U,
};

bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	const struct fail_page_alloc *f = &fail_page_alloc;

	if (order < f->min_order || order > f->max_order ||
	    (f->ignore_highmem && (gfp & __GFP_HIGHMEM)) ||
	    !fault_gfp_passes(&f->gfp, gfp))
		return false;
	return should_fail_ex(&fail_page_alloc.attr,
			      (long)(PAGE_SIZE << order), fault_flags(gfp));
}

static int set_key(const char *key, const char *value)
{
	if (!strcmp(key, "order"))
		return fault_range(value, &fail_page_alloc.min_order,
				   &fail_page_alloc.max_order);
	if (!strcmp(key, "ignore_highmem"))
		fail_page_alloc.ignore_highmem = true;
	else
		return fault_gfp_key(&fail_page_alloc.gfp, key);
	return 0;
}

/* Nobody is asking: it is off, or the boot. */
static int set_fail_page_alloc(const char *text)
{
	int error;

	fail_page_alloc.gfp = (struct fault_gfp_filter){ false };
	fail_page_alloc.ignore_highmem = false;
	fail_page_alloc.min_order = 0;
	fail_page_alloc.max_order = ~0U;
	error = setup_fault_attr(&fail_page_alloc.attr, text, set_key);
	if (error)
		fail_page_alloc.attr.probability = 0;
	return error;
}
early_param("fail_page_alloc", set_fail_page_alloc);

static int cmd_fail_page_alloc(int argc, char **argv)
{
	return fault_command(&fail_page_alloc.attr, set_fail_page_alloc, argc,
			     argv);
}
SHELL_COMMAND(fail_page_alloc, "[I,P,SPACE,TIMES[,KEY..]|off]",
	      "pages that fail on purpose", cmd_fail_page_alloc);

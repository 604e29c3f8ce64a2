/*
 * How do all allocations come by the places that can fail?
 *
 * The problem: nearly all of them end at a CPU's array of ready objects or
 * pages, a dozen instructions without a question. Those are not to grow by
 * one; so while faults are injected the arrays are taken away.
 *
 *	kmem_cache_alloc() --> [ o o o . ]	alloc_pages() --> [ o o . ]
 *	        |				    |
 *	        | on: the array is put aside	    | likewise
 *	        v				    v
 *	slab_alloc_odd()			__alloc_pages()
 *	        should_failslab()		    should_fail_alloc_page()
 *
 *  1. fault_injection_on() parks the arrays of all caches and disables those
 *     of all zones; it counts, so its users need not know of each other.
 *  2. From the command line it is on from the end of the boot for good, from
 *     the shell while an attr is set.
 *
 * Locks: those of the two it calls; thread context.
 * Cost: with arrays away an object costs a lock of its node, a page one of
 * its zone.
 */
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

#include "fault_range.h"
#include "slab_internal.h"

void fault_injection_on(void)
{
	slab_arrays_off();
	pcp_disable();
}

void fault_injection_off(void)
{
	pcp_enable();
	slab_arrays_on();
}

void fault_injection_init(void)
{
	if (fault_attr_active(&failslab.attr))
		fault_injection_on();
	if (fault_attr_active(&fail_page_alloc.attr))
		fault_injection_on();
	fault_inject_start();
}

int fault_range(const char *text, unsigned int *least, unsigned int *most)
{
	const char *dash = strchr(text, '-');
	size_t n = dash ? (size_t)(dash - text) : strlen(text);
	char first[24];
	u64 from, to;

	if (n >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, n);
	first[n] = 0;
	if (kstrtou64(first, &from) ||
	    kstrtou64(dash ? dash + 1 : first, &to) || from > to || to > ~0U)
		return -EINVAL;
	*least = (unsigned int)from;
	*most = (unsigned int)to;
	return 0;
}

int fault_gfp_key(struct fault_gfp_filter *f, const char *key)
{
	if (!strcmp(key, "ignore_wait"))
		f->ignore_wait = true;
	else if (!strcmp(key, "ignore_atomic"))
		f->ignore_atomic = true;
	else
		return -EINVAL;
	return 0;
}

/* Off before it is set, on when that is done: nobody asks in between. */
int fault_command(struct fault_attr *attr, int (*set)(const char *text),
		  int argc, char **argv)
{
	bool was_on = attr->probability;
	int error = 0;

	if (argc == 1) {
		show_fault_attr(attr);
		return 0;
	}
	if (argc > 2)
		return -EINVAL;
	WRITE_ONCE(attr->probability, 0);
	if (strcmp(argv[1], "off"))
		error = set(argv[1]);
	if (attr->probability && !was_on)
		fault_injection_on();
	else if (was_on && !attr->probability)
		fault_injection_off();
	return error;
}

/*
 * Objects that fail on purpose: which allocation from which cache?
 *
 *	failslab=INTERVAL,PERCENT,SPACE,TIMES[,KEY...]	command line, or shell
 *
 *	cache=GLOB	caches of that name (kmalloc-*)
 *	size=MIN-MAX	objects of so many bytes
 *	marked		caches made with SLAB_FAILSLAB (slub_debug=A)
 *	ignore_wait	leaves alone who may sleep; ignore_atomic: who may not
 *	caller=, task, seed=, verbose=	as for every kind (kernel/fault_attr.c)
 *
 * 1. A cache's slow path asks should_failslab() once per object, before it
 *    looks anywhere. "Yes" is what the caller would see if there was no
 *    memory, and nothing has happened.
 * 2. The fast path does not ask: while faults are injected arrays are put
 *    aside, so that all requests come by here (mm/fault_path.c).
 * 3. A slab's pages are asked for on their own (mm/fail_page_alloc.c), so a
 *    cache that cannot grow is another case than one that refuses.
 *
 * Locks: none. Left out: Linux never fails the cache of caches; here it fails
 * as well, for the boot is over when the first failure comes.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/fault_inject.h>

#include "fault_range.h"
#include "slab_internal.h"

struct failslab failslab = {
	.attr = FAULT_ATTR_INITIALIZER("failslab"),
	.max_size = ~0U,
};

static bool cache_passes(const struct kmem_cache *s)
{
	if (failslab.cache_filter && !(s->flags & SLAB_FAILSLAB))
		return false;
	if (failslab.cache[0] && !glob_match(failslab.cache, s->name))
		return false;
	return READ_ONCE(s->object_size) >= failslab.min_size &&
	       READ_ONCE(s->object_size) <= failslab.max_size;
}

int should_failslab(struct kmem_cache *s, gfp_t gfp)
{
	if (!fault_gfp_passes(&failslab.gfp, gfp) || !cache_passes(s))
		return 0;
	return should_fail_ex(&failslab.attr, READ_ONCE(s->object_size),
			      fault_flags(gfp)) ? -ENOMEM : 0;
}

static int set_key(const char *key, const char *value)
{
	if (!strcmp(key, "cache"))
		return *value && strscpy(failslab.cache, value,
					 sizeof(failslab.cache)) >= 0 ?
		       0 : -EINVAL;
	if (!strcmp(key, "size"))
		return fault_range(value, &failslab.min_size,
				   &failslab.max_size);
	if (!strcmp(key, "marked"))
		failslab.cache_filter = true;
	else
		return fault_gfp_key(&failslab.gfp, key);
	return 0;
}

/* Nobody is asking: it is off, or the boot. */
static int set_failslab(const char *text)
{
	int error;

	failslab.gfp = (struct fault_gfp_filter){ false };
	failslab.cache_filter = false;
	failslab.cache[0] = 0;
	failslab.min_size = 0;
	failslab.max_size = ~0U;
	error = setup_fault_attr(&failslab.attr, text, set_key);
	if (error)
		failslab.attr.probability = 0;
	return error;
}
early_param("failslab", set_failslab);

static int cmd_failslab(int argc, char **argv)
{
	return fault_command(&failslab.attr, set_failslab, argc, argv);
}
SHELL_COMMAND(failslab, "[I,P,SPACE,TIMES[,KEY..]|off]",
	      "objects that fail on purpose", cmd_failslab);

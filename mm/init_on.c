/*
 * Who wants memory cleared, and when?
 *
 * init_on_alloc=1: nobody reads what the last owner left. init_on_free=1:
 * what was freed is gone at once, whoever gets hold of the memory. Either
 * costs a pass over the memory, the first where it will be used soon.
 *
 *	owner A | free          | owner B
 *	secret  | secret        | 0		init_on_alloc
 *	secret  | 0             | 0		init_on_free
 *	secret  | 0xaa 0xaa ... | as B asks	page_poison: wins, for pages
 *
 * Poison is there to be looked at when the page leaves, so it is not replaced
 * by zeroes: with page_poison=on what init_on_free wants of pages is done by
 * poison, which leaves no secret either. Slab objects are still cleared.
 *
 * Locks: none; constant after boot. Left out: Linux's compile-time defaults.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/parse.h>
#include <mm/init_on.h>

#include "page_debug.h"

bool init_on_alloc __ro_after_init, init_on_free __ro_after_init;

static int __init set_init_on_alloc(const char *value)
{
	return page_debug_param(value, PAGE_DEBUG_INIT_ALLOC, &init_on_alloc);
}
early_param("init_on_alloc", set_init_on_alloc);

static int __init set_init_on_free(const char *value)
{
	return page_debug_param(value, PAGE_DEBUG_INIT_FREE, &init_on_free);
}
early_param("init_on_free", set_init_on_free);

/*
 * Memory cleared on its way out and on its way back, for everybody:
 * init_on_alloc=1 and init_on_free=1 on the command line. Counterparts:
 * linux/mm.h's want_init_on_alloc() and want_init_on_free() (6.12).
 *
 * Pages of every order ask here (mm/page_debug.c), and so do caches without a
 * constructor. Either switch keeps the CPUs from having free blocks at hand.
 */
#ifndef MM_INIT_ON_H
#define MM_INIT_ON_H

#include <mm/gfp.h>

extern bool init_on_alloc, init_on_free;	/* constant after boot */

/* Shall what an allocation of this gfp returns be zeroes? Any context. */
static inline bool want_init_on_alloc(gfp_t gfp)
{
	return init_on_alloc || (gfp & __GFP_ZERO);
}

/* Shall what is freed be cleared before anybody else can have it? */
static inline bool want_init_on_free(void)
{
	return init_on_free;
}

#endif

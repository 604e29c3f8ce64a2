/*
 * What is asked of pages beyond being handed out and taken back. Where
 * nothing is asked page_debug is 0 and none of this is called; where anything
 * is, no CPU keeps blocks at hand, so that each one passes here.
 */
#ifndef MM_PAGE_DEBUG_H
#define MM_PAGE_DEBUG_H

#include "internal.h"

#define PAGE_DEBUG_POISON	0x1u	/* page_poison= */
#define PAGE_DEBUG_OWNER	0x2u	/* page_owner= */
#define PAGE_DEBUG_INIT_ALLOC	0x4u	/* init_on_alloc= */
#define PAGE_DEBUG_INIT_FREE	0x8u	/* init_on_free= */

extern unsigned int page_debug;		/* constant after boot */

/* A word of the command line: a bit, and the switch beside it or NULL. */
int page_debug_param(const char *value, unsigned int bit, bool *also);

/* A block leaves a zone for caller; it is not yet his. */
void post_alloc_hook(struct page *page, unsigned int order, gfp_t gfp,
		     unsigned long caller);
/* Its last user is gone; it is on no list yet. */
void post_free_hook(struct page *page, unsigned int order);
/* Memory that no one has freed comes to the free lists. Zone locked. */
void debug_new_memory(const struct zone *zone, struct page *page,
		      unsigned int order);

#endif

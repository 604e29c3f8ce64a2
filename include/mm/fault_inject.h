/*
 * Allocations that fail on purpose. Counterparts: mm/failslab.c,
 * mm/fail_page_alloc.c (6.12). Linux leaves alone, unless told otherwise, who
 * may wait, and single pages; here nobody is left alone but __GFP_NOFAIL.
 *
 * What is asked for here is asked only of allocations that come by: a CPU's
 * arrays answer most of them before. fault_injection_on() puts those aside.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include <kernel/fault_inject.h>
#include <mm/slab.h>

#define FAILSLAB_NAME_SIZE 40

/* Which gfp are left alone. */
struct fault_gfp_filter {
	bool ignore_wait;	/* who may sleep */
	bool ignore_atomic;	/* who may not */
};

struct failslab {
	struct fault_attr attr;
	struct fault_gfp_filter gfp;
	bool cache_filter;	/* only caches with SLAB_FAILSLAB */
	char cache[FAILSLAB_NAME_SIZE];	/* a glob; "": any */
	unsigned int min_size, max_size; /* bytes of an object */
};

struct fail_page_alloc {
	struct fault_attr attr;
	struct fault_gfp_filter gfp;
	bool ignore_highmem;	/* who takes high memory */
	unsigned int min_order, max_order;
};

static inline bool fault_gfp_passes(const struct fault_gfp_filter *f,
				    gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		return false;
	return gfpflags_allow_blocking(gfp) ? !f->ignore_wait :
					      !f->ignore_atomic;
}

extern struct failslab failslab;
extern struct fail_page_alloc fail_page_alloc;

/* -ENOMEM: this allocation is to fail; 0. Any context. */
int should_failslab(struct kmem_cache *s, gfp_t gfp);
/* True: it is to fail. Any context. */
bool should_fail_alloc_page(gfp_t gfp, unsigned int order);

/*
 * Between these no array answers in place of the hooks. Counted; may sleep.
 */
void fault_injection_on(void);
void fault_injection_off(void);

/* Boot's end: what the command line asked for begins to fail. */
void fault_injection_init(void);

#endif

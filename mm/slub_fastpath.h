/*
 * How does a CPU get an object without a lock?
 *
 * It pops it from an array of its own, and pushes it back there. The three
 * functions that touch the array stand here and nowhere else; an interrupt
 * between their loads and their store would lose or double an object, so they
 * keep interrupts off for those few instructions. Whatever other means keeps
 * them whole can replace it here, without a change to any caller.
 *
 *	objects:   | a | b | c | d | e |END| ...
 *	                     ^avail = 2: a, b free; c, d, e were popped last
 *
 * Slots from avail up to END still name what was popped from them. As long as
 * nothing else was pushed those objects are in use and really begin there:
 * an object that comes back to the slot it was popped from needs no check of
 * its address, no store into the array and no test for a full array. Any
 * other push ends that region with a new END right above.
 */
#ifndef MM_SLUB_FASTPATH_H
#define MM_SLUB_FASTPATH_H

#include <lib/string.h>
#include "slab_internal.h"

#define this_cpu_cache(s) (&(s)->cpu[smp_processor_id()])

static __always_inline void *sheaf_pop(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;
	void *p = NULL;

	local_irq_save(flags);
	sheaf = this_cpu_cache(s)->main;
	if (likely(sheaf->avail))
		p = sheaf->objects[--sheaf->avail];
	local_irq_restore(flags);
	return p;
}

/*
 * Pushes p if it is what was popped last and does not look free. The mark is
 * looked at nevertheless: another CPU may have freed p in the meantime.
 */
static __always_inline bool sheaf_push_back(struct kmem_cache *s,
					    const void *p)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;
	bool done = false;

	local_irq_save(flags);
	sheaf = this_cpu_cache(s)->main;
	if (likely(sheaf->objects[sheaf->avail] == p) &&
	    likely(!slab_word_looks_free(s, p))) {
		*slab_word(s, p) = s->secret;
		sheaf->avail++;
		done = true;
	}
	local_irq_restore(flags);
	return done;
}

/* Pushes p, checked and marked by the caller; false if there is no room. */
static __always_inline bool sheaf_push(struct kmem_cache *s, void *p)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;
	bool done = false;

	local_irq_save(flags);
	sheaf = this_cpu_cache(s)->main;
	if (likely(sheaf->avail < sheaf->limit)) {
		sheaf->objects[sheaf->avail++] = p;
		sheaf_seal(s, sheaf);
		done = true;
	}
	local_irq_restore(flags);
	return done;
}

static __always_inline void *slab_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *p = sheaf_pop(s);

	if (unlikely(!p))
		return __slab_alloc(s, gfp, NUMA_NO_NODE);
	if (unlikely(gfp & __GFP_ZERO))
		return slab_alloc_finish(s, p, gfp);
	*slab_word(s, p) = 0;
	return p;
}

static __always_inline void slab_free(struct kmem_cache *s, const void *p)
{
	if (unlikely(!sheaf_push_back(s, p)))
		__slab_free(s, p);
}

#endif

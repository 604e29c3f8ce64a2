/*
 * How does a CPU get an object without a lock?
 *
 * It pops it from an array of its own, and pushes it back there, in a
 * restartable sequence (<kernel/cpu_stack.h>): a few instructions of which
 * the last commits. Whoever interrupts them makes them begin again.
 *
 *	slots:	|NULL| a | b | c | d | e |seal| ...
 *	                      ^top: a, b are free; c, d, e were popped last
 *
 * Slots from top up to the seal still name what was popped from them: objects
 * of this cache that begin there. So an object that comes back to the slot it
 * was popped from needs no check of its address, no store into the array and
 * no test for a full array. Any other push ends that region with a new seal
 * right above. What happens to it when other CPUs free: slub.c.
 *
 * kfree() need not know that the address it is given lies in the direct map
 * before it asks the array of the cache that the address leads to: what the
 * slot names is proved by that. Only if it names something else, the bits of
 * the address are looked at.
 *
 * Functions that inline these are __restartable. What they fall back to is
 * called last, so that they need no stack frame.
 */
#ifndef MM_SLUB_FASTPATH_H
#define MM_SLUB_FASTPATH_H

#include "slab_internal.h"

/* What was popped becomes the caller's. */
static __always_inline void *slab_popped(struct kmem_cache *s, void *p,
					 gfp_t gfp)
{
	if (unlikely(gfp & __GFP_ZERO))
		return slab_alloc_finish(s, p, gfp);
	*slab_word(s, p) = 0;
	return p;
}

static __always_inline void *slab_alloc(struct kmem_cache *s, gfp_t gfp)
{
	void *p = cpu_stack_pop(&s->cpu->stack);

	if (unlikely(!p))
		return __slab_alloc(s, gfp, NUMA_NO_NODE);
	return slab_popped(s, p, gfp);
}

/* p's page is a slab of s. */
static __always_inline void slab_free_to_slab_of(struct kmem_cache *s,
						 const void *p)
{
	struct cpu_stack *stack = &s->cpu->stack;
	unsigned long secret = s->secret;

	if (likely(cpu_stack_push_back(stack, p, slab_word(s, p), secret)))
		return;
	if (unlikely(!slab_begins_plainly(s, p)) ||
	    unlikely(cpu_stack_half(*slab_word(s, p)) ==
		     cpu_stack_half(secret))) {
		__slab_free(s, p);
		return;
	}
	*slab_word(s, p) = secret;
	if (unlikely(!cpu_stack_push(stack, (void *)p, s->no_object)))
		slab_free_full(s, (void *)p);
}

static __always_inline void slab_free(struct kmem_cache *s, const void *p)
{
	if (unlikely(!cpu_stack_push_back(&s->cpu->stack, p, slab_word(s, p),
					  s->secret)))
		__slab_free(s, p);
}

#endif

/*
 * Objects of caches that have no arrays: where all questions are asked.
 *
 * The problem: some allocations and frees must be seen, every one of them. The
 * objects of a cache that debugs are checked and filled; memory may have to be
 * cleared; a test wants the next allocation to fail. The fast paths know
 * nothing of it. Such a cache has no arrays (slub_arrays.c), and whatever has
 * none comes here:
 *
 *	kmem_cache_alloc -> empty -> __slab_alloc -> slab_alloc_odd
 *						       slab, debugged, cleared
 *	kmem_cache_free  -> full  -> __slab_free  -> slab_free_odd
 *						       cleared, debugged, slab
 *
 * Locks: none of its own. Cost: a node's lock per object, and what is asked.
 */
#include <kernel/report.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/init_on.h>
#include "slab_internal.h"
#include "slub_debug.h"

/* Under the tracks' eyes, or straight. */
static void *take(struct kmem_cache *s, int nid, gfp_t gfp)
{
	return kmem_cache_debug(s) ? slab_debug_take(s, nid, gfp) :
				     slab_take_one(s, nid, gfp);
}

/*
 * Does init_on_alloc= or init_on_free= speak of this cache? What a constructor
 * made must stay, poison shows more than zeroes do, and some caches are not for
 * the command line to change. Constant after boot.
 */
bool slab_inits(const struct kmem_cache *s)
{
	return (init_on_alloc || init_on_free) && !s->ctor &&
	       !(s->flags & (SLAB_POISON | SLAB_NO_USER_FLAGS));
}

/* Bytes to clear: what a red zone has taken is not the user's. */
static size_t bytes_to_clear(const struct kmem_cache *s, gfp_t gfp)
{
	return s->flags & SLAB_RED_ZONE ? slab_size_asked(s, gfp) :
					  READ_ONCE(s->object_size);
}

/* p is the caller's from here on. */
static void *hand_out(struct kmem_cache *s, void *p, gfp_t gfp)
{
	if (slab_inits(s) && init_on_alloc)
		gfp |= __GFP_ZERO;
	if (!kmem_cache_debug(s))
		return slab_alloc_finish(s, p, gfp);
	if (!(gfp & __GFP_ZERO))
		return p;
	if (unlikely(s->ctor)) {
		slab_report("__GFP_ZERO for a cache with a constructor", s, p);
		kmem_cache_free(s, p);
		return NULL;
	}
	return memset(p, 0, bytes_to_clear(s, gfp));
}

void *slab_alloc_odd(struct kmem_cache *s, gfp_t gfp, int nid,
		     unsigned long caller)
{
	void *p;

	if (should_failslab(s, gfp))
		return NULL;
	p = slab_alloc_growing(s, gfp, nid, take, take);
	if (!p)
		return NULL;
	if (slab_keeps_tracks(s))
		slab_debug_track(s, p, TRACK_ALLOC, caller);
	kasan_slab_alloc(s, p, slab_size_asked(s, gfp));
	return hand_out(s, p, gfp);
}

/*
 * p goes back to its slab. It carries the free mark, unless the cache debugs.
 * Interrupts may be off.
 */
void slab_put_odd(struct kmem_cache *s, void *p, unsigned long caller)
{
	if (kmem_cache_debug(s))
		slab_debug_put(s, p, caller);
	else
		node_put(s, &p, 1);
}

/* Likewise, or to quarantine; interrupts are off. */
void slab_free_odd(struct kmem_cache *s, void *p, unsigned long caller)
{
	if (slab_inits(s) && init_on_free && !kmem_cache_debug(s)) {
		memset(p, 0, READ_ONCE(s->object_size));
		*slab_word(s, p) = s->secret;
	}
	if (slab_keeps_tracks(s))
		slab_debug_track(s, p, TRACK_FREE, caller);
	if (!kasan_slab_free(s, p))
		slab_put_odd(s, p, caller);
}

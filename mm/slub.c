/*
 * SLUB, the upper half: from the caller to the CPU's arrays.
 *
 * The problem: kernels ask for small objects of a few sizes, millions of
 * times a second, on every CPU at once and in interrupt handlers. Pages are
 * too big, and a lock per object too dear.
 *
 *	         kmem_cache
 *	each CPU: main  [o o o o . . . .]   spare [. . . . . . . .]
 *	            | pop, push: no lock      | exchanged with main
 *	            v                         v
 *	node:    full arrays <-> empty arrays          node->lock
 *	            |
 *	         slabs by fullness: empty | 1/4 | 2/4 | 3/4 | 4/4 | full
 *	            |
 *	         page allocator
 *
 * Allocation:
 *  1. pop from the CPU's main array (slub_fastpath.h);
 *  2. main is empty: exchange it with the spare if that holds anything;
 *  3. else exchange it for one of the node's full arrays;
 *  4. else refill it from the node's slabs, fullest first;
 *  5. else ask the page allocator for a fresh slab and do 4 again;
 *  6. else do 4 and 5 with the other nodes, if the caller allows it.
 * Free, to the array of the CPU that frees, whoever allocated:
 *  1. the object popped last comes back: mark, push, nothing else to prove;
 *  2. else prove that the address is an object of this cache and in use
 *     (slub_check.c), mark it free, push;
 *  3. main is full: exchange it with the spare if that is empty;
 *  4. else exchange it for one of the node's empty arrays, perhaps a new one
 *     (slub_stock.c);
 *  5. else put the spare's objects back into their slabs, then 3.
 *
 * Two arrays instead of one, so that a caller who goes to and fro across the
 * edge of an array pays for it once per array, not once per object.
 *
 * How an object changes hands. It is in one place at a time: a freelist (a
 * link in its free word), an array (the mark there), or a caller's hands. The
 * commit of a pop or push moves it, one instruction on memory. Step 1 of free
 * has a store before its commit, the mark. If it is interrupted in between,
 * it begins again, finds the mark, and gives up: then step 2 sees an object
 * that is marked but free nowhere. slab_is_free() tells that from a double
 * free by looking everywhere, and the free goes on.
 *
 * Moving many objects is done so that none is ever seen in two places, for
 * slab_is_free() looks at other CPUs' arrays while they work: an array is
 * empty, or no CPU's, before what it held goes elsewhere.
 *
 * What a slot above top is worth. It names what this CPU popped from it. As
 * long as all frees happen here the object is still in use: a free would have
 * come through top and changed the slot, or top. If another CPU frees it, it
 * gets the mark, then perhaps a link, and both look free: a second free, here,
 * gives up at step 1 and is found at step 2. Should the object's slab go back
 * to the page allocator in the meantime, its word says nothing any more, and
 * a second free that comes to just this slot passes as a first one; it is
 * found when the object leaves the array (node_put()). kmem_cache_shrink()
 * seals every CPU's array, so that behind it no slot names anything. One who
 * frees what is his is never harmed: whatever else happened to the object, it
 * is an object of this cache, in use, and his.
 *
 * Locks: main and spare belong to their CPU with interrupts off; everything
 * of the node is under node->lock, which nests inside. The page allocator is
 * called with neither lock held.
 *
 * Invariants: places == live + in arrays + in freelists (per cache);
 * spare is empty or full; every object in an array carries the free mark;
 * main's slots hold NULL below the first object and a seal at or above top.
 *
 * Cost: 1 is a dozen instructions on either side; 2 to 5 are spread over an
 * array of objects.
 *
 * Left out: array limits that adapt themselves.
 */
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/string.h>
#include <mm/kfence.h>
#include "slub_fastpath.h"

void *__restartable kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp);
}

void *__restartable __kmem_cache_alloc_plain(struct kmem_cache *s, gfp_t gfp)
{
	void *p = cpu_stack_pop(&s->cpu->stack);

	if (unlikely(!p))
		return __slab_alloc(s, gfp, NUMA_NO_NODE);
	*slab_word(s, p) = 0;
	return p;
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_alloc(s, gfp | __GFP_ZERO);
}

/* Arrays hold objects of this CPU's node; others come from their slabs. */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int nid)
{
	if ((unsigned int)nid >= (unsigned int)slab_node_ids ||
	    nid == slab_local_node())
		return kmem_cache_alloc(s, gfp);
	return __slab_alloc(s, gfp, nid);
}

void __restartable kmem_cache_free(struct kmem_cache *s, void *p)
{
	slab_free(s, p);
}

/* What is rare about handing out an object. */
void __slowpath *slab_alloc_finish(struct kmem_cache *s, void *p, gfp_t gfp)
{
	*slab_word(s, p) = 0;
	if (!(gfp & __GFP_ZERO))
		return p;
	if (unlikely(s->ctor)) {
		slab_report("__GFP_ZERO for a cache with a constructor", s, p);
		kmem_cache_free(s, p);
		return NULL;
	}
	return memset(p, 0, READ_ONCE(s->object_size));
}

/*
 * Makes sheaf a CPU's main array. Its CPU's interrupts are off, or it does not
 * run. The seal is there before top, for the sequences too; in no_sheaf, which
 * all CPUs share, since the cache was made.
 */
void main_set(struct kmem_cache *s, struct kmem_cache_cpu *c,
	      struct slab_sheaf *sheaf)
{
	unsigned int limit = sheaf == no_sheaf(s) ? 0 : s->sheaf_limit;
	void **top = &sheaf->objects[1 + sheaf->avail];

	if (READ_ONCE(*top) != s->no_object)
		WRITE_ONCE(*top, s->no_object);
	WRITE_ONCE(c->main, sheaf);
	c->stack.end = &sheaf->objects[1 + limit];
	stack_set_top(c, top);
}

static unsigned int main_avail(const struct kmem_cache_cpu *c)
{
	return (unsigned int)(c->stack.top - &c->main->objects[1]);
}

void swap_main_and_spare(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *sheaf = c->spare;

	sheaf_set_avail(c->main, main_avail(c));
	cpu_set_spare(c, c->main);
	main_set(s, c, sheaf);
}

/* Steps 2 and 3: main, empty, for another array. Interrupts are off. */
static bool main_replace_by_filled(struct kmem_cache *s,
				   struct kmem_cache_cpu *c)
{
	struct slab_sheaf *empty = c->main, *full;

	if (c->spare->avail) {
		swap_main_and_spare(s, c);
		return true;
	}
	sheaf_set_avail(empty, 0);
	main_set(s, c, no_sheaf(s));
	full = node_swap_for_full(s, slab_local_node(), empty);
	main_set(s, c, full ? full : empty);
	return full != NULL;
}

/* Step 4: main, empty, from slabs. Interrupts are off. */
static bool main_refill(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *sheaf = c->main;

	sheaf_set_avail(sheaf, node_take(s, slab_local_node(),
					 &sheaf->objects[1],
					 s->sheaf_limit));
	main_set(s, c, sheaf);
	return sheaf->avail != 0;
}

/* Something in main, if arrays or slabs have anything. Interrupts are off. */
bool main_fill(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	return main_avail(c) || main_replace_by_filled(s, c) ||
	       main_refill(s, c);
}

/* One object straight from a node's slabs. */
void *slab_take_one(struct kmem_cache *s, int nid, gfp_t gfp)
{
	void *p = NULL;

	node_take(s, nid, &p, 1);
	return p;
}

/*
 * Steps 2 to 4; another caller may have filled main since it was empty. A
 * cache whose arrays have just been put aside gets its one object straight
 * from a slab.
 */
static void *take_from_arrays(struct kmem_cache *s, int nid, gfp_t gfp)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	void *p = NULL;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu);
	if (c->main == no_sheaf(s)) {
		p = slab_take_one(s, nid, gfp);
	} else if (main_fill(s, c)) {
		p = c->stack.top[-1];
		stack_set_top(c, c->stack.top - 1);
	}
	local_irq_restore(flags);
	return p;
}

static void *take_from_any_node(struct kmem_cache *s, gfp_t gfp,
				slab_take_fn take)
{
	void *p = NULL;
	int nid;

	for_each_online_node(nid) {
		p = take(s, nid, gfp);
		if (p)
			break;
	}
	return p;
}

/* Step 6: what other nodes have, then what memory other nodes have. */
static void *alloc_elsewhere(struct kmem_cache *s, gfp_t gfp, int nid,
			     slab_take_fn take)
{
	void *p = take_from_any_node(s, gfp, take);

	if (!p) {
		node_grow(s, gfp & __GFP_BITS_MASK, nid);
		p = take_from_any_node(s, gfp, take);
	}
	return p;
}

/*
 * An object by take_here from the node wanted, or by take from any other.
 * Every turn of the loop has made the cache a slab larger. Other CPUs may take
 * all of that slab before the next turn, but not for ever: the page
 * allocator's memory ends.
 */
void *slab_alloc_growing(struct kmem_cache *s, gfp_t gfp, int nid,
			 slab_take_fn take_here, slab_take_fn take)
{
	int home = nid == NUMA_NO_NODE ? slab_local_node() : nid;
	bool elsewhere = slab_node_ids > 1 && !(gfp & __GFP_THISNODE);
	gfp_t here = gfp & __GFP_BITS_MASK;
	void *p;

	if (elsewhere)
		here |= __GFP_THISNODE | __GFP_NOWARN;
	for (;;) {
		p = take_here(s, home, gfp);
		if (p || !node_grow(s, here, home))
			break;
	}
	if (!p && elsewhere)
		p = alloc_elsewhere(s, gfp, home, take);
	return p;
}

/*
 * Everything behind the first array. nid: that node's slabs, without arrays;
 * NUMA_NO_NODE: the CPU's own node.
 */
void __slowpath *__slab_alloc(struct kmem_cache *s, gfp_t gfp, int nid)
{
	void *p;

	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	p = kfence_sample(s, slab_size_asked(s, gfp), gfp);
	if (unlikely(p))
		return p;
	if (unlikely(!cpu_has_arrays(s)))
		return slab_alloc_odd(s, gfp, nid, _RET_IP_);
	p = slab_alloc_growing(s, gfp, nid, nid == NUMA_NO_NODE ?
			       take_from_arrays : slab_take_one,
			       slab_take_one);
	return p ? slab_alloc_finish(s, p, gfp) : NULL;
}

/*
 * Step 4: main, full, for one of the node's empty arrays. It is no longer this
 * CPU's when others can take from it, and nothing of ours points there.
 */
static bool main_replace_by_empty(struct kmem_cache *s,
				  struct kmem_cache_cpu *c)
{
	struct slab_sheaf *full = c->main, *empty;

	sheaf_set_avail(full, s->sheaf_limit);
	main_set(s, c, no_sheaf(s));
	empty = node_swap_for_empty(s, slab_local_node(), full);
	main_set(s, c, empty ? empty : full);
	return empty != NULL;
}

/* There may be an array more; and room, as it may be made of s's objects. */
static bool main_room_by_extra(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	return node_add_extra(s, slab_local_node()) &&
	       (c->stack.top != c->stack.end || main_replace_by_empty(s, c));
}

/* Room for one object in main, which is full: steps 3 to 5. */
void main_make_room(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	unsigned int nr = c->spare->avail;

	if (nr) {
		if (main_replace_by_empty(s, c) || main_room_by_extra(s, c))
			return;
		sheaf_set_avail(c->spare, 0);
		node_put(s, &c->spare->objects[1], nr);
	}
	swap_main_and_spare(s, c);
}

/* Steps 3 to 5 and the push. p is marked free. */
void __slowpath slab_free_full(struct kmem_cache *s, void *p)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu);
	if (c->main == no_sheaf(s)) {
		slab_free_odd(s, p, _RET_IP_);
	} else {
		if (c->stack.top == c->stack.end)
			main_make_room(s, c);
		WRITE_ONCE(c->stack.top[0], p);
		WRITE_ONCE(c->stack.top[1], s->no_object);
		stack_set_top(c, c->stack.top + 1);
	}
	local_irq_restore(flags);
}

/* Does a place of s begin at p, in a slab of a cache that does not debug? */
static __always_inline bool begins(struct kmem_cache *s,
				   const struct page *page, const void *p)
{
	if (likely(slab_begins_plainly(s, p)))
		return true;
	return !(direct_map_offset(p) & DIRECT_MAP_NO_BITS) &&
	       slab_place_index(s, page, p) < slab_plain_objects(s, page);
}

/*
 * Is p an object of s that is not known to be free? One look at its page and
 * its mark; everything unusual, and every free to a cache that debugs, is left
 * to slab_free_fault().
 */
static __always_inline bool free_is_plain(struct kmem_cache *s, const void *p)
{
	struct page *page = page_to_ask(p);

	return likely(page) && page->type == PAGE_SLAB &&
	       page->slab_cache == s && begins(s, page, p) &&
	       !slab_word_looks_free(s, p);
}

/* Step 2 for what is not plain: nothing, a mistake, or only looks like one. */
static void __slowpath free_unusual(struct kmem_cache *s, void *p)
{
	const char *fault;

	if (ZERO_OR_NULL_PTR(p))
		return;
	if (is_kfence_address(p)) {
		kfence_free(s, p);
		return;
	}
	fault = slab_free_fault(s, p);
	if (fault) {
		slab_report(fault, s, p);
		return;
	}
	if (!kmem_cache_debug(s))	/* that one looks at the word first */
		*slab_word(s, p) = s->secret;
	slab_free_full(s, p);
}

/* Free's step 2 and what follows. */
void __restartable __slowpath __slab_free(struct kmem_cache *s, const void *p)
{
	if (unlikely(!free_is_plain(s, p))) {
		free_unusual(s, (void *)p);
		return;
	}
	*slab_word(s, p) = s->secret;
	if (unlikely(!cpu_stack_push(&s->cpu->stack, (void *)p, s->no_object)))
		slab_free_full(s, (void *)p);
}

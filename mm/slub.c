/*
 * SLUB, the upper half: from the caller to the CPU's arrays.
 *
 * The problem: kernels ask for small objects of a few sizes, millions of
 * times a second. Pages are too big, and a lock per object too dear.
 *
 *	         kmem_cache
 *	CPU 0:   main  [o o o o . . . .]   spare [. . . . . . . .]
 *	            | pop, push: no lock      | swapped with main
 *	            v                         v
 *	node 0:  full arrays <-> empty arrays          node->lock
 *	            |
 *	         slabs by fullness: empty | 1/4 | 2/4 | 3/4 | 4/4 | full
 *	            |
 *	         page allocator
 *
 * Allocation:
 *  1. pop from the CPU's main array (slub_fastpath.h);
 *  2. main is empty: swap it with the spare if that holds anything;
 *  3. else swap it for one of the node's full arrays;
 *  4. else refill half of it from the node's slabs, fullest first;
 *  5. else ask the page allocator for a fresh slab and do 4 again;
 *  6. else do 4 and 5 with the other nodes, if the caller allows it.
 * Free:
 *  1. the object popped last comes back: push, nothing else to prove;
 *  2. else prove that the address is an object of this cache and in use
 *     (slub_check.c), mark it free, push;
 *  3. main is full: swap it with the spare if that is empty;
 *  4. else swap it for one of the node's empty arrays;
 *  5. else put the spare's objects back into their slabs, then 3.
 *
 * Two arrays instead of one, so that a caller who goes to and fro across the
 * edge of an array pays for it once per array, not once per object.
 *
 * Locks: main and spare belong to their CPU with interrupts off; everything
 * of the node is under node->lock, which nests inside. The page allocator is
 * called with neither lock held.
 *
 * Invariants: places == live + in arrays + in freelists (per cache);
 * spare is empty or full; every object in an array carries the free mark.
 *
 * Cost: 1 is a dozen instructions on either side; 2 to 5 are spread over an
 * array of objects.
 *
 * Left out: array limits that adapt themselves; flushing the arrays of other
 * CPUs from here.
 */
#include <kernel/report.h>
#include "slub_fastpath.h"

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp);
}

void *kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return slab_alloc(s, gfp | __GFP_ZERO);
}

/* Arrays hold objects of this CPU's node; others come from their slabs. */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int nid)
{
	if (nid < 0 || nid >= slab_node_ids || nid == slab_local_node())
		return slab_alloc(s, gfp);
	return __slab_alloc(s, gfp, nid);
}

void kmem_cache_free(struct kmem_cache *s, void *p)
{
	slab_free(s, p);
}

/* What is rare about handing out an object. */
void *slab_alloc_finish(struct kmem_cache *s, void *p, gfp_t gfp)
{
	*slab_word(s, p) = 0;
	if (!(gfp & __GFP_ZERO))
		return p;
	if (unlikely(s->ctor)) {
		slab_report("__GFP_ZERO for a cache with a constructor", s, p);
		slab_free(s, p);
		return NULL;
	}
	return memset(p, 0, s->object_size);
}

/* Makes next this CPU's main array, the old one its spare. */
static void swap_main_and_spare(struct kmem_cache *s,
				struct kmem_cache_cpu *c)
{
	swap(c->main, c->spare);
	sheaf_seal(s, c->main);
}

/* Steps 2 and 3: another array. Interrupts are off. */
static bool main_replace_by_filled(struct kmem_cache *s,
				   struct kmem_cache_cpu *c)
{
	struct slab_sheaf *full;

	if (c->spare->avail) {
		swap_main_and_spare(s, c);
		return true;
	}
	full = node_swap_for_full(s, slab_local_node(), c->main);
	if (!full)
		return false;
	c->main = full;
	sheaf_seal(s, full);
	return true;
}

/*
 * Step 4, interrupts off. Cannot fill an array that is not there: a cache
 * without arrays gets its one object straight from a slab.
 */
static void *main_refill(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *sheaf = c->main;
	void *p = NULL;

	if (!s->sheaf_limit) {
		node_take(s, slab_local_node(), &p, 1);
		return p;
	}
	sheaf->avail = node_take(s, slab_local_node(), sheaf->objects,
				 sheaf->limit / 2);
	if (sheaf->avail)
		p = sheaf->objects[--sheaf->avail];
	sheaf_seal(s, sheaf);
	return p;
}

/* Steps 2 to 4; another caller may have filled main since it was empty. */
static void *alloc_without_growing(struct kmem_cache *s)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	void *p;

	local_irq_save(flags);
	c = this_cpu_cache(s);
	if (c->main->avail || main_replace_by_filled(s, c)) {
		p = c->main->objects[--c->main->avail];
		sheaf_seal(s, c->main);
	} else {
		p = main_refill(s, c);
	}
	local_irq_restore(flags);
	return p;
}

static void *take_one(struct kmem_cache *s, int nid)
{
	void *p = NULL;

	node_take(s, nid, &p, 1);
	return p;
}

static void *take_from_any_node(struct kmem_cache *s)
{
	void *p = NULL;
	int nid;

	for_each_online_node(nid) {
		p = take_one(s, nid);
		if (p)
			break;
	}
	return p;
}

/* Step 6: what other nodes have, then what memory other nodes have. */
static void *alloc_elsewhere(struct kmem_cache *s, gfp_t gfp, int nid)
{
	void *p = take_from_any_node(s);

	if (!p) {
		node_grow(s, gfp, nid);
		p = take_from_any_node(s);
	}
	return p;
}

/*
 * Everything behind the first array. nid: that node's slabs, without arrays;
 * NUMA_NO_NODE: the CPU's own node. Every turn of the loop has made the cache
 * a slab larger, so it ends with the page allocator.
 */
void *__slab_alloc(struct kmem_cache *s, gfp_t gfp, int nid)
{
	int home = nid == NUMA_NO_NODE ? slab_local_node() : nid;
	bool elsewhere = slab_node_ids > 1 && !(gfp & __GFP_THISNODE);
	gfp_t here = elsewhere ? __GFP_THISNODE | __GFP_NOWARN : 0;
	void *p;

	for (;;) {
		p = nid == NUMA_NO_NODE ? alloc_without_growing(s) :
					  take_one(s, nid);
		if (p || !node_grow(s, gfp | here, home))
			break;
	}
	if (!p && elsewhere)
		p = alloc_elsewhere(s, gfp, home);
	return p ? slab_alloc_finish(s, p, gfp) : NULL;
}

/* Room for one object in main, interrupts off: steps 3 to 5. */
static void main_make_room(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *empty;

	if (c->spare->avail) {
		empty = node_swap_for_empty(s, slab_local_node(), c->main);
		if (empty) {
			c->main = empty;
			sheaf_seal(s, empty);
			return;
		}
		node_put(s, c->spare->objects, c->spare->avail);
		c->spare->avail = 0;
	}
	swap_main_and_spare(s, c);
}

/* The main array is full; p is marked free. */
static noinline void free_full(struct kmem_cache *s, void *p)
{
	unsigned long flags;

	if (!s->sheaf_limit) {
		node_put(s, &p, 1);
		return;
	}
	local_irq_save(flags);
	if (this_cpu_cache(s)->main->avail == s->sheaf_limit)
		main_make_room(s, this_cpu_cache(s));
	sheaf_push(s, p);
	local_irq_restore(flags);
}

/*
 * Is p an object of s that is not known to be free? One look at its page and
 * its mark; everything unusual is left to slab_free_fault().
 */
static __always_inline bool free_is_plain(struct kmem_cache *s, const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	struct page *page = pfn_to_page(pfn);

	return likely(pfn_valid(pfn)) && page->type == PAGE_SLAB &&
	       page->slab_cache == s &&
	       slab_index(s, page, p) < slab_objects(s, page) &&
	       !slab_word_looks_free(s, p);
}

/* Free's step 2 and what follows. */
void __slab_free(struct kmem_cache *s, const void *p)
{
	const char *fault;

	if (unlikely(!free_is_plain(s, p))) {
		if (ZERO_OR_NULL_PTR(p))
			return;
		fault = slab_free_fault(s, p);
		if (fault) {
			slab_report(fault, s, p);
			return;
		}
	}
	*slab_word(s, p) = s->secret;
	if (unlikely(!sheaf_push(s, (void *)p)))
		free_full(s, (void *)p);
}

static void sheaf_flush(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	node_put(s, sheaf->objects, sheaf->avail);
	sheaf->avail = 0;
	sheaf_seal(s, sheaf);
}

/* Puts the objects in this CPU's arrays back into their slabs. */
void slab_flush_cpu(struct kmem_cache *s)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;

	local_irq_save(flags);
	c = this_cpu_cache(s);
	sheaf_flush(s, c->main);
	sheaf_flush(s, c->spare);
	local_irq_restore(flags);
}

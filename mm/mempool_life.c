/*
 * How does a pool begin, change its size, and end?
 *
 * Begin: the reserve is filled before anybody can ask; a pool that cannot be
 * filled is not made.
 *
 * Another size, while the pool is used. The array grows before min_nr, and
 * elements are given back before min_nr shrinks, so curr_nr <= min_nr holds at
 * any time:
 *
 *	shrink to 2			grow to 6
 *	[e e e e .]  min_nr 5		[e e . . .]	  min_nr 5
 *	[e e . . .]  2 freed		[e e . . . .]	  new array
 *	[e e]	     min_nr 2		[e e . . . .]	  min_nr 6
 *					[e e e e e e]	  4 allocated
 *
 * The elements that fill it go the way of freed ones: to who waits first. If
 * the allocator has not enough, the pool is larger all the same, and frees
 * fill it; how many were never supplied is noted, so that the end does not
 * take them for lost.
 *
 * End: what is in the reserve goes to the allocator. With all elements back
 * the reserve is full, so what it lacks is still out: reported. (Elements
 * that came from the allocator while the reserve was full are not known here;
 * the allocator's own leak checks are about those.)
 *
 * Locks: pool->lock for the fields; allocators are called without it.
 */
#include <kernel/preempt.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "mempool_internal.h"

static bool offer(mempool_t *pool, void *element)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&pool->lock, flags);
	taken = mempool_give(pool, element);
	spin_unlock_irqrestore(&pool->lock, flags);
	return taken;
}

/* Elements until the reserve is full; how many the allocator gave. */
static int fill(mempool_t *pool, gfp_t gfp)
{
	void *element;
	int nr = 0;

	while (!mempool_is_saturated(pool)) {
		element = pool->alloc(gfp, pool->pool_data);
		if (!element)
			break;
		nr++;
		if (!offer(pool, element))
			pool->free(element, pool->pool_data);
	}
	return nr;
}

/* Gives back to the allocator what is in the reserve. */
static void empty(mempool_t *pool)
{
	void *element;

	while ((element = mempool_alloc_preallocated(pool)))
		pool->free(element, pool->pool_data);
}

static int init(mempool_t *pool, int min_nr, gfp_t gfp, int nid)
{
	if (min_nr < 0)
		return -EINVAL;
	pool->min_nr = max(min_nr, 1);
	spin_lock_init(&pool->lock, RANK_MEMPOOL);
	INIT_LIST_HEAD(&pool->waiters);
	pool->cache = mempool_cache_of(pool);
	pool->elements = kmalloc_array_node((size_t)pool->min_nr,
					    sizeof(void *), gfp, nid);
	if (!pool->elements)
		return -ENOMEM;
	fill(pool, gfp);
	if (mempool_is_saturated(pool))
		return 0;
	empty(pool);
	kfree(pool->elements);
	pool->elements = NULL;
	return -ENOMEM;
}

static int init_as(mempool_t *pool, const mempool_t *template, int min_nr,
		   gfp_t gfp, int nid)
{
	*pool = *template;
	return init(pool, min_nr, gfp, nid);
}

#define TEMPLATE(alloc_fn, free_fn, data) (&(mempool_t){ \
	.alloc = (alloc_fn), .free = (free_fn), .pool_data = (data), \
	.creator = _RET_IP_ })

int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp,
		      int nid)
{
	return init_as(pool, TEMPLATE(alloc_fn, free_fn, pool_data), min_nr,
		       gfp, nid);
}

int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data)
{
	return init_as(pool, TEMPLATE(alloc_fn, free_fn, pool_data), min_nr,
		       GFP_KERNEL, NUMA_NO_NODE);
}

static mempool_t *create(const mempool_t *template, int min_nr, gfp_t gfp,
			 int nid)
{
	mempool_t *pool = kmalloc_node(sizeof(*pool), gfp, nid);

	if (pool && init_as(pool, template, min_nr, gfp, nid)) {
		kfree(pool);
		pool = NULL;
	}
	return pool;
}

mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int nid)
{
	return create(TEMPLATE(alloc_fn, free_fn, pool_data), min_nr, gfp, nid);
}

mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data)
{
	return create(TEMPLATE(alloc_fn, free_fn, pool_data), min_nr,
		      GFP_KERNEL, NUMA_NO_NODE);
}

/* False: somebody waits in it, and it must stay. */
static bool may_end(mempool_t *pool)
{
	bool waiting = !list_empty(&pool->waiters);

	if (waiting)
		mempool_report("mempool: destroyed while somebody waits", pool,
			       NULL);
	else if (mempool_nr_out(pool) > 0)
		mempool_report("mempool: destroyed with elements out", pool,
			       NULL);
	return !waiting;
}

static bool end(mempool_t *pool)
{
	if (!pool->elements)
		return true;
	might_sleep();
	if (!may_end(pool))
		return false;
	empty(pool);
	kfree(pool->elements);
	pool->elements = NULL;
	return true;
}

void mempool_exit(mempool_t *pool)
{
	end(pool);
}

void mempool_destroy(mempool_t *pool)
{
	if (pool && end(pool))
		kfree(pool);
}

/* Another size of the reserve */

/* Lock held. What was never supplied is the first that is not wanted. */
static void set_smaller(mempool_t *pool, int new_min_nr)
{
	int less = pool->min_nr - new_min_nr;

	WRITE_ONCE(pool->missing, max(pool->missing - less, 0));
	WRITE_ONCE(pool->min_nr, new_min_nr);
}

static void shrink(mempool_t *pool, int new_min_nr)
{
	unsigned long flags;
	void *surplus;

	do {
		spin_lock_irqsave(&pool->lock, flags);
		surplus = mempool_take(pool, new_min_nr);
		if (!surplus && new_min_nr < pool->min_nr)
			set_smaller(pool, new_min_nr);
		spin_unlock_irqrestore(&pool->lock, flags);
		if (surplus)
			pool->free(surplus, pool->pool_data);
	} while (surplus);
}

/* By how much it has grown: 0, or less, if somebody else was first. */
static int widen(mempool_t *pool, void **elements, int new_min_nr)
{
	unsigned long flags;
	int growth;

	spin_lock_irqsave(&pool->lock, flags);
	growth = new_min_nr - pool->min_nr;
	if (growth > 0) {
		memcpy(elements, pool->elements,
		       (size_t)pool->curr_nr * sizeof(*elements));
		swap(elements, pool->elements);
		WRITE_ONCE(pool->min_nr, new_min_nr);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	kfree(elements);
	return growth;
}

static void note_missing(mempool_t *pool, int nr)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	WRITE_ONCE(pool->missing, pool->missing + nr);
	spin_unlock_irqrestore(&pool->lock, flags);
}

int mempool_resize(mempool_t *pool, int new_min_nr)
{
	void **elements;
	int growth, got;

	might_sleep();
	if (new_min_nr < 1) {
		mempool_report("mempool: resized to nothing", pool, NULL);
		return -EINVAL;
	}
	if (new_min_nr <= READ_ONCE(pool->min_nr)) {
		shrink(pool, new_min_nr);
		return 0;
	}
	elements = kmalloc_array((size_t)new_min_nr, sizeof(*elements),
				 GFP_KERNEL);
	if (!elements)
		return -ENOMEM;
	growth = widen(pool, elements, new_min_nr);
	got = fill(pool, GFP_KERNEL);
	if (got < growth)
		note_missing(pool, growth - got);
	return 0;
}

/* The allocators that pools stand in front of most. */

void *mempool_alloc_slab(gfp_t gfp, void *pool_data)
{
	return kmem_cache_alloc(pool_data, gfp);
}

void mempool_free_slab(void *element, void *pool_data)
{
	kmem_cache_free(pool_data, element);
}

void *mempool_kmalloc(gfp_t gfp, void *pool_data)
{
	return kmalloc((size_t)pool_data, gfp);
}

void mempool_kfree(void *element, void *pool_data)
{
	kfree(element);
}

void *mempool_alloc_pages(gfp_t gfp, void *pool_data)
{
	return alloc_pages(gfp, (unsigned int)(unsigned long)pool_data);
}

void mempool_free_pages(void *element, void *pool_data)
{
	__free_pages(element, (unsigned int)(unsigned long)pool_data);
}

/*
 * Memory pools: allocations that may wait cannot fail. Counterpart:
 * linux/mempool.h (6.12).
 *
 * A pool stands in front of an allocator and keeps a reserve of elements for
 * the time when that one has nothing. mempool_alloc() and mempool_free() are
 * legal in interrupt context if the gfp cannot sleep; create, init, resize,
 * destroy and exit are for threads and may sleep.
 *
 * The promise holds for who asks for one element at a time, and frees it by
 * mempool_free() without needing a second one for that.
 *
 * Field locks: (b) set at init, constant later; (l) lock.
 */
#ifndef MM_MEMPOOL_H
#define MM_MEMPOOL_H

#include <kernel/spinlock.h>
#include <lib/list.h>
#include <mm/gfp.h>
#include <mm/numa.h>
#include <mm/slab.h>

/*
 * What the pool stands in front of. alloc gives NULL if there is no memory,
 * and does not sleep unless the gfp allows it; free is for any context in
 * which mempool_free() is called.
 */
typedef void *mempool_alloc_t(gfp_t gfp, void *pool_data);
typedef void mempool_free_t(void *element, void *pool_data);

typedef struct mempool_s {
	spinlock_t lock;
	int min_nr;			/* (l) elements of a full reserve */
	int curr_nr;			/* (l) elements in it; see mempool.c */
	int missing;			/* (l) never supplied by a resize */
	void **elements;		/* (l) [min_nr or more] */
	struct list_head waiters;	/* (l) longest first */
	struct kmem_cache *cache;	/* (b) where elements come from if it is
					   surely that, else NULL */
	mempool_alloc_t *alloc;		/* (b) */
	mempool_free_t *free;		/* (b) */
	void *pool_data;		/* (b) */
	unsigned long creator;		/* (b) caller, for reports */
} mempool_t;

/*
 * A pool with min_nr elements in reserve, which is filled at once. NULL: no
 * memory, or min_nr below 0. A min_nr of 0 is taken as 1: without any reserve
 * there would be nobody to wake who waits.
 */
mempool_t *mempool_create(int min_nr, mempool_alloc_t *alloc_fn,
			  mempool_free_t *free_fn, void *pool_data);
/* The pool's memory from that node; gfp for it and the elements. */
mempool_t *mempool_create_node(int min_nr, mempool_alloc_t *alloc_fn,
			       mempool_free_t *free_fn, void *pool_data,
			       gfp_t gfp, int nid);

/*
 * Everybody's elements have come back, and nobody waits. Elements that are
 * still out as far as the reserve shows are reported; the pool is gone all the
 * same, and whoever holds one may only give it to the allocator behind. With
 * somebody waiting: reported, nothing is done. NULL is fine.
 */
void mempool_destroy(mempool_t *pool);

/*
 * The same for a pool inside something else. 0, -ENOMEM or -EINVAL. After
 * exit, or zeroed, it may be exited again, or initialised.
 */
int mempool_init(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		 mempool_free_t *free_fn, void *pool_data);
int mempool_init_node(mempool_t *pool, int min_nr, mempool_alloc_t *alloc_fn,
		      mempool_free_t *free_fn, void *pool_data, gfp_t gfp,
		      int nid);
void mempool_exit(mempool_t *pool);

/*
 * From now on new_min_nr elements (at least 1) in reserve. Shrinking always
 * succeeds. Growing: 0, or -ENOMEM and all is as before; if elements run out
 * half-way the result is 0, and frees will fill what is missing.
 */
int mempool_resize(mempool_t *pool, int new_min_nr);

/*
 * An element, from the allocator or the reserve. With __GFP_DIRECT_RECLAIM
 * never NULL: waits until one is freed, first come first served. Without: NULL
 * if allocator and reserve have none. __GFP_ZERO is refused (an element from
 * the reserve is not clear): reported, NULL.
 */
void *mempool_alloc(mempool_t *pool, gfp_t gfp);
/* From the reserve or not at all. Any context. */
void *mempool_alloc_preallocated(mempool_t *pool);
/*
 * To who waits, else to the reserve, else to the allocator. NULL is fine. An
 * element that is in the reserve already, or free, is reported and left alone;
 * mempool_check.c says when that is seen. Any context.
 */
void mempool_free(void *element, mempool_t *pool);

static inline bool mempool_initialized(const mempool_t *pool)
{
	return pool->elements != NULL;
}

/* Is the reserve full? Others may change it meanwhile. */
static inline bool mempool_is_saturated(const mempool_t *pool)
{
	return READ_ONCE(pool->curr_nr) >= READ_ONCE(pool->min_nr);
}

/* First broken rule as text, or NULL. */
const char *mempool_validate(mempool_t *pool);

/* Elements of a cache; pool_data is the cache. */
void *mempool_alloc_slab(gfp_t gfp, void *pool_data);
void mempool_free_slab(void *element, void *pool_data);

/* kmalloc'ed elements; pool_data is their size. */
void *mempool_kmalloc(gfp_t gfp, void *pool_data);
void mempool_kfree(void *element, void *pool_data);

/* Blocks of pages, elements are struct page *; pool_data is their order. */
void *mempool_alloc_pages(gfp_t gfp, void *pool_data);
void mempool_free_pages(void *element, void *pool_data);

#define mempool_create_slab_pool(min_nr, cache) \
	mempool_create(min_nr, mempool_alloc_slab, mempool_free_slab, cache)
#define mempool_init_slab_pool(pool, min_nr, cache) \
	mempool_init(pool, min_nr, mempool_alloc_slab, mempool_free_slab, cache)

#define mempool_create_kmalloc_pool(min_nr, size) \
	mempool_create(min_nr, mempool_kmalloc, mempool_kfree, \
		       (void *)(unsigned long)(size))
#define mempool_init_kmalloc_pool(pool, min_nr, size) \
	mempool_init(pool, min_nr, mempool_kmalloc, mempool_kfree, \
		     (void *)(unsigned long)(size))

#define mempool_create_page_pool(min_nr, order) \
	mempool_create(min_nr, mempool_alloc_pages, mempool_free_pages, \
		       (void *)(unsigned long)(order))
#define mempool_init_page_pool(pool, min_nr, order) \
	mempool_init(pool, min_nr, mempool_alloc_pages, mempool_free_pages, \
		     (void *)(unsigned long)(order))

#endif

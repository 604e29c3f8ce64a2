/*
 * What the files of mempool share: mempool.c (alloc, free, who waits),
 * mempool_life.c (create, resize, destroy), mempool_check.c (is an element
 * what it should be?).
 */
#ifndef MM_MEMPOOL_INTERNAL_H
#define MM_MEMPOOL_INTERNAL_H

#include <kernel/time.h>
#include <mm/mempool.h>

/* How long one sleeps before asking the allocator again, in jiffies. */
#define MEMPOOL_PATIENCE (HZ / 10)

/* Of the reserve, how many elements are with callers, as far as it shows. */
static inline int mempool_nr_out(const mempool_t *pool)
{
	return READ_ONCE(pool->min_nr) - READ_ONCE(pool->missing) -
	       READ_ONCE(pool->curr_nr);
}

/* mempool.c; lock held. False: reserve full. NULL: no more than keep. */
bool mempool_give(mempool_t *pool, void *element);
void *mempool_take(mempool_t *pool, int keep);

/* mempool_check.c: the cache that elements surely come from, or NULL. */
struct kmem_cache *mempool_cache_of(const mempool_t *pool);

/* An element goes into the reserve / leaves it; may report. Lock held. */
void mempool_mark(const mempool_t *pool, void *element);
void mempool_unmark(const mempool_t *pool, void *element);

/* Must the reserve be searched for it before it is freed? */
bool mempool_may_be_kept(const mempool_t *pool, const void *element);
/* Is it there? Lock held. */
bool mempool_keeps(const mempool_t *pool, const void *element);

/* Why the element is no element in use, or NULL. It may be anything. */
const char *mempool_element_fault(const mempool_t *pool, const void *element);

/* One report: what, which pool, which element unless NULL. */
void mempool_report(const char *kind, const mempool_t *pool,
		    const void *element);

#endif

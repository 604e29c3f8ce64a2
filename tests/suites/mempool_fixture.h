/*
 * What the suites about memory pools share: an allocator that runs dry when it
 * is told to, and looks into a pool's queue.
 */
#ifndef TESTS_MEMPOOL_FIXTURE_H
#define TESTS_MEMPOOL_FIXTURE_H

#include <kernel/ktest.h>
#include <mm/mempool.h>

#define SPRING_ALWAYS ~0U
#define SPRING_BYTES 256

/* pool_data: what the allocator still gives, and what it has seen. */
struct spring {
	unsigned int left;	/* elements, or SPRING_ALWAYS */
	int live;		/* given and not taken back */
	unsigned int calls;
	gfp_t first_gfp, last_gfp;
};

static inline void *spring_alloc(gfp_t gfp, void *pool_data)
{
	struct spring *spring = pool_data;
	unsigned int left = __atomic_load_n(&spring->left, __ATOMIC_RELAXED);
	void *p;

	if (!__atomic_fetch_add(&spring->calls, 1, __ATOMIC_RELAXED))
		WRITE_ONCE(spring->first_gfp, gfp);
	WRITE_ONCE(spring->last_gfp, gfp);
	if (!left)
		return NULL;
	p = kmalloc(SPRING_BYTES, gfp);
	if (p)
		__atomic_fetch_add(&spring->live, 1, __ATOMIC_RELAXED);
	if (p && left != SPRING_ALWAYS)
		__atomic_fetch_sub(&spring->left, 1, __ATOMIC_RELAXED);
	return p;
}

static inline void spring_free(void *element, void *pool_data)
{
	struct spring *spring = pool_data;

	__atomic_fetch_sub(&spring->live, 1, __ATOMIC_RELAXED);
	kfree(element);
}

static inline void spring_let(struct spring *spring, unsigned int left)
{
	__atomic_store_n(&spring->left, left, __ATOMIC_RELAXED);
	__atomic_store_n(&spring->calls, 0, __ATOMIC_RELAXED);
}

static inline mempool_t *spring_pool(int min_nr, struct spring *spring)
{
	spring->live = 0;
	spring_let(spring, SPRING_ALWAYS);
	return mempool_create(min_nr, spring_alloc, spring_free, spring);
}

/* A case's end: sound, and all that the allocator gave is back. */
static inline void spring_pool_end(struct ktest *t, mempool_t *pool,
				   struct spring *spring)
{
	if (pool)
		KTEST_EXPECT_STREQ(t, mempool_validate(pool), NULL);
	mempool_destroy(pool);
	KTEST_EXPECT_EQ(t, spring->live, 0);
}

/* Takes nr elements while the allocator is dry: from the reserve. */
static inline void take_dry(struct ktest *t, mempool_t *pool, void **elements,
			    int nr)
{
	int i;

	spring_let(pool->pool_data, 0);
	for (i = 0; i < nr; i++) {
		elements[i] = mempool_alloc(pool, GFP_ATOMIC);
		KTEST_EXPECT_NOT_NULL(t, elements[i]);
	}
}

static inline void give_back(mempool_t *pool, void **elements, int nr)
{
	while (nr--)
		mempool_free(elements[nr], pool);
}

static inline size_t nr_waiting(mempool_t *pool)
{
	unsigned long flags;
	size_t n;

	spin_lock_irqsave(&pool->lock, flags);
	n = list_count_nodes(&pool->waiters);
	spin_unlock_irqrestore(&pool->lock, flags);
	return n;
}

#endif

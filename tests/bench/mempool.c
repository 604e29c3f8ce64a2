/* Memory pools: what the pool adds while its allocator has memory. */
#include <mm/mempool.h>

#include "memory.h"

#define PAIRS 10000
#define RESERVE 16

/* Of a pool that is used up then. */
static void measure_pairs(struct bench *b, mempool_t *pool)
{
	unsigned int i;

	if (!pool)
		bench_fail(b, "no pool");
	while (pool && bench_sample(b))
		bench_each(b, i, PAIRS)
			mempool_free(mempool_alloc(pool, GFP_KERNEL), pool);
	mempool_destroy(pool);
}

BENCH(mempool_pair_256, PAIRS)
{
	measure_pairs(b, mempool_create_kmalloc_pool(RESERVE, 256));
}

BENCH(mempool_slab_pair_256, PAIRS)
{
	struct kmem_cache *s = bench_cache(b, 256);

	measure_pairs(b, s ? mempool_create_slab_pool(RESERVE, s) : NULL);
	if (s)
		kmem_cache_destroy(s);
}

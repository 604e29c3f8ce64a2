/* Arrays, caches and random order for the rows, outside of what is timed. */
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/mm.h>

#include "memory.h"

static unsigned int order_for(unsigned long n)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < n * sizeof(void *))
		order++;
	return order;
}

void *bench_array(struct bench *b, unsigned long n)
{
	void *array = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					       order_for(n));

	if (!array)
		bench_fail(b, "no memory for the array");
	return array;
}

void bench_array_free(void *array, unsigned long n)
{
	free_pages((unsigned long)array, order_for(n));
}

void bench_shuffle(void *array, unsigned long n)
{
	struct rng rng = rng_seed(BENCH_SEED);
	void **p = array;

	for (; n > 1; n--) {
		unsigned long other = rng_below(&rng, n);

		swap(p[n - 1], p[other]);
	}
}

struct kmem_cache *bench_cache(struct bench *b, unsigned int size)
{
	struct kmem_cache *s = kmem_cache_create("bench", size, 0,
						 SLAB_NO_MERGE, NULL);

	if (!s)
		bench_fail(b, "no cache");
	return s;
}

/* No slab is kept half full, no page at hand, by the row before. */
void bench_settle(void)
{
	kmem_cache_shrink_all();
	drain_all_pages();
}

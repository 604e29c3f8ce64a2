/*
 * Objects of one size: a pair of calls again and again, and ten thousand
 * objects taken and then given back in order, or at random.
 */
#include <lib/kernel.h>
#include <lib/random.h>

#include "memory.h"

#define PAIRS 10000
#define OBJECTS 10000
#define MANY 65536
#define BULK 64

/* The same object again and again, by a cache of its own. */
#define SLAB_PAIR(size) \
BENCH(slab_pair_##size, PAIRS) \
{ \
	struct kmem_cache *s = bench_cache(b, size); \
	unsigned int i; \
\
	while (s && bench_sample(b)) \
		bench_each(b, i, PAIRS) \
			kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL)); \
	if (s) \
		kmem_cache_destroy(s); \
}

#define KMALLOC_PAIR(size) \
BENCH(kmalloc_const_pair_##size, PAIRS) \
{ \
	unsigned int i; \
\
	while (bench_sample(b)) \
		bench_each(b, i, PAIRS) \
			kfree(kmalloc(size, GFP_KERNEL)); \
}

/* All are taken, then all given back, in an order that shuffle makes. */
#define RUN(name, size, count, shuffle) \
BENCH(name, count) \
{ \
	void **p = bench_array(b, count); \
	unsigned int i; \
\
	while (p && bench_sample(b)) { \
		bench_each(b, i, count) \
			p[i] = kmalloc(size, GFP_KERNEL); \
		shuffle(p, count); \
		bench_each(b, i, count) \
			kfree(p[i]); \
	} \
	if (p) \
		bench_array_free(p, count); \
}

#define IN_ORDER(size) \
	RUN(slab_inorder_##size##_n10000, size, OBJECTS, bench_keep_order)
#define AT_RANDOM(size) \
	RUN(slab_random_##size##_n10000, size, OBJECTS, bench_shuffle)

SLAB_PAIR(8)
SLAB_PAIR(16)
SLAB_PAIR(32)
SLAB_PAIR(64)
SLAB_PAIR(96)
SLAB_PAIR(128)
SLAB_PAIR(192)
SLAB_PAIR(256)
SLAB_PAIR(512)
SLAB_PAIR(1024)
SLAB_PAIR(2048)
SLAB_PAIR(4096)
SLAB_PAIR(8192)

KMALLOC_PAIR(8)
KMALLOC_PAIR(16)
KMALLOC_PAIR(32)
KMALLOC_PAIR(64)
KMALLOC_PAIR(96)
KMALLOC_PAIR(128)
KMALLOC_PAIR(192)
KMALLOC_PAIR(256)
KMALLOC_PAIR(512)
KMALLOC_PAIR(1024)
KMALLOC_PAIR(2048)
KMALLOC_PAIR(4096)
KMALLOC_PAIR(8192)

/* Another size each time: random class, random size in it. */
#define NR_SIZES 256

static void choose_sizes(size_t *sizes)
{
	struct rng rng = rng_seed(BENCH_SEED);
	unsigned int i;

	for (i = 0; i < NR_SIZES; i++) {
		size_t most = 8UL << rng_below(&rng, 10);

		sizes[i] = most - rng_below(&rng, most / 2);
	}
}

BENCH(kmalloc_var_pair, PAIRS)
{
	static size_t sizes[NR_SIZES];
	unsigned int i;

	choose_sizes(sizes);
	while (bench_sample(b))
		bench_each(b, i, PAIRS)
			kfree(kmalloc(sizes[i % NR_SIZES], GFP_KERNEL));
}

BENCH(kzalloc_pair_64, PAIRS)
{
	unsigned int i;

	while (bench_sample(b))
		bench_each(b, i, PAIRS)
			kfree(kzalloc(64, GFP_KERNEL));
}

/* A pair of bulk calls; told per object. */
BENCH(slab_bulk64_64, PAIRS / BULK * BULK)
{
	struct kmem_cache *s = bench_cache(b, 64);
	void *p[BULK];
	unsigned int i;

	while (s && bench_sample(b)) {
		bench_each(b, i, PAIRS / BULK) {
			kmem_cache_alloc_bulk(s, GFP_KERNEL, BULK, p);
			kmem_cache_free_bulk(s, BULK, p);
		}
	}
	if (s)
		kmem_cache_destroy(s);
}

IN_ORDER(8)
IN_ORDER(16)
IN_ORDER(32)
IN_ORDER(64)
IN_ORDER(96)
IN_ORDER(128)
IN_ORDER(192)
IN_ORDER(256)
IN_ORDER(512)
IN_ORDER(1024)
IN_ORDER(2048)
IN_ORDER(4096)
IN_ORDER(8192)

AT_RANDOM(64)
AT_RANDOM(256)
AT_RANDOM(1024)

RUN(slab_inorder_64_n65536, 64, MANY, bench_keep_order)
RUN(slab_random_64_n65536, 64, MANY, bench_shuffle)

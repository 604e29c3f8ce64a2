/* What rows need beside what they measure: arrays, caches, random order. */
#ifndef TESTS_BENCH_MEMORY_H
#define TESTS_BENCH_MEMORY_H

#include <kernel/bench.h>
#include <mm/slab.h>

/* Same order of everything in every run. */
#define BENCH_SEED 20240601

/*
 * Room for n pointers (whole pages, so that no slab is in the way), cleared;
 * NULL, and the row has failed. Freed with the same n.
 */
void *bench_array(struct bench *b, unsigned long n);
void bench_array_free(void *array, unsigned long n);
/* Random order; the same for the same n. */
void bench_shuffle(void *array, unsigned long n);
/* In its place: the order stays. */
#define bench_keep_order(array, n) do { } while (0)

/* A cache nobody shares; NULL, and the row has failed. */
struct kmem_cache *bench_cache(struct bench *b, unsigned int size);

#endif

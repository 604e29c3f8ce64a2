/* The state behind kernel/random.c; a test has one of its own. */
#ifndef KERNEL_RANDOM_POOL_H
#define KERNEL_RANDOM_POOL_H

#include <lib/siphash.h>

struct random_pool {
	struct siphash_key key;	/* all that was added; constant after boot */
	unsigned long drawn;	/* atomic: how many numbers were */
};

/* One thread at a time, and no draw meanwhile. */
void random_pool_add(struct random_pool *pool, const void *data, size_t n);
/* hardware: the CPU's own random bits, or 0. */
u64 random_pool_draw(struct random_pool *pool, u64 cycles, u64 hardware);

#endif

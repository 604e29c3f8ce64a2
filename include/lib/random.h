/*
 * Small repeatable generator (splitmix64) for tests and shuffles. Not for
 * secrets (<kernel/random.h>): from any number all others follow. The same
 * seed gives the same stream on every target.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <lib/types.h>

struct rng {
	u64 state;
};

static inline struct rng rng_seed(u64 seed)
{
	return (struct rng){ seed };
}

u64 rng_next(struct rng *rng);

/* Uniform enough for tests: 0 <= result < bound, bound >= 1. */
u64 rng_below(struct rng *rng, u64 bound);

#endif

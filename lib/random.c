/*
 * splitmix64: a counter with an odd step, each value stirred by shifts and
 * multiplications that lose no bit, so that all 2^64 results occur once.
 */
#include <lib/random.h>

u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

u64 rng_below(struct rng *rng, u64 bound)
{
	return rng_next(rng) % bound;
}

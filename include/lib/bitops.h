/* Bit numbers and logarithms. Counterpart: linux/bitops.h, linux/log2.h. */
#ifndef LIB_BITOPS_H
#define LIB_BITOPS_H

#include <lib/types.h>

#define BITS_PER_LONG (8 * (int)sizeof(long))
#define BIT(n) (1UL << (n))

/* Number of the lowest set bit; undefined for 0. */
static inline unsigned int __ffs(unsigned long x)
{
	return (unsigned int)__builtin_ctzl(x);
}

/* Number of the highest set bit; undefined for 0. */
static inline unsigned int __fls(unsigned long x)
{
	return (unsigned int)(BITS_PER_LONG - 1 - __builtin_clzl(x));
}

static inline unsigned int __fls64(u64 x)
{
	return (unsigned int)(63 - __builtin_clzll(x));
}

/* The same, counted from 1; of 0 it is 0. */
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

/* Floor of log2; undefined for 0. */
static inline unsigned int ilog2(u64 x)
{
	return __fls64(x);
}

/* Smallest power of two that is not below x (x >= 1, result must fit). */
static inline unsigned long roundup_pow_of_two(unsigned long x)
{
	return x <= 1 ? 1 : 1UL << (__fls(x - 1) + 1);
}

static inline u32 ror32(u32 x, unsigned int n)
{
	return (x >> (n & 31)) | (x << (-n & 31));
}

#endif

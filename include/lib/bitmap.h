/*
 * Arrays of bits. Counterpart: linux/bitmap.h. Bit n lives in word
 * n / BITS_PER_LONG. No locking, no bounds checks: the caller knows nbits.
 * Tests and searches read each word once, so others may change it meanwhile.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include <lib/bitops.h>
#include <lib/compiler.h>

#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return READ_ONCE(map[n / BITS_PER_LONG]) >> (n % BITS_PER_LONG) & 1;
}

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= 1UL << (n % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] &= ~(1UL << (n % BITS_PER_LONG));
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long n);
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long n);
unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

/* First bit >= from that is set (clear); nbits if there is none. */
unsigned long find_next_bit(const unsigned long *map, unsigned long nbits,
			    unsigned long from);
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long from);

#endif

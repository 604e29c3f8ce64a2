/*
 * Ranges of bits and searches, a word at a time.
 *
 * A range [start, start + n) touches its first and last word in part; every
 * function takes the bits of one word under a mask, then moves to the next.
 */
#include <lib/bitmap.h>
#include <lib/kernel.h>

/* Bits from `first` on, and at most n of them; 0 <= first < BITS_PER_LONG. */
static unsigned long word_mask(unsigned long first, unsigned long n)
{
	unsigned long mask = ~0UL << first;

	if (n < (unsigned long)BITS_PER_LONG - first)
		mask &= ~(~0UL << (first + n));
	return mask;
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long n)
{
	while (n) {
		unsigned long bit = start % BITS_PER_LONG;
		unsigned long step = min(n, BITS_PER_LONG - bit);

		map[start / BITS_PER_LONG] |= word_mask(bit, step);
		start += step;
		n -= step;
	}
}

void bitmap_clear(unsigned long *map, unsigned long start, unsigned long n)
{
	while (n) {
		unsigned long bit = start % BITS_PER_LONG;
		unsigned long step = min(n, BITS_PER_LONG - bit);

		map[start / BITS_PER_LONG] &= ~word_mask(bit, step);
		start += step;
		n -= step;
	}
}

/* Sums neighbouring bits, then pairs, nibbles, bytes (no CPU help needed). */
static unsigned int weight(unsigned long w)
{
	w -= w >> 1 & ~0UL / 3;
	w = (w & ~0UL / 5) + (w >> 2 & ~0UL / 5);
	w = (w + (w >> 4)) & ~0UL / 17;
	return (unsigned int)(w * (~0UL / 255) >> (BITS_PER_LONG - 8));
}

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long i, sum = 0;

	for (i = 0; i < nbits / BITS_PER_LONG; i++)
		sum += weight(READ_ONCE(map[i]));
	if (nbits % BITS_PER_LONG)
		sum += weight(READ_ONCE(map[i]) &
			      word_mask(0, nbits % BITS_PER_LONG));
	return sum;
}

/* First set bit of map ^ invert at or after from. */
static unsigned long find_next(const unsigned long *map, unsigned long nbits,
			       unsigned long from, unsigned long invert)
{
	unsigned long word;

	if (from >= nbits)
		return nbits;
	word = (READ_ONCE(map[from / BITS_PER_LONG]) ^ invert) &
	       ~0UL << from % BITS_PER_LONG;
	from -= from % BITS_PER_LONG;
	while (!word) {
		from += BITS_PER_LONG;
		if (from >= nbits)
			return nbits;
		word = READ_ONCE(map[from / BITS_PER_LONG]) ^ invert;
	}
	return min(from + __ffs(word), nbits);
}

unsigned long find_next_bit(const unsigned long *map, unsigned long nbits,
			    unsigned long from)
{
	return find_next(map, nbits, from, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long nbits,
				 unsigned long from)
{
	return find_next(map, nbits, from, ~0UL);
}

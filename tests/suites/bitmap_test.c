/* Bitmaps: every function against a loop over single bits. */
#include <kernel/ktest.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#define NBITS 200
#define WORDS (BITS_TO_LONGS(NBITS) + 2)

static void randomise(unsigned long *map, u64 seed)
{
	struct rng rng = rng_seed(seed);
	size_t i;

	for (i = 0; i < WORDS; i++)
		map[i] = (unsigned long)rng_next(&rng);
}

static void naive_range(unsigned long *map, unsigned long start,
			unsigned long n, bool value)
{
	for (; n--; start++) {
		if (value)
			__set_bit(start, map);
		else
			__clear_bit(start, map);
	}
}

static void ranges_change_exactly_their_bits(struct ktest *t)
{
	unsigned long map[WORDS], expect[WORDS], start, n;

	for (start = 0; start <= NBITS; start++) {
		for (n = 0; start + n <= NBITS; n++) {
			randomise(map, start);
			memcpy(expect, map, sizeof(map));
			bitmap_set(map, start, n);
			naive_range(expect, start, n, true);
			KTEST_ASSERT_EQ(t, memcmp(map, expect, sizeof(map)), 0);
			randomise(map, start + 1);
			memcpy(expect, map, sizeof(map));
			bitmap_clear(map, start, n);
			naive_range(expect, start, n, false);
			KTEST_ASSERT_EQ(t, memcmp(map, expect, sizeof(map)), 0);
		}
	}
}

static void weight_counts_only_the_first_nbits(struct ktest *t)
{
	unsigned long map[WORDS], n, count;
	u64 seed;

	for (seed = 0; seed < 20; seed++) {
		randomise(map, seed);
		for (n = 0, count = 0; n <= NBITS; n++) {
			KTEST_ASSERT_EQ(t, bitmap_weight(map, n), count);
			count += test_bit(n, map);
		}
	}
	memset(map, 0xff, sizeof(map));
	KTEST_EXPECT_EQ(t, bitmap_weight(map, NBITS), NBITS);
}

static unsigned long naive_find(const unsigned long *map, unsigned long nbits,
				unsigned long from, bool value)
{
	while (from < nbits && test_bit(from, map) != value)
		from++;
	return min(from, nbits);
}

static void searches_agree_with_a_bit_by_bit_search(struct ktest *t)
{
	unsigned long map[WORDS], nbits, from, i;
	struct rng rng = rng_seed(7);

	for (i = 0; i < 300; i++) {
		memset(map, i & 1 ? 0xff : 0, sizeof(map));
		from = (unsigned long)rng_below(&rng, NBITS);
		map[from / BITS_PER_LONG] ^= BIT(from % BITS_PER_LONG);
		nbits = (unsigned long)rng_below(&rng, NBITS + 1);
		for (from = 0; from < NBITS + 70; from++) {
			KTEST_ASSERT_EQ(t, find_next_bit(map, nbits, from),
					naive_find(map, nbits, from, true));
			KTEST_ASSERT_EQ(t, find_next_zero_bit(map, nbits, from),
					naive_find(map, nbits, from, false));
		}
	}
}

static void searches_read_no_word_past_the_last(struct ktest *t)
{
	unsigned long one = 0;

	KTEST_EXPECT_EQ(t, find_next_bit(&one, BITS_PER_LONG, 0),
			BITS_PER_LONG);
	KTEST_EXPECT_EQ(t, find_next_bit(&one, BITS_PER_LONG, BITS_PER_LONG),
			BITS_PER_LONG);
	KTEST_EXPECT_EQ(t, find_next_bit(NULL, 0, 0), 0);
	one = ~0UL;
	KTEST_EXPECT_EQ(t, find_next_zero_bit(&one, 5, 0), 5);
}

static void bit_numbers_and_logarithms_are_exact(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)BITS_PER_LONG; i++) {
		KTEST_EXPECT_EQ(t, __ffs(~0UL << i), i);
		KTEST_EXPECT_EQ(t, __fls(~0UL >> i), BITS_PER_LONG - 1 - i);
	}
	for (i = 0; i < 64; i++)
		KTEST_EXPECT_EQ(t, ilog2(~0ULL >> i), 63 - i);
	KTEST_EXPECT_EQ(t, roundup_pow_of_two(1), 1);
	for (i = 1; i < (unsigned int)BITS_PER_LONG - 1; i++) {
		KTEST_EXPECT_EQ(t, roundup_pow_of_two(BIT(i)), BIT(i));
		KTEST_EXPECT_EQ(t, roundup_pow_of_two(BIT(i) + 1), BIT(i + 1));
	}
	KTEST_EXPECT_EQ(t, ror32(0x80000001, 4), 0x18000000);
	KTEST_EXPECT_EQ(t, ror32(0x80000001, 0), 0x80000001);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(ranges_change_exactly_their_bits),
	KTEST_CASE(weight_counts_only_the_first_nbits),
	KTEST_CASE(searches_agree_with_a_bit_by_bit_search),
	KTEST_CASE(searches_read_no_word_past_the_last),
	KTEST_CASE(bit_numbers_and_logarithms_are_exact),
	{}
};
KTEST_SUITE(bitmap, cases);

/* Numbers that nobody should guess, and what they are made of. */
#include <kernel/ktest.h>
#include <kernel/random.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../kernel/random_pool.h"

static struct siphash_key hash_of(const struct siphash_key *key, size_t n)
{
	u8 data[64] = { 0 };
	struct siphash_key out;
	size_t i;

	for (i = 0; i < n; i++)
		data[i] = (u8)i;
	siphash128(key, data, n, &out);
	return out;
}

/* The authors' key 00 01 02 ..., data 00 01 02 ...; openssl mac SIPHASH. */
static void hash_is_siphash_2_4(struct ktest *t)
{
	static const struct siphash_key key = {
		{ 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL }
	};
	static const struct {
		size_t n;
		struct siphash_key hash;
	} known[] = {
		{ 0, { { 0xe6a825ba047f81a3ULL, 0x930255c71472f66dULL } } },
		{ 15, { { 0x11a8b03399e99354ULL, 0xd9c3cf970fec087eULL } } },
	};
	struct siphash_key hash;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		hash = hash_of(&key, known[i].n);
		KTEST_EXPECT_EQ(t, hash.word[0], known[i].hash.word[0]);
		KTEST_EXPECT_EQ(t, hash.word[1], known[i].hash.word[1]);
	}
}

static void every_byte_and_the_length_count(struct ktest *t)
{
	struct siphash_key key = { { 1, 2 } }, hash, other;
	u8 data[33] = { 0 };
	unsigned int i;

	siphash128(&key, data, 32, &hash);
	for (i = 0; i < 32; i++) {
		data[i] ^= 0x10;
		siphash128(&key, data, 32, &other);
		KTEST_EXPECT_NE(t, hash.word[0], other.word[0]);
		KTEST_EXPECT_NE(t, hash.word[1], other.word[1]);
		data[i] ^= 0x10;
	}
	siphash128(&key, data, 33, &other);
	KTEST_EXPECT_NE(t, hash.word[0], other.word[0]);
}

static u64 draw_after(const char *text, u64 cycles, u64 hardware)
{
	struct random_pool pool = { 0 };

	random_pool_add(&pool, text, strlen(text));
	return random_pool_draw(&pool, cycles, hardware);
}

static void equal_input_gives_equal_numbers(struct ktest *t)
{
	u64 number = draw_after("machine", 1000, 0);

	KTEST_EXPECT_EQ(t, draw_after("machine", 1000, 0), number);
	KTEST_EXPECT_NE(t, draw_after("Machine", 1000, 0), number);
	KTEST_EXPECT_NE(t, draw_after("machine", 1001, 0), number);
	KTEST_EXPECT_NE(t, draw_after("machine", 1000, 1), number);
}

/* Also by who can choose what is added last. */
static void what_was_added_is_never_lost(struct ktest *t)
{
	struct random_pool a = { 0 }, b = { 0 };

	random_pool_add(&a, "one", 3);
	random_pool_add(&b, "two", 3);
	random_pool_add(&a, "chosen", 6);
	random_pool_add(&b, "chosen", 6);
	KTEST_EXPECT_NE(t, random_pool_draw(&a, 0, 0),
			random_pool_draw(&b, 0, 0));
}

static void numbers_of_one_moment_differ(struct ktest *t)
{
	struct random_pool pool = { 0 };
	u64 first = random_pool_draw(&pool, 5, 5);

	KTEST_EXPECT_NE(t, random_pool_draw(&pool, 5, 5), first);
	KTEST_EXPECT_EQ(t, pool.drawn, 2);
}

#define DRAWN 4096

/* Each bit is set in half of all numbers, give or take six deviations. */
static void every_bit_is_as_often_set_as_not(struct ktest *t)
{
	unsigned int set[64] = { 0 };
	unsigned int i, bit;
	u64 number;

	for (i = 0; i < DRAWN; i++) {
		number = get_random_u64();
		for (bit = 0; bit < 64; bit++)
			set[bit] += number >> bit & 1;
	}
	for (bit = 0; bit < 64; bit++) {
		KTEST_EXPECT_GT(t, set[bit], DRAWN / 2 - 192);
		KTEST_EXPECT_LT(t, set[bit], DRAWN / 2 + 192);
	}
}

/* Each of three is drawn in a third of all cases; both ends are. */
static void a_range_is_filled_evenly_and_never_left(struct ktest *t)
{
	unsigned int drawn[3] = { 0 }, i;

	for (i = 0; i < DRAWN; i++) {
		u32 number = get_random_u32_inclusive(7, 9);

		KTEST_ASSERT_TRUE(t, number >= 7 && number <= 9);
		drawn[number - 7]++;
	}
	for (i = 0; i < 3; i++) {
		KTEST_EXPECT_GT(t, drawn[i], DRAWN / 3 - 181);
		KTEST_EXPECT_LT(t, drawn[i], DRAWN / 3 + 181);
	}
	KTEST_EXPECT_EQ(t, get_random_u32_inclusive(5, 5), 5);
	KTEST_EXPECT_EQ(t, get_random_u32_below(1), 0);
}

static void the_whole_range_has_all_bits(struct ktest *t)
{
	u32 set = 0, clear = 0, i;

	for (i = 0; i < 128; i++) {
		u32 number = get_random_u32_inclusive(0, ~0U);

		set |= number;
		clear |= ~number;
	}
	KTEST_EXPECT_EQ(t, set, ~0U);
	KTEST_EXPECT_EQ(t, clear, ~0U);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(hash_is_siphash_2_4),
	KTEST_CASE(every_byte_and_the_length_count),
	KTEST_CASE(equal_input_gives_equal_numbers),
	KTEST_CASE(what_was_added_is_never_lost),
	KTEST_CASE(numbers_of_one_moment_differ),
	KTEST_CASE(every_bit_is_as_often_set_as_not),
	KTEST_CASE(a_range_is_filled_evenly_and_never_left),
	KTEST_CASE(the_whole_range_has_all_bits),
	{}
};
KTEST_SUITE(random, cases);

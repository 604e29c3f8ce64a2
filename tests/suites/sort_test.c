/* Sorting, and the generator and checksum that tests lean on. */
#include <kernel/ktest.h>
#include <lib/hash.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/sort.h>
#include <lib/string.h>

#define MAX_N 150

struct odd {
	u8 key, copy, noise;	/* 3 bytes: no word fits */
} __packed;

static u64 compares;

static int cmp_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	compares++;
	return x < y ? -1 : x > y;
}

static int cmp_odd(const void *a, const void *b)
{
	return ((const struct odd *)a)->key - ((const struct odd *)b)->key;
}

/* Ordered, and still the same elements: their sum of hashes is kept. */
static bool sorted_copy(const u64 *v, size_t n, u64 sum)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i && v[i - 1] > v[i])
			return false;
		sum -= hash_bytes(HASH_SEED, &v[i], 8);
	}
	return !sum;
}

static void random_arrays_of_every_length_are_ordered(struct ktest *t)
{
	struct rng rng = rng_seed(3);
	u64 v[MAX_N], bound, sum;
	size_t n, i;

	for (n = 0; n <= MAX_N; n++) {
		for (bound = 1; bound <= 1000; bound *= 10) {
			for (i = 0, sum = 0; i < n; i++) {
				v[i] = rng_below(&rng, bound);
				sum += hash_bytes(HASH_SEED, &v[i], 8);
			}
			sort(v, n, sizeof(v[0]), cmp_u64);
			KTEST_ASSERT_TRUE(t, sorted_copy(v, n, sum));
		}
	}
}

static void elements_of_odd_size_stay_whole(struct ktest *t)
{
	struct rng rng = rng_seed(4);
	struct odd v[MAX_N + 1];
	size_t i;

	for (i = 0; i <= MAX_N; i++) {
		v[i].key = v[i].copy = (u8)rng_next(&rng);
		v[i].noise = 0xee;
	}
	v[MAX_N].key = 0;
	sort(v, MAX_N, sizeof(v[0]), cmp_odd);
	for (i = 0; i < MAX_N; i++) {
		KTEST_EXPECT_EQ(t, v[i].key, v[i].copy);
		KTEST_EXPECT_EQ(t, v[i].noise, 0xee);
		if (i)
			KTEST_EXPECT_LE(t, v[i - 1].key, v[i].key);
	}
	KTEST_EXPECT_EQ(t, v[MAX_N].key, 0);
}

static void worst_inputs_cost_n_log_n(struct ktest *t)
{
	u64 v[128];
	size_t i, kind;

	for (kind = 0; kind < 3; kind++) {
		for (i = 0; i < ARRAY_SIZE(v); i++)
			v[i] = kind == 0 ? i : kind == 1 ? 128 - i : 5;
		compares = 0;
		sort(v, ARRAY_SIZE(v), sizeof(v[0]), cmp_u64);
		/* two per level and element: 2 * 128 * 7, and building */
		KTEST_EXPECT_LE(t, compares, 2 * 128 * 7 + 2 * 128);
	}
}

static void generator_repeats_and_stays_in_bounds(struct ktest *t)
{
	struct rng a = rng_seed(1234567), b = rng_seed(1234567);
	unsigned int seen = 0;
	int i;

	/* the published first value for this seed */
	KTEST_EXPECT_EQ(t, rng_next(&a), 6457827717110365317ULL);
	KTEST_EXPECT_EQ(t, rng_next(&b), 6457827717110365317ULL);
	for (i = 0; i < 200; i++) {
		KTEST_EXPECT_EQ(t, rng_next(&a), rng_next(&b));
		seen |= 1u << rng_below(&a, 5);
		rng_next(&b);
	}
	KTEST_EXPECT_EQ(t, seen, 0x1f);
	KTEST_EXPECT_EQ(t, rng_below(&a, 1), 0);
}

static void hash_is_fnv_1a_and_sees_every_bit(struct ktest *t)
{
	u8 block[64] = { 0 };
	u64 clean = hash_bytes(HASH_SEED, block, sizeof(block));
	size_t i;

	KTEST_EXPECT_EQ(t, hash_bytes(HASH_SEED, "foobar", 6),
			0x85944171f73967e8ULL);
	KTEST_EXPECT_EQ(t, hash_bytes(HASH_SEED, NULL, 0), HASH_SEED);
	for (i = 0; i < 8 * sizeof(block); i++) {
		block[i / 8] ^= 1 << i % 8;
		KTEST_EXPECT_NE(t, hash_bytes(HASH_SEED, block, sizeof(block)),
				clean);
		block[i / 8] = 0;
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(random_arrays_of_every_length_are_ordered),
	KTEST_CASE(elements_of_odd_size_stay_whole),
	KTEST_CASE(worst_inputs_cost_n_log_n),
	KTEST_CASE(generator_repeats_and_stays_in_bounds),
	KTEST_CASE(hash_is_fnv_1a_and_sees_every_bit),
	{}
};
KTEST_SUITE(sort, cases);

/*
 * 64-bit division and remainder as the compiler does them for us: on i386 by
 * arch/x86/div64_32.c, on x86_64 by one instruction. The reference divides bit
 * by bit, as on paper.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>

#define S64_MIN (-9223372036854775807LL - 1)

/* Values whose neighbours and quotients change sides. */
static const u64 edges[] = {
	0, 1, 2, 3, 7, 10, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe,
	0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff, 0x200000000,
	0x7fffffffffffffff, 0x8000000000000000, 0x8000000000000001,
	0xffffffff00000000, 0xffffffff00000001, 0xfffffffffffffffe,
	0xffffffffffffffff,
};

static u64 divide_by_bits(u64 n, u64 d, u64 *rem)
{
	u64 q = 0, r = 0;
	int i;

	for (i = 63; i >= 0; i--) {
		bool carry = r >> 63;

		r = r << 1 | (n >> i & 1);
		if (carry || r >= d) {
			r -= d;
			q |= 1ULL << i;
		}
	}
	*rem = r;
	return q;
}

/* Kept from the optimiser, so that the division is really made. */
static noinline u64 quotient(u64 n, u64 d)
{
	return n / d;
}

static noinline u64 remainder(u64 n, u64 d)
{
	return n % d;
}

static noinline s64 signed_quotient(s64 n, s64 d)
{
	return n / d;
}

static noinline s64 signed_remainder(s64 n, s64 d)
{
	return n % d;
}

static void expect_division(struct ktest *t, u64 n, u64 d)
{
	u64 rem, q = divide_by_bits(n, d, &rem);

	if (quotient(n, d) != q || remainder(n, d) != rem)
		ktest_fail(t, __FILE__, __LINE__, "%llu / %llu: %llu rest %llu, expected %llu rest %llu",
			   n, d, quotient(n, d), remainder(n, d), q, rem);
}

/* n == q * d + r; |r| < |d|; r has n's sign, or is 0. */
static void expect_signed_division(struct ktest *t, s64 n, s64 d)
{
	s64 q = signed_quotient(n, d), r = signed_remainder(n, d);
	u64 rest = r < 0 ? 0 - (u64)r : (u64)r;
	u64 divisor = d < 0 ? 0 - (u64)d : (u64)d;

	if ((u64)q * (u64)d + (u64)r != (u64)n || rest >= divisor ||
	    (r && (r < 0) != (n < 0)))
		ktest_fail(t, __FILE__, __LINE__, "%lld / %lld: %lld rest %lld",
			   n, d, q, r);
}

/* The one quotient that does not fit; on x86_64 it is an exception. */
static bool overflows(s64 n, s64 d)
{
	return n == S64_MIN && d == -1;
}

static void edges_divide_right(struct ktest *t)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = 0; j < ARRAY_SIZE(edges); j++)
			if (edges[j])
				expect_division(t, edges[i], edges[j]);
}

static void signs_follow_c(struct ktest *t)
{
	unsigned int i, j;

	KTEST_EXPECT_EQ(t, signed_quotient(-7, 2), -3);
	KTEST_EXPECT_EQ(t, signed_remainder(-7, 2), -1);
	KTEST_EXPECT_EQ(t, signed_quotient(7, -2), -3);
	KTEST_EXPECT_EQ(t, signed_remainder(7, -2), 1);
	for (i = 0; i < ARRAY_SIZE(edges); i++)
		for (j = 1; j < ARRAY_SIZE(edges); j++)
			if (!overflows((s64)edges[i], (s64)edges[j]))
				expect_signed_division(t, (s64)edges[i],
						       (s64)edges[j]);
}

/* Numbers of every length, so that every way through the code is taken. */
static void random_numbers_divide_right(struct ktest *t)
{
	struct rng rng = rng_seed(64);
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		u64 n = rng_next(&rng) >> rng_below(&rng, 64);
		u64 d = rng_next(&rng) >> rng_below(&rng, 64);

		if (d)
			expect_division(t, n, d);
		if (d && !overflows((s64)n, (s64)d))
			expect_signed_division(t, (s64)n, (s64)d);
	}
}

/* One below, at and above a multiple: an estimate that is off by one shows. */
static void quotients_next_to_multiples_are_exact(struct ktest *t)
{
	struct rng rng = rng_seed(65);
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		u64 d = rng_next(&rng) >> rng_below(&rng, 63);
		u64 q = d ? rng_below(&rng, ~0ULL / d) : 0, n = q * d;

		if (!d)
			continue;
		expect_division(t, n, d);
		expect_division(t, n + d - 1, d);
		expect_division(t, n - 1, d);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(edges_divide_right),
	KTEST_CASE(signs_follow_c),
	KTEST_CASE(random_numbers_divide_right),
	KTEST_CASE(quotients_next_to_multiples_are_exact),
	{}
};
KTEST_SUITE(div64, cases);

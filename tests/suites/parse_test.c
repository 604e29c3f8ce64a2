/* Numbers out of text, and size arithmetic that must not wrap. */
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/int_sqrt.h>
#include <lib/kernel.h>
#include <lib/overflow.h>
#include <lib/parse.h>

#define TOP (~0ULL)

static void whole_strings_become_numbers(struct ktest *t)
{
	static const struct {
		const char *s;
		u64 value;
	} table[] = {
		{ "0", 0 }, { "7", 7 }, { "1234567890", 1234567890 },
		{ "0x10", 16 }, { "0XfF", 255 }, { "010", 8 }, { "00", 0 },
		{ "18446744073709551615", TOP },
		{ "0xffffffffffffffff", TOP },
		{ "01777777777777777777777", TOP },
		{ "0x00000000000000000001", 1 },
	};
	u64 v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		v = 99;
		KTEST_EXPECT_EQ(t, kstrtou64(table[i].s, &v), 0);
		KTEST_EXPECT_EQ(t, v, table[i].value);
	}
}

static void anything_else_is_refused_and_nothing_stored(struct ktest *t)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "0x", "0xg", "x10", "08", "1k",
		"0x1g", "a",
	};
	static const char *const big[] = {
		"18446744073709551616", "0x10000000000000000",
		"02000000000000000000000", "99999999999999999999999999999",
	};
	u64 v = 99;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (kstrtou64(bad[i], &v) != -EINVAL)
			ktest_fail(t, __FILE__, __LINE__, "\"%s\"", bad[i]);
	for (i = 0; i < ARRAY_SIZE(big); i++)
		if (kstrtou64(big[i], &v) != -ERANGE)
			ktest_fail(t, __FILE__, __LINE__, "\"%s\"", big[i]);
	KTEST_EXPECT_EQ(t, v, 99);
}

static void sizes_have_suffixes_and_end_where_they_stop(struct ktest *t)
{
	static const struct {
		const char *s;
		u64 value;
		int used;
	} table[] = {
		{ "128M", 128 * SZ_1M, 4 }, { "1k", 1024, 2 },
		{ "4G@0x100", SZ_4G, 2 }, { "0x10M$", 16 * SZ_1M, 5 },
		{ "2T", 2ULL << 40, 2 }, { "1P", 1ULL << 50, 2 },
		{ "15E", 15ULL << 60, 3 }, { "5", 5, 1 }, { "5B", 5, 1 },
		{ "", 0, 0 }, { "M", 0, 0 }, { "@1M", 0, 0 }, { "0x", 0, 1 },
		{ "0xM", 0, 1 }, { "-1", 0, 0 }, { "1MM", SZ_1M, 2 },
		{ "16E", TOP, 3 }, { "17179869184G", TOP, 12 },
		{ "17179869183G", 17179869183ULL << 30, 12 },
		{ "99999999999999999999", TOP, 20 },
		{ "99999999999999999999K", TOP, 21 },
	};
	const char *end;
	u64 v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		v = memparse(table[i].s, &end);
		if (v != table[i].value || end - table[i].s != table[i].used)
			ktest_fail(t, __FILE__, __LINE__,
				   "\"%s\": %llu, %d used", table[i].s, v,
				   (int)(end - table[i].s));
	}
}

static void size_arithmetic_saturates(struct ktest *t)
{
	size_t half = SIZE_MAX / 2 + 1;

	KTEST_EXPECT_EQ(t, size_mul(6, 7), 42);
	KTEST_EXPECT_EQ(t, size_mul(0, SIZE_MAX), 0);
	KTEST_EXPECT_EQ(t, size_mul(half, 2), SIZE_MAX);
	KTEST_EXPECT_EQ(t, size_mul(half - 1, 2), SIZE_MAX - 1);
	KTEST_EXPECT_EQ(t, size_add(half, half), SIZE_MAX);
	KTEST_EXPECT_EQ(t, size_add(half, half - 1), SIZE_MAX);
	KTEST_EXPECT_EQ(t, size_add(half, half - 2), SIZE_MAX - 1);
}

static void rounding_macros_keep_the_type(struct ktest *t)
{
	u64 big = 0x100000001ULL;
	int calls = 0;

	KTEST_EXPECT_EQ(t, ALIGN(big, 0x1000), 0x100001000ULL);
	KTEST_EXPECT_EQ(t, ALIGN_DOWN(big + 0xfff, 0x1000), 0x100001000ULL);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED(big - 1, 4096));
	KTEST_EXPECT_FALSE(t, IS_ALIGNED(big, 2));
	KTEST_EXPECT_EQ(t, DIV_ROUND_UP(9, 4), 3);
	KTEST_EXPECT_FALSE(t, is_power_of_2(0));
	KTEST_EXPECT_TRUE(t, is_power_of_2(SZ_4G));
	KTEST_EXPECT_EQ(t, min(++calls, 5) + max(1, 1), 2);
	KTEST_EXPECT_EQ(t, calls, 1);
	KTEST_EXPECT_EQ(t, clamp(12, 3, 9), 9);
	KTEST_EXPECT_EQ(t, clamp(1, 3, 9), 3);
	KTEST_EXPECT_EQ(t, min_t(u64, big, 7), 7);
}

static void square_roots_are_rounded_down(struct ktest *t)
{
	unsigned long top = ~0UL >> 4 * sizeof(long), r;

	KTEST_EXPECT_EQ(t, int_sqrt(0), 0);
	for (r = 1; r <= top; r += 1 + r / 3) {
		KTEST_EXPECT_EQ(t, int_sqrt(r * r), r);
		KTEST_EXPECT_EQ(t, int_sqrt(r * r - 1), r - 1);
	}
	KTEST_EXPECT_EQ(t, int_sqrt(~0UL), top);
}

static void switches_are_on_or_off_in_many_words(struct ktest *t)
{
	static const char *const on[] = { "1", "y", "Y", "t", "on", "ON",
					  "yes" };
	static const char *const off[] = { "0", "n", "N", "f", "off",
					   "Of", "no" };
	static const char *const neither[] = { "", "o", "ox", "2", "x", " 1",
					       "\x10", "\x11" };
	bool v = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(on); i++, v = false)
		KTEST_EXPECT_TRUE(t, kstrtobool(on[i], &v) == 0 && v);
	for (i = 0, v = true; i < ARRAY_SIZE(off); i++, v = true)
		KTEST_EXPECT_TRUE(t, kstrtobool(off[i], &v) == 0 && !v);
	for (i = 0; i < ARRAY_SIZE(neither); i++) {
		KTEST_EXPECT_EQ(t, kstrtobool(neither[i], &v), -EINVAL);
		KTEST_EXPECT_TRUE(t, v);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(whole_strings_become_numbers),
	KTEST_CASE(anything_else_is_refused_and_nothing_stored),
	KTEST_CASE(switches_are_on_or_off_in_many_words),
	KTEST_CASE(sizes_have_suffixes_and_end_where_they_stop),
	KTEST_CASE(size_arithmetic_saturates),
	KTEST_CASE(rounding_macros_keep_the_type),
	KTEST_CASE(square_roots_are_rounded_down),
	{}
};
KTEST_SUITE(parse, cases);

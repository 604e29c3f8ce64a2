/*
 * Memory and string functions: every length, alignment and distance up to a
 * few words, compared with loops a byte at a time; bytes around the target
 * must not change.
 */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#define SPAN 80
#define GUARD 16

static u8 area[SPAN + 2 * GUARD], expect[SPAN + 2 * GUARD];

/* The compiler must not know what is in p: it would compute the answer. */
#define OPAQUE(p) ({ __typeof__(&(p)[0]) p_ = (p); \
	__asm__("" : "+r"(p_)); p_; })

static void fill(u8 *p, size_t n, u64 seed)
{
	struct rng rng = rng_seed(seed);

	while (n--)
		*p++ = (u8)rng_next(&rng);
}

static bool same(const u8 *a, const u8 *b, size_t n)
{
	while (n--)
		if (*a++ != *b++)
			return false;
	return true;
}

static void memset_fills_exactly_its_range(struct ktest *t)
{
	size_t start, n, i;
	u8 *at;

	for (start = 0; start < 9; start++) {
		for (n = 0; n < SPAN - 9; n++) {
			fill(area, sizeof(area), n);
			fill(expect, sizeof(expect), n);
			for (i = 0; i < n; i++)
				expect[GUARD + start + i] = 0xa7;
			at = OPAQUE(area + GUARD + start);
			KTEST_ASSERT_TRUE(t, memset(at, 0x1a7, n) == at);
			KTEST_ASSERT_TRUE(t, same(area, expect, sizeof(area)));
		}
	}
}

static void memcpy_copies_every_alignment_and_length(struct ktest *t)
{
	static u8 source[SPAN];
	size_t from, to, n, i;

	fill(source, sizeof(source), 1);
	for (from = 0; from < 9; from++) {
		for (to = 0; to < 9; to++) {
			for (n = 0; n < 40; n++) {
				fill(area, sizeof(area), n);
				fill(expect, sizeof(expect), n);
				for (i = 0; i < n; i++)
					expect[GUARD + to + i] =
						source[from + i];
				memcpy(OPAQUE(area + GUARD + to),
				       OPAQUE(source + from), n);
				KTEST_ASSERT_TRUE(t, same(area, expect,
							  sizeof(area)));
			}
		}
	}
}

static void memmove_survives_every_overlap(struct ktest *t)
{
	static u8 before[sizeof(area)];
	size_t from, to, n, i;

	for (from = 0; from < 20; from++) {
		for (to = 0; to < 20; to++) {
			for (n = 0; n < 40; n++) {
				fill(area, sizeof(area), n);
				fill(before, sizeof(before), n);
				fill(expect, sizeof(expect), n);
				for (i = 0; i < n; i++)
					expect[GUARD + to + i] =
						before[GUARD + from + i];
				memmove(OPAQUE(area + GUARD + to),
					OPAQUE(area + GUARD + from), n);
				KTEST_ASSERT_TRUE(t, same(area, expect,
							  sizeof(area)));
			}
		}
	}
}

static void memcmp_orders_by_first_different_byte_unsigned(struct ktest *t)
{
	u8 a[24] = { 0 }, b[24] = { 0 };
	size_t i;

	KTEST_EXPECT_EQ(t, memcmp(OPAQUE(&a[0]), b, sizeof(a)), 0);
	for (i = 0; i < sizeof(a); i++) {
		a[i] = 0x80;
		b[i] = 0x7f;
		KTEST_EXPECT_GT(t, memcmp(OPAQUE(&a[0]), b, sizeof(a)), 0);
		KTEST_EXPECT_LT(t, memcmp(OPAQUE(&b[0]), a, sizeof(a)), 0);
		KTEST_EXPECT_EQ(t, memcmp(OPAQUE(&a[0]), b, i), 0);
		a[i] = b[i] = 0;
	}
}

static void memchr_and_inverse_find_first_byte_or_nothing(struct ktest *t)
{
	static const u8 text[] = { 5, 5, 5, 0x90, 5, 0x90 };

	KTEST_EXPECT_PTR_EQ(t, memchr(OPAQUE(text), 0x190, 6), text + 3);
	KTEST_EXPECT_NULL(t, memchr(OPAQUE(text), 0x90, 3));
	KTEST_EXPECT_NULL(t, memchr(OPAQUE(text), 5, 0));
	KTEST_EXPECT_PTR_EQ(t, memchr_inv(text, 0x105, 6), text + 3);
	KTEST_EXPECT_PTR_EQ(t, memchr_inv(text, 0x90, 6), text);
	KTEST_EXPECT_NULL(t, memchr_inv(text, 5, 3));
	KTEST_EXPECT_NULL(t, memchr_inv(text, 0, 0));
}

static void lengths_stop_at_zero_or_limit(struct ktest *t)
{
	const char *s = OPAQUE("memory");

	KTEST_EXPECT_EQ(t, strlen(s), 6);
	KTEST_EXPECT_EQ(t, strlen(s + 6), 0);
	KTEST_EXPECT_EQ(t, strnlen(s, 100), 6);
	KTEST_EXPECT_EQ(t, strnlen(s, 6), 6);
	KTEST_EXPECT_EQ(t, strnlen(s, 4), 4);
	KTEST_EXPECT_EQ(t, strnlen(s, 0), 0);
}

static void strings_compare_as_unsigned_bytes(struct ktest *t)
{
	const char *abc = OPAQUE("abc");

	KTEST_EXPECT_EQ(t, strcmp(abc, "abc"), 0);
	KTEST_EXPECT_LT(t, strcmp(abc, "abd"), 0);
	KTEST_EXPECT_GT(t, strcmp(abc, "ab"), 0);
	KTEST_EXPECT_LT(t, strcmp(abc, "abcd"), 0);
	KTEST_EXPECT_GT(t, strcmp(OPAQUE("\xff"), "a"), 0);
	KTEST_EXPECT_EQ(t, strncmp(abc, "abd", 2), 0);
	KTEST_EXPECT_LT(t, strncmp(abc, "abd", 3), 0);
	KTEST_EXPECT_EQ(t, strncmp(abc, "abc", 99), 0);
	KTEST_EXPECT_EQ(t, strncmp(abc, "xyz", 0), 0);
}

static void searches_find_first_last_and_final_zero(struct ktest *t)
{
	const char *s = OPAQUE("a.b.c");

	KTEST_EXPECT_PTR_EQ(t, strchr(s, '.'), s + 1);
	KTEST_EXPECT_PTR_EQ(t, strrchr(s, '.'), s + 3);
	KTEST_EXPECT_PTR_EQ(t, strchr(s, 0), s + 5);
	KTEST_EXPECT_PTR_EQ(t, strrchr(s, 0), s + 5);
	KTEST_EXPECT_NULL(t, strchr(s, 'z'));
	KTEST_EXPECT_NULL(t, strrchr(s, 'z'));
}

static void strstr_restarts_inside_a_partial_match(struct ktest *t)
{
	const char *s = OPAQUE("aabaabaac");

	KTEST_EXPECT_PTR_EQ(t, strstr(s, "aabaac"), s + 3);
	KTEST_EXPECT_PTR_EQ(t, strstr(s, ""), s);
	KTEST_EXPECT_PTR_EQ(t, strstr(s, "c"), s + 8);
	KTEST_EXPECT_NULL(t, strstr(s, "aacc"));
	KTEST_EXPECT_NULL(t, strstr(OPAQUE(""), "a"));
}

static void strscpy_always_ends_the_string(struct ktest *t)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	KTEST_EXPECT_EQ(t, strscpy(buf, "1234567", sizeof(buf)), 7);
	KTEST_EXPECT_STREQ(t, buf, "1234567");
	KTEST_EXPECT_EQ(t, strscpy(buf, "12345678", sizeof(buf)), -7);
	KTEST_EXPECT_STREQ(t, buf, "1234567");
	KTEST_EXPECT_EQ(t, strscpy(buf, "", sizeof(buf)), 0);
	KTEST_EXPECT_STREQ(t, buf, "");
	buf[0] = 'x';
	KTEST_EXPECT_EQ(t, strscpy(buf, "abc", 1), -7);
	KTEST_EXPECT_STREQ(t, buf, "");
	buf[0] = 'x';
	KTEST_EXPECT_EQ(t, strscpy(buf, "abc", 0), -7);
	KTEST_EXPECT_EQ(t, buf[0], 'x');
}

static void glob_matches_whole_strings_only(struct ktest *t)
{
	static const struct {
		const char *pattern, *s;
		bool match;
	} table[] = {
		{ "", "", true }, { "", "a", false }, { "a", "", false },
		{ "*", "", true }, { "*", "abc", true }, { "**", "a", true },
		{ "?", "", false }, { "?", "a", true }, { "?", "ab", false },
		{ "buddy", "buddy", true }, { "buddy", "buddy2", false },
		{ "bud", "buddy", false }, { "mm*", "mm", true },
		{ "mm*", "mmap", true }, { "*ab", "aab", true },
		{ "*ab", "aba", false }, { "a*b*c", "axbxbxc", true },
		{ "a*b*c", "axbxbx", false }, { "*a*a*a", "aa", false },
		{ "a?c*", "abcd", true }, { "*?*", "", false },
		{ "*aab*", "aaaab", true }, { "a*", "ba", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (glob_match(table[i].pattern, table[i].s) != table[i].match)
			ktest_fail(t, __FILE__, __LINE__, "\"%s\" on \"%s\"",
				   table[i].pattern, table[i].s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(memset_fills_exactly_its_range),
	KTEST_CASE(memcpy_copies_every_alignment_and_length),
	KTEST_CASE(memmove_survives_every_overlap),
	KTEST_CASE(memcmp_orders_by_first_different_byte_unsigned),
	KTEST_CASE(memchr_and_inverse_find_first_byte_or_nothing),
	KTEST_CASE(lengths_stop_at_zero_or_limit),
	KTEST_CASE(strings_compare_as_unsigned_bytes),
	KTEST_CASE(searches_find_first_last_and_final_zero),
	KTEST_CASE(strstr_restarts_inside_a_partial_match),
	KTEST_CASE(strscpy_always_ends_the_string),
	KTEST_CASE(glob_matches_whole_strings_only),
	{}
};
KTEST_SUITE(string, cases);

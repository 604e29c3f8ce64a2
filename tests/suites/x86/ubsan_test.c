/*
 * What C leaves undefined, done on purpose: one report each time, with place,
 * kind and values; and the program goes on. In a build with
 * SANITIZE=undefined; elsewhere the compiler may do what it likes, so there
 * nothing is done.
 */
#include <kernel/ktest.h>

#ifdef CONFIG_UBSAN
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/kernel.h>
#include <lib/string.h>

/* A value the compiler cannot know. */
#define UNKNOWN(type, v) ({ type u_ = (v); \
	__asm__ volatile("" : "+r"(u_)); u_; })
/* Computed, and that is all. */
#define COMPUTE(x) ({ __typeof__(x) x_ = (x); \
	__asm__ volatile("" : : "r"(x_)); })
/* As above, but the CPU never sees the operation. */
#define FORGET(x) ((void)(x))

#define EXPECT(t, kind, words, stmt) do { \
	KTEST_EXPECT_REPORTS(t, 1, "undefined behaviour: " kind " in ", stmt); \
	expect_told(t, words); \
} while (0)

static void expect_told(struct ktest *t, const char *words)
{
	const char *text = report_capture_text();

	if (!KTEST_EXPECT_NOT_NULL(t, strstr(text, words)) ||
	    !KTEST_EXPECT_NOT_NULL(t, strstr(text, "ubsan_test.c:")))
		ktest_note(t, "told: %s", text);
}

static void wide_and_negative_shifts_are_told(struct ktest *t)
{
	EXPECT(t, "shift-out-of-bounds", "shift by 32 is too much for type 'int' of 32 bits",
	       COMPUTE(1 << UNKNOWN(int, 32)));
	EXPECT(t, "shift-out-of-bounds", "shift by 200 is too much",
	       COMPUTE(1ULL >> UNKNOWN(unsigned char, 200)));
	EXPECT(t, "shift-out-of-bounds", "shift by -1, which is negative",
	       COMPUTE(1UL << UNKNOWN(int, -1)));
	EXPECT(t, "shift-out-of-bounds", "left shift of -5, which is negative",
	       COMPUTE(UNKNOWN(int, -5) << 1));
	EXPECT(t, "shift-out-of-bounds", "left shift of 3 by 31 cannot be",
	       COMPUTE(UNKNOWN(int, 3) << 31));
}

static void signed_overflow_is_told_with_its_operands(struct ktest *t)
{
	EXPECT(t, "signed-integer-overflow", "2147483647 + 1 cannot be represented in type 'int'",
	       COMPUTE(UNKNOWN(int, 0x7fffffff) + 1));
	EXPECT(t, "signed-integer-overflow", "-2147483648 - 7 cannot be",
	       COMPUTE(UNKNOWN(int, -0x7fffffff - 1) - UNKNOWN(int, 7)));
	EXPECT(t, "signed-integer-overflow", "65536 * -65536 cannot be",
	       COMPUTE(UNKNOWN(int, 65536) * UNKNOWN(int, -65536)));
	EXPECT(t, "signed-integer-overflow", "negation of -2147483648 cannot be",
	       COMPUTE(-UNKNOWN(int, -0x7fffffff - 1)));
}

/* Wider than a register on 32 bits: those are passed by address. */
static void values_of_64_bits_are_told_whole(struct ktest *t)
{
	volatile long long most = 0x7fffffffffffffffLL, x;

	EXPECT(t, "signed-integer-overflow", "9223372036854775807 + 2 cannot",
	       x = most + 2);
	most = -2;
	EXPECT(t, "shift-out-of-bounds", "shift by -2, which is negative",
	       x = 1 << most);
	(void)x;
}

static void division_by_zero_is_told(struct ktest *t)
{
	EXPECT(t, "division-by-zero", "9 / 0 cannot be",
	       FORGET(UNKNOWN(int, 9) / UNKNOWN(int, 0)));
	EXPECT(t, "division-by-zero", "11 / 0 cannot be",
	       FORGET(UNKNOWN(unsigned int, 11) % UNKNOWN(unsigned int, 0)));
	EXPECT(t, "signed-integer-overflow", "-2147483648 / -1 cannot be",
	       FORGET(UNKNOWN(int, -0x7fffffff - 1) / UNKNOWN(int, -1)));
}

static void index_outside_an_array_is_told(struct ktest *t)
{
	static struct { int a[4]; int behind[4]; } s;

	EXPECT(t, "array-index-out-of-bounds", "index 4 is out of range for type 'int",
	       s.a[UNKNOWN(int, 4)] = 1);
	EXPECT(t, "array-index-out-of-bounds", "index -1 is out of range",
	       COMPUTE(s.behind[UNKNOWN(int, -1)]));
}

static void bool_that_is_neither_is_told(struct ktest *t)
{
	union { unsigned char byte; bool truth; } u = { .byte = 2 };

	__asm__ volatile("" : : "r"(&u) : "memory");
	EXPECT(t, "invalid-load", "load of value 2 is not valid for type '",
	       COMPUTE((int)u.truth));
}

static void misaligned_access_is_told(struct ktest *t)
{
	static char bytes[16] __aligned(16);
	char *p = UNKNOWN(char *, bytes + 3);

	EXPECT(t, "misaligned-access", "load of misaligned address",
	       COMPUTE(*(int *)p));
	expect_told(t, "for type 'int', which requires 4 byte alignment");
	EXPECT(t, "misaligned-access", "store to misaligned address",
	       *(short *)p = 1);
}

struct pair {
	int first, second;
};

/* Its address is taken, which is undefined as well; nothing is read. */
static void member_of_null_is_told(struct ktest *t)
{
	struct pair *p = UNKNOWN(struct pair *, NULL);

	EXPECT(t, "null-pointer", "member access within null pointer of type 'struct pair'",
	       COMPUTE((unsigned long)&p->second));
}

static void pointer_that_wraps_is_told(struct ktest *t)
{
	char *p = UNKNOWN(char *, (char *)0x1000);

	EXPECT(t, "pointer-overflow", "pointer 0x1000 with an offset becomes",
	       COMPUTE(p + UNKNOWN(long, -0x2000)));
}

static noinline int shift_left(int n)
{
	return 1 << n;
}

/* Which the tests above, with their reports captured, do not see. */
static void place_is_told_again_while_captured(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		EXPECT(t, "shift-out-of-bounds", "shift by 99 is too much",
		       COMPUTE(shift_left(UNKNOWN(int, 99))));
}

/* A million of what is nearly wrong. */
static void defined_operations_are_not_told(struct ktest *t)
{
	static unsigned char a[256];
	unsigned long before = report_count();
	unsigned int sum = 0;
	int i;

	for (i = 0; i < 1000000; i++) {
		a[UNKNOWN(int, i & 255)]++;
		sum += (1U << UNKNOWN(int, i % 32)) + (1 << i % 31);
		sum -= UNKNOWN(int, i) / UNKNOWN(int, 1 + i % 7);
	}
	COMPUTE(sum + a[UNKNOWN(int, 255)]);
	KTEST_EXPECT_EQ(t, report_count(), before);
}

/* Comes back from where nobody does: a panic. */
static int __init reach_unreachable(const char *value)
{
	if (*value)
		return -1;
	__builtin_unreachable();
}
early_param("test_unreachable", reach_unreachable);

static const struct ktest_case cases[] = {
	KTEST_CASE(wide_and_negative_shifts_are_told),
	KTEST_CASE(signed_overflow_is_told_with_its_operands),
	KTEST_CASE(values_of_64_bits_are_told_whole),
	KTEST_CASE(division_by_zero_is_told),
	KTEST_CASE(index_outside_an_array_is_told),
	KTEST_CASE(bool_that_is_neither_is_told),
	KTEST_CASE(misaligned_access_is_told),
	KTEST_CASE(member_of_null_is_told),
	KTEST_CASE(pointer_that_wraps_is_told),
	KTEST_CASE(place_is_told_again_while_captured),
	KTEST_CASE(defined_operations_are_not_told),
	{}
};

#else

static void undefined_behaviour_is_told(struct ktest *t)
{
	ktest_skip(t, "not built with SANITIZE=undefined");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(undefined_behaviour_is_told),
	{}
};

#endif

KTEST_SUITE(ubsan, cases);

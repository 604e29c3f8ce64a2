/*
 * In-kernel tests, reported as KTAP. Counterpart: KUnit.
 *
 *	static void split_leaves_upper_half_free(struct ktest *t)
 *	{
 *		KTEST_EXPECT_EQ(t, nr_free(3), 1);
 *	}
 *	static const struct ktest_case cases[] = {
 *		KTEST_CASE(split_leaves_upper_half_free),
 *		{}
 *	};
 *	KTEST_SUITE(buddy, cases);
 *
 * EXPECT notes a failure and goes on; ASSERT returns from the (void) function
 * it stands in. Both name the values. Suites run in the order of their names,
 * in thread context with interrupts on. The census of page frames must be
 * equal before and after each case, and every report captured.
 */
#ifndef KERNEL_KTEST_H
#define KERNEL_KTEST_H

#include <kernel/report.h>
#include <lib/compiler.h>
#include <lib/types.h>

struct ktest_run;

struct ktest {
	const char *suite, *name;
	bool failed, skipped;
	char skip_reason[64];
	struct ktest_run *run;	/* where lines go; kernel/ktest_run.h */
	/* reruns with failing allocations: kernel/ktest_failnth.c */
	bool quiet;		/* failed expectations are not told */
	bool unclean;		/* left its surroundings changed */
	unsigned int fail_nth;	/* that allocation fails; 0: none */
	bool injected;		/* it was asked for, and failed */
};

struct ktest_case {
	const char *name;
	void (*run)(struct ktest *t);
};

struct ktest_suite {
	const char *name;
	const struct ktest_case *cases;	/* ends with an empty one */
	void (*init)(struct ktest *t);	/* before each case; may be NULL */
	void (*exit)(struct ktest *t);	/* after each case; may be NULL */
};

#define KTEST_CASE(fn) { #fn, fn }
#define KTEST_SUITE_FIXTURE(name_, cases_, init_, exit_) \
	static const struct ktest_suite __used __aligned(sizeof(void *)) \
	__section("ktest_suites") \
	ktest_suite_##name_ = { #name_, cases_, init_, exit_ }
#define KTEST_SUITE(name_, cases_) \
	KTEST_SUITE_FIXTURE(name_, cases_, NULL, NULL)

struct ktest_totals {
	unsigned int pass, fail, skip;
};

/*
 * Runs all suites whose name matches and prints KTAP. The glob is a list of
 * patterns with commas between; "suite.case" narrows a suite to some cases.
 * NULL or "" means all. True: something ran and nothing failed. totals may be
 * NULL. Thread context.
 */
bool ktest_run(const char *glob, struct ktest_totals *totals);

/*
 * Runs them again and again, with the 1st, 2nd, 3rd ... allocation of each
 * case failing, until none is left to fail. KTAP with one line per suite.
 */
bool ktest_failnth(const char *glob, struct ktest_totals *totals);

/*
 * Called around each case, so that a layer can prove that the case left it as
 * it was: mm registers its census. after() returns NULL or what is different.
 * Between faults_on() and faults_off() every allocation can be made to fail.
 */
struct ktest_observer {
	void (*before)(void);
	const char *(*after)(void);
	void (*faults_on)(void);
	void (*faults_off)(void);
};
void ktest_set_observer(const struct ktest_observer *observer);

void ktest_fail(struct ktest *t, const char *file, int line,
		const char *fmt, ...) __printf(4, 5);
void ktest_skip(struct ktest *t, const char *reason);

/* A diagnostic line "# ..." in the KTAP stream. */
void ktest_note(struct ktest *t, const char *fmt, ...) __printf(2, 3);

/* A function, so that a result nobody uses is no warning and no variable. */
static inline bool ktest_result(bool ok)
{
	return ok;
}

#define KTEST_CHECK_(t, ok, ...) ktest_result((ok) || \
	(ktest_fail(t, __FILE__, __LINE__, __VA_ARGS__), false))

/*
 * Compares numbers, whatever their types: -1 is below 0U. (v < 1 && v != 0
 * is "negative" without a warning for unsigned types.)
 */
#define KTEST_NEGATIVE_(v) ((v) < 1 && (v) != 0)
#define KTEST_BINARY_(t, a, op, b) ({ \
	__typeof__((a) + 0) a_ = (a); __typeof__((b) + 0) b_ = (b); \
	KTEST_CHECK_(t, ktest_order(KTEST_NEGATIVE_(a_), (u64)a_, \
				    KTEST_NEGATIVE_(b_), (u64)b_) op 0, \
		     "%s " #op " %s: %lld (0x%llx), %lld (0x%llx)", #a, #b, \
		     (long long)a_, (unsigned long long)a_, \
		     (long long)b_, (unsigned long long)b_); })

/* <0, 0, >0 */
static inline int ktest_order(bool a_negative, u64 a, bool b_negative, u64 b)
{
	if (a_negative != b_negative)
		return a_negative ? -1 : 1;
	return a < b ? -1 : a > b;
}

#define KTEST_EXPECT_TRUE(t, c) KTEST_CHECK_(t, (c), "%s is false", #c)
#define KTEST_EXPECT_FALSE(t, c) KTEST_CHECK_(t, !(c), "%s is true", #c)
#define KTEST_EXPECT_EQ(t, a, b) KTEST_BINARY_(t, a, ==, b)
#define KTEST_EXPECT_NE(t, a, b) KTEST_BINARY_(t, a, !=, b)
#define KTEST_EXPECT_LT(t, a, b) KTEST_BINARY_(t, a, <, b)
#define KTEST_EXPECT_LE(t, a, b) KTEST_BINARY_(t, a, <=, b)
#define KTEST_EXPECT_GT(t, a, b) KTEST_BINARY_(t, a, >, b)
#define KTEST_EXPECT_GE(t, a, b) KTEST_BINARY_(t, a, >=, b)
#define KTEST_EXPECT_PTR_EQ(t, a, b) \
	KTEST_EXPECT_EQ(t, (unsigned long)(a), (unsigned long)(b))
#define KTEST_EXPECT_NULL(t, p) KTEST_EXPECT_PTR_EQ(t, p, NULL)
#define KTEST_EXPECT_NOT_NULL(t, p) \
	KTEST_CHECK_(t, (p) != NULL, "%s is NULL", #p)
#define KTEST_EXPECT_STREQ(t, a, b) ({ const char *a_ = (a), *b_ = (b); \
	KTEST_CHECK_(t, ktest_streq(a_, b_), "%s is \"%s\", not \"%s\"", #a, \
		     a_ ? a_ : "(null)", b_ ? b_ : "(null)"); })

#define KTEST_ASSERT_TRUE(t, c) \
	do { if (!KTEST_EXPECT_TRUE(t, c)) return; } while (0)
#define KTEST_ASSERT_FALSE(t, c) \
	do { if (!KTEST_EXPECT_FALSE(t, c)) return; } while (0)
#define KTEST_ASSERT_EQ(t, a, b) \
	do { if (!KTEST_EXPECT_EQ(t, a, b)) return; } while (0)
#define KTEST_ASSERT_STREQ(t, a, b) \
	do { if (!KTEST_EXPECT_STREQ(t, a, b)) return; } while (0)
#define KTEST_ASSERT_NOT_NULL(t, p) \
	do { if (!KTEST_EXPECT_NOT_NULL(t, p)) return; } while (0)
#define KTEST_ASSERT_NULL(t, p) \
	do { if (!KTEST_EXPECT_NULL(t, p)) return; } while (0)

bool ktest_streq(const char *a, const char *b);

/*
 * Runs stmt with reports captured and expects exactly n of them, the last
 * text holding the words given.
 */
#define KTEST_EXPECT_REPORTS(t, n, words, stmt) do { \
	report_capture_start(); \
	stmt; \
	ktest_check_reports(t, __FILE__, __LINE__, n, words); \
} while (0)

/* Runs stmt and expects the words in what this CPU prints, and no report. */
#define KTEST_EXPECT_LOGGED(t, words, stmt) do { \
	report_capture_log_start(); \
	stmt; \
	ktest_check_reports(t, __FILE__, __LINE__, 0, words); \
} while (0)

void ktest_check_reports(struct ktest *t, const char *file, int line,
			 unsigned int expected, const char *words);

#endif

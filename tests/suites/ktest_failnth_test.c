/*
 * The runner that fails each allocation in turn: toy suites go through it,
 * with questions to a fault_attr of their own for allocations.
 */
#include <kernel/fault_inject.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../kernel/ktest_run.h"

static struct fault_attr attr = FAULT_ATTR_INITIALIZER("toy");
static char output[4096];
static unsigned int runs, failures, given;	/* given: and not given back */
static unsigned long toy_reports;

static void emit_to_output(struct ktest_run *run, const char *line)
{
	size_t n = strlen(output);

	ksnprintf(output + n, sizeof(output) - n, "%s\n", line);
}

static unsigned long count_toy_reports(void)
{
	return toy_reports;
}

static unsigned int given_before;

static void note_given(void)
{
	given_before = given;
}

static const char *compare_given(void)
{
	return given == given_before ? NULL : "a toy was lost";
}

static const struct ktest_observer watch = {
	.before = note_given,
	.after = compare_given,
};

/* Runs one toy case as often as it takes; true if that ended well. */
static bool passes(void (*fn)(struct ktest *t))
{
	const struct ktest_case toy_cases[] = { { "toy", fn }, {} };
	const struct ktest_suite suite = { "toys", toy_cases, NULL, NULL };
	struct ktest_run run = {
		.begin = &suite, .end = &suite + 1, .emit = emit_to_output,
		.uncaptured = count_toy_reports, .observer = &watch,
	};

	output[0] = 0;
	attr.verbose = 0;
	runs = failures = given = 0;
	return ktest_failnth_suites(&run) && run.totals.pass == 1;
}

static bool said(const char *words)
{
	return strstr(output, words) != NULL;
}

static bool get(void)
{
	bool fail = should_fail(&attr, 1);

	failures += fail;
	given += !fail;
	return !fail;
}

static void put(void)
{
	given--;
}

/* Takes five, one after the other, and copes. */
static void toy_copes(struct ktest *t)
{
	unsigned int i, n = 0;

	runs++;
	for (i = 0; i < 5; i++)
		n += get();
	KTEST_EXPECT_EQ(t, n, 5);
	while (n--)
		put();
}

static void each_allocation_fails_once_and_then_none(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, passes(toy_copes));
	KTEST_EXPECT_EQ(t, runs, 6);
	KTEST_EXPECT_EQ(t, failures, 5);
	KTEST_EXPECT_STREQ(t, output,
		"KTAP version 1\n"
		"1..1\n"
		"ok 1 - failnth.toys # 5 failures injected\n"
		"# Totals: pass:1 fail:0 skip:0\n");
}

/* Forgets the first two when the third is refused. */
static void toy_loses(struct ktest *t)
{
	if (get() && get() && get()) {
		put();
		put();
		put();
	} else if (given == 1) {
		put();
	}
}

static void loss_on_the_way_out_is_named_with_its_number(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_loses));
	KTEST_EXPECT_EQ(t, failures, 3);
	KTEST_EXPECT_TRUE(t, said("toys.toy: a toy was lost"));
	KTEST_EXPECT_TRUE(t, said("toys.toy with allocation 3 failing"));
	KTEST_EXPECT_TRUE(t, said("not ok 1 - failnth.toys # 3 failures"));
}

static void toy_reports_failure(struct ktest *t)
{
	if (get())
		put();
	else
		toy_reports++;
}

static void report_of_a_refusal_is_a_failure(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_reports_failure));
	KTEST_EXPECT_TRUE(t, said("made a report that nobody expected"));
}

static void toy_stays_atomic(struct ktest *t)
{
	preempt_disable();
	if (!get())
		return;
	put();
	preempt_enable();
}

static void context_is_looked_at_after_each_run(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_stays_atomic));
	KTEST_EXPECT_TRUE(t, said("left preemption off"));
	KTEST_EXPECT_EQ(t, preempt_count(), 0);
}

/* A refusal breaks it for good. */
static void toy_breaks(struct ktest *t)
{
	static bool broken;

	if (!runs++)
		broken = false;
	KTEST_EXPECT_FALSE(t, broken);
	if (get())
		put();
	else
		broken = true;
}

static void last_run_must_pass(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_breaks));
	KTEST_EXPECT_TRUE(t, said("fails although nothing was injected"));
}

static void toy_takes_many(struct ktest *t)
{
	unsigned int i, n = 0;

	runs++;
	for (i = 0; i < 10000; i++)
		n += get();
	while (n--)
		put();
}

static void thousands_of_allocations_cost_dozens_of_runs(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, passes(toy_takes_many));
	KTEST_EXPECT_GE(t, runs, 32);
	KTEST_EXPECT_LE(t, runs, 90);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(each_allocation_fails_once_and_then_none),
	KTEST_CASE(loss_on_the_way_out_is_named_with_its_number),
	KTEST_CASE(report_of_a_refusal_is_a_failure),
	KTEST_CASE(context_is_looked_at_after_each_run),
	KTEST_CASE(last_run_must_pass),
	KTEST_CASE(thousands_of_allocations_cost_dozens_of_runs),
	{}
};
KTEST_SUITE(ktest_failnth, cases);

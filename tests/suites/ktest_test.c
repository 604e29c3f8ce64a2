/*
 * The test runner tests itself: toy suites run through it, and what it says
 * of them is compared line by line. Last, the suite "verdict", which can be
 * told to fail.
 */
#include <asm/irqflags.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../kernel/ktest_run.h"

static char output[2048];
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

static struct ktest_run toy_run(const struct ktest_suite *suites, size_t n,
				const char *glob)
{
	output[0] = 0;
	return (struct ktest_run){
		.begin = suites, .end = suites + n, .glob = glob,
		.uncaptured = count_toy_reports, .emit = emit_to_output,
	};
}

/* Runs one toy case; true if it passed. Its output is in output. */
static bool passes(void (*fn)(struct ktest *t))
{
	const struct ktest_case toy_cases[] = { { "toy", fn }, {} };
	const struct ktest_suite toy_suite = { "toy", toy_cases, NULL, NULL };
	struct ktest_run run = toy_run(&toy_suite, 1, NULL);
	bool ok = ktest_run_suites(&run);

	return ok && run.totals.pass == 1 && !run.totals.fail;
}

static bool said(const char *words)
{
	return strstr(output, words) != NULL;
}

static void toy_pass(struct ktest *t)
{
}

static void toy_fail(struct ktest *t)
{
	ktest_fail(t, "file.c", 12, "told %d", 5);
}

static void toy_skip(struct ktest *t)
{
	ktest_skip(t, "no such machine");
}

static const struct ktest_case one_pass[] = { KTEST_CASE(toy_pass), {} };
static const struct ktest_case mixed[] = {
	KTEST_CASE(toy_pass), KTEST_CASE(toy_fail), KTEST_CASE(toy_skip), {}
};
static const struct ktest_case none[] = { {} };

static void output_is_ktap_in_the_order_of_names(struct ktest *t)
{
	static const struct ktest_suite suites[] = {
		{ "zeta", one_pass, NULL, NULL },
		{ "alpha", mixed, NULL, NULL },
	};
	struct ktest_run run = toy_run(suites, 2, "*");

	KTEST_EXPECT_FALSE(t, ktest_run_suites(&run));
	KTEST_EXPECT_STREQ(t, output,
		"KTAP version 1\n"
		"1..2\n"
		"    KTAP version 1\n"
		"    # Subtest: alpha\n"
		"    1..3\n"
		"    ok 1 - toy_pass\n"
		"    # file.c:12: told 5\n"
		"    not ok 2 - toy_fail\n"
		"    ok 3 - toy_skip # SKIP no such machine\n"
		"not ok 1 - alpha\n"
		"    KTAP version 1\n"
		"    # Subtest: zeta\n"
		"    1..1\n"
		"    ok 1 - toy_pass\n"
		"ok 2 - zeta\n"
		"# Totals: pass:2 fail:1 skip:1\n");
}

static void nothing_selected_is_a_failure(struct ktest *t)
{
	static const struct ktest_suite suite = { "a", one_pass, NULL, NULL };
	struct ktest_run run = toy_run(&suite, 1, "b*");

	KTEST_EXPECT_FALSE(t, ktest_run_suites(&run));
	KTEST_EXPECT_STREQ(t, output, "KTAP version 1\n1..0\n"
			   "# no suite matches \"b*\"\n"
			   "# Totals: pass:0 fail:0 skip:0\n");
}

static void suite_without_cases_is_a_failure(struct ktest *t)
{
	static const struct ktest_suite suite = { "empty", none, NULL, NULL };
	struct ktest_run run = toy_run(&suite, 1, NULL);

	KTEST_EXPECT_FALSE(t, ktest_run_suites(&run));
	KTEST_EXPECT_TRUE(t, said("\n    1..0\n"));
	KTEST_EXPECT_TRUE(t, said("\nnot ok 1 - empty\n"));
	KTEST_EXPECT_EQ(t, run.totals.fail, 1);
}

static void suites_of_one_name_all_run(struct ktest *t)
{
	static const struct ktest_suite suites[] = {
		{ "same", one_pass, NULL, NULL },
		{ "same", one_pass, NULL, NULL },
	};
	struct ktest_run run = toy_run(suites, 2, "same");

	KTEST_EXPECT_TRUE(t, ktest_run_suites(&run));
	KTEST_EXPECT_EQ(t, run.totals.pass, 2);
}

static void globs_choose_suites_and_cases(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, ktest_selects(NULL, "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("b*", "buddy", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("x", "buddy", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("*x", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("buddy.x", "buddy", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("buddy.x", "buddy", "xy"));
	KTEST_EXPECT_TRUE(t, ktest_selects("*.x*", "buddy", "xy"));
	KTEST_EXPECT_TRUE(t, ktest_selects("slub,buddy", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("buddy,slub", "buddy", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("slub,kmalloc", "buddy", "x"));
}

static void globs_take_away(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, ktest_selects("!b*", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("!b*", "slub", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("*,!b*", "buddy", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("!b*,*", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("*,!b*,!z", "slub", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("s*,!b*", "kmalloc", "x"));
	KTEST_EXPECT_FALSE(t, ktest_selects("!buddy.x", "buddy", "x"));
	KTEST_EXPECT_TRUE(t, ktest_selects("!buddy.x", "buddy", "y"));
	KTEST_EXPECT_TRUE(t, ktest_selects("!buddy.x", "buddy", NULL));
}

static void selected_cases_alone_are_planned(struct ktest *t)
{
	static const struct ktest_suite suite = { "m", mixed, NULL, NULL };
	struct ktest_run run = toy_run(&suite, 1, "m.*pass,m.*skip");

	KTEST_EXPECT_TRUE(t, ktest_run_suites(&run));
	KTEST_EXPECT_TRUE(t, said("    1..2\n    ok 1 - toy_pass\n"
				  "    ok 2 - toy_skip # SKIP"));
}

static void toy_failed_checks(struct ktest *t)
{
	int three = 3;

	KTEST_EXPECT_EQ(t, three, 4);
	KTEST_EXPECT_LT(t, -1, 0U);
	KTEST_EXPECT_STREQ(t, "a\nb", "c");
	KTEST_EXPECT_NULL(t, (void *)16);
	KTEST_ASSERT_TRUE(t, three == 5);
	ktest_note(t, "not reached");
}

static void failed_checks_name_their_values(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_failed_checks));
	KTEST_EXPECT_TRUE(t, said("three == 4: 3 (0x3), 4 (0x4)\n"));
	KTEST_EXPECT_FALSE(t, said("-1 < 0U"));
	KTEST_EXPECT_TRUE(t, said("is \"a b\", not \"c\"\n"));
	KTEST_EXPECT_TRUE(t, said("16 (0x10), 0 (0x0)\n"));
	KTEST_EXPECT_TRUE(t, said("three == 5 is false\n"));
	KTEST_EXPECT_TRUE(t, said("ktest_test.c:"));
	KTEST_EXPECT_FALSE(t, said("not reached"));
}

static void toy_skip_after_failure(struct ktest *t)
{
	toy_fail(t);
	toy_skip(t);
}

static void failure_outweighs_skip(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_skip_after_failure));
	KTEST_EXPECT_TRUE(t, said("    not ok 1 - toy\n"));
}

static void toy_irqs_off(struct ktest *t)
{
	local_irq_disable();
}

static void case_that_leaves_interrupts_off_fails(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_irqs_off));
	KTEST_EXPECT_TRUE(t, said("left interrupts off"));
	KTEST_EXPECT_FALSE(t, irqs_disabled());
}

static void toy_preempt_off(struct ktest *t)
{
	preempt_disable();
}

static void toy_preempt_on(struct ktest *t)
{
	preempt_enable();
}

static void case_that_changes_the_preemption_count_fails(struct ktest *t)
{
	unsigned int before = preempt_count();

	KTEST_EXPECT_FALSE(t, passes(toy_preempt_off));
	KTEST_EXPECT_TRUE(t, said("left preemption off"));
	KTEST_EXPECT_EQ(t, preempt_count(), before);
	preempt_disable();
	KTEST_EXPECT_FALSE(t, passes(toy_preempt_on));
	KTEST_EXPECT_TRUE(t, said("turned preemption on"));
	KTEST_EXPECT_EQ(t, preempt_count(), before + 1);
	preempt_enable();
}

static DEFINE_SPINLOCK(toy_lock, RANK_TEST);

static void toy_lock_held(struct ktest *t)
{
	spin_lock(&toy_lock);
}

static void case_that_leaves_a_spinlock_held_fails(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_lock_held));
	KTEST_EXPECT_TRUE(t, said("left preemption off"));
	KTEST_EXPECT_EQ(t, said("left a spinlock held"), locks_held() != 0);
	preempt_disable();
	spin_unlock(&toy_lock);
}

static struct task_struct *toy_thread;

static int wait_for_stop(void *unused)
{
	while (!kthread_should_stop())
		msleep(10);
	return 0;
}

static void toy_leaves_a_thread(struct ktest *t)
{
	toy_thread = kthread_run_on(0, wait_for_stop, NULL, "toy");
}

static void case_that_leaves_a_thread_behind_fails(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_leaves_a_thread));
	KTEST_EXPECT_TRUE(t, said("left threads behind"));
	KTEST_ASSERT_NOT_NULL(t, toy_thread);
	kthread_stop(toy_thread);
}

static void toy_holds_a_mutex(struct ktest *t)
{
	current->nr_held_mutexes++;
}

static void case_that_leaves_a_mutex_held_fails(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_holds_a_mutex));
	KTEST_EXPECT_TRUE(t, said("left a mutex held"));
	current->nr_held_mutexes--;
}

static void toy_report(struct ktest *t)
{
	toy_reports++;
}

static void toy_capture(struct ktest *t)
{
	report_capture_start();
}

static void unexpected_reports_and_open_captures_fail(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, passes(toy_report));
	KTEST_EXPECT_TRUE(t, said("report that nobody expected"));
	KTEST_EXPECT_FALSE(t, passes(toy_capture));
	KTEST_EXPECT_TRUE(t, said("left report capture on"));
	KTEST_EXPECT_FALSE(t, report_capturing());
}

static void report(const char *kind)
{
	report_begin(kind, "of a toy");
	report_end();
}

static void toy_one_report(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "double free", report("double free"));
}

static void toy_no_report(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "double free", (void)0);
}

static void toy_other_report(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "double free", report("bad page"));
}

static void toy_two_reports(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, NULL, report("a"); report("b"));
}

static void expected_reports_must_be_exactly_so(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, passes(toy_one_report));
	KTEST_EXPECT_FALSE(t, passes(toy_no_report));
	KTEST_EXPECT_TRUE(t, said("0 reports, not 1"));
	KTEST_EXPECT_FALSE(t, passes(toy_other_report));
	KTEST_EXPECT_TRUE(t, said("\"double free\" is not in the text"));
	KTEST_EXPECT_FALSE(t, passes(toy_two_reports));
	KTEST_EXPECT_TRUE(t, said("2 reports, not 1"));
}

static unsigned int times_said(const char *text, const char *words)
{
	unsigned int n = 0;

	while ((text = strstr(text, words))) {
		text += strlen(words);
		n++;
	}
	return n;
}

/* A report found while another is told: its own words, one stack for both. */
static void report_inside_a_report_shares_its_stack(struct ktest *t)
{
	report_capture_start();
	report_begin("outer", "of a toy");
	report("inner");
	report_end();
	KTEST_EXPECT_EQ(t, report_capture_stop(), 2);
	KTEST_EXPECT_EQ(t, times_said(report_capture_text(), "BUG: "), 2);
	KTEST_EXPECT_EQ(t, times_said(report_capture_text(), "call stack:"), 1);
}

static char steps[16];

static void step(char c)
{
	size_t n = strlen(steps);

	if (n + 1 < sizeof(steps)) {
		steps[n] = c;
		steps[n + 1] = 0;
	}
}

static void step_before(void)
{
	step('b');
}

static const char *step_after(void)
{
	step('a');
	return strstr(steps, "!") ? "a page is missing" : NULL;
}

static void step_init(struct ktest *t)
{
	step('i');
	t->failed = strcmp(t->name, "init_fails") == 0;
}

static void step_exit(struct ktest *t)
{
	step('e');
}

static void step_run(struct ktest *t)
{
	step('r');
}

static void step_leak(struct ktest *t)
{
	step('!');
}

static void fixtures_and_observer_stand_around_each_case(struct ktest *t)
{
	static const struct ktest_case steps_cases[] = {
		{ "runs", step_run }, { "init_fails", step_run },
		{ "leaks", step_leak }, {}
	};
	static const struct ktest_suite suite = {
		"steps", steps_cases, step_init, step_exit
	};
	static const struct ktest_observer watch = {
		.before = step_before,
		.after = step_after,
	};
	struct ktest_run run = toy_run(&suite, 1, NULL);

	steps[0] = 0;
	run.observer = &watch;
	KTEST_EXPECT_FALSE(t, ktest_run_suites(&run));
	KTEST_EXPECT_STREQ(t, steps, "bireabieabi!ea");
	KTEST_EXPECT_TRUE(t, said("# steps.leaks: a page is missing\n"));
	KTEST_EXPECT_EQ(t, run.totals.pass, 1);
	KTEST_EXPECT_EQ(t, run.totals.fail, 2);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(output_is_ktap_in_the_order_of_names),
	KTEST_CASE(nothing_selected_is_a_failure),
	KTEST_CASE(suite_without_cases_is_a_failure),
	KTEST_CASE(suites_of_one_name_all_run),
	KTEST_CASE(globs_choose_suites_and_cases),
	KTEST_CASE(globs_take_away),
	KTEST_CASE(selected_cases_alone_are_planned),
	KTEST_CASE(failed_checks_name_their_values),
	KTEST_CASE(failure_outweighs_skip),
	KTEST_CASE(case_that_leaves_interrupts_off_fails),
	KTEST_CASE(case_that_changes_the_preemption_count_fails),
	KTEST_CASE(case_that_leaves_a_spinlock_held_fails),
	KTEST_CASE(case_that_leaves_a_thread_behind_fails),
	KTEST_CASE(case_that_leaves_a_mutex_held_fails),
	KTEST_CASE(unexpected_reports_and_open_captures_fail),
	KTEST_CASE(expected_reports_must_be_exactly_so),
	KTEST_CASE(fixtures_and_observer_stand_around_each_case),
	KTEST_CASE(report_inside_a_report_shares_its_stack),
	{}
};
KTEST_SUITE(ktest, cases);

static bool told_to_fail;

static int __init tell_to_fail(const char *value)
{
	told_to_fail = true;
	return *value ? -EINVAL : 0;
}
early_param("test_fail", tell_to_fail);

/* Shows that a failed case reaches whoever started the machine. */
static void passes_unless_told_to_fail(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, told_to_fail);
}

static const struct ktest_case verdict_cases[] = {
	KTEST_CASE(passes_unless_told_to_fail),
	{}
};
KTEST_SUITE(verdict, verdict_cases);

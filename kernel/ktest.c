/*
 * The test runner: which suites, in which order, told how.
 *
 *  1. Suites lie in a linker section in link order; they run in the order of
 *     their names, found by looking for the next greater name each time (no
 *     memory is needed, so tests can run before there is an allocator).
 *  2. A case is selected if "suite" or "suite.case" matches one of the globs,
 *     and none of those behind a '!' ("slub*,!slub_debug*"; none but such: of
 *     all cases). A suite is run if any of its cases is, or if it has none,
 *     which is a failure: a list that lost its cases must not look like
 *     success.
 *  3. Around each case stands what must not change: interrupt state, the
 *     preemption count, spinlocks and mutexes held (debug builds), number of
 *     threads, of uncaptured reports, capture mode, and what the observer (the
 *     census of page frames) looks at.
 *
 * Output is KTAP:
 *
 *	KTAP version 1
 *	1..2
 *	    KTAP version 1
 *	    # Subtest: buddy
 *	    1..1
 *	    # tests/suites/buddy_test.c:12: nr_free == 1: 2 (0x2), 1 (0x1)
 *	    not ok 1 - split_leaves_upper_half_free
 *	not ok 1 - buddy
 *	...
 *	# Totals: pass:1 fail:1 skip:0
 *
 * Invariant: pass + fail + skip == cases run + suites without cases.
 */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <kernel/lock_debug.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "ktest_run.h"

/* Weak: a program may be linked without any. */
extern const struct ktest_suite __start_ktest_suites[] __weak;
extern const struct ktest_suite __stop_ktest_suites[] __weak;

#define LINE_MAX 512

static const struct ktest_observer *observer;

void ktest_emit(struct ktest_run *run, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	char *p;

	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (p = line; *p; p++)
		if (*p == '\n')
			*p = ' ';
	run->emit(run, line);
}

static bool glob_matches(const char *glob, const char *suite, const char *name)
{
	char full[128];

	if (glob_match(glob, suite))
		return true;
	if (!name || !strchr(glob, '.'))
		return false;
	ksnprintf(full, sizeof(full), "%s.%s", suite, name);
	return glob_match(glob, full);
}

bool ktest_selects(const char *globs, const char *suite, const char *name)
{
	bool asked = false, named = false;
	const char *end;
	char glob[128];
	size_t n;

	for (; globs && *globs; globs = end) {
		end = strchr(globs, ',');
		n = end ? (size_t)(end++ - globs) + 1 : sizeof(glob);
		strscpy(glob, globs, min(n, sizeof(glob)));
		if (*glob != '!') {
			asked = true;
			named |= glob_matches(glob, suite, name);
		} else if (glob_matches(glob + 1, suite, name)) {
			return false;
		}
	}
	return named || !asked;
}

static unsigned int nr_selected(const struct ktest_run *run,
				const struct ktest_suite *suite)
{
	const struct ktest_case *c;
	unsigned int n = 0;

	for (c = suite->cases; c->name; c++)
		n += ktest_selects(run->glob, suite->name, c->name);
	return n;
}

static bool suite_selected(const struct ktest_run *run,
			   const struct ktest_suite *suite)
{
	if (!suite->cases->name)
		return ktest_selects(run->glob, suite->name, NULL);
	return nr_selected(run, suite) > 0;
}

/* Order of suites: by name, by place for those of one name. */
static bool comes_before(const struct ktest_suite *a,
			 const struct ktest_suite *b)
{
	int order = strcmp(a->name, b->name);

	return order ? order < 0 : a < b;
}

/* The selected suite that follows prev; the first for NULL; NULL at the end. */
static const struct ktest_suite *next_suite(const struct ktest_run *run,
					    const struct ktest_suite *prev)
{
	const struct ktest_suite *s, *best = NULL;

	for (s = run->begin; s < run->end; s++) {
		if (prev && !comes_before(prev, s))
			continue;
		if (best && !comes_before(s, best))
			continue;
		if (suite_selected(run, s))
			best = s;
	}
	return best;
}

void ktest_fail(struct ktest *t, const char *file, int line,
		const char *fmt, ...)
{
	char text[LINE_MAX];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	__atomic_store_n(&t->failed, true, __ATOMIC_RELAXED);
	if (t->quiet)
		return;
	ktest_emit(t->run, "    # %s:%d: %s", file, line, text);
}

void ktest_skip(struct ktest *t, const char *reason)
{
	t->skipped = true;
	strscpy(t->skip_reason, reason, sizeof(t->skip_reason));
}

void ktest_note(struct ktest *t, const char *fmt, ...)
{
	char text[LINE_MAX];
	va_list args;

	if (t->quiet)
		return;
	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ktest_emit(t->run, "    # %s", text);
}

bool ktest_streq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

void ktest_check_reports(struct ktest *t, const char *file, int line,
			 unsigned int expected, const char *words)
{
	unsigned int n;
	const char *text = report_capture_text();

	if (!report_capturing())
		ktest_fail(t, file, line, "report capture was ended early");
	n = report_capture_stop();
	if (n != expected)
		ktest_fail(t, file, line, "%u reports, not %u; last: %.200s",
			   n, expected, text);
	else if (words && !strstr(text, words))
		ktest_fail(t, file, line, "\"%s\" is not in the text: %.200s",
			   words, text);
}

/* What a case must leave as it found it. */
struct surroundings {
	bool irqs_off;
	unsigned int preempt_count, locks_held, mutexes_held, threads;
	unsigned long uncaptured;
};

static unsigned int nr_threads(void)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		n += sched_nr_threads(cpu);
	return n;
}

static void look_around(const struct ktest_run *run, struct surroundings *s)
{
	if (run->observer)
		run->observer->before();
	s->irqs_off = irqs_disabled();
	s->preempt_count = preempt_count();
	s->locks_held = locks_held();
	s->mutexes_held = current->nr_held_mutexes;
	s->threads = nr_threads();
	s->uncaptured = run->uncaptured();
	report_captures_cut();
}

static void leftover(struct ktest *t, const char *what)
{
	t->failed = true;
	t->unclean = true;
	ktest_emit(t->run, "    # %s.%s: %s", t->suite, t->name, what);
}

/* What the CPU may do now; put right for the cases that follow. */
static void check_context(struct ktest *t, const struct surroundings *s)
{
	if (locks_held() != s->locks_held)
		leftover(t, "left a spinlock held");
	if (current->nr_held_mutexes != s->mutexes_held)
		leftover(t, "left a mutex held");
	if (nr_threads() != s->threads)
		leftover(t, "left threads behind");
	if (preempt_count() != s->preempt_count) {
		leftover(t, preempt_count() > s->preempt_count ?
			    "left preemption off" : "turned preemption on");
		this_cpu_write(preempt_count_of_cpu, s->preempt_count);
	}
	if (irqs_disabled() != s->irqs_off) {
		leftover(t, s->irqs_off ? "turned interrupts on"
					: "left interrupts off");
		if (s->irqs_off)
			local_irq_disable();
		else
			local_irq_enable();
	}
}

static void check_surroundings(struct ktest *t, const struct surroundings *s)
{
	const struct ktest_run *run = t->run;
	const char *difference;

	if (report_capturing()) {
		report_capture_stop();
		leftover(t, "left report capture on");
	}
	check_context(t, s);
	if (run->uncaptured() != s->uncaptured)
		leftover(t, "made a report that nobody expected");
	/* Words of what failed for want of memory are not looked for. */
	if (!t->fail_nth && report_captures_cut())
		leftover(t, "captured more text than is kept");
	difference = run->observer ? run->observer->after() : NULL;
	if (difference)
		leftover(t, difference);
}

static void run_case_body(const struct ktest_suite *suite,
			  const struct ktest_case *c, struct ktest *t)
{
	unsigned int outer = current->fail_nth;

	if (t->fail_nth)
		current->fail_nth = t->fail_nth;
	if (suite->init)
		suite->init(t);
	if (!t->failed && !t->skipped)
		c->run(t);
	if (suite->exit)
		suite->exit(t);
	if (t->fail_nth) {
		t->injected = !current->fail_nth;
		current->fail_nth = outer;
	}
}

void ktest_run_case(struct ktest *t, const struct ktest_suite *suite,
		    const struct ktest_case *c)
{
	struct surroundings around;

	look_around(t->run, &around);
	run_case_body(suite, c, t);
	check_surroundings(t, &around);
}

/* Runs and tells one case; a failed check outweighs a skip. */
static bool run_case(struct ktest_run *run, const struct ktest_suite *suite,
		     const struct ktest_case *c, unsigned int number)
{
	struct ktest t = { .suite = suite->name, .name = c->name, .run = run };

	ktest_run_case(&t, suite, c);
	if (t.failed) {
		run->totals.fail++;
		ktest_emit(run, "    not ok %u - %s", number, c->name);
	} else if (t.skipped) {
		run->totals.skip++;
		ktest_emit(run, "    ok %u - %s # SKIP %s", number, c->name,
		     t.skip_reason);
	} else {
		run->totals.pass++;
		ktest_emit(run, "    ok %u - %s", number, c->name);
	}
	return !t.failed;
}

static void run_suite(struct ktest_run *run, const struct ktest_suite *suite,
		      unsigned int number)
{
	const struct ktest_case *c;
	unsigned int n = 0, bad = 0;

	ktest_emit(run, "    KTAP version 1");
	ktest_emit(run, "    # Subtest: %s", suite->name);
	ktest_emit(run, "    1..%u", nr_selected(run, suite));
	for (c = suite->cases; c->name; c++)
		if (ktest_selects(run->glob, suite->name, c->name))
			bad += !run_case(run, suite, c, ++n);
	if (!n) {
		ktest_emit(run, "    # %s: a suite without cases", suite->name);
		run->totals.fail++;
	}
	ktest_emit(run, "%sok %u - %s", bad || !n ? "not " : "", number,
		   suite->name);
}

bool ktest_each_suite(struct ktest_run *run, ktest_suite_fn fn)
{
	const struct ktest_suite *s;
	unsigned int n = 0;

	for (s = next_suite(run, NULL); s; s = next_suite(run, s))
		n++;
	ktest_emit(run, "KTAP version 1");
	ktest_emit(run, "1..%u", n);
	if (!n)
		ktest_emit(run, "# no suite matches \"%s\"",
			   run->glob ? run->glob : "");
	n = 0;
	for (s = next_suite(run, NULL); s; s = next_suite(run, s))
		fn(run, s, ++n);
	ktest_emit(run, "# Totals: pass:%u fail:%u skip:%u", run->totals.pass,
		   run->totals.fail, run->totals.skip);
	return n && !run->totals.fail;
}

bool ktest_run_suites(struct ktest_run *run)
{
	return ktest_each_suite(run, run_suite);
}

static void emit_to_log(struct ktest_run *run, const char *line)
{
	printk("%s\n", line);
}

void ktest_set_observer(const struct ktest_observer *o)
{
	observer = o;
}

/* All suites of the program, told in the log. */
static bool run_all(const char *glob, struct ktest_totals *totals,
		    bool (*how)(struct ktest_run *run))
{
	struct ktest_run run = {
		.begin = __start_ktest_suites,
		.end = __stop_ktest_suites,
		.glob = glob,
		.observer = observer,
		.uncaptured = report_uncaptured,
		.emit = emit_to_log,
	};
	bool ok = how(&run);

	if (totals)
		*totals = run.totals;
	return ok;
}

bool ktest_run(const char *glob, struct ktest_totals *totals)
{
	return run_all(glob, totals, ktest_run_suites);
}

bool ktest_failnth(const char *glob, struct ktest_totals *totals)
{
	return run_all(glob, totals, ktest_failnth_suites);
}

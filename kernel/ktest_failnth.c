/*
 * Every case again, with its 1st, 2nd, 3rd ... allocation failing.
 *
 * The problem: what happens when memory runs out is written everywhere and
 * seen nowhere. To try one place after the other needs no knowledge of them:
 * it is enough to count.
 *
 *	n	 1 2 3 4 ... 32 | 40 50 62 77 ...	 | done
 *	run	 x x x x      x |  x  x  x  x		 | .
 *		 each is tried  | each grows by a quarter| nothing failed: the
 *							   case must pass
 *
 *  1. A case runs as in any self-test, but that the nth allocation of its
 *     thread fails (current->fail_nth). Other threads' do not count, so that
 *     n is the same place again.
 *  2. What such a run expects is not asked: who expects memory cannot have
 *     it. Asked is what stands around every case: no frame, thread, lock or
 *     mapping left behind, all books in order, and no report.
 *  3. n grows until a run ends in which nothing failed. That run must pass. A
 *     case that needs the arrays which are put aside meanwhile cannot; it
 *     passes with them, behind all its failures, or it does not.
 *  4. A case with thousands of allocations would have thousands of runs. So
 *     beyond FAILNTH_EACH n grows by a quarter: failnth_each=N has more. And
 *     when a case has had FAILNTH_SECONDS (failnth_seconds=N), nothing fails
 *     any more: that is told.
 *
 * Output is KTAP, a line per suite:
 *
 *	# slub.objects_are_aligned with allocation 7 failing, asked for by
 *	#   __slab_alloc+0x4a/0x120 < ...
 *	not ok 3 - failnth.slub # 212 failures injected
 *
 * Cost: allocations + 1 runs of each case, and two censuses for each.
 */
#include <kernel/cmdline.h>
#include <kernel/fault_inject.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/sprintf.h>

#include "ktest_run.h"

#define FAILNTH_EACH 32
#define FAILNTH_SECONDS 2
#define CALLERS_TOLD 5

static unsigned int failnth_each = FAILNTH_EACH;
static unsigned int failnth_seconds = FAILNTH_SECONDS;

static int set_number(const char *value, unsigned int *number)
{
	u64 n;

	if (kstrtou64(value, &n) || !n || n > 1000000)
		return -EINVAL;
	*number = (unsigned int)n;
	return 0;
}

static int set_each(const char *value)
{
	return set_number(value, &failnth_each);
}
early_param("failnth_each", set_each);

static int set_seconds(const char *value)
{
	return set_number(value, &failnth_seconds);
}
early_param("failnth_seconds", set_seconds);

/* What came of a suite's cases. */
struct outcome {
	unsigned int runs, injected;
	bool bad;
};

static void faults(struct ktest_run *run, bool on)
{
	const struct ktest_observer *o = run->observer;

	if (!o || !o->faults_on)
		return;
	if (on)
		o->faults_on();
	else
		o->faults_off();
}

static unsigned int next_nth(unsigned int n)
{
	return n < failnth_each ? n + 1 : n + max(n / 4, 1U);
}

static void tell_place(const struct ktest *t)
{
	unsigned long entries[CALLERS_TOLD];
	unsigned int i, nr = fail_nth_stack(entries, CALLERS_TOLD);

	ktest_emit(t->run, "# %s.%s with allocation %u failing%s", t->suite,
		   t->name, t->fail_nth,
		   t->injected ? ", asked for by" : ": none was left to fail");
	for (i = 0; t->injected && i < nr; i++)
		ktest_emit(t->run, "#   %pS", (void *)entries[i]);
}

/* One run; true if a later failure is to be tried: none left, none bad. */
static bool run_with(struct ktest *t, const struct ktest_suite *suite,
		     const struct ktest_case *c, struct outcome *all)
{
	all->runs++;
	ktest_run_case(t, suite, c);
	all->injected += t->injected;
	if (t->unclean) {
		tell_place(t);
		all->bad = true;
	}
	return t->injected && !t->unclean;
}

/* Behind all failures, and with everything at hand: as in any self-test. */
static void run_unharmed(struct ktest_run *run, const struct ktest_suite *suite,
			 const struct ktest_case *c, struct outcome *all)
{
	struct ktest t = { .suite = suite->name, .name = c->name, .run = run };

	faults(run, false);
	all->runs++;
	ktest_run_case(&t, suite, c);
	faults(run, true);
	if (t.failed) {
		ktest_emit(run, "# %s.%s fails although nothing was injected",
			   suite->name, c->name);
		all->bad = true;
	}
}

static void run_case(struct ktest_run *run, const struct ktest_suite *suite,
		     const struct ktest_case *c, struct outcome *all)
{
	u64 end = ktime_get_us() + failnth_seconds * 1000000ULL;
	unsigned int n = 0;
	struct ktest t;
	bool more;

	do {
		n = next_nth(n);
		t = (struct ktest){ .suite = suite->name, .name = c->name,
				    .run = run, .quiet = true, .fail_nth = n };
		more = run_with(&t, suite, c, all);
	} while (more && ktime_get_us() < end);
	if (more)
		ktest_emit(run, "# %s.%s: no time left after allocation %u",
			   suite->name, c->name, n);
	if (t.failed && !t.unclean)
		run_unharmed(run, suite, c, all);
}

static void run_suite(struct ktest_run *run, const struct ktest_suite *suite,
		      unsigned int number)
{
	struct outcome all = { 0 };
	const struct ktest_case *c;

	for (c = suite->cases; c->name; c++)
		if (ktest_selects(run->glob, suite->name, c->name))
			run_case(run, suite, c, &all);
	if (all.bad)
		run->totals.fail++;
	else
		run->totals.pass++;
	ktest_emit(run, "%sok %u - failnth.%s # %u failures injected",
		   all.bad ? "not " : "", number, suite->name, all.injected);
}

bool ktest_failnth_suites(struct ktest_run *run)
{
	bool ok;

	faults(run, true);
	ok = ktest_each_suite(run, run_suite);
	faults(run, false);
	return ok;
}

/* One run of suites, apart from where suites come from: ktest tests itself. */
#ifndef KERNEL_KTEST_RUN_H
#define KERNEL_KTEST_RUN_H

#include <kernel/ktest.h>

struct ktest_run {
	/* suites to choose from, in any order */
	const struct ktest_suite *begin, *end;
	const char *glob;
	const struct ktest_observer *observer;	/* may be NULL */
	/* number of reports nobody expected; must not grow during a case */
	unsigned long (*uncaptured)(void);
	/* takes one line, without line feed */
	void (*emit)(struct ktest_run *run, const char *line);
	struct ktest_totals totals;
};

bool ktest_run_suites(struct ktest_run *run);
/* Each case again with its nth allocation failing: kernel/ktest_failnth.c. */
bool ktest_failnth_suites(struct ktest_run *run);

typedef void (*ktest_suite_fn)(struct ktest_run *run,
			       const struct ktest_suite *suite,
			       unsigned int number);

/* A plan, each selected suite told by fn, totals. True: some ran, all well. */
bool ktest_each_suite(struct ktest_run *run, ktest_suite_fn fn);

/* One run of one case; t holds what came of it, nothing is counted. */
void ktest_run_case(struct ktest *t, const struct ktest_suite *suite,
		    const struct ktest_case *c);

/* One line of KTAP; a text of several lines (a report) becomes one. */
void ktest_emit(struct ktest_run *run, const char *fmt, ...) __printf(2, 3);

/* The selection rule of ktest_run(). */
bool ktest_selects(const char *globs, const char *suite, const char *name);

#endif

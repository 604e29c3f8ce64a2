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

/* The selection rule of ktest_run(). */
bool ktest_selects(const char *globs, const char *suite, const char *name);

#endif

/*
 * For suites that change by hand what they have allocated: they could stop
 * nowhere in the middle, and a refusal would show nothing there that it does
 * not show in the suites about the same calls in good hands. When allocations
 * fail one by one (kernel/ktest_failnth.c) they run once, and none fails.
 */
#ifndef TESTS_NO_REFUSALS_H
#define TESTS_NO_REFUSALS_H

#include <kernel/ktest.h>
#include <kernel/sched.h>

/* A fixture's first step. */
static inline void no_refusals(struct ktest *t)
{
	if (current->fail_nth)
		current->fail_nth = ~0U;
}

#endif

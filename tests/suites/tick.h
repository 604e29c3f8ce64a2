/*
 * Is there a tick? A machine may have no timer, or be told not to use it: then
 * nobody is preempted, and nobody sleeps for a time.
 */
#ifndef TESTS_TICK_H
#define TESTS_TICK_H

#include <asm/processor.h>
#include <kernel/ktest.h>
#include <kernel/time.h>

#define TICK_COMES_WITHIN_US 3000000

/* False: the case is skipped. */
static inline bool has_tick(struct ktest *t)
{
	u64 start = ktime_get_us(), jiffies = get_jiffies();

	while (ktime_get_us() - start < TICK_COMES_WITHIN_US) {
		if (get_jiffies() != jiffies)
			return true;
		cpu_relax();
	}
	ktest_skip(t, "no tick");
	return false;
}

#endif

/* Where a case goes that wants another CPU than the first, if there is one. */
#ifndef TESTS_LAST_CPU_H
#define TESTS_LAST_CPU_H

#include <kernel/ktest.h>
#include <kernel/smp.h>

static inline unsigned int last_online_cpu(void)
{
	unsigned int cpu, last = 0;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

/* Skips the case, and is true, if that is this one. */
static inline bool skip_on_the_last_cpu(struct ktest *t)
{
	if (last_online_cpu() != smp_processor_id())
		return false;
	ktest_skip(t, "needs two CPUs");
	return true;
}

#endif

/* Where a case goes that wants another CPU than the first, if there is one. */
#ifndef TESTS_LAST_CPU_H
#define TESTS_LAST_CPU_H

#include <kernel/smp.h>

static inline unsigned int last_online_cpu(void)
{
	unsigned int cpu, last = 0;

	for_each_online_cpu(cpu)
		last = cpu;
	return last;
}

#endif

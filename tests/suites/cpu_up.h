/* Brings a CPU back that a case has stopped. */
#ifndef TESTS_CPU_UP_H
#define TESTS_CPU_UP_H

#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>

/* The cases that follow want it too: where memory was refused, once more. */
static inline bool expect_cpu_up(struct ktest *t, unsigned int cpu)
{
	int err = cpu_up(cpu);

	KTEST_EXPECT_EQ(t, err, 0);
	if (err == -ENOMEM)
		err = cpu_up(cpu);
	return !err;
}

#endif

/*
 * Rows on two CPUs: the second does its part in a thread of its own, while
 * the first sleeps, so that a clock that counts everybody's instructions
 * counts only the one at work. What is measured is what it costs to work on
 * what the other has had, not a race.
 */
#ifndef TESTS_BENCH_OTHER_CPU_H
#define TESTS_BENCH_OTHER_CPU_H

#include <kernel/bench.h>

/* False where there is no second CPU: the row is skipped. */
bool bench_has_cpu(struct bench *b, unsigned int cpu);
/* fn(arg) on that CPU; returns when it has. 0 is the caller's own. */
void bench_on_cpu(struct bench *b, unsigned int cpu, void (*fn)(void *arg),
		  void *arg);

#endif

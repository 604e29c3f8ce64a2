/*
 * Interrupts of the stress suites: each CPU's tick, and calls from other CPUs,
 * take and give memory while the threads they interrupt do.
 */
#ifndef TESTS_STRESS_HANDLERS_H
#define TESTS_STRESS_HANDLERS_H

#include "stress.h"

/*
 * From here on the handlers are ready for calls and, if ticks, run at each
 * tick. False, and the case has failed: no memory for them.
 */
bool stress_handlers_begin(struct ktest *t, bool ticks);
/* When no stressor is left: gives back what they hold; tells complaints. */
void stress_handlers_end(struct ktest *t);

/* One CPU's handler, or all of them. */
void stress_call_others(struct stressor *me);
/* Puts memory where a handler or a thread will find it, and gives back what
 * lay there. */
void stress_send_letter(struct stressor *me, gfp_t gfp);
/* Did the CPU's handler run? On a busy host that may take its time. */
bool stress_was_interrupted(unsigned int cpu);

#endif

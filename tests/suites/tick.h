/*
 * Is there a tick? A machine may have no timer, or be told not to use it: then
 * nobody is preempted, and nobody sleeps for a time.
 */
#ifndef TESTS_TICK_H
#define TESTS_TICK_H

#include <kernel/ktest.h>

#define TICK_COMES_WITHIN_US 3000000

/* False: the case is skipped. */
bool has_tick(struct ktest *t);

#endif

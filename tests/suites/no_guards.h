/*
 * For suites that look at slabs and arrays, and count on every object being
 * there: around each case no object is guarded instead, whatever the command
 * line said.
 */
#ifndef TESTS_NO_GUARDS_H
#define TESTS_NO_GUARDS_H

#include <kernel/ktest.h>
#include <mm/kfence.h>

static inline void no_guards(struct ktest *t)
{
	kfence_pause();
}

static inline void guards_again(struct ktest *t)
{
	kfence_resume();
}

#endif

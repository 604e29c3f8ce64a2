/* For cases that want much: on a machine that has little they are skipped. */
#ifndef TESTS_ENOUGH_MEMORY_H
#define TESTS_ENOUGH_MEMORY_H

#include <kernel/ktest.h>
#include <mm/mm.h>

/* Twice as much must be free. */
static inline bool memory_is_enough_for(unsigned long bytes)
{
	return nr_free_pages() / 2 >= PFN_UP(bytes);
}

static inline bool enough_memory(struct ktest *t, unsigned long bytes)
{
	if (memory_is_enough_for(bytes))
		return true;
	ktest_skip(t, "less memory than this case wants");
	return false;
}

#endif

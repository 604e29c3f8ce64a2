/*
 * Free pages when no CPU keeps any at hand: what a case counts that is about
 * the zones, or about pages being there or not.
 */
#ifndef TESTS_SETTLED_H
#define TESTS_SETTLED_H

#include <mm/mm.h>

static inline unsigned long settled_free_pages(void)
{
	drain_all_pages();
	return nr_free_pages();
}

#endif

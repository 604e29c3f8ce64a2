/*
 * For suites in which requests for pages fail on purpose, of one kind at a
 * time: what the command line asks for is put aside meanwhile.
 */
#ifndef TESTS_FAIL_PAGES_H
#define TESTS_FAIL_PAGES_H

#include <kernel/ktest.h>
#include <mm/fault_inject.h>

static struct fail_page_alloc fail_pages_old;
static bool fail_pages_is_set_up;

static inline void fail_pages_set_up(struct ktest *t)
{
	if (t->fail_nth) {
		ktest_skip(t, "has failures of its own");
		return;
	}
	fail_pages_is_set_up = true;
	fault_injection_on();
	fail_pages_old = fail_page_alloc;
}

static inline void fail_pages_tear_down(struct ktest *t)
{
	if (!fail_pages_is_set_up)
		return;
	fail_pages_is_set_up = false;
	fail_page_alloc = fail_pages_old;
	fault_injection_off();
}

/* From now on all requests but those that may sleep, or may not. */
static inline void fail_pages(bool ignore_wait, bool ignore_atomic)
{
	fail_page_alloc = (struct fail_page_alloc){
		.attr = FAULT_ATTR_INITIALIZER("fail_page_alloc"),
		.max_order = ~0U,
		.gfp = { .ignore_wait = ignore_wait,
			 .ignore_atomic = ignore_atomic },
	};
	fail_page_alloc.attr.times = -1;
	fail_page_alloc.attr.probability = 100;
}

static inline void fail_no_pages(void)
{
	fail_page_alloc.attr.probability = 0;
}

#endif

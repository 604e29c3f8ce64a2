/*
 * For suites that show a validator at work: with one word changed it must say
 * just that, and with the word as it was, nothing.
 */
#ifndef TESTS_NAMES_FAULT_H
#define TESTS_NAMES_FAULT_H

#include <kernel/ktest.h>

#define NAMES_FAULT(t, place, wrong, validate, words) do {		\
	__typeof__(place) was_ = (place);				\
									\
	(place) = (wrong);						\
	KTEST_EXPECT_STREQ(t, validate, words);				\
	(place) = was_;							\
	KTEST_EXPECT_STREQ(t, validate, NULL);				\
} while (0)

#endif

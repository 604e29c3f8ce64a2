/* What the suites about debugged caches share. */
#ifndef TESTS_SLUB_DEBUG_FIXTURE_H
#define TESTS_SLUB_DEBUG_FIXTURE_H

#include <kernel/ktest.h>
#include <lib/sprintf.h>

#include "../../mm/slub_debug.h"
#include "slub_fixture.h"

/* F, Z, P and U in all combinations, none included. */
#define FLAG_SETS 16

static inline slab_flags_t flag_set(unsigned int i)
{
	static const slab_flags_t flags[] = {
		SLAB_CONSISTENCY_CHECKS, SLAB_RED_ZONE, SLAB_POISON,
		SLAB_STORE_USER,
	};
	slab_flags_t set = 0;
	unsigned int bit;

	for (bit = 0; bit < ARRAY_SIZE(flags); bit++)
		if (i & 1U << bit)
			set |= flags[bit];
	return set;
}

/* Its flags are those given, whatever slub_debug= says. Never NULL. */
static inline struct kmem_cache *debug_cache(const char *name,
					     unsigned int size,
					     unsigned int align,
					     slab_flags_t flags)
{
	return must_create(name, size, align,
			   flags | SLAB_NO_USER_FLAGS | SLAB_NO_MERGE, NULL);
}

/*
 * Events of a statement, and their text in the capture buffer: findings and
 * repairs, nothing printed.
 */
#define EVENTS_OF(stmt) ({ \
	unsigned long before_ = slab_nr_events(); \
	report_capture_log_start(); \
	stmt; \
	report_capture_stop(); \
	slab_nr_events() - before_; })

static inline unsigned long events_of_validation(struct kmem_cache *s)
{
	return EVENTS_OF(validate_slab_cache(s));
}

/* The first look finds that many, the second nothing. */
static inline void expect_events(struct ktest *t, struct kmem_cache *s,
				 unsigned long first)
{
	KTEST_EXPECT_EQ(t, events_of_validation(s), first);
	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
}

static inline bool told(const char *words)
{
	return strstr(report_capture_text(), words) != NULL;
}

/* The words are in what was captured last. */
static inline void expect_told(struct ktest *t, const char *words)
{
	if (!told(words))
		ktest_fail(t, __FILE__, __LINE__, "\"%s\" is not in: %.400s",
			   words, report_capture_text());
}

#endif

/* What the suites about guarded objects share. */
#ifndef TESTS_KFENCE_FIXTURE_H
#define TESTS_KFENCE_FIXTURE_H

#include <asm/machine.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/kfence.h>
#include <mm/slab.h>

#include "slub_fixture.h"

enum edge { LEFT_EDGE, RIGHT_EDGE };

/* False: the case is skipped. What is sampled meanwhile the case says. */
static inline bool kfence_ready(struct ktest *t)
{
	if (kfence_pool_size)
		return true;
	ktest_skip(t, "no pool, kfence.num_objects=N makes one");
	return false;
}

static inline enum edge edge_of(const void *p)
{
	return (unsigned long)p % PAGE_SIZE ? RIGHT_EDGE : LEFT_EDGE;
}

/* A guarded object at that edge of its page, smaller than that. */
static inline u8 *guarded_at(struct kmem_cache *s, size_t size, enum edge edge)
{
	int tries = 200;
	void *p;

	for (;;) {
		p = kfence_alloc(s, size, GFP_ATOMIC);
		if (!p || edge_of(p) == edge || !tries--)
			return p;
		kmem_cache_free(s, p);
	}
}

static inline struct kfence_stats kfence_now(void)
{
	struct kfence_stats stats;

	kfence_get_stats(&stats);
	return stats;
}

/* As the command line wanted it. */
static inline void kfence_sample_as(struct kfence_stats before)
{
	if (before.every)
		kfence_set_sample(before.every);
	else
		kfence_set_sample_interval(before.interval);
}

#endif

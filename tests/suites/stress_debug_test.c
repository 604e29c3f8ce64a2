/*
 * A cache that debugs, looked at as a whole by one CPU while others allocate,
 * resize in place and free: there is nothing to tell.
 */
#include <lib/string.h>
#include <mm/gfp.h>

#include "../../mm/slub_debug.h"
#include "no_guards.h"
#include "slub_fixture.h"
#include "stress.h"

#define SIZE 64U
#define FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	       SLAB_KMALLOC | SLAB_NO_USER_FLAGS | SLAB_NO_MERGE)

static struct kmem_cache *watched;

/* Up and down within the object; the red zone follows. */
static void resize_often(struct stressor *me)
{
	gfp_t gfp = GFP_KERNEL | (stress_below(me, 2) ? __GFP_ZERO : 0);
	void *p = __kmalloc_cache_noprof(watched, gfp, 20);
	unsigned int i, size;

	for (i = 0; p && i < 100; i++) {
		size = i % 2 ? 20 : 60;
		p = krealloc(p, size, gfp);
		memset(p, 1, size);
	}
	if (p && stress_below(me, 2))
		memset(p, 0, ksize(p));
	kfree(p);
}

static void watch_or_resize(struct stressor *me)
{
	while (stress_goes_on(me)) {
		if (me->index)
			resize_often(me);
		else
			validate_slab_cache(watched);
	}
}

static void right_use_is_right_while_another_cpu_validates(struct ktest *t)
{
	unsigned long before = slab_nr_events();

	watched = STRESS_INSIST(kmem_cache_create("watched", SIZE, 0, FLAGS,
						  NULL));
	KTEST_ASSERT_NOT_NULL(t, watched);
	stress_run(t, 1, watch_or_resize, NULL);
	KTEST_EXPECT_EQ(t, slab_nr_events(), before);
	kmem_cache_destroy(watched);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(right_use_is_right_while_another_cpu_validates),
	{}
};

static void begin(struct ktest *t)
{
	no_guards(t);
	stress_begin(t);
}

static void end(struct ktest *t)
{
	stress_end(t);
	guards_again(t);
}

KTEST_SUITE_FIXTURE(stress_debug, cases, begin, end);

/* init_on_alloc=1 and init_on_free=1: objects, too, come and go cleared. */
#include <mm/init_on.h>

#include "no_guards.h"
#include "slub_fixture.h"

#define MOST 300

/* True if the cache must follow the word; skipped otherwise. */
static bool follows(struct ktest *t, bool word, struct kmem_cache *s)
{
	if (!word || s->flags & SLAB_POISON)
		ktest_skip(t, "not asked for, or poison shows more");
	return !t->skipped && KTEST_EXPECT_TRUE(t, slab_inits(s));
}

static void expect_cleared_objects(struct ktest *t, struct kmem_cache *s)
{
	unsigned int i;
	u8 *p;

	for (i = 0; i < 4 && !t->failed; i++) {
		p = kmem_cache_alloc(s, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0, kmem_cache_size(s)));
		memset(p, 0x5c, kmem_cache_size(s));
		kmem_cache_free(s, p);
	}
}

static void objects_of_every_size_are_zero_unasked(struct ktest *t)
{
	struct kmem_cache *s;
	unsigned int size;

	for (size = 1; size <= MOST && !t->failed && !t->skipped; size++) {
		s = kmem_cache_create("init", size, 0, SLAB_NO_MERGE, NULL);
		KTEST_ASSERT_NOT_NULL(t, s);
		if (follows(t, init_on_alloc, s))
			expect_cleared_objects(t, s);
		kmem_cache_destroy(s);
	}
}

/* All but the word that marks it free. */
static void expect_empty(struct ktest *t, struct kmem_cache *s, u8 *p)
{
	unsigned int word = s->offset, size = kmem_cache_size(s);

	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, min(word, size)));
	word += (unsigned int)sizeof(long);
	if (word < size)
		KTEST_EXPECT_NULL(t, memchr_inv(p + word, 0, size - word));
}

static void expect_nothing_kept(struct ktest *t, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("init", 200, 0,
						 flags | SLAB_NO_MERGE, NULL);
	u8 *p, *stays;

	KTEST_ASSERT_NOT_NULL(t, s);
	stays = kmem_cache_alloc(s, GFP_KERNEL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	if (follows(t, init_on_free, s) && KTEST_EXPECT_NOT_NULL(t, stays) &&
	    KTEST_EXPECT_NOT_NULL(t, p)) {
		memset(p, 0x5c, 200);
		kmem_cache_free(s, p);
		expect_empty(t, s, p);
		p = NULL;
	}
	kmem_cache_free(s, p);
	kmem_cache_free(s, stays);
	kmem_cache_destroy(s);
}

static void freed_objects_keep_nothing(struct ktest *t)
{
	expect_nothing_kept(t, 0);
}

/* Zones around an object do not show who reads it after its free. */
static void freed_objects_between_red_zones_keep_nothing(struct ktest *t)
{
	expect_nothing_kept(t, SLAB_RED_ZONE);
}

static void construct(void *p)
{
	*(u8 *)p = 0x17;
}

static void constructors_work_is_kept(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("init", 24, 0, 0, construct);
	u8 *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, *p, 0x17);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, *p, 0x17);
	KTEST_EXPECT_FALSE(t, slab_inits(s));
	kmem_cache_destroy(s);
}

/* Whatever the command line says. */
static void who_takes_no_flags_from_users_is_left_alone(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("init", 24);

	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_FALSE(t, slab_inits(s));
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(objects_of_every_size_are_zero_unasked),
	KTEST_CASE(freed_objects_keep_nothing),
	KTEST_CASE(freed_objects_between_red_zones_keep_nothing),
	KTEST_CASE(constructors_work_is_kept),
	KTEST_CASE(who_takes_no_flags_from_users_is_left_alone),
	{}
};

KTEST_SUITE_FIXTURE(slab_init_on, cases, no_guards, guards_again);

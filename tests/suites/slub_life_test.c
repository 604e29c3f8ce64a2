/* Making caches, and what is left of one that is destroyed too early. */
#include <kernel/ktest.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/gfp.h>

#include "no_guards.h"
#include "slub_fixture.h"

/* ----- making ------------------------------------------------------------- */

static struct kmem_cache *try_create(const char *name, unsigned int size,
				     unsigned int align)
{
	return kmem_cache_create(name, size, align, SLAB_NO_MERGE, NULL);
}

static void refusals_tell_what_was_asked_for(struct ktest *t)
{
	static const struct {
		const char *name;
		unsigned int size, align;
		const char *words;
	} asked[] = {
		{ NULL, 64, 8, "no name: cache (null), size 64, align 8" },
		{ "", 64, 8, "no name: cache , size 64, align 8" },
		{ "none", 0, 16, "bad size: cache none, size 0, align 16" },
		{ "odd", 9, 3, "bad alignment: cache odd, size 9, align 3" },
	};
	struct kmem_cache *s = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		KTEST_EXPECT_REPORTS(t, 1, asked[i].words,
			s = try_create(asked[i].name, asked[i].size,
				       asked[i].align));
		KTEST_EXPECT_NULL(t, s);
	}
}

static void name_must_fit_with_its_end(struct ktest *t)
{
	char name[KMEM_CACHE_NAME_SIZE + 1] = { 0 };
	struct kmem_cache *s = NULL;

	memset(name, 'n', KMEM_CACHE_NAME_SIZE);
	KTEST_EXPECT_REPORTS(t, 1, "name too long",
			     s = try_create(name, 64, 0));
	KTEST_EXPECT_NULL(t, s);
	name[KMEM_CACHE_NAME_SIZE - 1] = '\0';
	s = own_cache(name, 64);
	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_STREQ(t, kmem_cache_name(s), name);
	kmem_cache_destroy(s);
}

/* ----- destroying --------------------------------------------------------- */

/* A slab of it holds no more, on a machine of NR_CPUS. */
#define MOST 64

static void *left[MOST];

/* All objects of one slab stay behind; their number. */
static unsigned int leave_a_slab(struct ktest *t, unsigned int size)
{
	struct kmem_cache *s = slab_cache_make("left", size, 0,
					       SLAB_NO_USER_FLAGS, NULL);
	unsigned int i, n = s ? min(s->objects, (unsigned int)MOST) : 0;
	char words[64];

	for (i = 0; i < n; i++)
		left[i] = kmem_cache_alloc(s, GFP_MUST);
	kscnprintf(words, sizeof(words), "cache left: %u objects", n);
	if (n)
		KTEST_EXPECT_REPORTS(t, 1, words, kmem_cache_destroy(s));
	return n;
}

/* In the slab's first place and its last, on its first page and its last. */
static void objects_left_are_refused_wherever_they_lie(struct ktest *t)
{
	static const unsigned int sizes[] = { 256, 1000, 3000 };
	unsigned int i, j, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = leave_a_slab(t, sizes[i]);
		for (j = 0; j < n && !t->failed; j++)
			KTEST_EXPECT_REPORTS(t, 1, "destroyed cache",
					     kfree(left[j]));
		exhume();
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(refusals_tell_what_was_asked_for),
	KTEST_CASE(name_must_fit_with_its_end),
	KTEST_CASE(objects_left_are_refused_wherever_they_lie),
	{}
};
KTEST_SUITE_FIXTURE(slub_life, cases, no_guards, guards_again);

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

/* What the page behind the slab keeps, if there is one. */
static unsigned long word_behind(const struct page *head)
{
	const struct page *page = head + (1UL << head->order);

	return pfn_valid(page_to_pfn(page)) ? page->private : 0;
}

/* All objects of one slab stay behind, and nothing else; their number. */
static unsigned int leave_a_slab(struct ktest *t, unsigned int size)
{
	struct kmem_cache *s = slab_cache_make("left", size, 0,
					       SLAB_NO_USER_FLAGS, NULL);
	unsigned int i, n = s ? min(s->objects, (unsigned int)MOST) : 0;
	unsigned long behind;
	char words[64];

	for (i = 0; i < n; i++)
		left[i] = kmem_cache_alloc(s, GFP_MUST);
	kscnprintf(words, sizeof(words), "cache left: %u objects", n);
	if (!n)
		return 0;
	behind = word_behind(slab_of(left[0]));
	KTEST_EXPECT_REPORTS(t, 1, words, kmem_cache_destroy(s));
	KTEST_EXPECT_EQ(t, word_behind(slab_of(left[0])), behind);
	return n;
}

/* In the slab's first place and its last, on its first page and its last. */
static void objects_left_are_refused_wherever_they_lie(struct ktest *t)
{
	static const unsigned int sizes[] = { 256, 1000, 3000 };
	unsigned int i, j, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = leave_a_slab(t, sizes[i]);
		for (j = 0; j < n && !t->failed; j++) {
			KTEST_EXPECT_REPORTS(t, 1, "destroyed cache",
					     kfree(left[j]));
			KTEST_EXPECT_STREQ(t, check_heap_object(left[j], 1),
					   "not in an object");
		}
		exhume();
	}
}

static void kmallocs_caches_stay(struct ktest *t)
{
	struct kmem_cache *s;
	int type, i;

	for (type = 0; type < NR_KMALLOC_TYPES && !t->failed; type++)
		for (i = 0; i < NR_KMALLOC_CLASSES && !t->failed; i++) {
			s = kmalloc_caches[type][i];
			if (s)
				KTEST_EXPECT_REPORTS(t, 1, "not a cache to",
						     kmem_cache_destroy(s));
		}
}

/* What is read most lies in as few lines as can be. */
static void descriptors_are_alone_in_their_lines(struct ktest *t)
{
	struct kmem_cache *first, *s;

	first = list_first_entry(&slab_caches, struct kmem_cache, list);
	KTEST_ASSERT_STREQ(t, kmem_cache_name(first), "kmem_cache");
	list_for_each_entry(s, &slab_caches, list)
		KTEST_EXPECT_EQ(t, (unsigned long)s % SMP_CACHE_LINE, 0);
	s = kmem_cache_create("caches", kmem_cache_size(first), 0,
			      SLAB_HWCACHE_ALIGN, NULL);
	KTEST_EXPECT_TRUE(t, s != first);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(refusals_tell_what_was_asked_for),
	KTEST_CASE(name_must_fit_with_its_end),
	KTEST_CASE(objects_left_are_refused_wherever_they_lie),
	KTEST_CASE(kmallocs_caches_stay),
	KTEST_CASE(descriptors_are_alone_in_their_lines),
	{}
};
KTEST_SUITE_FIXTURE(slub_life, cases, no_guards, guards_again);

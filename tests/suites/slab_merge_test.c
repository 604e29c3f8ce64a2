/* Which caches share their slabs, who owns them, and what they are called. */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "../../mm/slub_debug.h"
#include "no_guards.h"
#include "slub_fixture.h"

/* A size that nobody else's cache has. */
#define SIZE 1336

static bool merging(struct ktest *t)
{
	if (!slab_no_merging &&
	    !(slab_debug_flags("merge_a", 0) &
	      (SLAB_DEBUG_FLAGS | SLAB_FAILSLAB)))
		return true;
	ktest_skip(t, "nothing is merged: slab_nomerge or slub_debug");
	return false;
}

static struct kmem_cache *make(const char *name, unsigned int size)
{
	return must_create(name, size, 0, 0, NULL);
}

/* Once: to be refused. */
static struct kmem_cache *try_make(const char *name, unsigned int size)
{
	return kmem_cache_create(name, size, 0, 0, NULL);
}

static void caches_of_one_size_are_one(struct ktest *t)
{
	struct kmem_cache *a = make("merge_a", SIZE), *b;
	void *p;

	if (!merging(t)) {
		kmem_cache_destroy(a);
		return;
	}
	b = make("merge_b", SIZE);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	p = kmem_cache_alloc(b, GFP_MUST);
	kmem_cache_destroy(a);
	fill_object(p, SIZE);
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_free(b, p));
	kmem_cache_destroy(b);
	KTEST_EXPECT_REPORTS(t, 1, "not a cache to destroy",
			     kmem_cache_destroy(b));
}

static void object_size_is_the_largest_of_all(struct ktest *t)
{
	struct kmem_cache *a, *b;
	char *p;

	if (!merging(t))
		return;
	a = make("merge_a", SIZE - 7);
	KTEST_EXPECT_EQ(t, kmem_cache_size(a), SIZE - 7);
	p = kmem_cache_alloc(a, GFP_MUST);
	memset(p, 0xff, SIZE - 7);
	kmem_cache_free(a, p);
	b = make("merge_b", SIZE);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	KTEST_EXPECT_EQ(t, kmem_cache_size(b), SIZE);
	p = kmem_cache_zalloc(b, GFP_MUST);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, SIZE));
	fill_object(p, SIZE);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(b), NULL);
	kmem_cache_free(b, p);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

/* Beside a cache of SIZE bytes, one that must not be merged with it. */
static void expect_alone(struct ktest *t, unsigned int size,
			 unsigned int align, slab_flags_t flags,
			 void (*ctor)(void *))
{
	struct kmem_cache *a = make("merge_a", SIZE), *b;

	b = must_create("merge_b", size, align, flags, ctor);
	KTEST_EXPECT_NOT_NULL(t, b);
	KTEST_EXPECT_TRUE(t, a != b);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

/* The other way round: the special one is there first. */
static void expect_left_alone(struct ktest *t, unsigned int size,
			      slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache *a = must_create("merge_a", size, 0, flags,
						 ctor);
	struct kmem_cache *b = make("merge_b", SIZE);

	KTEST_EXPECT_NOT_NULL(t, a);
	KTEST_EXPECT_TRUE(t, a != b);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

static void construct(void *p)
{
	*(char *)p = 1;
}

static void what_is_special_stays_alone(struct ktest *t)
{
	static const slab_flags_t flags[] = {
		SLAB_NO_MERGE, SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER,
		SLAB_CONSISTENCY_CHECKS, SLAB_FAILSLAB, SLAB_CACHE_DMA,
		SLAB_CACHE_DMA32, SLAB_RECLAIM_ACCOUNT, SLAB_SKIP_KFENCE
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		expect_alone(t, SIZE, 0, flags[i], NULL);
		expect_left_alone(t, SIZE, flags[i], NULL);
	}
	expect_alone(t, SIZE, 0, 0, construct);
	/* with the free word behind it its places are as long */
	expect_left_alone(t, SIZE - sizeof(long), 0, construct);
	expect_alone(t, SIZE, 128, 0, NULL);
	expect_alone(t, SIZE, 0, SLAB_HWCACHE_ALIGN, NULL);
	expect_alone(t, SIZE + 1, 0, 0, NULL);
	expect_alone(t, SIZE - 8, 0, 0, NULL);
}

static void caches_with_a_window_stay_alone(struct ktest *t)
{
	struct kmem_cache *a, *b;

	a = kmem_cache_create_usercopy("merge_a", SIZE, 0, 0, 8, 8, NULL);
	b = make("merge_b", SIZE);
	KTEST_EXPECT_TRUE(t, a && b && a != b);
	kmem_cache_destroy(a);
	a = kmem_cache_create_usercopy("merge_a", SIZE, 0, 0, 8, 8, NULL);
	KTEST_EXPECT_TRUE(t, a && a != b);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

static void kmallocs_caches_take_nobody(struct ktest *t)
{
	unsigned int i;
	struct kmem_cache *s;

	for (i = 0; i < NR_KMALLOC_CLASSES; i++) {
		s = make("merge_a", kmem_cache_size(
					kmalloc_caches[KMALLOC_NORMAL][i]));
		KTEST_EXPECT_TRUE(t, s != kmalloc_caches[KMALLOC_NORMAL][i]);
		kmem_cache_destroy(s);
	}
}

static void places_aligned_well_enough_are_shared(struct ktest *t)
{
	struct kmem_cache *a, *b;

	if (!merging(t))
		return;
	a = must_create("merge_a", 1400, 128, 0, NULL);
	b = must_create("merge_b", 1401, 64, 0, NULL);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

/* As many owners as names: each is taken. */
static void name_of_an_alias_is_taken(struct ktest *t)
{
	struct kmem_cache *a, *b, *c = NULL;

	if (!merging(t))
		return;
	a = make("merge_a", SIZE);
	b = make("merge_b", SIZE);
	KTEST_EXPECT_REPORTS(t, 1, "name is taken",
			     c = try_make("merge_b", SIZE));
	KTEST_EXPECT_NULL(t, c);
	KTEST_EXPECT_REPORTS(t, 1, "name is taken",
			     c = try_make("merge_b", 64));
	KTEST_EXPECT_NULL(t, c);
	KTEST_EXPECT_REPORTS(t, 1, "name is taken",
			     c = try_make("merge_a", SIZE));
	KTEST_EXPECT_NULL(t, c);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

/* Whoever destroyed his cache, its name can be had again. */
static void name_of_an_owner_who_left_is_free(struct ktest *t)
{
	struct kmem_cache *a, *b, *c;

	if (!merging(t))
		return;
	a = make("merge_a", SIZE);
	b = make("merge_b", SIZE);
	kmem_cache_destroy(a);
	c = make("merge_a", 200);
	KTEST_EXPECT_NOT_NULL(t, c);
	KTEST_EXPECT_TRUE(t, c != b);
	KTEST_EXPECT_STREQ(t, kmem_cache_name(b), "merge_b");
	kmem_cache_destroy(c);
	a = make("merge_a", SIZE);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	kmem_cache_destroy(b);
	b = make("merge_b", SIZE);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	KTEST_EXPECT_EQ(t, a->nr_names, 2);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

/* The second name is another cache's now, and the first still its own. */
static void name_of_an_alias_who_left_is_free(struct ktest *t)
{
	struct kmem_cache *a, *b, *c;

	if (!merging(t))
		return;
	a = make("merge_a", SIZE);
	b = make("merge_b", SIZE);
	KTEST_EXPECT_PTR_EQ(t, a, b);
	kmem_cache_destroy(b);
	c = make("merge_b", 200);
	KTEST_EXPECT_NOT_NULL(t, c);
	KTEST_EXPECT_TRUE(t, c != a);
	KTEST_EXPECT_STREQ(t, kmem_cache_name(a), "merge_a");
	KTEST_EXPECT_EQ(t, a->nr_names, 1);
	kmem_cache_destroy(c);
	kmem_cache_destroy(a);
}

static void names_of_owners_who_left_do_not_pile_up(struct ktest *t)
{
	struct kmem_cache *kept, *s;
	char name[] = "merge_00";
	unsigned int i;

	if (!merging(t))
		return;
	kept = make("merge_a", SIZE);
	for (i = 0; i < 100; i++) {
		name[6] = (char)('0' + i / 10);
		name[7] = (char)('0' + i % 10);
		s = make(name, SIZE);
		KTEST_EXPECT_PTR_EQ(t, s, kept);
		kmem_cache_destroy(s);
	}
	/* the two there were then, and eight more: the youngest */
	KTEST_EXPECT_EQ(t, kept->nr_names, 2 + 8);
	KTEST_EXPECT_STREQ(t, list_first_entry(&kept->aliases,
					       struct slab_alias, list)->name,
			   "merge_91");
	KTEST_EXPECT_EQ(t, kept->owners, 1);
	kmem_cache_destroy(kept);
}

static void objects_left_are_told_by_the_last_owner(struct ktest *t)
{
	struct kmem_cache *a, *b;

	if (!merging(t))
		return;
	a = make("merge_a", SIZE);
	b = make("merge_b", SIZE);
	kmem_cache_alloc(a, GFP_MUST);
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_destroy(a));
	destroy_damaged(t, b);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(caches_of_one_size_are_one),
	KTEST_CASE(object_size_is_the_largest_of_all),
	KTEST_CASE(what_is_special_stays_alone),
	KTEST_CASE(caches_with_a_window_stay_alone),
	KTEST_CASE(kmallocs_caches_take_nobody),
	KTEST_CASE(places_aligned_well_enough_are_shared),
	KTEST_CASE(name_of_an_alias_is_taken),
	KTEST_CASE(name_of_an_owner_who_left_is_free),
	KTEST_CASE(name_of_an_alias_who_left_is_free),
	KTEST_CASE(names_of_owners_who_left_do_not_pile_up),
	KTEST_CASE(objects_left_are_told_by_the_last_owner),
	{}
};

KTEST_SUITE_FIXTURE(slab_merge, cases, no_guards, guards_again);

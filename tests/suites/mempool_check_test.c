/*
 * What is done wrong to memory pools: elements lost, freed twice, freed to the
 * wrong pool, written to in the reserve. And what only looks wrong.
 */
#include <lib/kernel.h>

#include "../../mm/mempool_internal.h"
#include "mempool_fixture.h"
#include "no_guards.h"
#include "slub_fixture.h"

#define MIN_NR 4

static struct spring spring;
static mempool_t *pool;

/* Guarded objects carry no mark. */
static void set_up(struct ktest *t)
{
	no_guards(t);
	pool = spring_pool(MIN_NR, &spring);
	KTEST_EXPECT_NOT_NULL(t, pool);
}

static void tear_down(struct ktest *t)
{
	spring_pool_end(t, pool, &spring);
	guards_again(t);
}

static void end_with_elements_out_is_reported_with_their_number(struct ktest *t)
{
	void *elements[MIN_NR];
	int i;

	take_dry(t, pool, elements, 3);
	KTEST_EXPECT_REPORTS(t, 1, "3 of 4 elements out",
			     mempool_destroy(pool));
	KTEST_EXPECT_EQ(t, spring.live, 3);
	for (i = 0; i < 3; i++)
		spring_free(elements[i], &spring);
	set_up(t);
	KTEST_ASSERT_NOT_NULL(t, pool);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(pool));
}

static void element_of_a_reserve_that_is_not_full_is_not_freed_again(
	struct ktest *t)
{
	void *elements[2];

	take_dry(t, pool, elements, 2);
	mempool_free(elements[0], pool);
	KTEST_EXPECT_REPORTS(t, 1, "in the reserve already",
			     mempool_free(elements[0], pool));
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR - 1);
	mempool_free(elements[1], pool);
}

/* A pool of a cache of its own, which goes where there is none. */
static mempool_t *pool_of_cache(struct ktest *t, int nr, struct kmem_cache *s)
{
	mempool_t *p = s ? mempool_create_slab_pool(nr, s) : NULL;

	if (!KTEST_EXPECT_NOT_NULL(t, p))
		kmem_cache_destroy(s);
	return p;
}

/* Everything that is in p's full reserve. */
static void free_reserve_again(struct ktest *t, mempool_t *p)
{
	int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	for (i = 0; i < p->curr_nr; i++)
		KTEST_EXPECT_REPORTS(t, 1, "in the reserve already",
				     mempool_free(p->elements[i], p));
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(p));
	KTEST_EXPECT_STREQ(t, mempool_validate(p), NULL);
	mempool_destroy(p);
}

static void element_of_a_full_reserve_is_not_freed_again(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 40, 0, 0, NULL);

	KTEST_ASSERT_NOT_NULL(t, s);
	free_reserve_again(t, mempool_create_slab_pool(MIN_NR, s));
	free_reserve_again(t, mempool_create_kmalloc_pool(MIN_NR, 256));
	free_reserve_again(t, mempool_create_page_pool(MIN_NR, 1));
	kmem_cache_destroy(s);
}

static void element_the_allocator_has_is_not_freed_again(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	void *a, *b;

	KTEST_ASSERT_NOT_NULL(t, p);
	a = kmalloc(256, GFP_MUST);
	b = mempool_alloc_preallocated(p);
	kfree(a);
	KTEST_EXPECT_REPORTS(t, 1, "double free", mempool_free(a, p));
	KTEST_EXPECT_EQ(t, p->curr_nr, 0);
	mempool_free(b, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", mempool_free(a, p));
	mempool_destroy(p);
}

static void what_is_no_element_is_not_kept(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	char *element, *other;

	KTEST_ASSERT_NOT_NULL(t, p);
	other = kmalloc(64, GFP_MUST);
	element = mempool_alloc_preallocated(p);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     mempool_free(element + 8, p));
	KTEST_EXPECT_REPORTS(t, 1, "too small", mempool_free(other, p));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM", mempool_free((void *)8, p));
	KTEST_EXPECT_REPORTS(t, 1, "", mempool_free(&spring, p));
	KTEST_EXPECT_EQ(t, p->curr_nr, 0);
	mempool_free(element, p);
	kfree(other);
	mempool_destroy(p);
}

static void object_of_another_cache_is_not_kept(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 64, 0, 0, NULL);
	mempool_t *p = pool_of_cache(t, 1, s);
	void *element, *other;

	if (!p)
		return;
	other = kmalloc(64, GFP_MUST);
	element = mempool_alloc_preallocated(p);
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", mempool_free(other, p));
	KTEST_EXPECT_EQ(t, p->curr_nr, 0);
	mempool_free(element, p);
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", mempool_free(other, p));
	kfree(other);
	mempool_destroy(p);
	kmem_cache_destroy(s);
}

static void page_of_another_order_is_not_kept(struct ktest *t)
{
	mempool_t *p = mempool_create_page_pool(1, 1);
	struct page *element, *other;

	KTEST_ASSERT_NOT_NULL(t, p);
	other = alloc_page(GFP_MUST);
	element = mempool_alloc_preallocated(p);
	KTEST_EXPECT_REPORTS(t, 1, "not a block of this pool",
			     mempool_free(other, p));
	KTEST_EXPECT_EQ(t, p->curr_nr, 0);
	mempool_free(element, p);
	__free_page(other);
	mempool_destroy(p);
}

static unsigned int own_calls;

static void *own_alloc(gfp_t gfp, void *pool_data)
{
	own_calls++;
	return kmalloc(200, gfp);
}

static void own_free(void *element, void *pool_data)
{
	own_calls++;
	kfree(element);
}

static void *own_alloc_page(gfp_t gfp, void *pool_data)
{
	own_calls++;
	return alloc_page(gfp);
}

static void own_free_page(void *element, void *pool_data)
{
	own_calls++;
	__free_page(element);
}

/* One of its two functions is the case's: that is asked, and nothing known. */
static void check_own(struct ktest *t, mempool_t *p, unsigned int calls)
{
	void *element;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, p->cache);
	KTEST_EXPECT_NULL(t, mempool_element_fault(p, NULL));
	element = mempool_alloc(p, GFP_KERNEL);
	mempool_free(element, p);
	mempool_destroy(p);
	KTEST_EXPECT_EQ(t, own_calls, calls);
	own_calls = 0;
}

static void pool_with_a_function_of_its_own_uses_it(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 200, 0, 0, NULL);

	KTEST_ASSERT_NOT_NULL(t, s);
	own_calls = 0;
	check_own(t, mempool_create(1, mempool_alloc_slab, own_free, s), 2);
	check_own(t, mempool_create(1, own_alloc, mempool_kfree,
				    (void *)200), 2);
	check_own(t, mempool_create(1, mempool_kmalloc, own_free,
				    (void *)200), 2);
	check_own(t, mempool_create(1, own_alloc_page, mempool_free_pages,
				    NULL), 2);
	check_own(t, mempool_create(1, mempool_alloc_pages, own_free_page,
				    NULL), 2);
	kmem_cache_destroy(s);
}

/* Up to the largest class; larger elements are pages. */
static void kmalloc_pool_knows_the_class_of_its_elements(struct ktest *t)
{
	static const size_t sizes[] = { 1, 96, 97, KMALLOC_MAX_CACHE_SIZE };
	const struct kmem_cache *s;
	unsigned int i;
	mempool_t *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = mempool_create_kmalloc_pool(1, sizes[i]);
		KTEST_ASSERT_NOT_NULL(t, p);
		s = kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(sizes[i])];
		KTEST_EXPECT_PTR_EQ(t, p->cache, s);
		mempool_destroy(p);
	}
	p = mempool_create_kmalloc_pool(1, KMALLOC_MAX_CACHE_SIZE + 1);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, p->cache);
	mempool_destroy(p);
}

/* Or its free would go the long way. */
static void element_in_use_does_not_look_free(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	void *element, *kept;

	KTEST_ASSERT_NOT_NULL(t, p);
	element = mempool_alloc(p, GFP_KERNEL);
	kept = mempool_alloc_preallocated(p);
	if (KTEST_EXPECT_NOT_NULL(t, kept) && !kmem_cache_debug(p->cache)) {
		KTEST_EXPECT_FALSE(t, slab_word_looks_free(p->cache, element));
		KTEST_EXPECT_FALSE(t, slab_word_looks_free(p->cache, kept));
#ifndef CONFIG_DEBUG
		KTEST_EXPECT_FALSE(t, mempool_may_be_kept(p, element));
#endif
	}
	mempool_free(kept, p);
	mempool_free(element, p);
	mempool_destroy(p);
}

/* But one that can carry no mark is looked for. */
static void guarded_object_is_kept_like_others(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	void *element, *guarded, *small;

	KTEST_ASSERT_NOT_NULL(t, p);
	element = mempool_alloc_preallocated(p);
	guarded = kfence_alloc(p->cache, 256, GFP_ATOMIC);
	small = kfence_alloc(p->cache, 64, GFP_ATOMIC);
	if (guarded && small) {
		KTEST_EXPECT_REPORTS(t, 1, "too small", mempool_free(small, p));
		kfree(small);
		KTEST_EXPECT_REPORTS(t, 1, "", mempool_free(small, p));
		small = NULL;
		KTEST_EXPECT_TRUE(t, mempool_may_be_kept(p, guarded));
		KTEST_EXPECT_REPORTS(t, 0, "", mempool_free(guarded, p));
		KTEST_EXPECT_REPORTS(t, 1, "in the reserve already",
				     mempool_free(guarded, p));
		KTEST_EXPECT_PTR_EQ(t, mempool_alloc_preallocated(p), guarded);
	} else {
		ktest_skip(t, "no guarded objects");
	}
	kfree(small);
	kfree(guarded);
	mempool_free(element, p);
	mempool_destroy(p);
}

/* Nor do pages keep the mark that they had in the reserve. */
static void page_in_use_does_not_look_kept(struct ktest *t)
{
	mempool_t *p = mempool_create_page_pool(1, 0);
	struct page *page;

	KTEST_ASSERT_NOT_NULL(t, p);
	page = mempool_alloc_preallocated(p);
	if (KTEST_EXPECT_NOT_NULL(t, page))
		KTEST_EXPECT_TRUE(t, page->lru.prev != (void *)p);
#ifndef CONFIG_DEBUG
	KTEST_EXPECT_FALSE(t, mempool_may_be_kept(p, page));
#endif
	mempool_free(page, p);
	mempool_destroy(p);
}

static void validation_looks_at_each_element(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(3, 256);
	char *kept;
	int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	for (i = 0; i < 3; i++) {
		kept = p->elements[i];
		p->elements[i] = kept + 8;
		KTEST_EXPECT_NOT_NULL(t, mempool_validate(p));
		p->elements[i] = p->elements[(i + 1) % 3];
		KTEST_EXPECT_STREQ(t, mempool_validate(p),
				   "mempool: an element twice");
		p->elements[i] = kept;
	}
	KTEST_EXPECT_STREQ(t, mempool_validate(p), NULL);
	mempool_destroy(p);
}

/* Whatever the caller leaves in an element is no mark. */
static void data_that_looks_like_a_mark_is_data(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(2, 256);
	void *elements[3];
	int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	elements[0] = mempool_alloc(p, GFP_KERNEL);
	elements[1] = mempool_alloc_preallocated(p);
	elements[2] = mempool_alloc_preallocated(p);
	/* a debugged object's word is no data of the caller's */
	for (i = 0; i < 3 && elements[i] && !kmem_cache_debug(p->cache); i++)
		*slab_word(p->cache, elements[i]) = p->cache->secret;
	KTEST_EXPECT_REPORTS(t, 0, "", give_back(p, elements, 3));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(p->cache), NULL);
	mempool_destroy(p);
}

static void mark_in_the_reserve_that_is_overwritten_is_reported(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	void *element = NULL;

	KTEST_ASSERT_NOT_NULL(t, p);
	if (p->cache->offset >= 256 && !(p->cache->flags & SLAB_POISON)) {
		mempool_destroy(p);
		ktest_skip(t, "there is no mark inside an object");
		return;
	}
	memset(p->elements[0], 0, 256);
	KTEST_EXPECT_REPORTS(t, 1, "written to while in the reserve",
			     element = mempool_alloc_preallocated(p));
	KTEST_EXPECT_NOT_NULL(t, element);
	mempool_free(element, p);
	mempool_destroy(p);
}

/* One byte, anywhere. */
static void poisoned_reserve_shows_each_byte_written(struct ktest *t)
{
	static const unsigned int at[] = { 0, 1, 50, 98, 99 };
	struct kmem_cache *s = kmem_cache_create("pooled", 100, 0, SLAB_POISON,
						 NULL);
	mempool_t *p = pool_of_cache(t, 1, s);
	unsigned int i;
	u8 *element;

	if (!p)
		return;
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		((u8 *)p->elements[0])[at[i]] ^= 1;
		KTEST_EXPECT_REPORTS(t, 1, "written to while in the reserve",
				     element = mempool_alloc_preallocated(p));
		mempool_free(element, p);
		element = mempool_alloc_preallocated(p);
		KTEST_EXPECT_EQ(t, element[0], 0x6b);
		mempool_free(element, p);
	}
	mempool_destroy(p);
	kmem_cache_destroy(s);
}

static void construct(void *p)
{
	memset(p, 0x77, 48);
}

static void constructed_objects_stay_so_in_the_reserve(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 48, 0, 0, construct);
	mempool_t *p = pool_of_cache(t, 2, s);
	void *element;

	if (!p)
		return;
	element = mempool_alloc_preallocated(p);
	KTEST_EXPECT_NULL(t, memchr_inv(element, 0x77, 48));
	mempool_free(element, p);
	element = mempool_alloc_preallocated(p);
	KTEST_EXPECT_NULL(t, memchr_inv(element, 0x77, 48));
	mempool_free(element, p);
	mempool_destroy(p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(end_with_elements_out_is_reported_with_their_number),
	KTEST_CASE(element_of_a_reserve_that_is_not_full_is_not_freed_again),
	KTEST_CASE(element_of_a_full_reserve_is_not_freed_again),
	KTEST_CASE(element_the_allocator_has_is_not_freed_again),
	KTEST_CASE(what_is_no_element_is_not_kept),
	KTEST_CASE(object_of_another_cache_is_not_kept),
	KTEST_CASE(page_of_another_order_is_not_kept),
	KTEST_CASE(pool_with_a_function_of_its_own_uses_it),
	KTEST_CASE(kmalloc_pool_knows_the_class_of_its_elements),
	KTEST_CASE(element_in_use_does_not_look_free),
	KTEST_CASE(guarded_object_is_kept_like_others),
	KTEST_CASE(page_in_use_does_not_look_kept),
	KTEST_CASE(validation_looks_at_each_element),
	KTEST_CASE(data_that_looks_like_a_mark_is_data),
	KTEST_CASE(mark_in_the_reserve_that_is_overwritten_is_reported),
	KTEST_CASE(poisoned_reserve_shows_each_byte_written),
	KTEST_CASE(constructed_objects_stay_so_in_the_reserve),
	{}
};
KTEST_SUITE_FIXTURE(mempool_check, cases, set_up, tear_down);

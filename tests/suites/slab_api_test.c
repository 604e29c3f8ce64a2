/* Making caches: every size and alignment, flags, windows for user copies. */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <mm/gfp.h>

#include "no_guards.h"
#include "slub_fixture.h"

/* Three objects, aligned and apart, all of their bytes theirs. */
static void use_cache(struct ktest *t, struct kmem_cache *s,
		      unsigned int size, unsigned int align)
{
	char *p[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		p[i] = kmem_cache_alloc(s, GFP_MUST);
		KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)p[i],
						max(align, 8U)));
		fill_object(p[i], size);
	}
	for (i = 0; i < 3; i++)
		KTEST_EXPECT_TRUE(t, object_is_intact(p[i], size));
	for (i = 0; i < 3; i++)
		kmem_cache_free(s, p[i]);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
}

static void try_size(struct ktest *t, unsigned int size, unsigned int align,
		     slab_flags_t flags)
{
	struct kmem_cache *s;

	s = kmem_cache_create("shape", size, align, flags | SLAB_NO_MERGE,
			      NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_EQ(t, kmem_cache_size(s), size);
	use_cache(t, s, size, align);
	kmem_cache_destroy(s);
}

static void every_alignment_goes_with_every_size(struct ktest *t)
{
	static const unsigned int sizes[] = {
		1, 2, 3, 7, 8, 9, 31, 63, 64, 65, 100, 191, 255, 511, 1000,
		4000, 4095, 4096, 4097, 5000, 8193, 12288, 65537
	};
	unsigned int i, align;

	for (i = 0; i < ARRAY_SIZE(sizes) && !t->failed; i++)
		for (align = 0; align <= PAGE_SIZE; align += align + !align)
			try_size(t, sizes[i], align,
				 i & 1 ? SLAB_HWCACHE_ALIGN : 0);
}

static void debugged_objects_keep_their_alignment(struct ktest *t)
{
	static const unsigned int sizes[] = { 1, 8, 24, 100, 1000, 4096 };
	unsigned int i, align;

	for (i = 0; i < ARRAY_SIZE(sizes) && !t->failed; i++)
		for (align = 0; align <= PAGE_SIZE; align += align + !align)
			try_size(t, sizes[i], align, SLAB_RED_ZONE |
				 SLAB_POISON | SLAB_STORE_USER |
				 SLAB_CONSISTENCY_CHECKS);
}

static void largest_objects_are_whole_blocks(struct ktest *t)
{
	struct kmem_cache *s;
	void *p;

	s = kmem_cache_create("vast", KMALLOC_MAX_SIZE, 0,
			      SLAB_NO_USER_FLAGS, NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN);
	if (p)
		KTEST_EXPECT_EQ(t, slab_of(p)->order, MAX_PAGE_ORDER);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void unknown_flags_are_refused(struct ktest *t)
{
	struct kmem_cache *s = NULL;
	unsigned int bit;

	for (bit = 0; bit < 32; bit++) {
		if (SLAB_FLAGS_PERMITTED >> bit & 1)
			continue;
		KTEST_EXPECT_REPORTS(t, 1, "unknown flags",
			s = kmem_cache_create("odd", 64, 0, 1U << bit, NULL));
		KTEST_EXPECT_NULL(t, s);
	}
}

#define WINDOW_FROM 16
#define WINDOW_SIZE 40

static struct kmem_cache *windowed(slab_flags_t flags, unsigned int from)
{
	return kmem_cache_create_usercopy("windowed", 100, 0, flags, from,
					  WINDOW_SIZE, NULL);
}

/* Every beginning and every length, at and around the object. */
static void check_window(struct ktest *t, slab_flags_t flags, int from)
{
	struct kmem_cache *s = windowed(flags, (unsigned int)from);
	bool first, inside;
	int at, n;
	char *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	first = p == slab_object(s, slab_of(p), 0) && !s->red_left_pad;
	/* what lies before the first object is another page's */
	for (at = first ? 0 : -4; at < 104; at++) {
		for (n = 1; n < 110; n++) {
			inside = at >= from && at + n <= from + WINDOW_SIZE;
			KTEST_ASSERT_EQ(t, !check_heap_object(p + at,
							      (size_t)n),
					inside);
		}
		KTEST_EXPECT_NULL(t, check_heap_object(p + at, 0));
	}
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + from, SIZE_MAX));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void only_the_window_may_be_copied(struct ktest *t)
{
	check_window(t, 0, WINDOW_FROM);
	check_window(t, SLAB_RED_ZONE, WINDOW_FROM);
	check_window(t, SLAB_RED_ZONE, 0);
}

static void without_a_window_nothing_may_be_copied(struct ktest *t)
{
	struct kmem_cache *s = own_cache("closed", 100);
	unsigned int i;
	char *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	for (i = 0; i < 100; i++)
		KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + i, 1));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void all_of_kmallocs_blocks_may_be_copied(struct ktest *t)
{
	static const size_t sizes[] = { 8, 100, 192, 8192, 9000, 70000 };
	size_t i, size, at;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kmalloc(sizes[i], GFP_MUST);
		size = ksize(p);
		for (at = 0; at < size; at += size / 8) {
			KTEST_EXPECT_STREQ(t, check_heap_object(p + at,
								size - at),
					   NULL);
			KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + at,
						size - at + 1));
			KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + at,
						SIZE_MAX - 3));
		}
		kfree(p);
	}
}

static void what_is_no_object_is_not_judged(struct ktest *t)
{
	struct page *page = alloc_page(GFP_MUST);
	int local;

	KTEST_EXPECT_NULL(t, check_heap_object(&local, sizeof(local)));
	KTEST_EXPECT_NULL(t, check_heap_object(page_address(page), 100));
	KTEST_EXPECT_NULL(t, check_heap_object((void *)0x1000, 100));
	__free_page(page);
}

/* Four pages of a large block, and four more that are not its. */
static void pages_behind_a_large_block_are_not_judged(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	enum page_type type;
	unsigned int order;
	char *p;

	KTEST_ASSERT_NOT_NULL(t, page);
	p = page_address(page);
	type = page->type;
	order = page->order;
	page->order = 2;
	page->type = PAGE_LARGE_KMALLOC;
	KTEST_EXPECT_NULL(t, check_heap_object(p + PAGE_SIZE, 3 * PAGE_SIZE));
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + 3 * PAGE_SIZE,
						   PAGE_SIZE + 1));
	KTEST_EXPECT_NULL(t, check_heap_object(p + 4 * PAGE_SIZE, 1));
	page->order = (u8)order;
	page->type = type;
	__free_pages(page, 3);
}

static void try_bad_window(struct ktest *t, unsigned int from,
			   unsigned int size)
{
	struct kmem_cache *s = NULL;
	char *p;

	KTEST_EXPECT_REPORTS(t, 1, "bad window", ({
		s = kmem_cache_create_usercopy("windowed", 100, 0,
					       SLAB_NO_MERGE, from, size,
					       NULL);
	}));
	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p, 1));
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p + 99, 1));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void window_that_is_not_inside_is_none(struct ktest *t)
{
	try_bad_window(t, 0, 101);
	try_bad_window(t, 61, 40);
	try_bad_window(t, 101, 0);
	try_bad_window(t, 5, 0);
	try_bad_window(t, ~0U, 8);
	try_bad_window(t, 8, ~0U);
}

static void whole_object_may_be_the_window(struct ktest *t)
{
	struct kmem_cache *s;
	char *p;

	s = kmem_cache_create_usercopy("windowed", 100, 0, 0, 0, 100, NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_NULL(t, check_heap_object(p, 100));
	KTEST_EXPECT_NOT_NULL(t, check_heap_object(p, 101));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_alignment_goes_with_every_size),
	KTEST_CASE(debugged_objects_keep_their_alignment),
	KTEST_CASE(largest_objects_are_whole_blocks),
	KTEST_CASE(unknown_flags_are_refused),
	KTEST_CASE(only_the_window_may_be_copied),
	KTEST_CASE(without_a_window_nothing_may_be_copied),
	KTEST_CASE(all_of_kmallocs_blocks_may_be_copied),
	KTEST_CASE(what_is_no_object_is_not_judged),
	KTEST_CASE(pages_behind_a_large_block_are_not_judged),
	KTEST_CASE(window_that_is_not_inside_is_none),
	KTEST_CASE(whole_object_may_be_the_window),
	{}
};
KTEST_SUITE_FIXTURE(slab_api, cases, no_guards, guards_again);

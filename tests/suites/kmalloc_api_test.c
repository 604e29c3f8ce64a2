/* What stands on kmalloc: rounding, resizing, secrets, copies, kvmalloc. */
#include <kernel/ktest.h>
#include <mm/gfp.h>
#include <mm/vmalloc.h>

#include "no_guards.h"
#include "slub_fixture.h"

static void roundup_says_what_ksize_will(struct ktest *t)
{
	size_t size;
	void *p;

	for (size = 1; size <= SZ_64K; size += size < 300 ? 1 : 61) {
		p = kmalloc(size, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_ASSERT_EQ(t, kmalloc_size_roundup(size), ksize(p));
		kfree(p);
	}
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(0), 0);
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(8192), 8192);
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(8193), 16384);
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(KMALLOC_MAX_SIZE),
			KMALLOC_MAX_SIZE);
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(KMALLOC_MAX_SIZE + 1),
			KMALLOC_MAX_SIZE + 1);
	KTEST_EXPECT_EQ(t, kmalloc_size_roundup(SIZE_MAX), SIZE_MAX);
}

/*
 * Bytes of a freed block that still hold the pattern. Its page is still its
 * slab's, for another object of that is in use.
 */
static size_t bytes_left(const unsigned char *p, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < size; i++)
		n += p[i] == 0xee;
	return n;
}

static void sensitive_blocks_are_cleared_to_their_end(struct ktest *t)
{
	static const size_t sizes[] = { 8, 20, 64, 100, 200, 1000 };
	unsigned char *p;
	size_t i, size;
	void *kept;

#ifdef CONFIG_KASAN
	ktest_skip(t, "reads what it has freed");
	return;
#endif
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		kept = kmalloc(sizes[i], GFP_MUST);
		p = kmalloc(sizes[i], GFP_MUST);
		size = ksize(p);
		memset(p, 0xee, size);
		kfree_sensitive(p);
		/* but for the word that says it is free */
		KTEST_EXPECT_LE(t, bytes_left(p, size), sizeof(long));
		kfree(kept);
	}
}

static void nothing_is_not_sensitive(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, "", ({
		kfree_sensitive(NULL);
		kfree_sensitive(ZERO_SIZE_PTR);
		kvfree_sensitive(NULL, 100);
	}));
}

static void sensitive_wrong_pointers_are_reported_not_cleared(struct ktest *t)
{
	char *p = kmalloc(64, GFP_MUST);

	memset(p, 0xee, 64);
	KTEST_EXPECT_REPORTS(t, 2, "inside an object", kfree_sensitive(p + 8));
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0xee, 64));
	kfree(p);
}

static void array_calls_do_not_overflow(struct ktest *t)
{
	volatile size_t half = SIZE_MAX / 2 + 1, two = 2;
	int *p = kmalloc_array(4, sizeof(*p), GFP_MUST);

	p[3] = 7;
	KTEST_EXPECT_NULL(t, krealloc_array(p, half, two, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, p[3], 7);
	p = krealloc_array(p, 1000, sizeof(*p), GFP_MUST);
	KTEST_EXPECT_EQ(t, p[3], 7);
	kfree(p);
	KTEST_EXPECT_NULL(t, kmalloc_array_node(half, two, GFP_KERNEL, 0));
	KTEST_EXPECT_NULL(t, kcalloc_node(half, two, GFP_KERNEL, 0));
	KTEST_EXPECT_NULL(t, kvmalloc_array(half, two, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kvcalloc(two, half, GFP_KERNEL));
	p = kcalloc_node(10, sizeof(*p), GFP_MUST, 0);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 10 * sizeof(*p)));
	kfree(p);
}

struct counted {
	u32 n;
	u16 members[];
};

static void struct_size_counts_and_does_not_wrap(struct ktest *t)
{
	volatile size_t many = SIZE_MAX / 2;
	struct counted *c = NULL;

	KTEST_EXPECT_EQ(t, struct_size(c, members, 3), 4 + 3 * 2);
	KTEST_EXPECT_EQ(t, struct_size_t(struct counted, members, 0), 4);
	KTEST_EXPECT_EQ(t, struct_size(c, members, many), SIZE_MAX);
	KTEST_EXPECT_EQ(t, struct_size(c, members, many + 1), SIZE_MAX);
}

static void copies_are_equal_and_ones_own(struct ktest *t)
{
	static const char text[] = "from here to there";
	char *copy = kstrdup(text, GFP_KERNEL);
	char *bytes = kmemdup(text, 4, GFP_KERNEL);
	char *cut = kstrndup(text, 9, GFP_KERNEL);
	char *whole = kstrndup(text, 100, GFP_KERNEL);
	char *ended = kmemdup_nul(text + 5, 4, GFP_KERNEL);

	KTEST_EXPECT_STREQ(t, copy, text);
	KTEST_EXPECT_TRUE(t, copy != text);
	if (KTEST_EXPECT_NOT_NULL(t, bytes))
		KTEST_EXPECT_EQ(t, memcmp(bytes, "from", 4), 0);
	KTEST_EXPECT_STREQ(t, cut, "from here");
	KTEST_EXPECT_STREQ(t, whole, text);
	KTEST_EXPECT_STREQ(t, ended, "here");
	KTEST_EXPECT_NULL(t, kstrdup(NULL, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kstrndup(NULL, 9, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kmemdup_nul(NULL, 9, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kmemdup_nul(text, SIZE_MAX,
					 GFP_KERNEL | __GFP_NOWARN));
	kfree(copy);
	kfree(bytes);
	kfree(cut);
	kfree(whole);
	kfree(ended);
}

/* Nothing is there: its area ends with the text. */
static void text_that_does_not_end_is_read_to_its_maximum(struct ktest *t)
{
	char *page = vmalloc(PAGE_SIZE), *copy = NULL;

	KTEST_ASSERT_NOT_NULL(t, page);
	memset(page, 'x', PAGE_SIZE);
	copy = kstrndup(page + PAGE_SIZE - 9, 9, GFP_KERNEL);
	KTEST_EXPECT_STREQ(t, copy, "xxxxxxxxx");
	kfree(copy);
	vfree(page);
}

/* Texts of all lengths up to a class's size, and the 0 behind them. */
static void copies_have_room_for_their_end(struct ktest *t)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";
	char *copies[3];
	size_t len, i;

	for (len = 0; len < sizeof(text) - 1; len++) {
		copies[0] = kmemdup_nul(text, len, GFP_MUST);
		copies[1] = kstrndup(text, len, GFP_MUST);
		copies[2] = kstrdup(text + sizeof(text) - 1 - len, GFP_MUST);
		for (i = 0; i < ARRAY_SIZE(copies); i++) {
			KTEST_EXPECT_EQ(t, strlen(copies[i]), len);
			KTEST_EXPECT_GT(t, ksize(copies[i]), len);
			kfree(copies[i]);
		}
	}
}

static void check_alone(struct ktest *t)
{
	char *p = kvzalloc(100, GFP_MUST);
	volatile size_t huge = KMALLOC_MAX_SIZE + 1;
	void *q = p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, virt_to_page(p)->type, PAGE_SLAB);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 100));
	kvfree(p);
	p = kvcalloc(5, PAGE_SIZE, GFP_MUST);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, virt_to_page(p)->type, PAGE_LARGE_KMALLOC);
	kvfree_sensitive(p, 5 * PAGE_SIZE);
	KTEST_EXPECT_PTR_EQ(t, kvmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	kvfree(ZERO_SIZE_PTR);
	kvfree(NULL);
	KTEST_EXPECT_REPORTS(t, 1, "kmalloc too large",
			     q = kvmalloc(huge, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, q);
}

/* As before there is vmalloc(). */
static void kvmalloc_alone_is_kmalloc(struct ktest *t)
{
	const struct kv_fallback *saved = kv_fallback;

	kv_fallback = NULL;
	check_alone(t);
	kv_fallback = saved;
}

/* Another way that has one block, and counts. */
static struct {
	char block[64];
	size_t size;
	gfp_t gfp;
	unsigned int allocs, frees;
} other_way;

static void *other_alloc(size_t size, gfp_t gfp, int nid)
{
	other_way.allocs++;
	other_way.size = size;
	other_way.gfp = gfp;
	return other_way.block;
}

static bool other_owns(const void *p)
{
	return p == other_way.block;
}

static void other_free(const void *p)
{
	other_way.frees++;
}

static const struct kv_fallback other_fallback = {
	other_alloc, other_owns, other_free
};

static void check_fallback(struct ktest *t)
{
	volatile size_t huge = KMALLOC_MAX_SIZE + 1, limit = 0x80000000UL;
	gfp_t gfp = GFP_KERNEL | __GFP_NOFAIL;
	void *p = kvmalloc(100, GFP_MUST);
	struct drained d;

	KTEST_EXPECT_EQ(t, ksize(p), 128);
	kvfree(p);
	KTEST_EXPECT_EQ(t, other_way.allocs, 0);
	KTEST_EXPECT_PTR_EQ(t, kvmalloc(huge, gfp), other_way.block);
	KTEST_EXPECT_EQ(t, other_way.allocs, 1);
	KTEST_EXPECT_EQ(t, other_way.size, huge);
	KTEST_EXPECT_EQ(t, other_way.gfp, gfp);
	kvfree(other_way.block);
	KTEST_EXPECT_EQ(t, other_way.frees, 1);
	drain_pages(&d);
	p = kvmalloc(64 * PAGE_SIZE, gfp);
	undrain_pages(&d);
	KTEST_EXPECT_PTR_EQ(t, p, other_way.block);
	/* it sleeps, so not for who must not */
	KTEST_EXPECT_NULL(t, kvmalloc(huge, GFP_ATOMIC));
	KTEST_EXPECT_REPORTS(t, 1, "kvmalloc too large",
			     p = kvmalloc(limit, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_NULL(t, kvmalloc(limit, GFP_KERNEL | __GFP_NOWARN));
	KTEST_EXPECT_EQ(t, other_way.allocs, 2);
	KTEST_EXPECT_PTR_EQ(t, kvmalloc(limit - 1, GFP_KERNEL),
			    other_way.block);
}

static void kvmalloc_goes_another_way_when_blocks_are_short(struct ktest *t)
{
	const struct kv_fallback *saved = kv_fallback;

	memset(&other_way, 0, sizeof(other_way));
	kv_fallback = &other_fallback;
	check_fallback(t);
	kv_fallback = saved;
}

/* So many bytes, and no other: the caller says how long the secret was. */
static void sensitive_memory_of_either_way_is_cleared(struct ktest *t)
{
	const struct kv_fallback *saved = kv_fallback;
	const size_t size = sizeof(other_way.block);
	unsigned char *kept = kmalloc(64, GFP_MUST);
	unsigned char *p = kvmalloc(64, GFP_MUST);

	memset(&other_way, 0, sizeof(other_way));
	memset(other_way.block, 0xee, size);
	kv_fallback = &other_fallback;
	kvfree_sensitive(other_way.block, size - 1);
	kv_fallback = saved;
	KTEST_EXPECT_EQ(t, other_way.frees, 1);
	KTEST_EXPECT_EQ(t, bytes_left((void *)other_way.block, size), 1);
	memset(p, 0xee, 64);
	kvfree_sensitive(p, 64);
#ifndef CONFIG_KASAN
	KTEST_EXPECT_LE(t, bytes_left(p, 64), sizeof(long));
#endif
	kfree(kept);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(roundup_says_what_ksize_will),
	KTEST_CASE(sensitive_blocks_are_cleared_to_their_end),
	KTEST_CASE(nothing_is_not_sensitive),
	KTEST_CASE(sensitive_wrong_pointers_are_reported_not_cleared),
	KTEST_CASE(array_calls_do_not_overflow),
	KTEST_CASE(struct_size_counts_and_does_not_wrap),
	KTEST_CASE(copies_are_equal_and_ones_own),
	KTEST_CASE(text_that_does_not_end_is_read_to_its_maximum),
	KTEST_CASE(copies_have_room_for_their_end),
	KTEST_CASE(kvmalloc_alone_is_kmalloc),
	KTEST_CASE(sensitive_memory_of_either_way_is_cleared),
	KTEST_CASE(kvmalloc_goes_another_way_when_blocks_are_short),
	{}
};
KTEST_SUITE_FIXTURE(kmalloc_api, cases, no_guards, guards_again);

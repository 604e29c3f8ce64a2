/*
 * Wrong frees to debugged caches, in every combination of flags: each is one
 * report, refused, and with SLAB_STORE_USER it says who had the object.
 */
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/spinlock.h>
#include <mm/gfp.h>

#include "slub_debug_fixture.h"

#define SIZE 64

static struct kmem_cache *s;

static void *get(void)
{
	return kmem_cache_alloc(s, GFP_MUST);
}

/* Runs fn with a cache of each kind, which is sound and whole afterwards. */
static void with_all_flags(struct ktest *t, void (*fn)(struct ktest *t))
{
	unsigned int set;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		s = debug_cache("careful", SIZE, 0, flag_set(set));
		KTEST_ASSERT_NOT_NULL(t, s);
		fn(t);
		KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
		if (t->failed)
			ktest_note(t, "flags %#x", flag_set(set));
	}
}

/* The report names the tracks if there are any. */
static void expect_tracks(struct ktest *t, const char *words)
{
	if (s->flags & SLAB_STORE_USER)
		expect_told(t, words);
}

static void free_twice(struct ktest *t)
{
	u8 *p = get();
	char words[80];

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	ksnprintf(words, sizeof(words), "cache careful, object %px", p);
	expect_told(t, words);
	expect_tracks(t, "allocated by thread");
	expect_tracks(t, "freed by thread");
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	KTEST_EXPECT_TRUE(t, get() == p && get() != p);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 2);
	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
}

static void free_twice_and_all(struct ktest *t)
{
	u8 *p = get(), *q;

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	p = get();
	q = get();
	KTEST_EXPECT_TRUE(t, p != q);
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
}

static void second_free_is_refused_and_tells_both_tracks(struct ktest *t)
{
	unsigned int set;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		s = debug_cache("careful", SIZE, 0, flag_set(set));
		free_twice(t);
		destroy_damaged(t, s);
	}
	with_all_flags(t, free_twice_and_all);
}

static void free_a_b_a(struct ktest *t)
{
	void *a = get(), *b = get(), *c = get();

	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, a));
	kmem_cache_free(s, c);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, a));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, b));
}

static void second_free_with_another_between_is_refused(struct ktest *t)
{
	with_all_flags(t, free_a_b_a);
}

static void free_after_return(struct ktest *t)
{
	void *p = get();

	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kmem_cache_free(s, p));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p));
}

static void second_free_after_the_slab_went_back_is_refused(struct ktest *t)
{
	with_all_flags(t, free_after_return);
}

/* What was written there hides nothing: the freelist is asked. */
static void free_twice_overwritten(struct ktest *t)
{
	void *p = get(), *q = get();
	unsigned long link;

	kmem_cache_free(s, p);
	link = *slab_word(s, p);
	*slab_word(s, p) = 0;
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	*slab_word(s, p) = link;
	kmem_cache_free(s, q);
	link = *slab_word(s, p);
	*slab_word(s, p) = 0x123456;
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	*slab_word(s, p) = link;
}

static void second_free_is_found_though_its_word_was_lost(struct ktest *t)
{
	with_all_flags(t, free_twice_overwritten);
}

/* A write past the end, before the free: F tells, others mend it. */
static void free_with_word_overwritten(struct ktest *t)
{
	u8 *p = get();

	*slab_word(s, p) = 0x4141;
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_free(s, p)),
			s->flags & SLAB_CONSISTENCY_CHECKS ? 2 : 0);
	if (s->flags & SLAB_CONSISTENCY_CHECKS)
		expect_told(t, "BUG: Freepointer corrupt");
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
}

static void free_word_overwritten_in_use_is_found_at_the_free(struct ktest *t)
{
	with_all_flags(t, free_with_word_overwritten);
}

/* All of the place but where the object begins, and of the next ones. */
static void free_inside(struct ktest *t)
{
	char *p = get(), *at;
	char words[60];

	for (at = p - s->red_left_pad; at < p + s->size; at++) {
		if (slab_is_object(s, at))
			continue;
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, at));
		KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(at));
	}
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(s, p + 9));
	ksnprintf(words, sizeof(words), " 9 bytes from its object on");
	expect_told(t, words);
	expect_tracks(t, "allocated by thread");
	kmem_cache_free(s, p);
}

static void every_address_inside_a_place_is_refused(struct ktest *t)
{
	with_all_flags(t, free_inside);
}

static void free_to_another(struct ktest *t)
{
	struct kmem_cache *other = debug_cache("other", SIZE, 0,
					       SLAB_STORE_USER);
	void *p = kmem_cache_alloc(other, GFP_MUST), *q = get();

	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(s, p));
	expect_told(t, "allocated by thread");
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(other, q));
	expect_tracks(t, "allocated by thread");
	kmem_cache_free(other, p);
	kmem_cache_free(s, q);
	kmem_cache_destroy(other);
}

static void object_of_another_cache_is_refused(struct ktest *t)
{
	with_all_flags(t, free_to_another);
}

/* Stack, text, data, a page, holes, a user's address. */
static void free_wild(struct ktest *t)
{
	static u64 data[2];
	struct page *page = alloc_page(GFP_MUST);
	u64 on_stack[2];
	void *const wild[] = {
		on_stack, data, (void *)(unsigned long)free_wild,
		page_address(page), (void *)0x1000UL, (void *)0x7ffff000UL,
		(void *)(PAGE_OFFSET - PAGE_SIZE), (void *)-PAGE_SIZE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(s, wild[i]));
		KTEST_EXPECT_REPORTS(t, 1, "", kfree(wild[i]));
	}
	KTEST_EXPECT_EQ(t, page_count(page), 1);
	__free_page(page);
}

static void what_is_no_object_is_refused(struct ktest *t)
{
	with_all_flags(t, free_wild);
}

static void free_nothing(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, ({
		kmem_cache_free(s, NULL);
		kmem_cache_free(s, ZERO_SIZE_PTR);
	}));
}

static void null_and_zero_size_are_fine(struct ktest *t)
{
	with_all_flags(t, free_nothing);
}

/* Who may not sleep, must not ask in a way that may. No array has any. */
static void alloc_atomic(struct ktest *t)
{
	void *p = get(), *q = get(), *r = NULL;
	unsigned long flags;

	kmem_cache_free(s, p);
	slab_flush_cpu(s);
	local_irq_save(flags);
	KTEST_EXPECT_REPORTS(t, 1, "interrupts off", p = get());
	local_irq_restore(flags);
	slab_flush_cpu(s);
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 0, NULL,
			     r = kmem_cache_alloc(s, GFP_ATOMIC));
	slab_flush_cpu(s);
	kmem_cache_free(s, r);
	slab_flush_cpu(s);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", r = get());
	preempt_enable();
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_free(s, r);
}

static void sleeping_allocation_in_atomic_context_is_reported(struct ktest *t)
{
	with_all_flags(t, alloc_atomic);
	s = debug_cache("plain", SIZE, 0, 0);
	alloc_atomic(t);
	kmem_cache_destroy(s);
}

static void construct(void *p)
{
	memset(p, 0x3c, SIZE);
}

static void clearing_a_constructed_object_is_refused(struct ktest *t)
{
	unsigned int set;
	void *p;

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		s = must_create("made", SIZE, 0, flag_set(set) |
				      SLAB_NO_USER_FLAGS, construct);
		KTEST_EXPECT_REPORTS(t, 1, "__GFP_ZERO for a cache with",
				     p = kmem_cache_zalloc(s, GFP_MUST));
		KTEST_EXPECT_NULL(t, p);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
	}
}

/* Its slab stays, and a late free is told from any other. */
static void late_free_after_destroy_is_refused(struct ktest *t)
{
	void *p;

	s = debug_cache("gone", SIZE, 0, flag_set(FLAG_SETS - 1));
	p = get();
	KTEST_EXPECT_REPORTS(t, 1, "objects live in a destroyed cache",
			     kmem_cache_destroy(s));
	expect_told(t, "allocated by thread");
	KTEST_EXPECT_REPORTS(t, 1, "destroyed cache", kfree(p));
	exhume();
}

#define ALL_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
		   SLAB_STORE_USER)

static void expect_place(struct ktest *t, char *p, int distance)
{
	struct page *head = slab_of(p);
	char words[80];

	ksnprintf(words, sizeof(words), "place number %u, %d bytes from its",
		  slab_index(s, head, p), distance);
	KTEST_EXPECT_REPORTS(t, 1, words, kmem_cache_free(s, p + distance));
	ksnprintf(words, sizeof(words), "slab %px of cache place",
		  page_address(head));
	expect_told(t, words);
	ksnprintf(words, sizeof(words), ", order %u, in use %u\n", head->order,
		  head->inuse);
	expect_told(t, words);
	KTEST_EXPECT_EQ(t, told("allocated by"), slab_keeps_tracks(s));
}

static void report_tells_the_place_and_the_distance(struct ktest *t)
{
	char *p;

	s = debug_cache("place", 96, 0, 0);
	p = get();
	expect_place(t, p, 3);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	s = debug_cache("placed", 96, 0, ALL_FLAGS);
	p = get();
	expect_place(t, p, 95);
	expect_place(t, p, -8);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Its slab has room for one more, but for the end: padding, no tracks. */
static unsigned int size_that_leaves_a_rest(void)
{
	unsigned int size;

	for (size = 8; size < PAGE_SIZE; size += 8) {
		struct kmem_cache c = {
			.object_size = size, .flags = ALL_FLAGS,
		};

		slab_layout(&c);
		if ((PAGE_SIZE << c.order) % c.size > c.offset + c.size / 2)
			break;
	}
	return size;
}

static void behind_the_last_place_are_no_tracks(struct ktest *t)
{
	struct page *head;
	void *p, *rest;

	s = debug_cache("rest", size_that_leaves_a_rest(), 0, ALL_FLAGS);
	p = get();
	head = slab_of(p);
	rest = slab_object(s, head, slab_objects(s, head));
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(s, rest));
	expect_told(t, "place number");
	KTEST_EXPECT_FALSE(t, told("allocated by"));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(second_free_is_refused_and_tells_both_tracks),
	KTEST_CASE(second_free_with_another_between_is_refused),
	KTEST_CASE(second_free_after_the_slab_went_back_is_refused),
	KTEST_CASE(second_free_is_found_though_its_word_was_lost),
	KTEST_CASE(free_word_overwritten_in_use_is_found_at_the_free),
	KTEST_CASE(every_address_inside_a_place_is_refused),
	KTEST_CASE(object_of_another_cache_is_refused),
	KTEST_CASE(what_is_no_object_is_refused),
	KTEST_CASE(null_and_zero_size_are_fine),
	KTEST_CASE(sleeping_allocation_in_atomic_context_is_reported),
	KTEST_CASE(clearing_a_constructed_object_is_refused),
	KTEST_CASE(late_free_after_destroy_is_refused),
	KTEST_CASE(report_tells_the_place_and_the_distance),
	KTEST_CASE(behind_the_last_place_are_no_tracks),
	{}
};
KTEST_SUITE(slub_debug_free, cases);

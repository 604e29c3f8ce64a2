/*
 * Damage to a debugged slab's own books: the freelist's head, its links, its
 * count. What cannot be believed is cut off, nothing is handed out twice, and
 * what is lost is lost only until its link is made right again.
 */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "slub_debug_fixture.h"

#define SIZE 64
#define MAX_OBJECTS 128

static struct kmem_cache *s;
static u8 *p;			/* free, and first of its slab's freelist */
static struct page *head;

/* A slab with a freelist of three at least, and one object in use. */
static bool set_out(struct ktest *t, slab_flags_t flags)
{
	void *other;

	s = debug_cache("chained", SIZE, 0, flags);
	if (!KTEST_EXPECT_NOT_NULL(t, s))
		return false;
	other = kmem_cache_alloc(s, GFP_MUST);
	p = kmem_cache_alloc(s, GFP_MUST);
	kmem_cache_free(s, p);
	head = slab_of(p);
	return KTEST_EXPECT_TRUE(t, slab_of(other) == head &&
				 slab_objects(s, head) < MAX_OBJECTS &&
				 slab_object(s, head, head->freelist - 1U) ==
				 p);
}

static void *object_in_use(void)
{
	unsigned int i;
	void *object;

	for (i = 0; i < s->objects; i++) {
		object = slab_object(s, head, i);
		if (*slab_word(s, object) == slab_active_word(s))
			return object;
	}
	return NULL;
}

/* All whole, one object in use: gives it back and ends the cache. */
static void finish_whole(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
	KTEST_EXPECT_EQ(t, head->inuse, 1);
	kmem_cache_free(s, object_in_use());
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

/*
 * Some objects are lost: the cache gives others, each once, takes them back
 * without a word, and ends with one report.
 */
static void finish_damaged(struct ktest *t)
{
	void *objs[2 * MAX_OBJECTS];
	unsigned int i, j;

	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
		KTEST_ASSERT_NOT_NULL(t, objs[i]);
		memset(objs[i], 1, SIZE);
		for (j = 0; j < i; j++)
			KTEST_ASSERT_TRUE(t, objs[i] != objs[j]);
	}
	KTEST_EXPECT_EQ(t, EVENTS_OF({
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			kmem_cache_free(s, objs[i]);
	}), 0);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	destroy_damaged(t, s);
}

/* In each combination of flags; the lost ones are what they were: free. */
static void broken_link_is_three_events(struct ktest *t)
{
	unsigned int set;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		*slab_word(s, p) = ~*slab_word(s, p);
		KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
		expect_told(t, "BUG: Freechain corrupt");
		expect_told(t, "1 free objects before it");
		expect_told(t, "BUG: Wrong object count");
		expect_told(t, "FIX chained: ");
		KTEST_EXPECT_EQ(t, head->inuse, s->objects - 1);
		finish_damaged(t);
	}
}

/* As long as nobody takes from the slab, nothing of it is really lost. */
static void link_made_right_again_brings_all_back(struct ktest *t)
{
	unsigned int set, at;
	unsigned long right;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		right = *slab_word(s, p);
		for (at = 0; at < sizeof(long); at++) {
			p[s->offset + at] = (u8)~p[s->offset + at];
			KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
			KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
			*slab_word(s, p) = right;
			KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
			expect_told(t, "counted were 1");
			KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
		}
		finish_whole(t);
	}
}

static void link_back_is_cut(struct ktest *t)
{
	unsigned int set;
	void *q;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		q = slab_object(s, head, (unsigned int)slab_link(s, head, p) -
				1);
		slab_set_link(s, q, head->freelist);
		KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
		expect_told(t, "2 free objects before it");
		KTEST_EXPECT_EQ(t, head->inuse, s->objects - 2);
		finish_damaged(t);
	}
}

/* An object that somebody has is not handed out again. */
static void link_to_an_object_in_use_is_cut(struct ktest *t)
{
	unsigned int set;
	void *used;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		used = object_in_use();
		slab_set_link(s, p, (u16)(slab_index(s, head, used) + 1));
		KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
		KTEST_EXPECT_EQ(t, *slab_word(s, used), slab_active_word(s));
		KTEST_EXPECT_EQ(t, head->inuse, s->objects - 1);
		finish_damaged(t);
	}
}

static void list_that_ends_too_early_is_counted_anew(struct ktest *t)
{
	unsigned int set;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		slab_set_link(s, p, 0);
		KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
		expect_told(t, "counter is 1 but counted were");
		finish_damaged(t);
	}
}

static void wrong_count_is_set_right(struct ktest *t)
{
	KTEST_ASSERT_TRUE(t, set_out(t, SLAB_POISON));
	head->inuse++;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "BUG: Wrong object count");
	expect_told(t, "counter is 2 but counted were 1");
	head->inuse = 0;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	finish_whole(t);
}

/* Of nowhere, or of an object in use. */
static void wrong_head_empties_the_freelist(struct ktest *t)
{
	unsigned int set;
	u16 right;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		right = head->freelist;
		head->freelist = set & 1 ? (u16)(s->objects + 1) :
				 (u16)(slab_index(s, head, object_in_use()) +
				       1);
		KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
		expect_told(t, "BUG: Freepointer corrupt");
		expect_told(t, "freelist cleared");
		KTEST_EXPECT_EQ(t, head->freelist, 0);
		KTEST_EXPECT_EQ(t, head->inuse, s->objects);
		if (!(s->flags & SLAB_STORE_USER)) {
			finish_damaged(t);
			continue;
		}
		head->freelist = right;	/* full slabs are looked at */
		KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
		finish_whole(t);
	}
}

/* Whoever allocates next stumbles over it: told, cut off, another slab. */
static void allocation_finds_a_broken_link(struct ktest *t)
{
	unsigned int set;
	u8 *q;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		KTEST_ASSERT_TRUE(t, set_out(t, flag_set(set)));
		*slab_word(s, p) ^= 0xff;
		KTEST_EXPECT_EQ(t, EVENTS_OF(q = kmem_cache_alloc(s,
						GFP_MUST)), 2);
		expect_told(t, "BUG: freelist damaged");
		expect_told(t, "free objects given up");
		KTEST_ASSERT_NOT_NULL(t, q);
		KTEST_EXPECT_TRUE(t, slab_of(q) != head);
		kmem_cache_free(s, q);
		finish_damaged(t);
	}
}

static void head_of_an_object_in_use_gives_nothing(struct ktest *t)
{
	u8 *q;

	KTEST_ASSERT_TRUE(t, set_out(t, SLAB_RED_ZONE));
	head->freelist = (u16)(slab_index(s, head, object_in_use()) + 1);
	KTEST_EXPECT_EQ(t, EVENTS_OF(q = kmem_cache_alloc(s, GFP_MUST)), 2);
	KTEST_EXPECT_TRUE(t, slab_of(q) != head);
	kmem_cache_free(s, q);
	finish_damaged(t);
}

/* An object that was lost is no longer when its last owner frees it again. */
static void free_of_a_lost_object_takes_it_back(struct ktest *t)
{
	unsigned long link;
	void *q;

	KTEST_ASSERT_TRUE(t, set_out(t, SLAB_POISON));
	link = slab_link(s, head, p);
	q = slab_object(s, head, (unsigned int)link - 1);
	*slab_word(s, p) = 0;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 3);
	KTEST_EXPECT_EQ(t, head->inuse, s->objects - 1);
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_free(s, q)), 0);
	KTEST_EXPECT_EQ(t, head->inuse, s->objects - 2);
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_free(s, q)), 1);
	finish_damaged(t);
}

/* A cache without flags can be looked at too: its books, nothing else. */
static void caches_without_flags_have_their_books_checked(struct ktest *t)
{
	struct kmem_cache *plain = debug_cache("plain", SIZE, 0, 0);
	void *q = kmem_cache_alloc(plain, GFP_MUST);
	struct page *slab;

	KTEST_ASSERT_NOT_NULL(t, q);
	memset(q, 0xff, SIZE);
	slab = slab_of(q);
	expect_events(t, plain, 0);
	KTEST_EXPECT_EQ(t, slab->inuse, 1);
	slab->inuse = 3;
	expect_events(t, plain, 2);
	kmem_cache_free(plain, q);
	kmem_cache_destroy(plain);
}

static void objects_left_at_destroy_are_an_event_each(struct ktest *t)
{
	unsigned long events;
	unsigned int n, i;

	for (n = 1; n < 100; n += 33) {
		s = debug_cache("left", SIZE, 0, flag_set(n % FLAG_SETS));
		KTEST_ASSERT_NOT_NULL(t, s);
		for (i = 0; i < n; i++)
			kmem_cache_alloc(s, GFP_MUST);
		events = slab_nr_events();
		destroy_damaged(t, s);
		KTEST_EXPECT_EQ(t, slab_nr_events() - events, n + 1);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(broken_link_is_three_events),
	KTEST_CASE(link_made_right_again_brings_all_back),
	KTEST_CASE(link_back_is_cut),
	KTEST_CASE(link_to_an_object_in_use_is_cut),
	KTEST_CASE(list_that_ends_too_early_is_counted_anew),
	KTEST_CASE(wrong_count_is_set_right),
	KTEST_CASE(wrong_head_empties_the_freelist),
	KTEST_CASE(allocation_finds_a_broken_link),
	KTEST_CASE(head_of_an_object_in_use_gives_nothing),
	KTEST_CASE(free_of_a_lost_object_takes_it_back),
	KTEST_CASE(caches_without_flags_have_their_books_checked),
	KTEST_CASE(objects_left_at_destroy_are_an_event_each),
	{}
};
KTEST_SUITE(slub_debug_chain, cases);

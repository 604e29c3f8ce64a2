/*
 * Debugged caches in good hands: no false report in a long random use, and
 * what the caller may rely on (constructors, zeroes, sizes) in every
 * combination of flags.
 */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <mm/gfp.h>

#include "slub_debug_fixture.h"

#ifdef STRATA_HOSTED
#define OPERATIONS 1000000
#else
#define OPERATIONS 100000
#endif
#define SLOTS 32

struct slot {
	u8 *p;
	unsigned int size;	/* asked for */
};

static struct rng rng;

static unsigned int below(unsigned int n)
{
	return (unsigned int)rng_below(&rng, n);
}

static bool take(struct kmem_cache *s, struct slot *slot)
{
	gfp_t zero = below(3) ? 0 : __GFP_ZERO;

	slot->size = s->flags & SLAB_KMALLOC ? 1 + below(s->object_size) :
					       s->object_size;
	slot->p = s->flags & SLAB_KMALLOC ?
		  __kmalloc_cache_noprof(s, GFP_MUST | zero, slot->size) :
		  kmem_cache_alloc(s, GFP_MUST | zero);
	if (!slot->p || (zero && memchr_inv(slot->p, 0, slot->size)))
		return false;
	fill_object(slot->p, slot->size);
	return true;
}

static bool give(struct kmem_cache *s, struct slot *slot)
{
	bool whole = object_is_intact(slot->p, slot->size);

	if (below(2))
		kmem_cache_free(s, slot->p);
	else
		kfree(slot->p);
	slot->p = NULL;
	return whole;
}

/* One random step; false: something came out wrong. */
static bool step(struct kmem_cache *s, struct slot *slots)
{
	struct slot *slot = &slots[below(SLOTS)];

	if (!below(400))
		validate_slab_cache(s);
	if (!below(400))
		kmem_cache_shrink(s);
	if (slot->p && (s->flags & SLAB_KMALLOC) && !below(50)) {
		slot->size = (unsigned int)ksize(slot->p);
		fill_object(slot->p, slot->size);
	}
	return slot->p ? give(s, slot) : take(s, slot);
}

static void use_at_random(struct ktest *t, unsigned int set,
			  slab_flags_t extra, unsigned int n)
{
	struct slot slots[SLOTS] = { { 0 } };
	struct kmem_cache *s = debug_cache("random", 1 + below(600), 0,
					   flag_set(set) | extra);
	unsigned int i;
	bool good = true;

	KTEST_ASSERT_NOT_NULL(t, s);
	for (i = 0; i < n && good; i++)
		good = step(s, slots);
	KTEST_EXPECT_EQ(t, i, n);
	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			KTEST_EXPECT_TRUE(t, give(s, &slots[i]));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

static void valid_use_is_never_reported(struct ktest *t)
{
	const unsigned int rounds = 2 * FLAG_SETS;
	unsigned long events = slab_nr_events();
	unsigned int i;

	rng = rng_seed(27);
	for (i = 0; i < rounds && !t->failed; i++)
		use_at_random(t, i % FLAG_SETS, i < FLAG_SETS ? 0 :
			      SLAB_KMALLOC, OPERATIONS / rounds);
	KTEST_EXPECT_EQ(t, slab_nr_events(), events);
}

#define MADE_SIZE 75
#define MADE_BYTE 0xc7

static void construct(void *p)
{
	memset(p, MADE_BYTE, MADE_SIZE);
}

static bool all_are_made(struct kmem_cache *s, void **objs, unsigned int n)
{
	bool made = true;
	unsigned int i;

	for (i = 0; i < n; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
		made &= objs[i] && !memchr_inv(objs[i], MADE_BYTE, MADE_SIZE);
	}
	return made;
}

static void constructor_s_work_is_kept_whatever_the_flags(struct ktest *t)
{
	unsigned int set, round, i;
	struct kmem_cache *s;
	void *objs[60];

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		s = must_create("made", MADE_SIZE, 0, flag_set(set) |
				      SLAB_NO_USER_FLAGS, construct);
		KTEST_ASSERT_NOT_NULL(t, s);
		for (round = 0; round < 3; round++) {
			KTEST_EXPECT_TRUE(t, all_are_made(s, objs, 60));
			KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
			for (i = 0; i < 60; i++)
				kmem_cache_free(s, objs[i]);
			KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
		}
		kmem_cache_destroy(s);
	}
}

/* What was not asked for is the red zone's, and stays so. */
static void zeroing_clears_just_what_was_asked_for(struct ktest *t)
{
	unsigned int set, asked;
	struct kmem_cache *s;
	u8 *p;

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		s = debug_cache("zeroed", 40, 0, flag_set(set) | SLAB_KMALLOC);
		KTEST_ASSERT_NOT_NULL(t, s);
		for (asked = 1; asked <= 40; asked++) {
			p = __kmalloc_cache_noprof(s, GFP_MUST | __GFP_ZERO,
						   asked);
			KTEST_EXPECT_NULL(t, memchr_inv(p, 0, asked));
			if (set & 2)
				KTEST_EXPECT_NULL(t, memchr_inv(p + asked,
						  SLUB_RED_ACTIVE, 40 - asked));
			KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
			kmem_cache_free(s, p);
		}
		kmem_cache_destroy(s);
	}
}

static void new_objects_are_poisoned(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("fresh", 50, 0, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, POISON_FREE, 49));
	KTEST_EXPECT_EQ(t, p[49], POISON_END);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void who_asks_for_the_size_may_use_it_all(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("sized", 64, 0, SLAB_KMALLOC |
					   flag_set(FLAG_SETS - 1));
	u8 *p = __kmalloc_cache_noprof(s, GFP_MUST, 20);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, p[20], SLUB_RED_ACTIVE);
	KTEST_EXPECT_EQ(t, ksize(p), 64);
	memset(p, 1, 64);
	expect_events(t, s, 0);
	p[64] = 1;
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void krealloc_in_place_moves_the_red_zone(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("resized", 64, 0, SLAB_KMALLOC |
					   SLAB_STORE_USER | SLAB_RED_ZONE);
	u8 *p = __kmalloc_cache_noprof(s, GFP_MUST, 48);

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 0xff, 48);
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 40, GFP_MUST | __GFP_ZERO), p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0xff, 40));
	KTEST_EXPECT_NULL(t, memchr_inv(p + 40, SLUB_RED_ACTIVE, 24));
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 56, GFP_MUST | __GFP_ZERO), p);
	KTEST_EXPECT_NULL(t, memchr_inv(p + 40, 0, 16));
	KTEST_EXPECT_NULL(t, memchr_inv(p + 56, SLUB_RED_ACTIVE, 8));
	expect_events(t, s, 0);
	memset(p, 0xff, 56);
	p = krealloc(p, 112, GFP_MUST | __GFP_ZERO);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0xff, 56));
	KTEST_EXPECT_NULL(t, memchr_inv(p + 56, 0, 56));
	kfree(p);
	kmem_cache_destroy(s);
}

/* What comes in view is clear, to the byte: it was red zone before. */
static void krealloc_by_single_bytes_clears_each(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("resized", 64, 0, SLAB_KMALLOC |
					   SLAB_RED_ZONE);
	u8 *p = __kmalloc_cache_noprof(s, GFP_MUST, 1);
	unsigned int size;

	for (size = 2; size <= 64; size++) {
		KTEST_EXPECT_PTR_EQ(t, krealloc(p, size, GFP_KERNEL |
						__GFP_ZERO), p);
		KTEST_EXPECT_EQ(t, p[size - 1], 0);
		p[size - 1] = 0xff;
		expect_events(t, s, 0);
	}
	kfree(p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(valid_use_is_never_reported),
	KTEST_CASE(constructor_s_work_is_kept_whatever_the_flags),
	KTEST_CASE(zeroing_clears_just_what_was_asked_for),
	KTEST_CASE(new_objects_are_poisoned),
	KTEST_CASE(who_asks_for_the_size_may_use_it_all),
	KTEST_CASE(krealloc_in_place_moves_the_red_zone),
	KTEST_CASE(krealloc_by_single_bytes_clears_each),
	{}
};
KTEST_SUITE(slub_debug_use, cases);

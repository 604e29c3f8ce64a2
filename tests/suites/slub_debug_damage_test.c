/*
 * Damage, byte by byte: whatever stands in an object's place and is not its
 * user's just then is told when somebody looks, as one finding and one repair,
 * with the right words, and is as it was before.
 */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "slub_debug_fixture.h"

/* Who looks at the damage. All but the first only with F. */
enum moment { VALIDATION, FREE, ALLOCATION, RETURN, NR_MOMENTS };

#define ASKED 18	/* bytes, of caches that know */

struct victim {
	struct kmem_cache *s;
	u8 *p;
	bool active;
};

static bool has_asked(const struct kmem_cache *s)
{
	return s->flags & SLAB_KMALLOC && s->flags & SLAB_RED_ZONE;
}

/* Of a byte of the object itself; NULL: it may hold anything. */
static const char *kind_inside(const struct victim *v, int at)
{
	int size = (int)v->s->object_size;

	if (v->active)
		return has_asked(v->s) && at >= ASKED ?
		       "kmalloc Redzone overwritten" : NULL;
	if (!(v->s->flags & SLAB_POISON) || v->s->ctor)
		return NULL;
	return at == size - 1 ? "End Poison overwritten" :
				"Poison overwritten";
}

/* Of a byte of what is kept behind the word. */
static const char *kind_kept(const struct victim *v, int at)
{
	int tracks = v->s->flags & SLAB_STORE_USER ?
		     2 * (int)sizeof(struct track) : 0;
	int asked = has_asked(v->s) ? 4 : 0;

	at -= (int)(v->s->offset + sizeof(long));
	if (at < tracks)
		return NULL;
	if (at < tracks + asked)
		return "Object size overwritten";
	return v->s->flags & SLAB_POISON ? "Object Padding overwritten" : NULL;
}

/* What a change of the byte there is called; NULL: nobody sees it. */
static const char *kind_of(const struct victim *v, int at)
{
	const struct kmem_cache *s = v->s;

	if (at < 0)
		return s->flags & SLAB_RED_ZONE ? "Left Redzone overwritten" :
						  NULL;
	if (at < (int)s->object_size)
		return kind_inside(v, at);
	if (at < (int)s->inuse) {
		if (s->flags & SLAB_RED_ZONE)
			return "Right Redzone overwritten";
		return s->flags & SLAB_POISON ?
		       "Alignment Padding overwritten" : NULL;
	}
	if (at < (int)(s->offset + sizeof(long)))
		return "Freepointer corrupt";
	return kind_kept(v, at);
}

static void *get(struct kmem_cache *s)
{
	if (s->flags & SLAB_KMALLOC)
		return __kmalloc_cache_noprof(s, GFP_MUST, ASKED);
	return kmem_cache_alloc(s, GFP_MUST);
}

/* A victim in use or free, as the moment needs it. */
static void prepare(struct victim *v)
{
	v->p = get(v->s);
	if (v->active)
		memset(v->p, 0x77, v->s->flags & SLAB_KMALLOC ? ASKED :
						v->s->object_size);
	else
		kmem_cache_free(v->s, v->p);
}

static void look(struct victim *v, enum moment moment)
{
	switch (moment) {
	case VALIDATION:
		validate_slab_cache(v->s);
		break;
	case FREE:
		kmem_cache_free(v->s, v->p);
		break;
	case ALLOCATION:
		v->p = get(v->s);
		break;
	default:
		kmem_cache_shrink(v->s);
	}
}

static void expect_words(struct ktest *t, const struct victim *v, int at,
			 const char *kind, u8 wrong, u8 right)
{
	char words[100];

	expect_told(t, kind);
	ksnprintf(words, sizeof(words), "cache %s, object %px", v->s->name,
		  v->p);
	expect_told(t, words);
	expect_told(t, "FIX prey: ");
	if (!strcmp(kind, "Freepointer corrupt") ||
	    !strcmp(kind, "Object size overwritten"))
		return;
	ksnprintf(words, sizeof(words),
		  "1 bytes from offset %d on, first byte %#x instead of %#x",
		  at, wrong, right);
	expect_told(t, words);
}

/* Changes one byte and has somebody look. */
static void hurt(struct ktest *t, struct victim *v, int at, enum moment moment)
{
	const char *kind = kind_of(v, at);
	u8 *byte, right;

	v->active = moment == FREE || (moment == VALIDATION && v->active);
	prepare(v);
	byte = v->p + at;
	right = *byte;
	*byte = (u8)~right;
	KTEST_EXPECT_EQ(t, EVENTS_OF(look(v, moment)), kind ? 2 : 0);
	if (kind)
		expect_words(t, v, at, kind, (u8)~right, right);
	if (moment == VALIDATION && kind && strcmp(kind,
						   "Object size overwritten"))
		KTEST_EXPECT_EQ(t, *byte, right);
	if (moment == VALIDATION)
		KTEST_EXPECT_EQ(t, events_of_validation(v->s), 0);
	if (moment == VALIDATION && !kind)
		*byte = right;
	if ((moment == VALIDATION && v->active) || moment == ALLOCATION)
		kmem_cache_free(v->s, v->p);
	if (t->failed)
		ktest_note(t, "flags %#x, size %u, offset %d, moment %d",
			   v->s->flags, v->s->object_size, at, (int)moment);
}

/* A word that links free objects is another matter. */
static bool is_link(const struct victim *v, int at)
{
	return !v->active && at >= (int)v->s->offset &&
	       at < (int)(v->s->offset + sizeof(long));
}

static void hurt_everywhere(struct ktest *t, struct kmem_cache *s,
			    bool active, enum moment moment)
{
	int first = -(int)s->red_left_pad, at;
	struct victim v = { .s = s };

	for (at = first; at < first + (int)s->size && !t->failed; at++) {
		v.active = active;
		if (!is_link(&v, at))
			hurt(t, &v, at, moment);
	}
}

static void nothing(void *p)
{
}

static void at_each_byte(struct ktest *t, enum moment moment, bool active,
			 unsigned int size, slab_flags_t extra)
{
	unsigned int set;
	struct kmem_cache *s;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		if (moment != VALIDATION && !(set & 1))
			continue;
		s = must_create("prey", size, 0, flag_set(set) | extra |
				      SLAB_NO_USER_FLAGS,
				      size == 33 ? nothing : NULL);
		KTEST_ASSERT_NOT_NULL(t, s);
		hurt_everywhere(t, s, active, moment);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		kmem_cache_destroy(s);
	}
}

/* Odd and even, with and without a constructor, with unasked bytes. */
static void at_each_byte_of_all_sizes(struct ktest *t, enum moment moment,
				      bool active)
{
	at_each_byte(t, moment, active, 8, 0);
	at_each_byte(t, moment, active, 45, 0);
	at_each_byte(t, moment, active, 33, 0);
	at_each_byte(t, moment, active, 32, SLAB_KMALLOC);
}

static void validation_finds_each_byte_of_objects_in_use(struct ktest *t)
{
	at_each_byte_of_all_sizes(t, VALIDATION, true);
}

static void validation_finds_each_byte_of_free_objects(struct ktest *t)
{
	at_each_byte_of_all_sizes(t, VALIDATION, false);
}

static void a_free_finds_each_byte(struct ktest *t)
{
	at_each_byte_of_all_sizes(t, FREE, true);
}

static void an_allocation_finds_each_byte(struct ktest *t)
{
	at_each_byte_of_all_sizes(t, ALLOCATION, false);
}

static void each_byte_is_found_when_the_slab_goes_back(struct ktest *t)
{
	at_each_byte_of_all_sizes(t, RETURN, false);
}

/* Without F only those look who are asked to. */
static void without_consistency_checks_nobody_looks(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 64, 0, SLAB_RED_ZONE |
					   SLAB_POISON | SLAB_STORE_USER);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, p);
	p[64] = 0;
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_free(s, p)), 0);
	p[5] = 0;
	KTEST_EXPECT_EQ(t, EVENTS_OF(p = kmem_cache_alloc(s, GFP_MUST)), 0);
	kmem_cache_free(s, p);
	p[5] = 0;
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_shrink(s)), 0);
	kmem_cache_destroy(s);
}

static void several_bytes_in_a_row_are_one_finding(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 64, 0, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);
	char words[100];

	KTEST_ASSERT_NOT_NULL(t, p);
	p[65] = 1;
	p[67] = 1;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "3 bytes from offset 65 on, first byte 0x1 instead of ");
	ksnprintf(words, sizeof(words), "overwritten: bytes %px-%px are 0xcc",
		  p + 65, p + 67);
	expect_told(t, words);
	KTEST_EXPECT_EQ(t, events_of_validation(s), 0);
	KTEST_EXPECT_NULL(t, memchr_inv(p + 64, SLUB_RED_ACTIVE, sizeof(long)));
	memset(p - sizeof(long), 0, 2 * sizeof(long) + 64);
	memset(p + 64, 0, sizeof(long));
	KTEST_EXPECT_EQ(t, events_of_validation(s), 4);
	expect_told(t, "offset -");
	expect_told(t, "offset 64 on");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Though it might have been asked for: and the user's bytes stay. */
static void a_size_asked_for_that_was_overwritten_is_found(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 32, 0, SLAB_RED_ZONE |
					   SLAB_KMALLOC);
	u8 *p = __kmalloc_cache_noprof(s, GFP_MUST, ASKED);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 0x77, ASKED);
	for (i = 0; i <= 33; i++) {
		if (i == ASKED)
			continue;
		*slab_asked(s, p) = (slab_asked_word(ASKED) & ~0xffffU) | i;
		KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
		expect_told(t, "BUG: Object size overwritten");
		KTEST_EXPECT_EQ(t, ksize(p), 32);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0x77, ASKED));
	}
	/* both copies agree, but the object is not that large */
	*slab_asked(s, p) = slab_asked_word(200);
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	KTEST_EXPECT_EQ(t, ksize(p), 32);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* The check of a slab ends with its first damaged object. */
static bool is_whole(struct kmem_cache *s, void *p)
{
	bool whole = false;

	EVENTS_OF(whole = slab_check_object(s, slab_of(p), p,
					    SLUB_RED_ACTIVE));
	return whole;
}

/* Who looks is told so, whatever it was, and once: it is repaired. */
static void object_with_damage_anywhere_is_not_whole(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("whole", 12, 64, SLAB_POISON);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);
	unsigned int at;

	KTEST_EXPECT_TRUE(t, is_whole(s, p));
	for (at = s->object_size; at < s->size; at++) {
		p[at] ^= 1;
		KTEST_EXPECT_FALSE(t, is_whole(s, p));
		KTEST_EXPECT_TRUE(t, is_whole(s, p));
	}
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void damaged_objects_of_a_slab_are_found_one_by_one(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 64, 0, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);
	u8 *q = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, q);
	KTEST_ASSERT_TRUE(t, slab_of(p) == slab_of(q));
	p[64] = 1;
	q[64] = 1;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

static void full_slabs_are_looked_at_if_users_are_stored(struct ktest *t)
{
	slab_flags_t flags = SLAB_RED_ZONE;
	struct kmem_cache *s;
	u8 *objs[128];
	unsigned int i, n, user;

	for (user = 0; user < 2; user++, flags |= SLAB_STORE_USER) {
		s = debug_cache("prey", 64, 0, flags);
		n = s->objects;
		KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
		for (i = 0; i < n; i++)
			objs[i] = kmem_cache_alloc(s, GFP_MUST);
		KTEST_EXPECT_EQ(t, slab_of(objs[0])->inuse, n);
		objs[3][64] = 1;
		expect_events(t, s, user ? 2 : 0);
		kmem_cache_free(s, objs[0]);
		expect_events(t, s, user ? 0 : 2);
		KTEST_EXPECT_EQ(t, validate_slab_cache(s), 1);
		for (i = 1; i < n; i++)
			kmem_cache_free(s, objs[i]);
		kmem_cache_destroy(s);
	}
}

/* The rest of a slab belongs to no place. */
static void the_rest_behind_the_last_place_is_looked_at(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 64, 0, SLAB_POISON |
					   SLAB_CONSISTENCY_CHECKS);
	unsigned int i, bytes, used = s->objects * s->size;
	u8 *base, *p = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, p);
	base = lowmem_page_address(slab_of(p));
	bytes = (unsigned int)PAGE_SIZE << slab_of(p)->order;
	KTEST_ASSERT_TRUE(t, used < bytes);
	for (i = used; i < bytes; i++) {
		base[i] ^= 1;
		expect_events(t, s, 2);
	}
	base[used] ^= 1;
	p[s->size - 1] ^= 1;	/* its object is looked at the next time */
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "BUG: Padding overwritten");
	expect_events(t, s, 2);
	kmem_cache_free(s, p);
	base[used] ^= 1;
	KTEST_EXPECT_EQ(t, EVENTS_OF(kmem_cache_shrink(s)), 2);
	kmem_cache_destroy(s);
}

/* ----- who had it --------------------------------------------------------- */

static noinline void *taker(struct kmem_cache *s)
{
	void *p = kmem_cache_alloc(s, GFP_MUST);

	barrier();
	return p;
}

static noinline void giver(struct kmem_cache *s, void *p)
{
	kmem_cache_free(s, p);
	barrier();
}

/* Names of functions are known to the kernel only. */
static void expect_name(struct ktest *t, const char *name)
{
#ifndef STRATA_HOSTED
	expect_told(t, name);
#endif
}

static void reports_name_who_allocated_and_who_freed(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 64, 0,
					   flag_set(FLAG_SETS - 1));
	u8 *p = taker(s);
	char cpu[32];

	KTEST_ASSERT_NOT_NULL(t, p);
	p[64] = 0x12;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "BUG: Right Redzone overwritten");
	expect_told(t, "allocated by thread");
	expect_name(t, "  taker+");
	KTEST_EXPECT_FALSE(t, told("freed by thread"));
	giver(s, p);
	p[7] = 0x12;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "BUG: Poison overwritten");
	expect_name(t, "  taker+");
	expect_told(t, "freed by thread");
	expect_name(t, "  giver+");
	ksnprintf(cpu, sizeof(cpu), "on CPU %u, ", smp_processor_id());
	expect_told(t, cpu);
	kmem_cache_destroy(s);
}

/* What lies in memory is shown: the wrong byte among its neighbours. */
static void reports_show_the_bytes_found(struct ktest *t)
{
	struct kmem_cache *s = debug_cache("prey", 16, 0, SLAB_RED_ZONE);
	u8 *p = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 0x21, 16);
	p[17] = 0x12;
	KTEST_EXPECT_EQ(t, events_of_validation(s), 2);
	expect_told(t, "cc 12 cc cc");
	expect_told(t, ": 21 21 21 21 21 21 21 21 21 21 21 21 21 21 21 21");
	expect_told(t, "in use 1 of ");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(validation_finds_each_byte_of_objects_in_use),
	KTEST_CASE(validation_finds_each_byte_of_free_objects),
	KTEST_CASE(a_free_finds_each_byte),
	KTEST_CASE(an_allocation_finds_each_byte),
	KTEST_CASE(each_byte_is_found_when_the_slab_goes_back),
	KTEST_CASE(without_consistency_checks_nobody_looks),
	KTEST_CASE(several_bytes_in_a_row_are_one_finding),
	KTEST_CASE(a_size_asked_for_that_was_overwritten_is_found),
	KTEST_CASE(object_with_damage_anywhere_is_not_whole),
	KTEST_CASE(damaged_objects_of_a_slab_are_found_one_by_one),
	KTEST_CASE(full_slabs_are_looked_at_if_users_are_stored),
	KTEST_CASE(the_rest_behind_the_last_place_is_looked_at),
	KTEST_CASE(reports_name_who_allocated_and_who_freed),
	KTEST_CASE(reports_show_the_bytes_found),
	{}
};
KTEST_SUITE(slub_debug_damage, cases);

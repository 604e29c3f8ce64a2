/*
 * Places of debugged caches: what is kept beside an object is nobody else's,
 * alignment stays, the user may write every byte of his, and nothing that is
 * allowed is ever reported. In every combination of flags.
 */
#include <kernel/ktest.h>
#include <lib/bitmap.h>
#include <mm/gfp.h>

#include "slub_debug_fixture.h"

static const unsigned int large_sizes[] = {
	513, 640, 1000, 1023, 1024, 1025, 1500, 2047, 2048, 2049, 3000, 4000,
	4095, 4096, 4097, 5000, 6144, 8000, 8191, 8192,
};
#define MAX_SMALL 512
#define NR_SIZES (MAX_SMALL + ARRAY_SIZE(large_sizes))

static unsigned int size_number(unsigned int i)
{
	return i < MAX_SMALL ? i + 1 : large_sizes[i - MAX_SMALL];
}

/* ----- arithmetic --------------------------------------------------------- */

static const char *place_fault(const struct kmem_cache *s)
{
	unsigned int end = slab_metadata_end(s);

	if (s->size % s->align || s->red_left_pad % s->align)
		return "a place or its left zone is not a multiple of align";
	if (s->red_left_pad + s->object_size > s->size)
		return "object beyond its place";
	if (!kmem_cache_debug(s))
		return s->plain_objects == s->objects &&
		       s->min_plain_objects == s->min_objects ? NULL :
		       "a right free would be looked at";
	if (s->inuse < s->object_size || s->offset < s->inuse)
		return "something kept lies in the object";
	if (s->flags & SLAB_RED_ZONE && (s->inuse == s->object_size ||
					 !s->red_left_pad))
		return "an object without a red zone on a side";
	if (s->offset % sizeof(long) || s->red_left_pad + end > s->size)
		return "kept beyond its place";
	return s->plain_objects || s->min_plain_objects ?
	       "a free would not be looked at" : NULL;
}

/* Every object is where its number says, and nothing else is an object. */
static const char *number_fault(const struct kmem_cache *s)
{
	unsigned int bytes = (unsigned int)PAGE_SIZE << s->order;
	struct page page = { .order = s->order };
	unsigned int at, objects = 0;
	unsigned long p;

	for (at = 0; at < bytes; at += s->size < 64 ? 1 : 8) {
		p = (unsigned long)at;
		if (slab_index(s, &page, (void *)p) >= s->objects)
			continue;
		if (slab_index(s, &page, (void *)p) != at / s->size ||
		    at % s->size != s->red_left_pad)
			return "address with the number of another";
		objects++;
	}
	return objects == s->objects ? NULL : "not all objects have numbers";
}

static const char *layout_fault(unsigned int size, unsigned int align,
				slab_flags_t flags, void (*ctor)(void *))
{
	struct kmem_cache s = {
		.object_size = size, .align = align, .flags = flags,
		.ctor = ctor,
	};
	const char *fault;

	if (!slab_layout(&s))
		return "no layout";
	fault = place_fault(&s);
	return fault || size % 61 ? fault : number_fault(&s);
}

static void no_ctor(void *p)
{
}

static void try_layouts(struct ktest *t, slab_flags_t flags)
{
	unsigned int i, align;
	const char *fault = NULL;

	for (i = 0; i < NR_SIZES && !fault; i++)
		for (align = 8; align <= PAGE_SIZE && !fault; align *= 2) {
			fault = layout_fault(size_number(i), align, flags,
					     i & 1 ? no_ctor : NULL);
			if (fault)
				ktest_fail(t, __FILE__, __LINE__,
					   "%s: size %u, align %u, flags %#x",
					   fault, size_number(i), align, flags);
		}
}

static void nothing_kept_overlaps_in_any_layout(struct ktest *t)
{
	unsigned int set;

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		try_layouts(t, flag_set(set));
		try_layouts(t, flag_set(set) | SLAB_KMALLOC);
	}
}

/* Fraction of a block of that order that is wasted at most, of 16ths; or 16. */
static unsigned int sixteenths_wasted(unsigned int order, unsigned int size)
{
	size_t bytes = PAGE_SIZE << order, waste = bytes % size;
	unsigned int n;

	for (n = 1; n < 16; n *= 2)
		if (waste <= bytes / 16 * n)
			break;
	return n;
}

/* Enough objects first; then little waste; then a small block. */
static unsigned int best_order(unsigned int size)
{
	size_t enough = 4 * ((size_t)ilog2(nr_cpu_ids) + 2);
	unsigned int order, best = 0, least = 16, wasted;

	enough = min(enough, (PAGE_SIZE << 3) / size);
	for (order = 0; enough && order <= 3; order++) {
		wasted = sixteenths_wasted(order, size);
		if ((PAGE_SIZE << order) / size < enough || wasted >= least)
			continue;
		least = wasted;
		best = order;
	}
	while (least == 16 && PAGE_SIZE << best < size)
		best++;
	return best;
}

static void order_is_the_smallest_that_wastes_least(struct ktest *t)
{
	unsigned int size;

	for (size = 8; size < 16 * PAGE_SIZE && !t->failed; size += 8) {
		struct kmem_cache s = { .object_size = size };

		KTEST_EXPECT_TRUE(t, slab_layout(&s));
		KTEST_EXPECT_EQ(t, s.order, best_order(s.size));
		KTEST_EXPECT_EQ(t, s.objects, (PAGE_SIZE << s.order) / s.size);
		if (t->failed)
			ktest_note(t, "size %u", size);
	}
}

/* What an object leaves of its last word is zone enough. */
static void right_zone_is_a_word_or_what_is_left_of_one(struct ktest *t)
{
	unsigned int size;

	for (size = 1; size < 200; size++) {
		struct kmem_cache s = {
			.object_size = size, .flags = SLAB_RED_ZONE,
		};

		KTEST_EXPECT_TRUE(t, slab_layout(&s));
		KTEST_EXPECT_EQ(t, s.inuse,
				ALIGN(size + 1, (unsigned int)sizeof(long)));
	}
}

/* Half the logarithm of the size, 5 to 10, as Linux has it. */
static void more_empty_slabs_are_kept_of_larger_objects(struct ktest *t)
{
	static const struct {
		unsigned int size, slabs;
	} kept[] = {
		{ 8, 5 }, { 1024, 5 }, { 4096, 6 }, { 16384, 7 },
		{ 1 << 18, 9 }, { 1 << 20, 10 }, { 1 << 22, 10 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		struct kmem_cache s = { .object_size = kept[i].size };

		KTEST_EXPECT_TRUE(t, slab_layout(&s));
		KTEST_EXPECT_EQ(t, s.min_partial, kept[i].slabs);
	}
}

/* ----- real objects ------------------------------------------------------- */

#define NR_OBJECTS 5

/* Every byte written and read back; true if it is aligned and intact. */
static bool use_objects(struct kmem_cache *s, unsigned int align)
{
	void *objs[NR_OBJECTS] = { NULL };
	unsigned int i;
	bool good = true;

	for (i = 0; i < NR_OBJECTS; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
		good &= objs[i] && IS_ALIGNED((unsigned long)objs[i], align);
		if (objs[i])
			fill_object(objs[i], s->object_size);
	}
	validate_slab_cache(s);
	for (i = 0; i < NR_OBJECTS; i++) {
		good &= object_is_intact(objs[i], s->object_size);
		kmem_cache_free(s, objs[i]);
	}
	validate_slab_cache(s);
	return good;
}

static void try_cache(struct ktest *t, unsigned int size, unsigned int align,
		      slab_flags_t flags)
{
	struct kmem_cache *s = debug_cache("shape", size, align, flags);
	unsigned long events;

	KTEST_ASSERT_NOT_NULL(t, s);
	events = slab_nr_events();
	if (!use_objects(s, max(align, 8U)) || kmem_cache_validate(s) ||
	    kmem_cache_size(s) != size || slab_nr_events() != events)
		ktest_fail(t, __FILE__, __LINE__,
			   "size %u, align %u, flags %#x: %s, %lu events",
			   size, align, flags, kmem_cache_validate(s),
			   slab_nr_events() - events);
	kmem_cache_destroy(s);
}

static void objects_of_every_size_can_be_used_to_the_last_byte(struct ktest *t)
{
	unsigned int set, i;

	for (set = 0; set < FLAG_SETS; set++)
		for (i = 0; i < NR_SIZES && !t->failed; i++)
			try_cache(t, size_number(i), 0, flag_set(set));
}

static void objects_of_every_alignment_keep_it(struct ktest *t)
{
	static const unsigned int sizes[] = { 1, 24, 64, 100, 1000, 4096 };
	unsigned int set, i, align;

	for (set = 0; set < FLAG_SETS; set++)
		for (i = 0; i < ARRAY_SIZE(sizes) && !t->failed; i++)
			for (align = 8; align <= PAGE_SIZE; align *= 8)
				try_cache(t, sizes[i], align, flag_set(set));
}

static void powers_of_two_of_kmalloc_keep_their_alignment(struct ktest *t)
{
	unsigned int set, size;
	struct kmem_cache *s;
	void *p;

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		for (size = 8; size <= 8192; size *= 2) {
			s = slab_cache_make("natural", size, size,
					    SLAB_KMALLOC | SLAB_NO_USER_FLAGS |
					    flag_set(set), NULL);
			KTEST_ASSERT_NOT_NULL(t, s);
			p = kmem_cache_alloc(s, GFP_MUST);
			KTEST_EXPECT_EQ(t, (unsigned long)p % size, 0);
			kmem_cache_free(s, p);
			kmem_cache_destroy(s);
		}
	}
}

/* ----- too large, and shuffled -------------------------------------------- */

/* With what debugging keeps it would be more than a slab can be. */
static void objects_too_large_for_debugging_do_without(struct ktest *t)
{
	unsigned int set;
	struct kmem_cache *s;

	for (set = 1; set < FLAG_SETS && !t->failed; set++) {
		s = debug_cache("huge", KMALLOC_MAX_SIZE, 0, flag_set(set));
		KTEST_ASSERT_NOT_NULL(t, s);
		KTEST_EXPECT_FALSE(t, kmem_cache_debug(s));
		KTEST_EXPECT_EQ(t, s->size, KMALLOC_MAX_SIZE);
		KTEST_EXPECT_EQ(t, s->sheaf_limit, slab_sheaf_limit(s));
		kmem_cache_destroy(s);
		s = debug_cache("large", KMALLOC_MAX_SIZE / 2, 0,
				flag_set(set));
		KTEST_ASSERT_NOT_NULL(t, s);
		KTEST_EXPECT_EQ(t, s->flags & SLAB_DEBUG_FLAGS,
				slab_debug_may_grow() ? flag_set(set) : 0);
		kmem_cache_destroy(s);
	}
}

static unsigned int smallest_order(unsigned int size, slab_flags_t flags)
{
	struct kmem_cache s = { .object_size = size, .flags = flags };

	slab_layout(&s);
	return s.min_order;
}

/* slub_debug=O: nobody is debugged whose slabs would grow by it. */
static void larger_slabs_are_for_who_wants_them(struct ktest *t)
{
	slab_flags_t flags = SLAB_RED_ZONE | SLAB_STORE_USER;
	struct kmem_cache *s;
	unsigned int i;
	bool grows;

	for (i = 0; i < NR_SIZES; i += 16) {
		grows = smallest_order(size_number(i), flags) >
			smallest_order(size_number(i), 0);
		s = debug_cache("grown", size_number(i), 0, flags);
		KTEST_EXPECT_EQ(t, s->flags & SLAB_DEBUG_FLAGS,
				grows && !slab_debug_may_grow() ? 0 : flags);
		kmem_cache_destroy(s);
	}
	s = debug_cache("grown", PAGE_SIZE, 0, flags);
	KTEST_EXPECT_EQ(t, s->min_order, slab_debug_may_grow() ? 1 : 0);
	kmem_cache_destroy(s);
}

/* Nor without flags: a word of its own is kept of a constructed object. */
static void objects_too_large_for_a_block_are_refused(struct ktest *t)
{
	struct kmem_cache *s = NULL;
	unsigned int set;

	for (set = 0; set < FLAG_SETS && !t->failed; set++) {
		KTEST_EXPECT_REPORTS(t, 1, "bad size",
			s = kmem_cache_create("over", KMALLOC_MAX_SIZE, 0,
					      flag_set(set) | SLAB_NO_MERGE,
					      no_ctor));
		KTEST_EXPECT_NULL(t, s);
	}
}

#define SHUFFLED 32

/* Numbers of a slab's objects as they come: some at once, the rest later. */
static unsigned int read_order(struct kmem_cache *s, struct page *head,
			       unsigned int *order)
{
	static void *objs[512];
	unsigned int i, n = slab_take(s, head, objs, s->objects / 2);

	n += slab_take(s, head, objs + n, s->objects);
	for (i = 0; i < n; i++)
		order[i] = slab_index(s, head, objs[i]);
	return n;
}

static bool is_permutation(const unsigned int *order, unsigned int n)
{
	unsigned long seen[BITS_TO_LONGS(SLAB_MAX_OBJECTS)] = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (order[i] >= n || test_bit(order[i], seen))
			return false;
		__set_bit(order[i], seen);
	}
	return true;
}

/*
 * 64 objects have 64 * 32 orders: of 32 two are the same in one run of five,
 * and more than six pairs in one of a million.
 */
static void fresh_slabs_are_in_no_order_that_repeats(struct ktest *t)
{
	static unsigned int order[SHUFFLED][512];
	struct kmem_cache *s = debug_cache("shuffled", 64, 0, 0);
	unsigned int i, j, same = 0, ascending = 0;
	struct page *head;

	KTEST_ASSERT_TRUE(t, s->objects <= 512);
	for (i = 0; i < SHUFFLED && !t->failed; i++) {
		head = slab_create(s, GFP_MUST, slab_local_node());
		KTEST_ASSERT_NOT_NULL(t, head);
		KTEST_EXPECT_EQ(t, read_order(s, head, order[i]), s->objects);
		KTEST_EXPECT_TRUE(t, is_permutation(order[i], s->objects));
		ascending += order[i][1] == order[i][0] + 1;
		for (j = 0; j < i; j++)
			same += !memcmp(order[i], order[j],
					s->objects * sizeof(order[0][0]));
		slab_discard(s, head);
	}
	KTEST_EXPECT_LE(t, same, 6);
	KTEST_EXPECT_LE(t, ascending, SHUFFLED / 4);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(nothing_kept_overlaps_in_any_layout),
	KTEST_CASE(order_is_the_smallest_that_wastes_least),
	KTEST_CASE(right_zone_is_a_word_or_what_is_left_of_one),
	KTEST_CASE(more_empty_slabs_are_kept_of_larger_objects),
	KTEST_CASE(objects_of_every_size_can_be_used_to_the_last_byte),
	KTEST_CASE(objects_of_every_alignment_keep_it),
	KTEST_CASE(powers_of_two_of_kmalloc_keep_their_alignment),
	KTEST_CASE(objects_too_large_for_debugging_do_without),
	KTEST_CASE(larger_slabs_are_for_who_wants_them),
	KTEST_CASE(objects_too_large_for_a_block_are_refused),
	KTEST_CASE(fresh_slabs_are_in_no_order_that_repeats),
	{}
};
KTEST_SUITE(slub_debug_layout, cases);

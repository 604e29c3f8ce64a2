/*
 * Wrong frees and damaged slabs: each is reported exactly once, refused, and
 * survived; what only looks wrong is not reported.
 */
#include <kernel/ktest.h>
#include <lib/sprintf.h>
#include <mm/gfp.h>
#include <mm/kfence.h>

#include "../../mm/internal.h"
#include "slub_fixture.h"

static struct kmem_cache *s;

static void set_up(struct ktest *t)
{
	kfence_pause();
	s = plain_cache("victim", 96);
	KTEST_EXPECT_NOT_NULL(t, s);
}

/* A case that damages the cache ends it itself. */
static void tear_down(struct ktest *t)
{
	if (s) {
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
	}
	kfence_resume();
}

static void *get(void)
{
	return kmem_cache_alloc(s, GFP_MUST);
}

/*
 * A slot that still names what another CPU freed, when the page has gone back
 * and has another owner: the free passes, and is found out later.
 */
static void free_into_a_slab_that_is_gone_is_found_later(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, page);
	p = get();
	memset(page_address(page), 0, PAGE_SIZE);
	*cpu_of(s)->stack.top = page_address(page);
	kmem_cache_free(s, page_address(page));
	KTEST_EXPECT_REPORTS(t, 1, "not an object when it left an array",
			     slab_flush_cpu(s));
	kmem_cache_free(s, p);
	__free_page(page);
}

static void second_free_is_refused(struct ktest *t)
{
	void *p = get();

	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	KTEST_EXPECT_PTR_EQ(t, get(), p);
	KTEST_EXPECT_TRUE(t, get() != p);
	kmem_cache_free(s, p);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	destroy_damaged(t, s);	/* the second get() */
	s = NULL;
}

static void report_names_kind_cache_and_object(struct ktest *t)
{
	char expected[80];
	void *p = get();

	kmem_cache_free(s, p);
	ksnprintf(expected, sizeof(expected), "cache victim, object %px", p);
	KTEST_EXPECT_REPORTS(t, 1, expected, kmem_cache_free(s, p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "double free"));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "slab "));
}

static void second_free_with_another_between_is_refused(struct ktest *t)
{
	void *a = get(), *b = get(), *c = get();

	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, a));
	kmem_cache_free(s, c);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, b));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, a));
}

/* Wherever a free object waits: main, spare, node, slab. */
static void second_free_is_found_wherever_the_object_waits(struct ktest *t)
{
	static void *objs[MAX_ARRAYS_CAPACITY + 160];
	unsigned int i, n = arrays_capacity(s) + 160;

	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (i = 0; i < n; i++)
		objs[i] = get();
	for (i = 0; i < n; i++)
		kmem_cache_free(s, objs[i]);
	for (i = 0; i < n && !t->failed; i += DIV_ROUND_UP(n, 400U))
		KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(s, objs[i]));
}

static void second_free_after_the_slab_went_back_is_refused(struct ktest *t)
{
	void *p = get();

	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kmem_cache_free(s, p));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p));
}

/*
 * The array still names what was popped from its slots. An object that left
 * by another way, and whose bytes look like anybody's, must not slip in.
 */
static void stale_array_slots_vouch_for_nothing(struct ktest *t)
{
	void *a = get(), *b = get(), *c = get();

	/* a was popped from the highest slot of the three */
	kmem_cache_free(s, a);
	*slab_word(s, a) = 0;
	kmem_cache_free(s, b);
	KTEST_EXPECT_PTR_EQ(t, *cpu_of(s)->stack.top, s->no_object);
	*slab_word(s, a) = s->secret;
	kmem_cache_free(s, c);
}

static void data_that_looks_free_is_not_reported(struct ktest *t)
{
	unsigned long link;
	void *p = get();

	KTEST_EXPECT_REPORTS(t, 0, "", ({
		for (link = 0; link <= 0xffff; link += 1 + link / 64) {
			*slab_word(s, p) = s->secret ^
					   link << SLAB_LINK_SHIFT;
			kmem_cache_free(s, p);
			p = get();
		}
	}));
	/* also when it does not come back to where it was popped from */
	KTEST_EXPECT_REPORTS(t, 0, "", ({
		for (link = 0; link <= s->objects + 2; link++) {
			void *q = get();

			*slab_word(s, p) = s->secret ^
					   link << SLAB_LINK_SHIFT;
			*slab_word(s, q) = *slab_word(s, p);
			kmem_cache_free(s, p);
			kmem_cache_free(s, q);
			p = get();
		}
	}));
	kmem_cache_free(s, p);
}

/*
 * A push that was interrupted between the mark and the commit begins again,
 * sees the mark and gives up: marked, but free nowhere.
 */
/* Others wait in the spare and in the stock: none of them is this one. */
static void data_that_looks_free_is_in_no_full_array(struct ktest *t)
{
	static void *objs[MAX_ARRAYS_CAPACITY];
	unsigned int i, n = arrays_capacity(s);
	void *p = get();

	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (i = 0; i < n; i++)
		objs[i] = get();
	while (i)
		kmem_cache_free(s, objs[--i]);
	KTEST_EXPECT_EQ(t, full_arrays(s), stock_arrays(s));
	*slab_word(s, p) = s->secret;
	KTEST_EXPECT_FALSE(t, slab_is_free(s, p));
	KTEST_EXPECT_TRUE(t, slab_is_free(s, objs[0]));
	KTEST_EXPECT_TRUE(t, slab_is_free(s, objs[n - 1]));
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_free(s, p));
}

static void rewound_push_is_not_a_double_free(struct ktest *t)
{
	void *p = get(), *q = get(), *r = get();

	/* what was popped last, and what was not */
	*slab_word(s, r) = s->secret;
	KTEST_EXPECT_PTR_EQ(t, *cpu_of(s)->stack.top, r);
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_free(s, r));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, r));
	*slab_word(s, p) = s->secret;
	KTEST_EXPECT_REPORTS(t, 0, "", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	KTEST_EXPECT_PTR_EQ(t, get(), p);
	KTEST_EXPECT_PTR_EQ(t, get(), r);
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_free(s, r);
}

/* Live neighbours full of links do not hide a real double free. */
static void double_free_among_data_that_looks_free_is_found(struct ktest *t)
{
	void *a = get(), *b = get();

	memcpy(slab_word(s, b), &s->secret, sizeof(s->secret));
	kmem_cache_free(s, a);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, a));
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_free(s, b));
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, b));
}

static void every_address_inside_an_object_is_refused(struct ktest *t)
{
	char *p = get();
	unsigned int i;

	for (i = 1; i < 96 && !t->failed; i++) {
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, p + i));
		KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(p + i));
	}
	kmem_cache_free(s, p);
}

static void rest_behind_the_last_object_is_refused(struct ktest *t)
{
	void *p = get();
	char *base = page_address(slab_of(p));
	char *rest = base + s->objects * s->size;

	KTEST_ASSERT_TRUE(t, rest < base + PAGE_SIZE);
	for (; rest < base + PAGE_SIZE; rest += 8)
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, rest));
	kmem_cache_free(s, p);
}

static void object_of_another_cache_is_refused(struct ktest *t)
{
	struct kmem_cache *other = plain_cache("other", 96);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, other);
	p = kmem_cache_alloc(other, GFP_MUST);
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(s, p));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "cache other"));
	kmem_cache_free(other, p);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(other), NULL);
	kmem_cache_destroy(other);
}

static void pages_and_wild_addresses_are_refused(struct ktest *t)
{
	static const unsigned long wild[] = {
		0x1000, PAGE_OFFSET - 4096, (unsigned long)-4096,
	};
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page",
			     kmem_cache_free(s, page_address(page)));
	for (i = 0; i < ARRAY_SIZE(wild); i++)
		KTEST_EXPECT_REPORTS(t, 1, "outside RAM",
				     kmem_cache_free(s, (void *)wild[i]));
	KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(s, page));
	KTEST_EXPECT_EQ(t, page_count(page), 1);
	__free_page(page);
}

static void null_and_zero_size_are_fine(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, "", ({
		kmem_cache_free(s, NULL);
		kmem_cache_free(s, ZERO_SIZE_PTR);
		kfree(NULL);
		kfree(ZERO_SIZE_PTR);
	}));
}

/* What an array ends with passes for the object popped last, at first. */
static void end_of_array_is_no_object(struct ktest *t)
{
	struct kmem_cache *bare = slab_cache_make("bare", 96, 0, 0, NULL);
	void *p, *q;

	KTEST_ASSERT_NOT_NULL(t, bare);
	p = get();
	q = get();
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	KTEST_EXPECT_PTR_EQ(t, *cpu_of(s)->stack.top, s->no_object);
	/* a bit before the cache itself: in its slab, or before that */
	KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(s, s->no_object));
	KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(bare, bare->no_object));
	kmem_cache_destroy(bare);
}

static void write_after_free_is_found_when_the_object_leaves(struct ktest *t)
{
	void *p = get();

	kmem_cache_free(s, p);
	*slab_word(s, p) ^= 0xff00000000000000UL >> (64 - BITS_PER_LONG);
	KTEST_EXPECT_REPORTS(t, 1, "object written after free",
			     slab_flush_cpu(s));
	/* it stays out of use; the cache is sound */
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 1);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	destroy_damaged(t, s);
	s = NULL;
}

/* First free's mark overwritten: found at the slab, which gets it once. */
static void hidden_double_free_does_not_reach_the_slab_twice(struct ktest *t)
{
	void *p, *q;

	if (!needs_arrays(t, s))
		return;
	p = get();
	q = get();
	kmem_cache_free(s, p);
	*slab_word(s, p) = 0;
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	KTEST_EXPECT_REPORTS(t, 1, "double free", slab_flush_cpu(s));
	KTEST_EXPECT_EQ(t, slab_of(q)->inuse, 0);
}

/* An empty slab of the cache: all its objects are in its freelist. */
static struct page *slab_with_freelist(void)
{
	void *p = get();

	kmem_cache_free(s, p);
	slab_flush_cpu(s);
	return slab_of(p);
}

/* Takes all that is left in a damaged slab, and more. */
static void use_up(struct ktest *t, unsigned int reports, const char *words)
{
	static void *objs[200];
	unsigned int i, j;

	KTEST_EXPECT_REPORTS(t, reports, words, ({
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = get();
	}));
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		for (j = 0; j < i; j++)
			if (objs[i] == objs[j])
				break;
		KTEST_ASSERT_EQ(t, j, i);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	destroy_damaged(t, s);
	s = NULL;
}

static void overwritten_link_is_reported_and_its_slab_set_aside(struct ktest *t)
{
	struct page *head = slab_with_freelist();
	void *p = slab_object(s, head, head->freelist - 1U);

	memset(p, 0x41, 96);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), "slab: freelist damaged");
	use_up(t, 1, "freelist damaged");
}

static void link_outside_the_slab_is_reported(struct ktest *t)
{
	struct page *head = slab_with_freelist();
	void *p = slab_object(s, head, head->freelist - 1U);

	slab_set_link(s, p, (u16)(s->objects + 1));
	KTEST_EXPECT_EQ(t, s->objects, 42);
	use_up(t, 1, "42 free objects given up");
}

static void cycle_in_the_freelist_hangs_nobody(struct ktest *t)
{
	struct page *head = slab_with_freelist();
	unsigned int first = head->freelist - 1U;
	void *p = slab_object(s, head, first);
	void *q = slab_object(s, head, first ? 0 : 1);

	/* the second link leads back to the first object */
	slab_set_link(s, p, (u16)(slab_index(s, head, q) + 1));
	slab_set_link(s, q, (u16)(first + 1));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), "slab: freelist damaged");
	use_up(t, 1, "freelist damaged");
}

static void freelist_that_ends_too_early_is_reported(struct ktest *t)
{
	struct page *head = slab_with_freelist();
	void *p = slab_object(s, head, head->freelist - 1U);

	slab_set_link(s, p, 0);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s),
			   "slab: inuse + length(freelist) != objects");
	use_up(t, 1, "42 free objects given up");
}

static void lost_freelist_hangs_nobody(struct ktest *t)
{
	struct page *head = slab_with_freelist();

	head->freelist = 0;
	use_up(t, 1, "42 free objects given up");
}

static void construct(void *p)
{
	memset(p, 0x5a, 96);
}

/* The word lies behind the object: nothing the user writes touches it. */
static void constructed_objects_are_checked_as_well(struct ktest *t)
{
	struct kmem_cache *c = kmem_cache_create("made", 96, 0,
						 SLAB_NO_USER_FLAGS, construct);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, c);
	p = kmem_cache_alloc(c, GFP_MUST);
	KTEST_EXPECT_GE(t, c->offset, 96);
	kmem_cache_free(c, p);
	memset(p, 0, 96);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(c, p));
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(c, (char *)p + 8));
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(c), 0);
	kmem_cache_destroy(c);
}

/*
 * Descriptors are backed for blocks of the largest order, not for more: the
 * frames behind the last of RAM have none, far or near.
 */
static void addresses_close_to_ram_are_refused(struct ktest *t)
{
	struct pfn_range ram = { 0, 0 };
	unsigned long pfn;
	void *p;

	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		;
	pfn = ALIGN(ram.end, MAX_ORDER_NR_PAGES);
	KTEST_EXPECT_EQ(t, pfn_valid(pfn - 1), true);
	KTEST_EXPECT_EQ(t, pfn_valid(pfn), false);
	if (PFN_PHYS(pfn + 3 * MAX_ORDER_NR_PAGES) > DIRECT_MAP_SIZE)
		return;			/* no address leads there */
	p = __va(PFN_PHYS(pfn));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM", kmem_cache_free(s, p));
	p = __va(PFN_PHYS(pfn + 2 * MAX_ORDER_NR_PAGES));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM", ksize(p));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM",
			     krealloc(p, 8, GFP_KERNEL));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(second_free_is_refused),
	KTEST_CASE(free_into_a_slab_that_is_gone_is_found_later),
	KTEST_CASE(report_names_kind_cache_and_object),
	KTEST_CASE(second_free_with_another_between_is_refused),
	KTEST_CASE(second_free_is_found_wherever_the_object_waits),
	KTEST_CASE(second_free_after_the_slab_went_back_is_refused),
	KTEST_CASE(stale_array_slots_vouch_for_nothing),
	KTEST_CASE(data_that_looks_free_is_not_reported),
	KTEST_CASE(data_that_looks_free_is_in_no_full_array),
	KTEST_CASE(rewound_push_is_not_a_double_free),
	KTEST_CASE(double_free_among_data_that_looks_free_is_found),
	KTEST_CASE(every_address_inside_an_object_is_refused),
	KTEST_CASE(rest_behind_the_last_object_is_refused),
	KTEST_CASE(object_of_another_cache_is_refused),
	KTEST_CASE(pages_and_wild_addresses_are_refused),
	KTEST_CASE(addresses_close_to_ram_are_refused),
	KTEST_CASE(null_and_zero_size_are_fine),
	KTEST_CASE(end_of_array_is_no_object),
	KTEST_CASE(write_after_free_is_found_when_the_object_leaves),
	KTEST_CASE(hidden_double_free_does_not_reach_the_slab_twice),
	KTEST_CASE(overwritten_link_is_reported_and_its_slab_set_aside),
	KTEST_CASE(link_outside_the_slab_is_reported),
	KTEST_CASE(cycle_in_the_freelist_hangs_nobody),
	KTEST_CASE(freelist_that_ends_too_early_is_reported),
	KTEST_CASE(lost_freelist_hangs_nobody),
	KTEST_CASE(constructed_objects_are_checked_as_well),
	{}
};
KTEST_SUITE_FIXTURE(slub_free, cases, set_up, tear_down);

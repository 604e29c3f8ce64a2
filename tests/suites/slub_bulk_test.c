/* Many objects with one call: all or none, the same checks, the way back. */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "../../mm/slab_info.h"
#include "no_guards.h"
#include "slub_fixture.h"

#define MOST 1000

static struct kmem_cache *s;
static void *objs[MOST], *again[MOST];
/* What must be out, so that arrays are as a case wants them. */
static void *held[MOST];
static size_t nr_held;

static void set_up(struct ktest *t)
{
	no_guards(t);
	s = kmem_cache_create("bulk", 64, 0, SLAB_NO_MERGE |
			      SLAB_NO_USER_FLAGS, NULL);
	KTEST_EXPECT_NOT_NULL(t, s);
}

static void tear_down(struct ktest *t)
{
	if (s) {
		kmem_cache_free_bulk(s, nr_held, held);
		nr_held = 0;
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
	}
	guards_again(t);
}

static unsigned long objects_in_use(void)
{
	struct slab_info info;

	slab_get_info(s, &info);
	return info.active_objects;
}

static bool get(size_t nr)
{
	return kmem_cache_alloc_bulk(s, GFP_KERNEL, nr, objs) == (int)nr;
}

static void objects_are_distinct_and_whole(struct ktest *t)
{
	static const size_t numbers[] = { 1, 2, 3, 5, 29, 30, 31, 59, 60, 61,
					  64, 119, 121, 255, 257, MOST };
	unsigned int n;
	size_t i;

	for (n = 0; n < ARRAY_SIZE(numbers); n++) {
		KTEST_ASSERT_TRUE(t, get(numbers[n]));
		KTEST_EXPECT_EQ(t, objects_in_use(), numbers[n]);
		for (i = 0; i < numbers[n]; i++)
			fill_object(objs[i], 64);
		for (i = 0; i < numbers[n]; i++)
			KTEST_ASSERT_TRUE(t, object_is_intact(objs[i], 64));
		kmem_cache_free_bulk(s, numbers[n], objs);
		KTEST_EXPECT_EQ(t, objects_in_use(), 0);
		KTEST_ASSERT_STREQ(t, kmem_cache_validate(s), NULL);
	}
}

static void none_are_fine(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s, GFP_KERNEL, 0, NULL), 0);
	kmem_cache_free_bulk(s, 0, NULL);
	kfree_bulk(0, NULL);
}

/* Though the arrays have all of it. */
static void bulk_that_may_sleep_is_reported_in_the_wrong_place(struct ktest *t)
{
	unsigned long flags;
	int n = 0;

	KTEST_ASSERT_TRUE(t, get(3));
	kmem_cache_free_bulk(s, 3, objs);
	if (!needs_arrays(t, s))
		return;
	local_irq_save(flags);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep",
		n = kmem_cache_alloc_bulk(s, GFP_KERNEL, 3, objs));
	kmem_cache_free_bulk(s, (size_t)n, objs);
	KTEST_EXPECT_REPORTS(t, 0, "",
		n = kmem_cache_alloc_bulk(s, GFP_ATOMIC, 3, objs));
	local_irq_restore(flags);
	kmem_cache_free_bulk(s, (size_t)n, objs);
}

/* Main and spare full; false: arrays are put aside. */
static bool fill_arrays(struct ktest *t)
{
	if (!cpu_has_arrays(s)) {
		ktest_skip(t, "there are no arrays");
		return false;
	}
	nr_held = (size_t)kmem_cache_alloc_bulk(s, GFP_KERNEL, 300, held);
	while (nr_held && main_objects(s) + spare_objects(s) < 120)
		kmem_cache_free(s, held[--nr_held]);
	return true;
}

static void expect_way_back(struct ktest *t)
{
	unsigned int main = main_objects(s), spare = spare_objects(s);

	KTEST_ASSERT_TRUE(t, get(64));
	memcpy(again, objs, sizeof(again));
	kmem_cache_free_bulk(s, 64, objs);
	KTEST_EXPECT_EQ(t, main_objects(s), main);
	KTEST_EXPECT_EQ(t, spare_objects(s), spare);
	KTEST_ASSERT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_ASSERT_TRUE(t, get(64));
	KTEST_EXPECT_EQ(t, memcmp(objs, again, 64 * sizeof(*objs)), 0);
	kmem_cache_free_bulk(s, 64, objs);
}

/* Whatever main holds at the beginning, across its edge and back. */
static void the_way_back_ends_where_it_began(struct ktest *t)
{
	unsigned int more;

	if (!fill_arrays(t))
		return;
	for (more = 0; more < 120 - 64; more++) {
		expect_way_back(t);
		expect_way_back(t);
		held[nr_held++] = kmem_cache_alloc(s, GFP_KERNEL);
	}
}

static void any_order_of_freeing_will_do(struct ktest *t)
{
	struct rng rng = rng_seed(8);
	unsigned int round;
	size_t i, j, nr;
	void *p;

	for (round = 0; round < 60 && !t->failed; round++) {
		nr = 1 + rng_below(&rng, round % 2 ? MOST : 130);
		KTEST_ASSERT_TRUE(t, get(nr));
		for (i = nr - 1; i > 0; i--) {
			j = rng_below(&rng, i + 1);
			p = objs[i];
			objs[i] = objs[j];
			objs[j] = p;
		}
		/* some alone, the others together */
		for (i = 0; i < nr % 7; i++)
			kmem_cache_free(s, objs[i]);
		kmem_cache_free_bulk(s, nr - i, objs + i);
		KTEST_EXPECT_EQ(t, objects_in_use(), 0);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	}
}

/* Contents of all that is out, while bulks of all sizes come and go. */
static void random_bulks_agree_with_the_model(struct ktest *t)
{
	struct rng rng = rng_seed(9);
	size_t out = 0, nr, i;
	unsigned int step;

	for (step = 0; step < 600 && !t->failed; step++) {
		nr = rng_below(&rng, rng_below(&rng, 8) ? 20 : 200);
		if (rng_below(&rng, 2) && out + nr <= MOST) {
			if (!KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s,
					     GFP_KERNEL, nr, objs + out), nr))
				break;
			for (i = out; i < out + nr; i++)
				fill_object(objs[i], 64);
			out += nr;
		} else {
			nr = min(nr, out);
			out -= nr;
			for (i = out; i < out + nr; i++)
				KTEST_EXPECT_TRUE(t, object_is_intact(objs[i],
								      64));
			kmem_cache_free_bulk(s, nr, objs + out);
		}
		KTEST_ASSERT_EQ(t, objects_in_use(), out);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	}
	kmem_cache_free_bulk(s, out, objs);
}

static void all_or_none_when_memory_ends(struct ktest *t)
{
	static void *many[10000];
	struct drained d;

	kmem_cache_shrink_all();
	KTEST_ASSERT_TRUE(t, get(MOST));
	kmem_cache_free_bulk(s, MOST, objs);
	drain_pages(&d);
	KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s, GFP_NOWAIT,
						 ARRAY_SIZE(many), many), 0);
	KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s, GFP_NOWAIT | __GFP_ZERO,
						 ARRAY_SIZE(many), many), 0);
	undrain_pages(&d);
	KTEST_EXPECT_EQ(t, objects_in_use(), 0);
	if (KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s, GFP_KERNEL,
						     ARRAY_SIZE(many), many),
			    ARRAY_SIZE(many)))
		kmem_cache_free_bulk(s, ARRAY_SIZE(many), many);
}

static void objects_are_cleared_when_asked(struct ktest *t)
{
	size_t i;

	KTEST_ASSERT_TRUE(t, get(100));
	for (i = 0; i < 100; i++)
		memset(objs[i], 0xff, 64);
	kmem_cache_free_bulk(s, 100, objs);
	KTEST_ASSERT_EQ(t, kmem_cache_alloc_bulk(s, GFP_KERNEL | __GFP_ZERO,
						 200, objs), 200);
	for (i = 0; i < 200; i++)
		KTEST_EXPECT_NULL(t, memchr_inv(objs[i], 0, 64));
	kmem_cache_free_bulk(s, 200, objs);
}

static void construct(void *p)
{
	memset(p, 0x5a, 40);
}

static void constructors_work_is_kept(struct ktest *t)
{
	struct kmem_cache *c = kmem_cache_create("made", 40, 0, 0, construct);
	int got = 1;
	size_t i;

	KTEST_ASSERT_NOT_NULL(t, c);
	KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(c, GFP_MUST, 90, objs), 90);
	for (i = 0; i < 90; i++)
		KTEST_EXPECT_NULL(t, memchr_inv(objs[i], 0x5a, 40));
	kmem_cache_free_bulk(c, 90, objs);
	KTEST_EXPECT_REPORTS(t, 1, "__GFP_ZERO for a cache with a constructor",
			     got = kmem_cache_alloc_bulk(c, GFP_KERNEL |
							 __GFP_ZERO, 9, objs));
	KTEST_EXPECT_EQ(t, got, 0);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(c), NULL);
	kmem_cache_destroy(c);
}

static void null_is_skipped(struct ktest *t)
{
	KTEST_ASSERT_TRUE(t, get(10));
	objs[10] = NULL;
	memmove(objs + 3, objs + 2, 9 * sizeof(*objs));
	objs[2] = NULL;
	KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_free_bulk(s, 12, objs));
	KTEST_EXPECT_EQ(t, objects_in_use(), 0);
}

/* Each of nr is replaced in turn by bad: one report, all others are free. */
static void expect_one_refusal(struct ktest *t, size_t nr, void *bad,
			       const char *kind)
{
	size_t i;

	for (i = 0; i <= nr && !t->failed; i++) {
		KTEST_ASSERT_TRUE(t, get(nr));
		memmove(objs + i + 1, objs + i, (nr - i) * sizeof(*objs));
		objs[i] = bad;
		KTEST_EXPECT_REPORTS(t, 1, kind,
				     kmem_cache_free_bulk(s, nr + 1, objs));
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	}
}

static void wrong_pointers_are_refused_the_others_freed(struct ktest *t)
{
	struct kmem_cache *c = own_cache("other", 64);
	struct page *page;
	void *other;
	char *p;
	int local;

	KTEST_ASSERT_NOT_NULL(t, c);
	other = kmem_cache_alloc(c, GFP_MUST);
	p = kmem_cache_alloc(s, GFP_MUST);
	page = alloc_page(GFP_MUST);
	expect_one_refusal(t, 70, other, "wrong cache");
	expect_one_refusal(t, 9, p + 8, "inside an object");
	expect_one_refusal(t, 9, page_address(page), "not a slab page");
	expect_one_refusal(t, 9, (void *)0x1000, "outside RAM");
	expect_one_refusal(t, 3, &local, "");
	expect_one_refusal(t, 3, s->no_object, "");
	KTEST_EXPECT_EQ(t, objects_in_use(), 1);
	__free_page(page);
	kmem_cache_free(s, p);
	kmem_cache_free(c, other);
	kmem_cache_destroy(c);
}

/* The same object at any two places of one array. */
static void double_within_one_array_is_refused(struct ktest *t)
{
	size_t i, j;

	for (i = 0; i < 9; i++) {
		for (j = 0; j < 9; j++) {
			KTEST_ASSERT_TRUE(t, get(9));
			memmove(objs + j + 1, objs + j,
				(9 - j) * sizeof(*objs));
			objs[j] = objs[i < j ? i : i + 1];
			KTEST_EXPECT_REPORTS(t, 1, "double free",
				kmem_cache_free_bulk(s, 10, objs));
			KTEST_ASSERT_EQ(t, objects_in_use(), 0);
			KTEST_ASSERT_STREQ(t, kmem_cache_validate(s), NULL);
		}
	}
}

static void second_bulk_free_is_refused_throughout(struct ktest *t)
{
	KTEST_ASSERT_TRUE(t, get(100));
	kmem_cache_free_bulk(s, 100, objs);
	KTEST_EXPECT_REPORTS(t, 100, "double free",
			     kmem_cache_free_bulk(s, 100, objs));
	KTEST_EXPECT_EQ(t, objects_in_use(), 0);
}

/* Takes 100 of 120, so that main has become the spare. */
static bool cross_an_array(struct ktest *t)
{
	return fill_arrays(t) &&
	       KTEST_EXPECT_TRUE(t, get(100) && cpu_of(s)->spare_names);
}

/* Slots of the spare name it still; it lies in main by now. */
static void freed_alone_then_together_is_refused(struct ktest *t)
{
	if (!cross_an_array(t))
		return;
	kmem_cache_free(s, objs[99]);
	kmem_cache_free(s, objs[80]);
	KTEST_EXPECT_REPORTS(t, 2, "double free",
			     kmem_cache_free_bulk(s, 100, objs));
	KTEST_EXPECT_EQ(t, objects_in_use(), nr_held);
}

static void sealed_again_when_interrupts_come_on(struct ktest *t)
{
	struct kmem_cache_cpu *c;

	if (!cross_an_array(t))
		return;
	kmem_cache_free_bulk(s, 70, objs);
	c = cpu_of(s);
	KTEST_EXPECT_EQ(t, main_objects(s), 30);
	KTEST_EXPECT_EQ(t, spare_objects(s), 60);
	KTEST_EXPECT_PTR_EQ(t, *c->stack.top, s->no_object);
	kmem_cache_free_bulk(s, 30, objs + 70);
	KTEST_EXPECT_EQ(t, main_objects(s), 60);
}

/* A slab each, arrays of 8: what is put back is gone at once. */
#define LARGE (8 * PAGE_SIZE)

/* As another CPU's arrays would, when they are full. */
static void put_into_slabs(struct kmem_cache *c, void **p, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		*slab_word(c, p[i]) = c->secret;
	node_put(c, p, nr);
	node_discard_empty(c);
}

/* Main full; the spare empty, its slots naming objs[0] to objs[7]. */
static bool spare_names_eight(struct kmem_cache *c)
{
	kmem_cache_alloc_bulk(c, GFP_KERNEL, 40, objs);
	put_into_slabs(c, objs + 16, 24);
	kmem_cache_free_bulk(c, 16, objs);
	if (spare_objects(c) != 8 ||
	    kmem_cache_alloc_bulk(c, GFP_KERNEL, 9, objs) != 9)
		return false;
	kmem_cache_free_bulk(c, 1, objs);
	memmove(objs, objs + 1, 8 * sizeof(*objs));
	return main_objects(c) == 8 && !spare_objects(c) &&
	       cpu_of(c)->spare_names == c->slabs_gone;
}

static void slots_of_the_spare_name_nothing_once_a_slab_is_gone(struct ktest *t)
{
	struct kmem_cache *c = kmem_cache_create("large", LARGE, 0,
						 SLAB_NO_MERGE |
						 SLAB_NO_USER_FLAGS, NULL);
	struct page *page[8];
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, c);
	if (!cpu_has_arrays(c)) {
		ktest_skip(t, "there are no arrays");
		kmem_cache_destroy(c);
		return;
	}
	KTEST_ASSERT_TRUE(t, spare_names_eight(c));
	put_into_slabs(c, objs, 8);
	KTEST_EXPECT_NE(t, cpu_of(c)->spare_names, c->slabs_gone);
	/* somebody else's now, who writes what he likes */
	for (i = 0; i < 8; i++) {
		page[i] = alloc_pages(GFP_KERNEL, 3);
		KTEST_ASSERT_NOT_NULL(t, page[i]);
		memset(page_address(page[i]), 0x77, LARGE);
	}
	KTEST_EXPECT_REPORTS(t, 8, "not a slab page",
			     kmem_cache_free_bulk(c, 8, objs));
	for (i = 0; i < 8; i++)
		__free_pages(page[i], 3);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(c), NULL);
	kmem_cache_destroy(c);
}

/* DMA's classes have no arrays. */
static void caches_without_arrays_serve_as_well(struct ktest *t)
{
	struct kmem_cache *c = kmalloc_caches[KMALLOC_DMA][3];

	if (NODE_DATA(0)->node_zones[ZONE_DMA].nr_free_pages < 256) {
		ktest_skip(t, "zone DMA is used up");
		return;
	}
	KTEST_ASSERT_EQ(t, kmem_cache_alloc_bulk(c, GFP_KERNEL | __GFP_ZERO,
						 200, objs), 200);
	KTEST_EXPECT_NULL(t, memchr_inv(objs[199], 0, 64));
	objs[200] = objs[7];
	KTEST_EXPECT_REPORTS(t, 1, "double free",
			     kmem_cache_free_bulk(c, 201, objs));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(c), NULL);
}

static void kfree_bulk_takes_what_kfree_takes(struct ktest *t)
{
	static const size_t sizes[] = { 8, 8, 8, 64, 0, 64, 9000, 200, 8192 };
	char *p = kmalloc(32, GFP_MUST);
	size_t i, n = ARRAY_SIZE(sizes);

	for (i = 0; i < 9 * n; i++)
		objs[i] = kmalloc(sizes[i % n], GFP_MUST);
	objs[9 * n] = NULL;
	KTEST_EXPECT_REPORTS(t, 0, "", kfree_bulk(9 * n + 1, objs));
	KTEST_EXPECT_REPORTS(t, 8 * n, "", kfree_bulk(9 * n + 1, objs));
	objs[0] = p + 1;
	objs[1] = p;
	objs[2] = p;
	KTEST_EXPECT_REPORTS(t, 2, "double free",
			     kmem_cache_free_bulk(NULL, 3, objs));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(objects_are_distinct_and_whole),
	KTEST_CASE(none_are_fine),
	KTEST_CASE(bulk_that_may_sleep_is_reported_in_the_wrong_place),
	KTEST_CASE(the_way_back_ends_where_it_began),
	KTEST_CASE(any_order_of_freeing_will_do),
	KTEST_CASE(random_bulks_agree_with_the_model),
	KTEST_CASE(all_or_none_when_memory_ends),
	KTEST_CASE(objects_are_cleared_when_asked),
	KTEST_CASE(constructors_work_is_kept),
	KTEST_CASE(null_is_skipped),
	KTEST_CASE(wrong_pointers_are_refused_the_others_freed),
	KTEST_CASE(double_within_one_array_is_refused),
	KTEST_CASE(second_bulk_free_is_refused_throughout),
	KTEST_CASE(freed_alone_then_together_is_refused),
	KTEST_CASE(sealed_again_when_interrupts_come_on),
	KTEST_CASE(slots_of_the_spare_name_nothing_once_a_slab_is_gone),
	KTEST_CASE(caches_without_arrays_serve_as_well),
	KTEST_CASE(kfree_bulk_takes_what_kfree_takes),
	{}
};
KTEST_SUITE_FIXTURE(slub_bulk, cases, set_up, tear_down);

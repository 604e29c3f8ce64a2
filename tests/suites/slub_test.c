/* Object caches: who gets which object, and where it goes when it is free. */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <mm/gfp.h>

#include "../../mm/slab_info.h"
#include "enough_memory.h"
#include "no_guards.h"
#include "slub_fixture.h"

static void objects_are_distinct_and_keep_their_bytes(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 72);
	static void *objs[1000];
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, s);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!KTEST_EXPECT_NOT_NULL(t, objs[i])) {
			abandon_cache(s);
			return;
		}
		fill_object(objs[i], 72);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		KTEST_EXPECT_TRUE(t, object_is_intact(objs[i], 72));
		kmem_cache_free(s, objs[i]);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void last_freed_is_first_allocated(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 64);
	void *a, *b;

	KTEST_ASSERT_NOT_NULL(t, s);
	a = kmem_cache_alloc(s, GFP_MUST);
	b = kmem_cache_alloc(s, GFP_MUST);
	kmem_cache_free(s, a);
	kmem_cache_free(s, b);
	KTEST_EXPECT_PTR_EQ(t, kmem_cache_alloc(s, GFP_MUST), b);
	KTEST_EXPECT_PTR_EQ(t, kmem_cache_alloc(s, GFP_MUST), a);
	kmem_cache_free(s, b);
	kmem_cache_free(s, a);
	kmem_cache_destroy(s);
}

/* Three neighbours, full of their patterns; then all is given back. */
static void check_layout(struct ktest *t, unsigned int size,
			 unsigned int align, slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("t", size, align,
						 flags | SLAB_NO_MERGE, NULL);
	unsigned int i, place = max(align, (unsigned int)sizeof(long));
	void *p[3];

	KTEST_ASSERT_NOT_NULL(t, s);
	if (flags & SLAB_HWCACHE_ALIGN && size > SMP_CACHE_LINE / 2)
		place = max(place, (unsigned int)SMP_CACHE_LINE);
	KTEST_EXPECT_EQ(t, kmem_cache_size(s), size);
	for (i = 0; i < 3; i++) {
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!KTEST_EXPECT_NOT_NULL(t, p[i])) {
			abandon_cache(s);
			return;
		}
		KTEST_EXPECT_EQ(t, (unsigned long)p[i] % place, 0);
		fill_object(p[i], size);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	for (i = 0; i < 3; i++) {
		KTEST_EXPECT_TRUE(t, object_is_intact(p[i], size));
		kmem_cache_free(s, p[i]);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void every_size_works_with_every_alignment(struct ktest *t)
{
	static const unsigned int large[] = {
		511, 512, 513, 1000, 1024, 1025, 2047, 4096, 4097, 8191, 8192,
		8193, 12345, 32768, 32769, 65536
	};
	unsigned int size, align, i;

	for (align = 1; align <= PAGE_SIZE && !t->failed; align *= 2) {
		for (size = 1; size <= 200; size++)
			check_layout(t, size, align, 0);
		for (i = 0; i < ARRAY_SIZE(large); i++)
			check_layout(t, large[i], align, 0);
	}
	for (size = 1; size <= 200; size++)
		check_layout(t, size, 0, SLAB_HWCACHE_ALIGN);
}

/* The formula of slub_layout.c, said in another way. */
static void layout_wastes_little_and_numbers_every_object(struct ktest *t)
{
	struct kmem_cache *s;
	struct page *head;
	unsigned int size, i;

	for (size = 8; size <= 8192; size += 8) {
		s = own_cache("t", size);
		KTEST_ASSERT_NOT_NULL(t, s);
		KTEST_EXPECT_EQ(t, s->objects,
				(PAGE_SIZE << s->order) / s->size);
		KTEST_EXPECT_LE(t, s->order, 3);
		KTEST_EXPECT_LE(t, 4 * ((PAGE_SIZE << s->order) % s->size),
				PAGE_SIZE << s->order);
		KTEST_EXPECT_LE(t, s->size, PAGE_SIZE << s->min_order);
		head = slab_create(s, GFP_KERNEL, NUMA_NO_NODE);
		if (!KTEST_EXPECT_NOT_NULL(t, head)) {
			kmem_cache_destroy(s);
			return;
		}
		for (i = 0; i < s->objects; i++)
			KTEST_EXPECT_EQ(t, slab_index(s, head,
					slab_object(s, head, i)), i);
		slab_discard(s, head);
		kmem_cache_destroy(s);
	}
}

/*
 * Eight of 1400 fill order 2 but for 1/16; eight of 1500 do not. More CPUs
 * want more than eight.
 */
static void order_grows_until_little_is_wasted(struct ktest *t)
{
	struct kmem_cache *a = own_cache("a", 1400);
	struct kmem_cache *b = own_cache("b", 1500);

	if (KTEST_EXPECT_TRUE(t, a && b)) {
		KTEST_EXPECT_EQ(t, a->order, nr_cpu_ids == 1 ? 2 : 3);
		KTEST_EXPECT_EQ(t, b->order, 3);
	}
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

static unsigned int constructed;

static void construct(void *p)
{
	constructed++;
	memset(p, 0x5a, 40);
}

static void constructor_runs_once_and_its_work_is_kept(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 40, 0, 0, construct);
	unsigned int places, i;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	constructed = 0;
	for (i = 0; i < 500; i++) {
		p = kmem_cache_alloc(s, GFP_MUST);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0x5a, 40));
		kmem_cache_free(s, p);
		if (i % 100 == 99)
			slab_flush_cpu(s);
	}
	places = s->objects;
	KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	KTEST_EXPECT_EQ(t, constructed, places);
	kmem_cache_destroy(s);
}

static void zeroing_a_constructed_object_is_refused(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 40, 0, 0, construct);
	void *p = s;

	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_REPORTS(t, 1, "__GFP_ZERO",
			     p = kmem_cache_zalloc(s, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void zalloc_clears_all_that_the_last_owner_wrote(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 100);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	memset(p, 0xff, 100);
	kmem_cache_free(s, p);
	KTEST_EXPECT_PTR_EQ(t, kmem_cache_zalloc(s, GFP_MUST), p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 100));
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* A cache without arrays shows what its slabs do. */
static struct kmem_cache *bare_cache(unsigned int size)
{
	return slab_cache_make("bare", size, 0, 0, NULL);
}

/* Of 512 bytes a slab holds that many at most, on a machine of NR_CPUS. */
#define MAX_OBJECTS_512 64

static void fullest_slab_gives_first(struct ktest *t)
{
	struct kmem_cache *s = bare_cache(512);
	static void *objs[3 * MAX_OBJECTS_512];
	unsigned int i, n;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	n = s->objects;
	KTEST_ASSERT_TRUE(t, n <= MAX_OBJECTS_512);
	for (i = 0; i < 3 * n; i++)
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 3);
	/* in use: 2 of the first slab, all but 1 of the second, half of the
	 * third */
	for (i = 0; i < n - 2; i++)
		kmem_cache_free(s, objs[i]);
	kmem_cache_free(s, objs[n]);
	for (i = 2 * n; i < 2 * n + n / 2; i++)
		kmem_cache_free(s, objs[i]);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_PTR_EQ(t, slab_of(p), slab_of(objs[n + 1]));
	objs[n] = p;
	for (i = 2 * n; i < 2 * n + n / 2; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
		KTEST_EXPECT_PTR_EQ(t, slab_of(objs[i]),
				    slab_of(objs[3 * n - 1]));
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	for (i = n - 2; i < 3 * n; i++)
		kmem_cache_free(s, objs[i]);
	kmem_cache_destroy(s);
}

static void empty_slabs_beyond_min_partial_go_back(struct ktest *t)
{
	struct kmem_cache *s = bare_cache(512);
	static void *objs[20 * MAX_OBJECTS_512];
	unsigned int i, n;

	KTEST_ASSERT_NOT_NULL(t, s);
	n = 20 * s->objects;
	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (i = 0; i < n; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 20);
	for (i = 0; i < n; i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_EQ(t, s->min_partial, 5);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 5);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
	kmem_cache_destroy(s);
}

static void shrink_keeps_slabs_that_are_in_use(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 256);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_NE(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 1);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void destroy_names_each_live_object(struct ktest *t)
{
	struct kmem_cache *s = own_cache("doomed", 128);
	const char *text, *line;
	void *a, *b;

	KTEST_ASSERT_NOT_NULL(t, s);
	a = kmem_cache_alloc(s, GFP_MUST);
	b = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_REPORTS(t, 1, "cache doomed: 2 objects",
			     kmem_cache_destroy(s));
	text = report_capture_text();
	line = strstr(text, "  object ");
	KTEST_ASSERT_NOT_NULL(t, line);
	line = strstr(line + 1, "  object ");
	KTEST_ASSERT_NOT_NULL(t, line);
	KTEST_EXPECT_NULL(t, strstr(line + 1, "  object "));
	/* the name is free again, the objects are nobody's */
	s = own_cache("doomed", 128);
	if (KTEST_EXPECT_NOT_NULL(t, s))
		KTEST_EXPECT_REPORTS(t, 1, "destroyed cache",
				     kmem_cache_free(s, a));
	KTEST_EXPECT_REPORTS(t, 1, "destroyed cache", kfree(b));
	kmem_cache_destroy(s);
	exhume();
}

static void destroy_of_what_is_no_cache_is_refused(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 128);

	KTEST_ASSERT_NOT_NULL(t, s);
	kmem_cache_destroy(NULL);
	kmem_cache_destroy(s);
	KTEST_EXPECT_REPORTS(t, 1, "not a cache", kmem_cache_destroy(s));
	KTEST_EXPECT_REPORTS(t, 1, "not a cache", kmem_cache_destroy(
			     kmalloc_caches[KMALLOC_NORMAL][3]));
}

/* Once: to be refused. */
static struct kmem_cache *try_create(const char *name, unsigned int size)
{
	return kmem_cache_create(name, size, 0, SLAB_NO_MERGE, NULL);
}

static void create_refuses_bad_arguments(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 64), *bad;
	char name[] = "copied";

	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_REPORTS(t, 1, "no name",
		bad = try_create(NULL, 64));
	KTEST_EXPECT_NULL(t, bad);
	KTEST_EXPECT_REPORTS(t, 1, "bad size",
		bad = try_create("u", 0));
	KTEST_EXPECT_NULL(t, bad);
	KTEST_EXPECT_REPORTS(t, 1, "bad size",
		bad = try_create("u", ~0U));
	KTEST_EXPECT_NULL(t, bad);
	KTEST_EXPECT_REPORTS(t, 1, "bad alignment",
		bad = kmem_cache_create("u", 64, 24, SLAB_NO_MERGE, NULL));
	KTEST_EXPECT_NULL(t, bad);
	KTEST_EXPECT_REPORTS(t, 1, "bad alignment",
		bad = kmem_cache_create("u", 64, 2 * PAGE_SIZE, 0, NULL));
	KTEST_EXPECT_NULL(t, bad);
	KTEST_EXPECT_REPORTS(t, 1, "name is taken",
		bad = try_create("t", 32));
	KTEST_EXPECT_NULL(t, bad);
	kmem_cache_destroy(s);
	s = own_cache(name, 64);
	KTEST_ASSERT_NOT_NULL(t, s);
	name[0] = 'X';
	KTEST_EXPECT_STREQ(t, kmem_cache_name(s), "copied");
	kmem_cache_destroy(s);
}

#define MODEL_OBJECTS 700

/* Each object in use holds its pattern; the cache is checked now and then. */
static void model_run(struct ktest *t, struct kmem_cache *s, u64 seed)
{
	static void *objs[MODEL_OBJECTS];
	size_t size = kmem_cache_size(s);
	struct rng rng = rng_seed(seed);
	unsigned int i, step;

	memset(objs, 0, sizeof(objs));
	for (step = 0; step < 20000 && !t->failed; step++) {
		i = (unsigned int)rng_below(&rng, MODEL_OBJECTS);
		if (objs[i]) {
			KTEST_EXPECT_TRUE(t, object_is_intact(objs[i], size));
			kmem_cache_free(s, objs[i]);
			objs[i] = NULL;
		} else {
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
			if (!KTEST_EXPECT_NOT_NULL(t, objs[i]))
				break;
			fill_object(objs[i], size);
		}
		if (step % 1000 == 0)
			KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		if (step % 5000 == 0)
			kmem_cache_shrink(s);
	}
	for (i = 0; i < MODEL_OBJECTS; i++)
		if (objs[i])
			kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
}

static void random_use_agrees_with_the_model(struct ktest *t)
{
	static const unsigned int sizes[] = { 8, 24, 64, 200, 1000, 5000 };
	struct kmem_cache *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!memory_is_enough_for(MODEL_OBJECTS * sizes[i]))
			break;
		s = kmem_cache_create("t", sizes[i], 0, 0, NULL);
		KTEST_ASSERT_NOT_NULL(t, s);
		model_run(t, s, i);
		kmem_cache_destroy(s);
		s = bare_cache(sizes[i]);
		KTEST_ASSERT_NOT_NULL(t, s);
		model_run(t, s, ~(u64)i);
		kmem_cache_destroy(s);
	}
}

static void works_with_interrupts_off_and_leaves_them_off(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 64);
	static void *objs[500];
	unsigned long flags;
	unsigned int i;
	bool off = true;

	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	local_irq_save(flags);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_ATOMIC);
		off &= irqs_disabled();
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		kmem_cache_free(s, objs[i]);
		off &= irqs_disabled();
	}
	local_irq_restore(flags);
	KTEST_EXPECT_TRUE(t, off);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

/* From the array it is not seen: that costs nothing. */
static void allocation_that_may_sleep_is_reported_in_the_wrong_place(
	struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 64);
	unsigned long flags;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	slab_flush_cpu(s);
	local_irq_save(flags);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep",
			     p = kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, p);
	slab_flush_cpu(s);
	KTEST_EXPECT_REPORTS(t, 0, "", p = kmem_cache_alloc(s, GFP_ATOMIC));
	local_irq_restore(flags);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void slabinfo_counts_what_callers_hold(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 100);
	void *objs[50];
	struct slab_info info;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, s);
	for (i = 0; i < 50; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, s->size, 104);
	KTEST_EXPECT_EQ(t, s->objects, 39);
	KTEST_EXPECT_EQ(t, info.active_objects, 50);
	KTEST_EXPECT_EQ(t, info.slabs, 2);
	KTEST_EXPECT_EQ(t, info.objects, 2 * 39);
	KTEST_EXPECT_EQ(t, info.active_slabs, 2);
	for (i = 0; i < 50; i++)
		kmem_cache_free(s, objs[i]);
	slab_flush_cpu(s);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, info.active_objects, 0);
	KTEST_EXPECT_EQ(t, info.active_slabs, 0);
	KTEST_EXPECT_EQ(t, info.slabs, 2);
	kmem_cache_destroy(s);
}

/* What memory pressure will ask for; not if somebody shrinks already. */
static void reaping_gives_empty_slabs_back(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 100);

	KTEST_ASSERT_NOT_NULL(t, s);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	mutex_lock(&slab_mutex);
	kmem_cache_reap();
	mutex_unlock(&slab_mutex);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	kmem_cache_reap();
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
	kmem_cache_destroy(s);
}

static void all_caches_are_sound(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, slab_is_available());
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
	kmem_cache_shrink_all();
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
}

/* Caches are objects, too. */
static unsigned long descriptors_in_use(void)
{
	struct slab_info info = { 0 };
	struct kmem_cache *c;

	list_for_each_entry(c, &slab_caches, list)
		if (!strcmp(c->name, "kmem_cache"))
			slab_get_info(c, &info);
	return info.active_objects;
}

static void size_with_its_free_word_must_fit_a_block(struct ktest *t)
{
	unsigned long before = descriptors_in_use();
	struct kmem_cache *c = NULL;

	KTEST_EXPECT_REPORTS(t, 1, "bad size",
			     c = kmem_cache_create("big", KMALLOC_MAX_SIZE, 0,
						   0, construct));
	KTEST_EXPECT_PTR_EQ(t, c, NULL);
	KTEST_EXPECT_NE(t, before, 0);
	KTEST_EXPECT_EQ(t, descriptors_in_use(), before);
}

static void slabs_come_from_where_the_cache_says(struct ktest *t)
{
	static const struct {
		slab_flags_t flags;
		gfp_t gfp;
	} asked[] = {
		{ 0, 0 }, { SLAB_CACHE_DMA, GFP_DMA },
		{ SLAB_CACHE_DMA32, GFP_DMA32 },
		{ SLAB_RECLAIM_ACCOUNT, __GFP_RECLAIMABLE },
	};
	struct kmem_cache *c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		c = kmem_cache_create("reach", 64, 0,
				      asked[i].flags | SLAB_NO_MERGE, NULL);
		KTEST_ASSERT_NOT_NULL(t, c);
		KTEST_EXPECT_EQ(t, c->allocflags, asked[i].gfp);
		kmem_cache_destroy(c);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(objects_are_distinct_and_keep_their_bytes),
	KTEST_CASE(last_freed_is_first_allocated),
	KTEST_CASE(every_size_works_with_every_alignment),
	KTEST_CASE(layout_wastes_little_and_numbers_every_object),
	KTEST_CASE(order_grows_until_little_is_wasted),
	KTEST_CASE(constructor_runs_once_and_its_work_is_kept),
	KTEST_CASE(zeroing_a_constructed_object_is_refused),
	KTEST_CASE(zalloc_clears_all_that_the_last_owner_wrote),
	KTEST_CASE(fullest_slab_gives_first),
	KTEST_CASE(empty_slabs_beyond_min_partial_go_back),
	KTEST_CASE(shrink_keeps_slabs_that_are_in_use),
	KTEST_CASE(destroy_names_each_live_object),
	KTEST_CASE(destroy_of_what_is_no_cache_is_refused),
	KTEST_CASE(create_refuses_bad_arguments),
	KTEST_CASE(random_use_agrees_with_the_model),
	KTEST_CASE(works_with_interrupts_off_and_leaves_them_off),
	KTEST_CASE(allocation_that_may_sleep_is_reported_in_the_wrong_place),
	KTEST_CASE(slabinfo_counts_what_callers_hold),
	KTEST_CASE(reaping_gives_empty_slabs_back),
	KTEST_CASE(all_caches_are_sound),
	KTEST_CASE(size_with_its_free_word_must_fit_a_block),
	KTEST_CASE(slabs_come_from_where_the_cache_says),
	{}
};
KTEST_SUITE_FIXTURE(slub, cases, no_guards, guards_again);

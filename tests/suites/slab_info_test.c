/* What slabinfo counts, against what a case holds and what the census finds. */
#include <kernel/ktest.h>
#include <kernel/shell.h>
#include <lib/sprintf.h>
#include <mm/census.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "../../mm/slab_info.h"
#include "no_guards.h"
#include "slub_fixture.h"

static struct census census;

/* Nobody else allocates meanwhile. */
static void expect_census_agrees(struct ktest *t)
{
	census_take(&census);
	KTEST_EXPECT_EQ(t, slab_total_pages(), census.pages[CENSUS_SLAB]);
}

static void pages_of_all_caches_are_what_the_census_finds(struct ktest *t)
{
	static const unsigned int sizes[] = { 8, 200, 1000, 5000, 40000 };
	struct kmem_cache *s[ARRAY_SIZE(sizes)];
	void *objs[ARRAY_SIZE(sizes)][20];
	char name[16];
	unsigned int i;

	expect_census_agrees(t);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ksnprintf(name, sizeof(name), "info_%u", i);
		s[i] = own_cache(name, sizes[i]);
		KTEST_EXPECT_EQ(t, kmem_cache_alloc_bulk(s[i], GFP_MUST, 20,
							 objs[i]), 20);
	}
	expect_census_agrees(t);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		kmem_cache_free_bulk(s[i], 20, objs[i]);
		kmem_cache_destroy(s[i]);
	}
	expect_census_agrees(t);
}

static void slabs_of_destroyed_caches_are_counted(struct ktest *t)
{
	struct kmem_cache *s = own_cache("info", 1000);

	kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_REPORTS(t, 1, "objects live in a destroyed cache",
			     kmem_cache_destroy(s));
	expect_census_agrees(t);
	exhume();
}

static void slabs_of_both_orders_are_counted_as_they_are(struct ktest *t)
{
	struct kmem_cache *s = must_create("info", 1024, 0,
						 SLAB_NO_MERGE |
						 SLAB_NO_USER_FLAGS, NULL);
	struct page *page = alloc_page(GFP_MUST);
	void *objs[64];
	unsigned int nr = 0;
	struct slab_info info;
	struct drained d;

	/* a slab as wanted, all of it; then there is a single page */
	do
		objs[nr++] = kmem_cache_alloc(s, GFP_MUST);
	while (nr < s->objects);
	drain_pages(&d);
	__free_page(page);
	objs[nr++] = kmem_cache_alloc(s, __GFP_MEMALLOC | __GFP_NOWARN);
	undrain_pages(&d);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, info.slabs, 2);
	KTEST_EXPECT_EQ(t, info.objects, s->objects + s->min_objects);
	KTEST_EXPECT_EQ(t, info.pages, (1U << s->order) + 1);
	KTEST_EXPECT_EQ(t, info.active_objects, nr);
	expect_census_agrees(t);
	while (nr--)
		kmem_cache_free(s, objs[nr]);
	kmem_cache_destroy(s);
}

static void objects_that_wait_in_arrays_are_not_active(struct ktest *t)
{
	static const unsigned int numbers[] = { 1, 29, 30, 61, 200, 500 };
	static void *objs[500];
	struct kmem_cache *s = own_cache("info", 64);
	struct slab_info info;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		n = numbers[i];
		kmem_cache_alloc_bulk(s, GFP_MUST, n, objs);
		slab_get_info(s, &info);
		KTEST_EXPECT_EQ(t, info.active_objects, n);
		kmem_cache_free_bulk(s, n / 2, objs);
		slab_get_info(s, &info);
		KTEST_EXPECT_EQ(t, info.active_objects, n - n / 2);
		KTEST_EXPECT_LE(t, info.active_slabs, info.slabs);
		KTEST_EXPECT_LE(t, info.active_objects, info.objects);
		kmem_cache_free_bulk(s, n - n / 2, objs + n / 2);
	}
	kmem_cache_destroy(s);
}

static void expect_line(struct ktest *t, const char *command,
			const char *line)
{
	char typed[32];

	strscpy(typed, command, sizeof(typed));
	KTEST_EXPECT_LOGGED(t, line, shell_execute(typed));
}

static void text_shows_arrays_and_aliases(struct ktest *t)
{
	struct kmem_cache *s = must_create("info_arrays", 64, 0,
						 SLAB_NO_MERGE, NULL);
	struct kmem_cache *a = must_create("info_a", 1336, 0, 0, NULL);
	struct kmem_cache *b = must_create("info_b", 1336, 0, 0, NULL);
	void *p = kmem_cache_alloc(s, GFP_MUST);
	char line[64];

	/* a line per CPU and cache: a capture holds those of a few */
	if (main_objects(s) == 29 && nr_cpu_ids <= 4) {
		ksnprintf(line, sizeof(line), "info_arrays       cpu  %3u :"
			  "   29    0\n", smp_processor_id());
		expect_line(t, "slabinfo cpus", line);
		ksnprintf(line, sizeof(line), "info_arrays       node %3d :"
			  "    0 %4u\n", slab_local_node(), stock_arrays(s));
		expect_line(t, "slabinfo cpus", line);
	}
	if (a == b)
		expect_line(t, "slabinfo aliases",
			    "info_a                 2 <- info_b\n");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
}

static void line_of_a_debugged_cache_shows_its_real_size(struct ktest *t)
{
	struct kmem_cache *s = must_create("info", 100, 0,
						 SLAB_RED_ZONE |
						 SLAB_STORE_USER, NULL);
	void *p = kmem_cache_alloc(s, GFP_MUST);
	struct slab_info info;
	char line[64];

	KTEST_EXPECT_GT(t, s->size, 200);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, info.active_objects, 1);
	ksnprintf(line, sizeof(line), "info              %6u %6lu %6u %4u %4u",
		  1, info.objects, s->size, s->objects, 1U << s->order);
	expect_line(t, "slabinfo", line);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pages_of_all_caches_are_what_the_census_finds),
	KTEST_CASE(slabs_of_destroyed_caches_are_counted),
	KTEST_CASE(slabs_of_both_orders_are_counted_as_they_are),
	KTEST_CASE(objects_that_wait_in_arrays_are_not_active),
	KTEST_CASE(text_shows_arrays_and_aliases),
	KTEST_CASE(line_of_a_debugged_cache_shows_its_real_size),
	{}
};
KTEST_SUITE_FIXTURE(slab_info, cases, no_guards, guards_again);

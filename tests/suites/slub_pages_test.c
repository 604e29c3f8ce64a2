/* Object caches and the page allocator: scarcity, zones, nodes. */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "slub_fixture.h"

/* Until NULL; nothing is lost, and memory that comes back is used. */
static void exhaustion_gives_null_and_leaves_the_cache_sound(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 1024, 0, 0, NULL);
	LIST_HEAD(objs);
	struct list_head *p;
	unsigned long nr = 0, freed = 0;
	struct drained d;

	drain_pages(&d);
	KTEST_EXPECT_NULL(t, kmem_cache_alloc(s, GFP_NOWAIT));
	KTEST_EXPECT_NULL(t, kmem_cache_zalloc(s, GFP_NOWAIT));
	KTEST_EXPECT_NULL(t, kmem_cache_alloc_node(s, GFP_NOWAIT, 0));
	undrain_pages(&d);
	while (nr < 1000) {
		p = kmem_cache_alloc(s, GFP_NOWAIT);
		KTEST_ASSERT_NOT_NULL(t, p);
		list_add(p, &objs);
		nr++;
	}
	drain_pages(&d);
	while ((p = kmem_cache_alloc(s, GFP_NOWAIT))) {
		list_add(p, &objs);
		nr++;
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	while (!list_empty(&objs)) {
		p = objs.next;
		list_del(p);
		kmem_cache_free(s, p);
		freed++;
	}
	KTEST_EXPECT_EQ(t, freed, nr);
	undrain_pages(&d);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void single_pages_do_when_larger_blocks_are_gone(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 1024, 0, 0, NULL);
	struct page *page = alloc_page(GFP_KERNEL);
	gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	struct drained d;
	void *p;

	KTEST_EXPECT_GT(t, s->order, 0);
	drain_pages(&d);
	__free_page(page);
	p = kmem_cache_alloc(s, gfp);
	if (KTEST_EXPECT_NOT_NULL(t, p)) {
		KTEST_EXPECT_EQ(t, slab_of(p)->order, 0);
		KTEST_EXPECT_EQ(t, cpu_of(s)->main->avail, 3);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, (char *)p + 8));
		kmem_cache_free(s, p);
	}
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	undrain_pages(&d);
	kmem_cache_destroy(s);
}

static void dma_caches_live_in_zone_dma(struct ktest *t)
{
	struct kmem_cache *s;
	void *p;

	s = kmem_cache_create("t", 300, 0, SLAB_CACHE_DMA, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, zone_idx(page_zone(slab_of(p))), ZONE_DMA);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void objects_of_a_node_lie_in_that_node(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 300, 0, 0, NULL);
	void *p;
	int nid;

	for_each_online_node(nid) {
		if (!NODE_DATA(nid)->node_present_pages)
			continue;
		p = kmem_cache_alloc_node(s, GFP_KERNEL, nid);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, page_to_nid(slab_of(p)), nid);
		kmem_cache_free(s, p);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	}
	kmem_cache_destroy(s);
}

/* Every page of a slab that goes back is a slab's no more. */
static void pages_of_a_slab_that_went_back_are_plain(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("t", 1024, 0, 0, NULL);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);
	char *tail = (char *)page_address(slab_of(p)) + PAGE_SIZE;

	KTEST_ASSERT_TRUE(t, slab_of(p)->order > 0);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kmem_cache_free(s, tail));
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(exhaustion_gives_null_and_leaves_the_cache_sound),
	KTEST_CASE(single_pages_do_when_larger_blocks_are_gone),
	KTEST_CASE(dma_caches_live_in_zone_dma),
	KTEST_CASE(objects_of_a_node_lie_in_that_node),
	KTEST_CASE(pages_of_a_slab_that_went_back_are_plain),
	{}
};
KTEST_SUITE(slub_pages, cases);

/* Object caches and the page allocator: scarcity, zones, nodes. */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "no_guards.h"
#include "slub_fixture.h"

/* Until NULL; nothing is lost, and memory that comes back is used. */
static void exhaustion_gives_null_and_leaves_the_cache_sound(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 1024);
	LIST_HEAD(objs);
	struct list_head *p;
	unsigned long nr = 0, freed = 0;
	struct drained d;

	KTEST_ASSERT_NOT_NULL(t, s);
	drain_pages(&d);
	KTEST_EXPECT_NULL(t, kmem_cache_alloc(s, GFP_NOWAIT));
	KTEST_EXPECT_NULL(t, kmem_cache_zalloc(s, GFP_NOWAIT));
	KTEST_EXPECT_NULL(t, kmem_cache_alloc_node(s, GFP_NOWAIT, 0));
	undrain_pages(&d);
	while (nr < 1000) {
		p = kmem_cache_alloc(s, GFP_NOWAIT);
		if (!KTEST_EXPECT_NOT_NULL(t, p))
			break;
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

/* Any page of a slab is asked about its objects: they must say the same. */
static void pages_of_a_slab_that_differ_are_told(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 1024);
	void *p = s ? kmem_cache_alloc(s, GFP_MUST) : NULL;
	struct page *head;

	KTEST_ASSERT_NOT_NULL(t, p);
	head = slab_of(p);
	if (head->order) {
		head[1].order--;
		KTEST_EXPECT_NOT_NULL(t, slab_check(s, head));
		head[1].order++;
		head[1].zone_id ^= 1;
		KTEST_EXPECT_NOT_NULL(t, slab_check(s, head));
		head[1].zone_id ^= 1;
		head[1].slab_cache = NULL;
		KTEST_EXPECT_NOT_NULL(t, slab_check(s, head));
		head[1].slab_cache = s;
	}
	KTEST_EXPECT_STREQ(t, slab_check(s, head), NULL);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void single_pages_do_when_larger_blocks_are_gone(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 1024);
	gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	struct page *page;
	struct drained d;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	page = alloc_page(GFP_MUST);
	KTEST_EXPECT_GT(t, s->order, 0);
	drain_pages(&d);
	__free_page(page);
	p = kmem_cache_alloc(s, gfp);
	if (KTEST_EXPECT_NOT_NULL(t, p)) {
		KTEST_EXPECT_EQ(t, slab_of(p)->order, 0);
		KTEST_EXPECT_EQ(t, main_objects(s), 3);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_REPORTS(t, 1, "inside an object",
				     kmem_cache_free(s, (char *)p + 8));
		kmem_cache_free(s, p);
	}
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	undrain_pages(&d);
	kmem_cache_destroy(s);
}

/* One page is all the memory there is. */
static void *alloc_from_the_last_page(struct kmem_cache *s, gfp_t gfp)
{
	struct page *page = alloc_page(GFP_MUST);
	struct drained d;
	void *p;

	drain_pages(&d);
	__free_page(page);
	p = kmem_cache_alloc(s, gfp);
	undrain_pages(&d);
	return p;
}

static void construct(void *p)
{
	memset(p, 0x5c, 1000);
}

static void objects_of_a_single_page_are_constructed(struct ktest *t)
{
	struct kmem_cache *s = must_create("t", 1000, 0, SLAB_NO_MERGE,
					   construct);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = alloc_from_the_last_page(s, __GFP_MEMALLOC | __GFP_NOWARN);
	if (p) {
		KTEST_EXPECT_NE(t, slab_of(p)->order, s->order);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0x5c, 1000));
	}
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* The larger block is only tried: what must not fail is the single page. */
static void nofail_is_met_with_a_single_page(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 1024);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = alloc_from_the_last_page(s, GFP_KERNEL | __GFP_NOFAIL);
	if (KTEST_EXPECT_NOT_NULL(t, p))
		KTEST_EXPECT_EQ(t, slab_of(p)->order, 0);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* A large block without fail is a wish too far: met, and warned of once. */
static void nofail_for_a_large_block_is_warned_of(struct ktest *t)
{
	static bool warned;
	struct page *page, *got = NULL;
	struct drained d;

	if (warned) {
		ktest_skip(t, "the kernel warns once, and has");
		return;
	}
	page = alloc_pages(GFP_KERNEL, 2);
	KTEST_ASSERT_NOT_NULL(t, page);
	drain_pages(&d);
	__free_pages(page, 2);
	drain_local_pages();	/* what a CPU has at hand it gives gladly */
	KTEST_EXPECT_LOGGED(t, "WARNING at ",
		got = alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 2));
	warned = true;
	undrain_pages(&d);
	KTEST_EXPECT_PTR_EQ(t, got, page);
	if (got)
		__free_pages(got, 2);
}

/* Scarce memory is for caches that were made for it. */
static void dma_asked_for_once_does_not_place_a_slab(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 300);
	struct page *page;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	page = alloc_page(GFP_MUST);
	if (zone_idx(page_zone(page)) == ZONE_DMA) {
		ktest_skip(t, "all memory is in zone DMA");
	} else {
		p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_DMA);
		if (KTEST_EXPECT_NOT_NULL(t, p))
			KTEST_EXPECT_NE(t, zone_idx(page_zone(slab_of(p))),
					ZONE_DMA);
		kmem_cache_free(s, p);
	}
	__free_page(page);
	kmem_cache_destroy(s);
}

static void cache_of_caches_is_not_destroyed(struct ktest *t)
{
	struct kmem_cache *first;

	first = list_first_entry(&slab_caches, struct kmem_cache, list);
	KTEST_ASSERT_STREQ(t, kmem_cache_name(first), "kmem_cache");
	KTEST_EXPECT_REPORTS(t, 1, "not a cache to destroy",
			     kmem_cache_destroy(first));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(first), NULL);
}

static void dma_caches_live_in_zone_dma(struct ktest *t)
{
	struct kmem_cache *s;
	void *p;

	s = kmem_cache_create("t", 300, 0, SLAB_CACHE_DMA | SLAB_NO_MERGE,
			      NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	if (p)
		KTEST_EXPECT_EQ(t, zone_idx(page_zone(slab_of(p))), ZONE_DMA);
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

static void objects_of_a_node_lie_in_that_node(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 300);
	void *p;
	int nid;

	KTEST_ASSERT_NOT_NULL(t, s);
	for_each_online_node(nid) {
		if (!node_has_low_pages(nid))
			continue;
		p = kmem_cache_alloc_node(s, GFP_KERNEL, nid);
		if (KTEST_EXPECT_NOT_NULL(t, p))
			KTEST_EXPECT_EQ(t, page_to_nid(slab_of(p)), nid);
		kmem_cache_free(s, p);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	}
	kmem_cache_destroy(s);
}

/* Two nodes that slabs can lie in; false, and skipped: there are not. */
static bool two_nodes(struct ktest *t, int *nid, int *other)
{
	int node;

	*nid = *other = NUMA_NO_NODE;
	for_each_online_node(node)
		if (node_has_low_pages(node)) {
			*other = *nid;
			*nid = node;
		}
	if (*other == NUMA_NO_NODE)
		ktest_skip(t, "needs memory in two nodes");
	return !t->skipped;
}

/* Not even for objects that the other has, free in a slab. */
static void this_node_is_no_other(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 300);
	gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	void *p = NULL, *q = NULL, *r = NULL;
	int nid, other;
	struct drained d;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (two_nodes(t, &nid, &other)) {
		p = kmem_cache_alloc_node(s, GFP_MUST, other);
		kmem_cache_shrink(s);
		drain_pages(&d);
		q = kmem_cache_alloc_node(s, gfp | __GFP_THISNODE, nid);
		r = kmem_cache_alloc_node(s, gfp, nid);
		undrain_pages(&d);
		KTEST_EXPECT_NULL(t, q);
		KTEST_EXPECT_NOT_NULL(t, r);
	}
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_free(s, r);
	kmem_cache_destroy(s);
}

/* An object that is free there is better than a slab more. */
static void objects_of_another_node_come_before_its_memory(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 300);
	gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	void *p = NULL, *q = NULL;
	struct page *page;
	int nid, other;
	struct drained d;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (two_nodes(t, &nid, &other)) {
		p = kmem_cache_alloc_node(s, GFP_MUST, other);
		kmem_cache_shrink(s);
		page = alloc_pages_node(other, GFP_MUST | __GFP_THISNODE, 0);
		drain_pages(&d);
		__free_page(page);
		q = kmem_cache_alloc_node(s, gfp, nid);
		undrain_pages(&d);
		KTEST_EXPECT_NOT_NULL(t, q);
		KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	}
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

/* And none of its slabs is there yet. */
static void memory_of_another_node_will_do(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 300);
	gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	struct page *page;
	int nid, other;
	struct drained d;
	void *p = NULL;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (two_nodes(t, &nid, &other)) {
		page = alloc_pages_node(other, GFP_MUST | __GFP_THISNODE, 0);
		drain_pages(&d);
		__free_page(page);
		p = kmem_cache_alloc_node(s, gfp, nid);
		undrain_pages(&d);
		if (KTEST_EXPECT_NOT_NULL(t, p))
			KTEST_EXPECT_EQ(t, page_to_nid(slab_of(p)), other);
	}
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Every page of a slab that goes back is a slab's no more. */
static void pages_of_a_slab_that_went_back_are_plain(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 1024);
	char *p, *tail;
	bool has_tail;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	tail = (char *)page_address(slab_of(p)) + PAGE_SIZE;
	has_tail = slab_of(p)->order > 0;
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	if (KTEST_EXPECT_TRUE(t, has_tail))
		KTEST_EXPECT_REPORTS(t, 1, "not a slab page",
				     kmem_cache_free(s, tail));
	kmem_cache_destroy(s);
}

/* The number may come from a table of the firmware's. */
static void node_that_is_not_there_is_any_node(struct ktest *t)
{
	const int nids[] = { -1, slab_node_ids, MAX_NUMNODES, 1 << 20 };
	struct kmem_cache *s = plain_cache("nowhere", 64);
	unsigned int i;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	for (i = 0; i < ARRAY_SIZE(nids); i++) {
		p = kmem_cache_alloc_node(s, GFP_KERNEL, nids[i]);
		KTEST_EXPECT_NOT_NULL(t, p);
		kmem_cache_free(s, p);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(exhaustion_gives_null_and_leaves_the_cache_sound),
	KTEST_CASE(pages_of_a_slab_that_differ_are_told),
	KTEST_CASE(single_pages_do_when_larger_blocks_are_gone),
	KTEST_CASE(dma_caches_live_in_zone_dma),
	KTEST_CASE(objects_of_a_node_lie_in_that_node),
	KTEST_CASE(this_node_is_no_other),
	KTEST_CASE(objects_of_another_node_come_before_its_memory),
	KTEST_CASE(memory_of_another_node_will_do),
	KTEST_CASE(pages_of_a_slab_that_went_back_are_plain),
	KTEST_CASE(objects_of_a_single_page_are_constructed),
	KTEST_CASE(nofail_is_met_with_a_single_page),
	KTEST_CASE(nofail_for_a_large_block_is_warned_of),
	KTEST_CASE(dma_asked_for_once_does_not_place_a_slab),
	KTEST_CASE(cache_of_caches_is_not_destroyed),
	KTEST_CASE(node_that_is_not_there_is_any_node),
	{}
};
KTEST_SUITE_FIXTURE(slub_pages, cases, no_guards, guards_again);

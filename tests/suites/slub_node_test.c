/* Slabs of a node: which gives, and what comes back to them. */
#include <kernel/ktest.h>
#include <mm/gfp.h>

#include "no_guards.h"
#include "slub_fixture.h"

#define MOST 64		/* objects of a slab here, on a machine of NR_CPUS */

static struct kmem_cache *s;
static void *objs[2 * MOST];

static void tear_down(struct ktest *t)
{
	if (s) {
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		kmem_cache_destroy(s);
	}
	s = NULL;
	guards_again(t);
}

/* A cache with one slab, that has given n objects to objs[]. */
static struct page *slab_that_gave(struct ktest *t, unsigned int size,
				   unsigned int n)
{
	const int nid = slab_local_node();

	s = plain_cache("node", size);
	if (!s || !node_grow(s, GFP_MUST | __GFP_THISNODE, nid)) {
		ktest_skip(t, "no slab");
		return NULL;
	}
	KTEST_EXPECT_EQ(t, node_take(s, nid, objs, n), n);
	return slab_of(objs[0]);
}

static void bad_object_in_a_batch_spoils_no_other(struct ktest *t)
{
	struct page *page = alloc_page(GFP_MUST);
	struct page *head = slab_that_gave(t, 64, 2);

	if (head) {
		objs[2] = objs[1];
		objs[1] = page_address(page);
		KTEST_EXPECT_REPORTS(t, 1, "not an object when it left",
				     node_put(s, objs, 3));
		KTEST_EXPECT_EQ(t, head->inuse, 0);
	}
	__free_page(page);
}

/* One whose slab has room for the word of a place more than it has. */
static unsigned int size_that_leaves_a_rest(void)
{
	unsigned int size;

	for (size = 520; size < PAGE_SIZE; size += 8) {
		struct kmem_cache c = { .object_size = size };

		slab_layout(&c);
		if ((PAGE_SIZE << c.order) % c.size >= c.offset + 8)
			break;
	}
	return size;
}

static void place_behind_the_last_is_no_object(struct ktest *t)
{
	struct page *head = slab_that_gave(t, size_that_leaves_a_rest(), 1);
	void *behind;

	if (!head)
		return;
	behind = slab_object(s, head, s->objects);
	*slab_word(s, behind) = s->secret;
	KTEST_EXPECT_REPORTS(t, 1, "not an object when it left an array",
			     node_put(s, &behind, 1));
	*slab_word(s, behind) = 0;
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free_bulk(s, 1, &behind));
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(s, behind));
	KTEST_EXPECT_EQ(t, head->inuse, 1);
	node_put(s, objs, 1);
}

/* All but left of what the slab still has; false: it is not so large. */
static bool take_all_but(const struct page *head, unsigned int left,
			 void **to)
{
	unsigned int n = slab_objects(s, head) - head->inuse - left;

	return node_take(s, slab_local_node(), to, n) == n;
}

/* No fresh slab for one object, if one is free. */
static void last_object_of_a_slab_will_do(struct ktest *t)
{
	struct page *head = slab_that_gave(t, 1024, 1);
	void *p;

	if (!head)
		return;
	KTEST_ASSERT_TRUE(t, take_all_but(head, 1, objs + 1));
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_PTR_EQ(t, slab_of(p), head);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 1);
	kmem_cache_free(s, p);
	node_put(s, objs, slab_objects(s, head) - 1);
}

/* Half of each of two slabs, one after the other; a free in the first. */
static void give_back_halves(unsigned int n)
{
	node_put(s, objs, n / 2 - 1);
	node_put(s, objs + n, n / 2 - 1);
	node_put(s, objs + n / 2 - 1, 1);
}

/* A free does not bring it to the front again: that costs more. */
static void slab_keeps_its_place_while_its_list_is_the_same(struct ktest *t)
{
	const int nid = slab_local_node();
	struct page *first = slab_that_gave(t, 512, 1), *second;
	unsigned int n = first ? slab_objects(s, first) : 0;
	void *p = NULL;

	KTEST_ASSERT_TRUE(t, n <= MOST);
	if (!first || !take_all_but(first, 0, objs + 1) ||
	    !node_grow(s, GFP_MUST | __GFP_THISNODE, nid))
		return;
	node_take(s, nid, objs + n, 1);
	second = slab_of(objs[n]);
	if (slab_objects(s, second) == n &&
	    take_all_but(second, 0, objs + n + 1)) {
		give_back_halves(n);
		KTEST_EXPECT_EQ(t, slab_list_of(s, first),
				slab_list_of(s, second));
		node_take(s, nid, &p, 1);
		KTEST_EXPECT_PTR_EQ(t, slab_of(p), second);
		node_put(s, &p, 1);
		node_put(s, objs + n / 2, n / 2);
		node_put(s, objs + n + n / 2 - 1, n / 2 + 1);
	} else {
		node_put(s, objs, n + 1);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bad_object_in_a_batch_spoils_no_other),
	KTEST_CASE(place_behind_the_last_is_no_object),
	KTEST_CASE(last_object_of_a_slab_will_do),
	KTEST_CASE(slab_keeps_its_place_while_its_list_is_the_same),
	{}
};
KTEST_SUITE_FIXTURE(slub_node, cases, no_guards, tear_down);

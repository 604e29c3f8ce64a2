/* kmem_cache_validate() names each of its rules that is broken. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "names_fault.h"
#include "no_guards.h"
#include "slub_fixture.h"

#define MOST_IN_ARRAY 60

static struct kmem_cache *s;
static void *used;

/* One object in use, the others of what a refill brought in the CPU's array. */
static void make_cache(struct ktest *t)
{
	no_guards(t);
	s = plain_cache("broken", 64);
	used = s ? kmem_cache_alloc(s, GFP_MUST) : NULL;
	if (!used)
		ktest_skip(t, "no cache");
	else
		needs_arrays(t, s);
}

static void drop_cache(struct ktest *t)
{
	if (used)
		kmem_cache_free(s, used);
	if (s)
		kmem_cache_destroy(s);
	guards_again(t);
}

#define CACHE_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, kmem_cache_validate(s), words)

static void array_has_both_ends_where_they_belong(struct ktest *t)
{
	struct kmem_cache_cpu *c = cpu_of(s);

	CACHE_NAMES(t, c->main->objects[0], used, "array: has no beginning");
	CACHE_NAMES(t, c->spare->objects[0], used, "array: has no beginning");
	CACHE_NAMES(t, c->stack.end, c->stack.end - 1, "array: wrong limit");
	CACHE_NAMES(t, c->stack.top, c->stack.end + 1,
		    "array: top is outside");
	CACHE_NAMES(t, c->spare->avail, 1, "array: neither full nor empty");
}

static void array_holds_free_objects_once_each(struct ktest *t)
{
	void **first = &cpu_of(s)->main->objects[1];

	KTEST_ASSERT_TRUE(t, main_objects(s) > 2);
	CACHE_NAMES(t, first[1], (char *)first[1] + 8,
		    "array: holds what is not an object");
	CACHE_NAMES(t, first[1], first[0], "array: object twice");
	CACHE_NAMES(t, *slab_word(s, first[1]), 0,
		    "array: object without the free mark");
}

/* What was popped stays in its slot, and vouches for its caller's free. */
static void slots_above_the_top_name_objects_in_use(struct ktest *t)
{
	struct kmem_cache_cpu *c = cpu_of(s);
	void **seal = c->stack.top;

	while (*seal != s->no_object)
		seal++;
	CACHE_NAMES(t, *seal, used, "array: has no end");
	*slab_word(s, used) = s->secret;	/* data is no mark */
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	*slab_word(s, used) = 0;
	if (nr_cpu_ids > 1)
		return;	/* what others have freed stands there as well */
	KTEST_ASSERT_TRUE(t, *c->stack.top == used);
	CACHE_NAMES(t, *c->stack.top, (char *)used + 8,
		    "array: a slot vouches for what is not in use");
	CACHE_NAMES(t, *c->stack.top, NULL,
		    "array: a slot vouches for what is not in use");
}

/* A full main array, with an empty spare; the objects go there. */
static void fill_main_array(void **objects, unsigned int limit)
{
	unsigned int i;

	for (i = 0; i < limit; i++)
		objects[i] = kmem_cache_alloc(s, GFP_MUST);
	kmem_cache_shrink(s);
	while (i)
		kmem_cache_free(s, objects[--i]);
}

/* The main array's objects in the spare once more: each is sound by itself. */
static void arrays_hold_no_more_than_slabs_have_given(struct ktest *t)
{
	static void *objects[MOST_IN_ARRAY];
	struct slab_sheaf *main, *spare;
	size_t bytes = s->sheaf_limit * sizeof(void *);

	KTEST_ASSERT_TRUE(t, s->sheaf_limit <= MOST_IN_ARRAY);
	fill_main_array(objects, s->sheaf_limit);
	main = cpu_of(s)->main;
	spare = cpu_of(s)->spare;
	KTEST_ASSERT_EQ(t, main_objects(s), s->sheaf_limit);
	KTEST_ASSERT_EQ(t, spare_objects(s), 0);
	memcpy(objects, &spare->objects[1], bytes);
	memcpy(&spare->objects[1], &main->objects[1], bytes);
	CACHE_NAMES(t, spare->avail, s->sheaf_limit,
		    "arrays hold more than slabs have given");
	memcpy(&spare->objects[1], objects, bytes);
}

/* Wherever it stands among all caches. */
static void damaged_cache_is_found_among_all(struct ktest *t)
{
	struct kmem_cache *next = plain_cache("broken_next", 64);

	NAMES_FAULT(t, cpu_of(s)->main->objects[0], used, slab_validate(),
		    "array: has no beginning");
	kmem_cache_destroy(next);
}

static void node_counts_what_its_lists_hold(struct ktest *t)
{
	struct page *head = virt_to_page(used);
	struct kmem_cache_node *n = slab_node(s, head);

	CACHE_NAMES(t, n->nr_slabs, n->nr_slabs - 1,
		    "node: more slabs than nr_slabs");
	CACHE_NAMES(t, n->nr_slabs, n->nr_slabs + 1,
		    "node: nr_slabs or nr_objects is wrong");
	CACHE_NAMES(t, n->nr_objects, n->nr_objects + 1,
		    "node: nr_slabs or nr_objects is wrong");
	CACHE_NAMES(t, n->nr_partial, n->nr_partial + 1,
		    "node: nr_partial is wrong");
}

static unsigned int list_of(const struct page *head)
{
	return head->inuse ? 1 + SLAB_QUARTERS * head->inuse /
			     slab_objects(s, head) : 0;
}

static void slab_is_its_caches_and_on_its_list(struct ktest *t)
{
	struct page *head = virt_to_page(used);
	struct kmem_cache_node *n = slab_node(s, head);
	unsigned int list;

	kmem_cache_shrink(s);	/* arrays would be found at fault first */
	list = list_of(head);
	CACHE_NAMES(t, head->slab_cache, NULL,
		    "slab: a page is not of this cache");
	CACHE_NAMES(t, head->inuse, head->inuse ^ 1,
		    "slab: inuse + length(freelist) != objects");
	s->order ^= 7;
	CACHE_NAMES(t, s->min_order, s->min_order ^ 7, "slab: wrong order");
	s->order ^= 7;
	list_move(&head->slab_list, &n->slabs[(list + 1) % NR_SLAB_LISTS]);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s),
			   "node: slab on the wrong list");
	list_move(&head->slab_list, &n->slabs[list]);
}

static void pages_of_a_slab_are_alike(struct ktest *t)
{
	struct kmem_cache *large = plain_cache("broken_large", 2000);
	void *p = large ? kmem_cache_alloc(large, GFP_MUST) : NULL;
	struct page *head;

	KTEST_ASSERT_NOT_NULL(t, p);
	kmem_cache_shrink(large);
	head = slab_head(virt_to_page(p));
	if (head->order) {
		NAMES_FAULT(t, head[1].order, head->order ^ 1,
			    kmem_cache_validate(large),
			    "slab: pages differ in order or zone");
		NAMES_FAULT(t, head[1].zone_id, head->zone_id ^ 1,
			    kmem_cache_validate(large),
			    "slab: pages differ in order or zone");
		NAMES_FAULT(t, head[1].type, PAGE_RESERVED,
			    kmem_cache_validate(large),
			    "slab: a page is not of this cache");
	}
	kmem_cache_free(large, p);
	kmem_cache_destroy(large);
}

static void stock_has_arrays_that_were_made(struct ktest *t)
{
	struct kmem_cache_node *n = &s->node[slab_local_node()];
	struct slab_sheaf *spare = cpu_of(s)->spare;

	KTEST_ASSERT_EQ(t, spare->avail, 0);
	CACHE_NAMES(t, n->full_sheaves, spare,
		    "node: array in the wrong stock");
	spare->next = spare;
	CACHE_NAMES(t, n->empty_sheaves, spare,
		    "node: more arrays than were made");
	spare->next = NULL;
}

/* Beside its own stock: that of other nodes, and what CPUs have. */
static unsigned int arrays_elsewhere(void)
{
	unsigned int n = 2 * nr_cpu_ids;
	int nid;

	for_each_online_node(nid)
		if (nid != slab_local_node())
			n += slab_node_stock();
	return n;
}

/* All of them may lie there: one more is one too many. */
static void stock_has_no_more_arrays_than_there_are(struct ktest *t)
{
	struct kmem_cache_node *n = &s->node[slab_local_node()];
	unsigned int added;

	for (added = 0; added <= arrays_elsewhere(); added++) {
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		node_add_sheaf(n, slab_sheaf_create(s, GFP_MUST));
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s),
			   "node: more arrays than were made");
	while (added--)
		kfree(node_remove_sheaf(n));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(array_has_both_ends_where_they_belong),
	KTEST_CASE(array_holds_free_objects_once_each),
	KTEST_CASE(slots_above_the_top_name_objects_in_use),
	KTEST_CASE(arrays_hold_no_more_than_slabs_have_given),
	KTEST_CASE(damaged_cache_is_found_among_all),
	KTEST_CASE(node_counts_what_its_lists_hold),
	KTEST_CASE(slab_is_its_caches_and_on_its_list),
	KTEST_CASE(pages_of_a_slab_are_alike),
	KTEST_CASE(stock_has_arrays_that_were_made),
	KTEST_CASE(stock_has_no_more_arrays_than_there_are),
	{}
};
KTEST_SUITE_FIXTURE(slub_broken, cases, make_cache, drop_cache);

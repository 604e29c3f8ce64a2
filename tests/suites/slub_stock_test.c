/* The stock of a node: when it grows, how far, and how it shrinks again. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "../../mm/slab_info.h"
#include "no_guards.h"
#include "slub_fixture.h"

#define LIMIT 60
/* More than 32 arrays, from where on a node has more of them. */
#define MANY (64 * LIMIT)
#define FEW (24 * LIMIT)

static struct kmem_cache *s;
static void *objs[MANY];

static struct kmem_cache_node *node(void)
{
	return &s->node[slab_local_node()];
}

static void give(unsigned int n)
{
	while (n)
		kmem_cache_free(s, objs[--n]);
}

static bool take(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!objs[i]) {
			give(i);
			return false;
		}
	}
	return true;
}

/* Where nothing else uses the cache, and it has arrays. */
static void make_cache(struct ktest *t)
{
	no_guards(t);
	s = plain_cache("stock", 64);
}

static void drop_cache(struct ktest *t)
{
	if (s)
		kmem_cache_destroy(s);
	guards_again(t);
}

/* One turn more than once: the node has seen what the cache needs. */
static bool used_in_earnest(struct ktest *t)
{
	unsigned int room;

	KTEST_EXPECT_NOT_NULL(t, s);
	if (s && arrays_capacity(s) > MANY / 2) {
		ktest_skip(t, "so many CPUs have room for all");
		return false;
	}
	if (!s || !take(MANY)) {
		ktest_skip(t, "no memory");
		return false;
	}
	KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
	room = s->extra_limit;
	give(MANY);
	KTEST_EXPECT_LE(t, node()->nr_extra, room);
	return room > 0;
}

static void what_was_wanted_stays_in_arrays(struct ktest *t)
{
	unsigned long asked, slabs;

	if (!used_in_earnest(t))
		return;
	KTEST_EXPECT_LT(t, 0, node()->nr_extra);
	asked = node()->nr_asked;
	slabs = nr_slabs(s);
	KTEST_EXPECT_EQ(t, full_arrays(s), stock_arrays(s));
	if (!take(node()->nr_extra * LIMIT))
		return;
	KTEST_EXPECT_EQ(t, node()->nr_asked, asked);
	KTEST_EXPECT_EQ(t, nr_slabs(s), slabs);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	give(node()->nr_extra * LIMIT);
}

static void little_use_makes_no_arrays(struct ktest *t)
{
	unsigned int stock, round;

	KTEST_ASSERT_NOT_NULL(t, s);
	stock = stock_arrays(s);
	for (round = 0; round < 2 && take(FEW / 2); round++)
		give(FEW / 2);
	KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
	KTEST_EXPECT_EQ(t, stock_arrays(s), stock);
}

static void no_more_than_the_share_of_memory(struct ktest *t)
{
	KTEST_ASSERT_NOT_NULL(t, s);
	s->extra_limit = 3;
	if (!used_in_earnest(t))
		return;
	KTEST_EXPECT_EQ(t, node()->nr_extra, 3);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
}

/* Asked for twice: the first refusal may be one that was injected. */
static bool add_extra(void)
{
	return node_add_extra(s, slab_local_node()) ||
	       node_add_extra(s, slab_local_node());
}

static void one_more_array_when_one_more_was_asked_for(struct ktest *t)
{
	unsigned int extra;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (!needs_arrays(t, s))
		return;
	s->extra_limit = 2;
	for (extra = 0; extra < 2; extra++) {
		node()->nr_asked = (32 + extra) * LIMIT;
		KTEST_EXPECT_FALSE(t, add_extra());
		node()->nr_asked++;
		KTEST_EXPECT_TRUE(t, add_extra());
		KTEST_EXPECT_EQ(t, node()->nr_extra, extra + 1);
	}
	node()->nr_asked = ~0UL;
	KTEST_EXPECT_FALSE(t, add_extra());
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_TRUE(t, node_free_extra(s));
	KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
	KTEST_EXPECT_FALSE(t, node_free_extra(s));
}

static void arrays_beyond_the_stock_hold_a_share_of_memory(struct ktest *t)
{
	unsigned long most = totalram_pages() / 256 * PAGE_SIZE;
	size_t array = LIMIT * 64;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (!needs_arrays(t, s))
		return;
	KTEST_EXPECT_LE(t, s->extra_limit * array, most);
	KTEST_EXPECT_GT(t, (s->extra_limit + 1) * array, most);
}

static void shrinking_frees_what_is_more_than_the_stock(struct ktest *t)
{
	unsigned int stock;

	KTEST_ASSERT_NOT_NULL(t, s);
	stock = stock_arrays(s);
	if (!used_in_earnest(t))
		return;
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
	KTEST_EXPECT_EQ(t, node()->nr_asked, 0);
	KTEST_EXPECT_EQ(t, stock_arrays(s), stock);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
}

/* Arrays are objects of kmalloc's: what they leave is given back as well. */
static void shrinking_all_caches_leaves_nothing_in_arrays(struct ktest *t)
{
	struct kmem_cache *any;
	unsigned int left = 0;

	if (!used_in_earnest(t))
		return;
	kmem_cache_shrink_all();
	mutex_lock(&slab_mutex);
	list_for_each_entry(any, &slab_caches, list)
		left += main_objects(any) + spare_objects(any);
	mutex_unlock(&slab_mutex);
	KTEST_EXPECT_EQ(t, left, 0);
	KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
}

static bool cpu_has_one_beyond_the_stock(void)
{
	const struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu);

	return c->main->extra || c->spare->extra;
}

static bool empty_one_of_the_stock_waits(void)
{
	const struct slab_sheaf *sheaf = node()->empty_sheaves;

	while (sheaf && sheaf->extra)
		sheaf = sheaf->next;
	return sheaf != NULL;
}

/* The CPU has them exchanged for others on the way. */
static void put_aside_they_are_where_they_belong(struct ktest *t)
{
	unsigned int n = 0;

	if (!used_in_earnest(t))
		return;
	while (n < MANY && !(cpu_has_one_beyond_the_stock() &&
			     empty_one_of_the_stock_waits())) {
		objs[n] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!objs[n])
			break;
		n++;
	}
	if (n < MANY) {
		slab_arrays_off();
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		slab_arrays_on();
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	} else {
		ktest_skip(t, "no array beyond the stock is a CPU's");
	}
	give(n);
}

/* kmalloc's arrays are its own objects. */
static void arrays_made_of_the_cache_that_they_are_for(struct ktest *t)
{
	struct kmem_cache *own = s;
	unsigned long live;
	struct slab_info info;

	KTEST_ASSERT_NOT_NULL(t, own);
	s = kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(512)];
	if (!s->sheaf_limit) {
		ktest_skip(t, "kmalloc has no arrays");
	} else {
		kmem_cache_shrink_all();
		slab_get_info(s, &info);
		live = info.active_objects;
		if (take(MANY / 2)) {
			give(MANY / 2);
			KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		}
		kmem_cache_shrink_all();
		KTEST_EXPECT_EQ(t, node()->nr_extra, 0);
		slab_get_info(s, &info);
		KTEST_EXPECT_EQ(t, info.active_objects, live);
	}
	s = own;
}

/* Nobody has taken from it: its objects are in no list yet. */
static void untouched_slab_is_sound_and_can_be_looked_at(struct ktest *t)
{
	struct page *head;

	KTEST_ASSERT_NOT_NULL(t, s);
	if (!node_grow(s, GFP_KERNEL, slab_local_node()))
		return;
	head = list_first_entry(&node()->slabs[SLAB_LIST_EMPTY], struct page,
				slab_list);
	KTEST_EXPECT_EQ(t, head->freelist, SLAB_FRESH);
	KTEST_EXPECT_TRUE(t, slab_freelist_has(s, head,
					       slab_object(s, head, 1)));
	KTEST_EXPECT_STREQ(t, slab_check(s, head), NULL);
	KTEST_EXPECT_EQ(t, validate_slab_cache(s), 1);
	KTEST_EXPECT_NE(t, head->freelist, SLAB_FRESH);
	KTEST_EXPECT_STREQ(t, slab_check(s, head), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(what_was_wanted_stays_in_arrays),
	KTEST_CASE(little_use_makes_no_arrays),
	KTEST_CASE(no_more_than_the_share_of_memory),
	KTEST_CASE(one_more_array_when_one_more_was_asked_for),
	KTEST_CASE(arrays_beyond_the_stock_hold_a_share_of_memory),
	KTEST_CASE(shrinking_frees_what_is_more_than_the_stock),
	KTEST_CASE(shrinking_all_caches_leaves_nothing_in_arrays),
	KTEST_CASE(put_aside_they_are_where_they_belong),
	KTEST_CASE(arrays_made_of_the_cache_that_they_are_for),
	KTEST_CASE(untouched_slab_is_sound_and_can_be_looked_at),
	{}
};
KTEST_SUITE_FIXTURE(slub_stock, cases, make_cache, drop_cache);

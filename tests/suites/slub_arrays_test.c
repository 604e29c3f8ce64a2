/* A CPU's arrays and the node's stock: what goes where, and when. */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "../../mm/slab_info.h"
#include "no_guards.h"
#include "slub_fixture.h"

static void array_is_refilled_to_the_top(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 64);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, s->sheaf_limit, 60);
	KTEST_EXPECT_EQ(t, main_objects(s), 59);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 60);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, main_objects(s), 60);
	slab_flush_cpu(s);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 0);
	kmem_cache_destroy(s);
}

/* Small objects may wait in great number. */
static void length_of_arrays_follows_from_the_size(struct ktest *t)
{
	static const struct {
		unsigned int size, objects;
	} lengths[] = {
		{ 8, 60 }, { 256, 60 }, { 264, 28 }, { 1024, 28 }, { 1032, 12 },
		{ PAGE_SIZE, 12 }, { PAGE_SIZE + 8, 8 }, { 1 << 20, 8 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct kmem_cache s = { .size = lengths[i].size };

		if (slab_inits(&s))
			continue;	/* init_on_free=1: it has none */
		KTEST_EXPECT_EQ(t, slab_sheaf_limit(&s), lengths[i].objects);
		s.flags = SLAB_POISON;
		KTEST_EXPECT_EQ(t, slab_sheaf_limit(&s), 0);
	}
}

/* Not a word more: the next class of kmalloc's is twice as large. */
static void arrays_fill_the_blocks_they_are_made_of(struct ktest *t)
{
	static const unsigned int sizes[] = { 64, 1024, PAGE_SIZE };
	struct slab_sheaf *sheaf;
	struct kmem_cache *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && !t->skipped; i++) {
		s = plain_cache("t", sizes[i]);
		KTEST_ASSERT_NOT_NULL(t, s);
		if (needs_arrays(t, s)) {
			sheaf = slab_sheaf_create(s, GFP_MUST);
			KTEST_EXPECT_EQ(t, ksize(sheaf), sizeof(*sheaf) +
					(s->sheaf_limit + 2) * sizeof(void *));
			kfree(sheaf);
		}
		kmem_cache_destroy(s);
	}
}

/* Who must not wait for other CPUs empties at least his own. */
static void flush_with_interrupts_off_empties_this_cpus_arrays(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 64);
	unsigned long flags;

	KTEST_ASSERT_NOT_NULL(t, s);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_MUST));
	local_irq_save(flags);
	KTEST_EXPECT_EQ(t, main_objects(s), s->sheaf_limit);
	slab_flush_all(s);
	KTEST_EXPECT_EQ(t, main_objects(s) + spare_objects(s), 0);
	local_irq_restore(flags);
	kmem_cache_destroy(s);
}

/* What slabs have given: their objects in use or in arrays. */
static unsigned long objects_given(struct kmem_cache *s)
{
	struct page *head;
	unsigned long n = 0;
	int nid, list;

	for_each_online_node(nid)
		for (list = 0; list < NR_SLAB_LISTS; list++)
			list_for_each_entry(head, &s->node[nid].slabs[list],
					    slab_list)
				n += head->inuse;
	return n;
}

/* Main, spare, then the node's stock; only then do slabs get objects back. */
static void full_arrays_go_to_the_node_before_slabs_are_touched(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 64);
	static void *objs[MAX_ARRAYS_CAPACITY + 64 + 60];
	unsigned int i, n, room;
	struct slab_info info;

	KTEST_ASSERT_NOT_NULL(t, s);
	s->extra_limit = 0;
	room = arrays_capacity(s);
	/* whole slabs, and one refill: main is empty */
	n = DIV_ROUND_UP(room, s->objects) * s->objects + 60;
	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (i = 0; i < n; i++)
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, main_objects(s), 0);
	for (i = 0; i < room; i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_EQ(t, full_arrays(s), stock_arrays(s));
	KTEST_EXPECT_EQ(t, main_objects(s), 60);
	KTEST_EXPECT_EQ(t, spare_objects(s), 60);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, info.active_objects, n - room);
	KTEST_EXPECT_EQ(t, objects_given(s), n);
	for (; i < n; i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_EQ(t, objects_given(s),
			n - DIV_ROUND_UP(n - room, 60) * 60);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	slab_get_info(s, &info);
	KTEST_EXPECT_EQ(t, info.active_objects, 0);
	kmem_cache_destroy(s);
}

static void arrays_of_the_node_come_back_before_slabs_are_asked(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 64);
	static void *objs[MAX_ARRAYS_CAPACITY];
	unsigned int i, round, n;

	KTEST_ASSERT_NOT_NULL(t, s);
	n = arrays_capacity(s);
	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < n; i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		KTEST_EXPECT_EQ(t, full_arrays(s), 0);
		KTEST_EXPECT_EQ(t, nr_slabs(s), DIV_ROUND_UP(n, s->objects));
		for (i = 0; i < n; i++)
			kmem_cache_free(s, objs[i]);
		KTEST_EXPECT_EQ(t, full_arrays(s), stock_arrays(s));
	}
	kmem_cache_destroy(s);
}

static void more_cpus_have_more_arrays_in_stock(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("t", 64);
	unsigned int nodes = 0;
	int nid;

	KTEST_ASSERT_NOT_NULL(t, s);
	for_each_online_node(nid)
		nodes++;
	KTEST_EXPECT_EQ(t, stock_arrays(s),
			1 + DIV_ROUND_UP(nr_cpu_ids, nodes));
	kmem_cache_destroy(s);
}

/* Through every change of arrays and back, in three orders of freeing. */
static void no_slot_vouches_for_a_free_object(struct ktest *t)
{
	struct kmem_cache *c = plain_cache("slots", 96);
	static void *objs[300];
	unsigned int round, i, n = ARRAY_SIZE(objs);
	const char *broken = NULL;

	KTEST_ASSERT_NOT_NULL(t, c);
	for (round = 0; round < 6 && !broken; round++) {
		for (i = 0; i < n && !broken; i++) {
			objs[i] = kmem_cache_alloc(c, GFP_KERNEL);
			broken = kmem_cache_validate(c);
		}
		for (i = 0; i < n && !broken; i++) {
			kmem_cache_free(c, objs[round % 3 == 0 ? i :
						round % 3 == 1 ? n - 1 - i :
						i * 7 % n]);
			broken = kmem_cache_validate(c);
		}
		if (round & 1)
			kmem_cache_shrink(c);
		broken = broken ? broken : kmem_cache_validate(c);
	}
	KTEST_EXPECT_STREQ(t, broken, NULL);
	kmem_cache_destroy(c);
}

/* The cache's own fields lie where slots would be. */
static void cache_without_its_arrays_keeps_nothing_at_hand(struct ktest *t)
{
	struct kmem_cache *s = own_cache("t", 64);
	unsigned int round;
	void *p;

	KTEST_ASSERT_NOT_NULL(t, s);
	slab_arrays_off();
	for (round = 0; round < 3; round++) {
		p = kmem_cache_alloc(s, GFP_MUST);
		KTEST_EXPECT_PTR_EQ(t, cpu_of(s)->stack.top,
				    cpu_of(s)->stack.end);
		kmem_cache_free(s, p);
		KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 0);
	}
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	slab_arrays_on();
	KTEST_EXPECT_STREQ(t, kmem_cache_name(s), "t");
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

/* Largest machine whose memory is taken to the last page here, in pages. */
#define SMALL_MACHINE (SZ_1G / PAGE_SIZE)

static void pages_of_free_objects_serve_when_memory_is_short(struct ktest *t)
{
	struct page *page, *next;
	struct kmem_cache *s;
	void *objs[64] = { NULL };
	unsigned int i;
	LIST_HEAD(taken);

	if (totalram_pages() > SMALL_MACHINE) {
		ktest_skip(t, "takes all memory: for small machines");
		return;
	}
	s = plain_cache("idle", 2048);
	KTEST_ASSERT_NOT_NULL(t, s);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_NE(t, nr_slabs(s), 0);
	while ((page = alloc_page(GFP_KERNEL | __GFP_NOWARN)))
		list_add(&page->lru, &taken);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_page(page);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(length_of_arrays_follows_from_the_size),
	KTEST_CASE(arrays_fill_the_blocks_they_are_made_of),
	KTEST_CASE(flush_with_interrupts_off_empties_this_cpus_arrays),
	KTEST_CASE(array_is_refilled_to_the_top),
	KTEST_CASE(full_arrays_go_to_the_node_before_slabs_are_touched),
	KTEST_CASE(arrays_of_the_node_come_back_before_slabs_are_asked),
	KTEST_CASE(more_cpus_have_more_arrays_in_stock),
	KTEST_CASE(no_slot_vouches_for_a_free_object),
	KTEST_CASE(cache_without_its_arrays_keeps_nothing_at_hand),
	KTEST_CASE(pages_of_free_objects_serve_when_memory_is_short),
	{}
};
KTEST_SUITE_FIXTURE(slub_arrays, cases, no_guards, guards_again);

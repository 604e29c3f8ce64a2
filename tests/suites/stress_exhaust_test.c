/*
 * All memory is taken by all CPUs at once, until each of them was refused;
 * every refusal is survived, and then all comes back. Several rounds.
 *
 * No memory beside the blocks is used: pages are chained by page->lru and
 * known by page->private, objects by their first words.
 */
#include <lib/kernel.h>
#include <mm/highmem.h>
#include <mm/mm.h>

#include "all_memory.h"
#include "stress.h"

#define ROUNDS 2
#define ENOUGH_BLOCKS 400
/* Blocks of the largest order that are left to be fought for. */
#define LEFT_FOR_PAGES 16
#define LEFT_FOR_OBJECTS 4

/* Takes all but so many of the large blocks: the rest is soon used up. */
static void take_large_blocks(struct list_head *ballast, unsigned int left)
{
	struct page *page;

	while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN,
				   MAX_PAGE_ORDER)))
		list_add(&page->lru, ballast);
	while (left-- && !list_empty(ballast)) {
		page = list_first_entry(ballast, struct page, lru);
		list_del(&page->lru);
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

static void exhaust(struct ktest *t, unsigned int left, unsigned int per_cpu,
		    void (*work)(struct stressor *me))
{
	struct page *page, *next;
	LIST_HEAD(ballast);

	if (skip_on_a_huge_machine(t))
		return;
	take_large_blocks(&ballast, left);
	KTEST_EXPECT_NE(t, stress_run(t, per_cpu, work, NULL), 0);
	list_for_each_entry_safe(page, next, &ballast, lru) {
		list_del(&page->lru);
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

static gfp_t any_gfp(struct stressor *me)
{
	gfp_t gfp = stress_gfp(me) & ~__GFP_ZERO;

	return stress_one_in(me, 3) ? gfp | __GFP_HIGHMEM : gfp;
}

static void keep_page(struct stressor *me, struct page *page,
		      struct list_head *mine)
{
	page->private = (unsigned long)stress_new_id(me);
	list_add(&page->lru, mine);
	if (!PageHighMem(page))
		stress_fill(page_address(page), PAGE_SIZE, page->private);
}

/*
 * Mixed orders, never more than the last refusal, until order 0 is refused; or
 * most blocks are had: while others give back there is no end.
 */
static void take_all_pages(struct stressor *me, struct list_head *mine,
			   unsigned long most)
{
	unsigned int order = MAX_PAGE_ORDER;

	while (most--) {
		unsigned int o = (unsigned int)stress_below(me, order + 1);
		struct page *page = alloc_pages(any_gfp(me), o);

		me->operations++;
		if (page)
			keep_page(me, page, mine);
		else if (o)
			order = o - 1;
		else
			break;
	}
}

static void give_all_pages(struct stressor *me, struct list_head *mine)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, mine, lru) {
		list_del(&page->lru);
		if (!PageHighMem(page))
			stress_verify(me, page_address(page), PAGE_SIZE,
				      page->private);
		__free_pages(page, page->order);
	}
}

static void exhaust_pages(struct stressor *me)
{
	LIST_HEAD(mine);
	unsigned int round, rounds = stress_rounds(ROUNDS);

	for (round = 0; round < rounds; round++) {
		take_all_pages(me, &mine, ~0UL);
		stress_meet(me);
		give_all_pages(me, &mine);
		stress_meet(me);
	}
}

static void pages_run_out_on_all_cpus_and_come_back(struct ktest *t)
{
	exhaust(t, LEFT_FOR_PAGES, 1, exhaust_pages);
}

/* Nobody waits for anybody: some take what others give back. */
static void exhaust_at_will(struct stressor *me)
{
	LIST_HEAD(mine);
	unsigned int round, rounds = stress_rounds(ROUNDS);

	for (round = 0; round < rounds; round++) {
		take_all_pages(me, &mine, ENOUGH_BLOCKS);
		give_all_pages(me, &mine);
	}
}

static void pages_run_out_while_others_come_back(struct ktest *t)
{
	exhaust(t, LEFT_FOR_PAGES, 2, exhaust_at_will);
}

struct object {
	struct object *next;
	u64 id;
	size_t size;
};

static struct object *take_object(struct stressor *me, size_t most)
{
	size_t size = sizeof(struct object) + (size_t)stress_below(me, most);
	struct object *o = kmalloc(size, stress_gfp(me) & ~__GFP_ZERO);

	me->operations++;
	if (!o)
		return NULL;
	o->id = stress_new_id(me);
	o->size = size;
	stress_fill(o + 1, size - sizeof(*o), o->id);
	return o;
}

static struct object *take_all_objects(struct stressor *me)
{
	struct object *mine = NULL, *o;
	size_t most = KMALLOC_MAX_CACHE_SIZE;

	while (most) {
		o = take_object(me, (size_t)(1 + stress_below(me, most)));
		if (o) {
			o->next = mine;
			mine = o;
		} else {
			most /= 2;
		}
	}
	return mine;
}

static void give_all_objects(struct stressor *me, struct object *mine)
{
	struct object *next;

	for (; mine; mine = next) {
		next = mine->next;
		stress_verify(me, mine + 1, mine->size - sizeof(*mine),
			      mine->id);
		kfree(mine);
	}
}

static void exhaust_objects(struct stressor *me)
{
	struct object *mine;
	unsigned int round, rounds = stress_rounds(ROUNDS);

	for (round = 0; round < rounds; round++) {
		mine = take_all_objects(me);
		stress_meet(me);
		give_all_objects(me, mine);
		stress_meet(me);
	}
}

static void objects_run_out_on_all_cpus_and_come_back(struct ktest *t)
{
	exhaust(t, LEFT_FOR_OBJECTS, 1, exhaust_objects);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pages_run_out_on_all_cpus_and_come_back),
	KTEST_CASE(pages_run_out_while_others_come_back),
	KTEST_CASE(objects_run_out_on_all_cpus_and_come_back),
	{}
};
KTEST_SUITE_FIXTURE(stress_exhaust, cases, stress_begin, stress_end);

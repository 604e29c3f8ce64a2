/* Memory pools: the reserve, its size, its end, and from where it is used. */
#include <kernel/kthread.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/mmzone.h>

#include "enough_memory.h"
#include "mempool_fixture.h"
#include "slub_fixture.h"
#include "tick.h"

#define MIN_NR 4
#define MANY 100

static struct spring spring;
static mempool_t *pool;

static void set_up(struct ktest *t)
{
	pool = spring_pool(MIN_NR, &spring);
	KTEST_EXPECT_NOT_NULL(t, pool);
}

static void tear_down(struct ktest *t)
{
	spring_pool_end(t, pool, &spring);
}

/* The reserve */

static void create_fills_the_reserve(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(pool));
	KTEST_EXPECT_TRUE(t, mempool_initialized(pool));
}

static void alloc_asks_the_allocator_before_the_reserve(struct ktest *t)
{
	void *p = mempool_alloc(pool, GFP_KERNEL);

	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR + 1);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
	mempool_free(p, pool);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR);
}

static void first_try_neither_sleeps_nor_warns(struct ktest *t)
{
	void *p;

	spring_let(&spring, SPRING_ALWAYS);
	p = mempool_alloc(pool, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, spring.calls, 1);
	KTEST_EXPECT_EQ(t, spring.first_gfp,
			(GFP_KERNEL & ~(__GFP_DIRECT_RECLAIM | __GFP_IO)) |
			__GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN);
	mempool_free(p, pool);
}

/* The reserve is asked before anybody is made to sleep. */
static void reserve_serves_when_the_allocator_is_dry(struct ktest *t)
{
	void *elements[MIN_NR];
	int i;

	spring_let(&spring, 0);
	for (i = 0; i < MIN_NR; i++) {
		elements[i] = mempool_alloc(pool, GFP_KERNEL);
		KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR - 1 - i);
	}
	KTEST_EXPECT_EQ(t, spring.calls, MIN_NR);
	KTEST_EXPECT_FALSE(t, spring.last_gfp & __GFP_DIRECT_RECLAIM);
	give_back(pool, elements, MIN_NR);
}

static void empty_pool_gives_null_to_who_cannot_wait(struct ktest *t)
{
	void *elements[MIN_NR];

	take_dry(t, pool, elements, MIN_NR);
	KTEST_EXPECT_NULL(t, mempool_alloc(pool, GFP_ATOMIC));
	KTEST_EXPECT_NULL(t, mempool_alloc(pool, GFP_NOWAIT));
	KTEST_EXPECT_NULL(t, mempool_alloc_preallocated(pool));
	give_back(pool, elements, MIN_NR);
}

static void free_fills_the_reserve_before_the_allocator(struct ktest *t)
{
	void *elements[MIN_NR + 1];

	elements[MIN_NR] = mempool_alloc(pool, GFP_KERNEL);
	take_dry(t, pool, elements, MIN_NR);
	give_back(pool, elements, MIN_NR);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR + 1);
	mempool_free(elements[MIN_NR], pool);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR);
}

static void preallocated_does_not_ask_the_allocator(struct ktest *t)
{
	void *p;

	spring_let(&spring, SPRING_ALWAYS);
	p = mempool_alloc_preallocated(pool);
	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, spring.calls, 0);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR - 1);
	mempool_free(p, pool);
}

static void free_of_null_is_nothing(struct ktest *t)
{
	mempool_free(NULL, pool);
	mempool_free(NULL, NULL);
	mempool_destroy(NULL);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
}

static void cleared_memory_is_refused(struct ktest *t)
{
	void *p = pool;

	spring_let(&spring, SPRING_ALWAYS);
	KTEST_EXPECT_REPORTS(t, 1, "__GFP_ZERO",
			     p = mempool_alloc(pool, GFP_KERNEL | __GFP_ZERO));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_EQ(t, spring.calls, 0);
}

/* Create, init, exit */

static void pool_that_cannot_be_filled_is_not_made(struct ktest *t)
{
	struct spring dry = { .left = MIN_NR - 1 };

	KTEST_EXPECT_NULL(t, mempool_create(MIN_NR, spring_alloc, spring_free,
					    &dry));
	KTEST_EXPECT_EQ(t, dry.live, 0);
}

static void negative_reserve_is_refused(struct ktest *t)
{
	mempool_t embedded;

	KTEST_EXPECT_NULL(t, mempool_create_kmalloc_pool(-1, 64));
	KTEST_EXPECT_EQ(t, mempool_init_kmalloc_pool(&embedded, -1, 64),
			-EINVAL);
}

static void reserve_of_none_keeps_one(struct ktest *t)
{
	struct spring own;
	mempool_t *none = spring_pool(0, &own);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, none);
	spring_let(&own, 0);
	p = mempool_alloc(none, GFP_KERNEL);
	KTEST_EXPECT_NOT_NULL(t, p);
	KTEST_EXPECT_NULL(t, mempool_alloc(none, GFP_ATOMIC));
	mempool_free(p, none);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(none));
	mempool_destroy(none);
}

static void embedded_pool_is_ended_as_often_as_one_likes(struct ktest *t)
{
	mempool_t embedded = { 0 };

	mempool_exit(&embedded);
	KTEST_EXPECT_FALSE(t, mempool_initialized(&embedded));
	KTEST_ASSERT_EQ(t, mempool_init_kmalloc_pool(&embedded, 3, 100), 0);
	KTEST_EXPECT_EQ(t, embedded.curr_nr, 3);
	mempool_exit(&embedded);
	mempool_exit(&embedded);
	KTEST_EXPECT_FALSE(t, mempool_initialized(&embedded));
}

/* Of which node there is no second one is no matter. */
static void pool_on_a_node_is_like_any_other(struct ktest *t)
{
	struct spring own = { .left = SPRING_ALWAYS };
	mempool_t *there = mempool_create_node(2, spring_alloc, spring_free,
					       &own, GFP_KERNEL | __GFP_NOWARN,
					       next_online_node(-1));

	KTEST_ASSERT_NOT_NULL(t, there);
	KTEST_EXPECT_EQ(t, there->curr_nr, 2);
	KTEST_EXPECT_EQ(t, own.last_gfp, GFP_KERNEL | __GFP_NOWARN);
	mempool_destroy(there);
	KTEST_EXPECT_EQ(t, own.live, 0);
}

static void embedded_pool_has_functions_of_its_owner(struct ktest *t)
{
	struct spring own = { .left = 3 };
	mempool_t embedded;

	KTEST_EXPECT_EQ(t, mempool_init_node(&embedded, 4, spring_alloc,
					     spring_free, &own, GFP_KERNEL,
					     NUMA_NO_NODE), -ENOMEM);
	KTEST_EXPECT_EQ(t, own.live, 0);
	own.left = 4;
	KTEST_ASSERT_EQ(t, mempool_init_node(&embedded, 4, spring_alloc,
					     spring_free, &own, GFP_KERNEL,
					     NUMA_NO_NODE), 0);
	KTEST_EXPECT_EQ(t, embedded.curr_nr, 4);
	KTEST_EXPECT_EQ(t, own.live, 4);
	mempool_exit(&embedded);
	KTEST_EXPECT_EQ(t, own.live, 0);
}

/* Many elements through the pool, out of order, and back. */
static void churn(struct ktest *t, mempool_t *p, size_t bytes)
{
	void *elements[MANY];
	int i, j;

	for (i = 0; i < MANY; i++) {
		elements[i] = mempool_alloc(p, GFP_KERNEL);
		KTEST_EXPECT_NOT_NULL(t, elements[i]);
		if (elements[i] && bytes)
			fill_object(elements[i], bytes);
	}
	for (i = 0; i < MANY; i++) {
		j = i * 37 % MANY;
		if (bytes)
			KTEST_EXPECT_TRUE(t, object_is_intact(elements[j],
							      bytes));
		mempool_free(elements[j], p);
	}
	KTEST_EXPECT_STREQ(t, mempool_validate(p), NULL);
}

static void use_up_and_end(struct ktest *t, mempool_t *p, size_t bytes)
{
	void *elements[MIN_NR];
	int i;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, mempool_validate(p), NULL);
	for (i = 0; i < MIN_NR; i++) {
		elements[i] = mempool_alloc_preallocated(p);
		if (bytes)
			fill_object(elements[i], bytes);
	}
	KTEST_EXPECT_NULL(t, mempool_alloc_preallocated(p));
	give_back(p, elements, MIN_NR);
	churn(t, p, bytes);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(p));
	mempool_destroy(p);
}

static void slab_pool_gives_objects_of_its_cache(struct ktest *t)
{
	struct kmem_cache *s = kmem_cache_create("pooled", 200, 0, 0, NULL);

	KTEST_ASSERT_NOT_NULL(t, s);
	use_up_and_end(t, mempool_create_slab_pool(MIN_NR, s), 200);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

static void kmalloc_pool_gives_any_size(struct ktest *t)
{
	static const size_t sizes[] = { 1, 8, 18, 96, 200, 256, 8192, 20000 };
	unsigned int i;

	/* who waits for an element waits for good where there is none */
	if (!enough_memory(t, MANY * 32768UL))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		use_up_and_end(t, mempool_create_kmalloc_pool(MIN_NR, sizes[i]),
			       sizes[i]);
}

static void page_pool_gives_blocks_of_its_order(struct ktest *t)
{
	unsigned int order;

	for (order = 0; order < 3 &&
			memory_is_enough_for(MANY * (PAGE_SIZE << order));
	     order++)
		use_up_and_end(t, mempool_create_page_pool(MIN_NR, order), 0);
}

static void zone_of_an_element_is_as_asked(struct ktest *t)
{
	mempool_t *p = mempool_create_kmalloc_pool(1, 256);
	const struct zone *zone;
	void *low;

	KTEST_ASSERT_NOT_NULL(t, p);
	low = mempool_alloc(p, GFP_KERNEL | __GFP_DMA);
	zone = page_zone(virt_to_page(low));
	KTEST_EXPECT_EQ(t, zone - zone->zone_pgdat->node_zones, ZONE_DMA);
	mempool_free(low, p);
	KTEST_EXPECT_EQ(t, p->curr_nr, 1);
	mempool_destroy(p);
}

/* Another size */

static void larger_reserve_is_filled_at_once(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, mempool_resize(pool, 3 * MIN_NR), 0);
	KTEST_EXPECT_EQ(t, pool->min_nr, 3 * MIN_NR);
	KTEST_EXPECT_EQ(t, pool->curr_nr, 3 * MIN_NR);
	KTEST_EXPECT_EQ(t, pool->missing, 0);
	KTEST_EXPECT_EQ(t, spring.live, 3 * MIN_NR);
}

static void smaller_reserve_gives_the_surplus_back(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, mempool_resize(pool, 1), 0);
	KTEST_EXPECT_EQ(t, pool->curr_nr, 1);
	KTEST_EXPECT_EQ(t, spring.live, 1);
}

static void reserve_grows_while_elements_are_out(struct ktest *t)
{
	void *elements[MIN_NR];

	take_dry(t, pool, elements, MIN_NR);
	spring_let(&spring, SPRING_ALWAYS);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, MIN_NR + 2), 0);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR + 2);
	give_back(pool, elements, MIN_NR);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR + 2);
	KTEST_EXPECT_EQ(t, spring.live, MIN_NR + 2);
}

static void reserve_shrinks_while_elements_are_out(struct ktest *t)
{
	void *elements[MIN_NR - 1];

	take_dry(t, pool, elements, MIN_NR - 1);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, 2), 0);
	KTEST_EXPECT_EQ(t, pool->curr_nr, 1);
	give_back(pool, elements, MIN_NR - 1);
	KTEST_EXPECT_EQ(t, pool->curr_nr, 2);
	KTEST_EXPECT_EQ(t, spring.live, 2);
}

/* And its end is not taken for a leak. */
static void reserve_that_could_not_be_filled_is_filled_by_frees(struct ktest *t)
{
	void *p = mempool_alloc(pool, GFP_KERNEL);

	spring_let(&spring, 1);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, MIN_NR + 3), 0);
	KTEST_EXPECT_EQ(t, pool->min_nr, MIN_NR + 3);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR + 1);
	mempool_free(p, pool);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR + 2);
}

static void smaller_reserve_forgets_what_was_missing(struct ktest *t)
{
	void *p;

	spring_let(&spring, 0);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, MIN_NR + 3), 0);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, MIN_NR - 1), 0);
	p = mempool_alloc(pool, GFP_ATOMIC);
	KTEST_EXPECT_REPORTS(t, 1, "1 of 3 elements out",
			     mempool_destroy(pool));
	spring_free(p, &spring);
	KTEST_EXPECT_EQ(t, spring.live, 0);
	set_up(t);
}

static void resize_to_nothing_is_refused(struct ktest *t)
{
	int result = 0;

	KTEST_EXPECT_REPORTS(t, 1, "resized to nothing",
			     result = mempool_resize(pool, 0));
	KTEST_EXPECT_EQ(t, result, -EINVAL);
	KTEST_EXPECT_REPORTS(t, 1, "resized to nothing",
			     result = mempool_resize(pool, -3));
	KTEST_EXPECT_EQ(t, result, -EINVAL);
	KTEST_EXPECT_EQ(t, pool->min_nr, MIN_NR);
}

/* Contexts */

static struct {
	unsigned int rounds, wrong;
	void *kept;
} handler;

/* Takes all of the reserve and a bit more, and gives it back. */
static void use_pool_in_handler(void)
{
	void *elements[MIN_NR + 1];
	int i;

	if (smp_processor_id() || handler.rounds >= 3)
		return;
	for (i = 0; i <= MIN_NR; i++)
		elements[i] = mempool_alloc(pool, GFP_ATOMIC);
	handler.wrong += !in_interrupt() || elements[MIN_NR] ||
			 !elements[MIN_NR - 1];
	give_back(pool, elements, MIN_NR);
	WRITE_ONCE(handler.rounds, handler.rounds + 1);
}

static void nothing(void *info)
{
}

static void interrupt_handler_may_take_and_give(struct ktest *t)
{
	u64 start;

	if (!has_tick(t))
		return;
	start = ktime_get_us();
	spring_let(&spring, 0);
	memset(&handler, 0, sizeof(handler));
	WRITE_ONCE(timer_tick_hook, use_pool_in_handler);
	while (READ_ONCE(handler.rounds) < 3 &&
	       ktime_get_us() - start < TICK_COMES_WITHIN_US)
		cpu_relax();
	WRITE_ONCE(timer_tick_hook, NULL);
	on_each_cpu(nothing, NULL, true);
	KTEST_EXPECT_EQ(t, handler.rounds, 3);
	KTEST_EXPECT_EQ(t, handler.wrong, 0);
	KTEST_EXPECT_EQ(t, pool->curr_nr, MIN_NR);
}

/* It is told, and does not wait for what cannot come. */
static void who_must_not_sleep_does_not_wait(struct ktest *t)
{
	void *elements[MIN_NR], *p = pool;

	take_dry(t, pool, elements, MIN_NR);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", ({
		preempt_disable();
		p = mempool_alloc(pool, GFP_KERNEL);
		preempt_enable();
	}));
	KTEST_EXPECT_NULL(t, p);
	give_back(pool, elements, MIN_NR);
}

static void resize_in_atomic(mempool_t *p, int nr)
{
	preempt_disable();
	mempool_resize(p, nr);
	preempt_enable();
}

static void destroy_in_atomic(mempool_t *p)
{
	preempt_disable();
	mempool_destroy(p);
	preempt_enable();
}

static void resize_and_end_are_for_who_may_sleep(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", resize_in_atomic(pool, 1));
	KTEST_EXPECT_EQ(t, pool->min_nr, 1);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", destroy_in_atomic(pool));
	KTEST_EXPECT_EQ(t, spring.live, 0);
	set_up(t);
}

/* pool_data of a pool that its allocator fills meanwhile. */
struct filler {
	mempool_t *pool;
	void *element;		/* that it gives back once more are wanted */
	int live;
};

static void *fill_and_alloc(gfp_t gfp, void *pool_data)
{
	struct filler *filler = pool_data;
	void *p = kmalloc(64, gfp);

	filler->live += p != NULL;
	if (filler->pool && filler->element) {
		mempool_free(filler->element, filler->pool);
		filler->element = NULL;
	}
	return p;
}

static void fill_and_free(void *element, void *pool_data)
{
	struct filler *filler = pool_data;

	filler->live--;
	kfree(element);
}

static void element_for_a_place_that_others_took_goes_back(struct ktest *t)
{
	struct filler filler = { NULL };
	void *own;

	filler.pool = mempool_create(1, fill_and_alloc, fill_and_free,
				     &filler);
	KTEST_ASSERT_NOT_NULL(t, filler.pool);
	own = mempool_alloc_preallocated(filler.pool);
	filler.element = mempool_alloc(filler.pool, GFP_KERNEL);
	mempool_free(own, filler.pool);
	KTEST_EXPECT_EQ(t, mempool_resize(filler.pool, 2), 0);
	KTEST_EXPECT_NULL(t, filler.element);
	mempool_free(filler.element, filler.pool);
	KTEST_EXPECT_EQ(t, filler.pool->curr_nr, 2);
	KTEST_EXPECT_EQ(t, filler.pool->missing, 0);
	KTEST_EXPECT_EQ(t, filler.live, 2);
	mempool_destroy(filler.pool);
	KTEST_EXPECT_EQ(t, filler.live, 0);
}

/* pool_data of a pool whose elements look at it when they are freed. */
static struct {
	mempool_t *pool;
	unsigned int frees, unsound;
} looked_at;

static void *alloc_plainly(gfp_t gfp, void *pool_data)
{
	return kmalloc(64, gfp);
}

static void free_and_look(void *element, void *pool_data)
{
	looked_at.frees++;
	if (looked_at.pool && mempool_validate(looked_at.pool))
		looked_at.unsound++;
	kfree(element);
}

static void reserve_is_sound_while_it_shrinks(struct ktest *t)
{
	memset(&looked_at, 0, sizeof(looked_at));
	looked_at.pool = mempool_create(MIN_NR, alloc_plainly, free_and_look,
					NULL);
	KTEST_ASSERT_NOT_NULL(t, looked_at.pool);
	KTEST_EXPECT_EQ(t, mempool_resize(looked_at.pool, 1), 0);
	KTEST_EXPECT_EQ(t, looked_at.frees, MIN_NR - 1);
	KTEST_EXPECT_EQ(t, looked_at.unsound, 0);
	mempool_destroy(looked_at.pool);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(create_fills_the_reserve),
	KTEST_CASE(alloc_asks_the_allocator_before_the_reserve),
	KTEST_CASE(first_try_neither_sleeps_nor_warns),
	KTEST_CASE(reserve_serves_when_the_allocator_is_dry),
	KTEST_CASE(empty_pool_gives_null_to_who_cannot_wait),
	KTEST_CASE(free_fills_the_reserve_before_the_allocator),
	KTEST_CASE(preallocated_does_not_ask_the_allocator),
	KTEST_CASE(free_of_null_is_nothing),
	KTEST_CASE(cleared_memory_is_refused),
	KTEST_CASE(pool_that_cannot_be_filled_is_not_made),
	KTEST_CASE(negative_reserve_is_refused),
	KTEST_CASE(reserve_of_none_keeps_one),
	KTEST_CASE(embedded_pool_is_ended_as_often_as_one_likes),
	KTEST_CASE(pool_on_a_node_is_like_any_other),
	KTEST_CASE(embedded_pool_has_functions_of_its_owner),
	KTEST_CASE(slab_pool_gives_objects_of_its_cache),
	KTEST_CASE(kmalloc_pool_gives_any_size),
	KTEST_CASE(page_pool_gives_blocks_of_its_order),
	KTEST_CASE(zone_of_an_element_is_as_asked),
	KTEST_CASE(larger_reserve_is_filled_at_once),
	KTEST_CASE(smaller_reserve_gives_the_surplus_back),
	KTEST_CASE(reserve_grows_while_elements_are_out),
	KTEST_CASE(reserve_shrinks_while_elements_are_out),
	KTEST_CASE(reserve_that_could_not_be_filled_is_filled_by_frees),
	KTEST_CASE(smaller_reserve_forgets_what_was_missing),
	KTEST_CASE(resize_to_nothing_is_refused),
	KTEST_CASE(interrupt_handler_may_take_and_give),
	KTEST_CASE(who_must_not_sleep_does_not_wait),
	KTEST_CASE(resize_and_end_are_for_who_may_sleep),
	KTEST_CASE(reserve_is_sound_while_it_shrinks),
	KTEST_CASE(element_for_a_place_that_others_took_goes_back),
	{}
};
KTEST_SUITE_FIXTURE(mempool, cases, set_up, tear_down);

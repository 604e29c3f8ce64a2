/*
 * Who waits for an element of a pool: in which order they are served, that no
 * wake-up is lost, and that all get through when there is no memory at all.
 */
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>

#include "../../mm/mempool_internal.h"
#include "mempool_fixture.h"
#include "slub_fixture.h"
#include "tick.h"

#define MIN_NR 2
#define MAX_WAITERS 8
#define PATIENCE_OF_POOL_US (1000000 / HZ * MEMPOOL_PATIENCE)
/* A busy host wakes CPUs slowly. */
#define PATIENCE_US 30000000

static struct spring spring;
static mempool_t *pool;

static void set_up(struct ktest *t)
{
	pool = spring_pool(MIN_NR, &spring);
	KTEST_EXPECT_NOT_NULL(t, pool);
}

static void tear_down(struct ktest *t)
{
	if (pool) {
		KTEST_EXPECT_TRUE(t, mempool_is_saturated(pool));
		KTEST_EXPECT_EQ(t, nr_waiting(pool), 0);
	}
	spring_pool_end(t, pool, &spring);
}

/* Wants one element, once. */
struct waiter {
	struct task_struct *task;
	void *element;		/* release */
	unsigned int number;	/* the how-manieth it was to be served */
};

static struct waiter waiters[MAX_WAITERS];
static unsigned int nr_served;

static void *element_of(struct waiter *w)
{
	return __atomic_load_n(&w->element, __ATOMIC_ACQUIRE);
}

static int want_one(void *data)
{
	struct waiter *w = data;
	void *element = mempool_alloc(pool, GFP_KERNEL);

	w->number = __atomic_fetch_add(&nr_served, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&w->element, element, __ATOMIC_RELEASE);
	return 0;
}

static bool out_of_patience(u64 start)
{
	return ktime_get_us() - start > PATIENCE_US;
}

static bool wait_until_waiting(struct ktest *t, unsigned int nr)
{
	u64 start = ktime_get_us();

	while (nr_waiting(pool) != nr && !out_of_patience(start))
		yield();
	return KTEST_EXPECT_EQ(t, nr_waiting(pool), nr);
}

static bool wait_until_served(struct ktest *t, struct waiter *w)
{
	u64 start = ktime_get_us();

	while (!element_of(w) && !out_of_patience(start))
		yield();
	return KTEST_EXPECT_NOT_NULL(t, element_of(w));
}

/* The next CPU that runs, around. */
static unsigned int cpu_after(unsigned int cpu)
{
	unsigned int next = (unsigned int)find_next_bit(cpu_online_mask.bits,
							NR_CPUS, cpu + 1);

	return next < NR_CPUS ? next : 0;
}

/* Asked for twice: the first refusal may be one that was injected. */
static struct task_struct *must_run_on(unsigned int cpu, int (*fn)(void *data),
				       void *data, const char *name)
{
	struct task_struct *task = kthread_run_on(cpu, fn, data, "%s", name);

	return task ? task : kthread_run_on(cpu, fn, data, "%s", name);
}

/* On all CPUs in turn, one behind the other in the queue. */
static unsigned int start_waiters(struct ktest *t, unsigned int nr)
{
	unsigned int i, cpu = 0;

	nr_served = 0;
	memset(waiters, 0, sizeof(waiters));
	for (i = 0; i < nr; i++) {
		waiters[i].task = must_run_on(cpu, want_one, &waiters[i],
					      "want");
		if (!waiters[i].task || !wait_until_waiting(t, i + 1))
			break;
		cpu = cpu_after(cpu);
	}
	KTEST_EXPECT_EQ(t, i, nr);
	return i;
}

/* Who has not been served, whatever went wrong, finds memory now. */
static void stop_waiters(unsigned int nr)
{
	spring_let(&spring, SPRING_ALWAYS);
	while (nr--)
		if (waiters[nr].task)
			kthread_stop(waiters[nr].task);
}

static void waiter_gets_the_element_that_is_freed(struct ktest *t)
{
	void *elements[MIN_NR];

	take_dry(t, pool, elements, MIN_NR);
	start_waiters(t, 1);
	KTEST_EXPECT_TRUE(t, READ_ONCE(spring.last_gfp) &
			     __GFP_DIRECT_RECLAIM);
	mempool_free(elements[0], pool);
	wait_until_served(t, &waiters[0]);
	KTEST_EXPECT_PTR_EQ(t, element_of(&waiters[0]), elements[0]);
	KTEST_EXPECT_EQ(t, pool->curr_nr, 0);
	stop_waiters(1);
	give_back(pool, elements, MIN_NR);
}

static void waiters_are_served_in_the_order_they_came(struct ktest *t)
{
	void *elements[MIN_NR];
	unsigned int i, nr;

	take_dry(t, pool, elements, MIN_NR);
	nr = start_waiters(t, MAX_WAITERS);
	mempool_free(elements[0], pool);
	for (i = 0; i < nr && wait_until_served(t, &waiters[i]); i++) {
		KTEST_EXPECT_EQ(t, waiters[i].number, i);
		KTEST_EXPECT_EQ(t, nr_waiting(pool), nr - 1 - i);
		mempool_free(element_of(&waiters[i]), pool);
	}
	stop_waiters(nr);
	mempool_free(elements[1], pool);
}

/* What is handed over is nobody else's, however fast he is. */
static void newcomer_does_not_overtake_who_waits(struct ktest *t)
{
	void *elements[MIN_NR], *mine = pool;

	take_dry(t, pool, elements, MIN_NR);
	start_waiters(t, 1);
	preempt_disable();
	mempool_free(elements[0], pool);
	mine = mempool_alloc(pool, GFP_ATOMIC);
	preempt_enable();
	KTEST_EXPECT_NULL(t, mine);
	wait_until_served(t, &waiters[0]);
	stop_waiters(1);
	give_back(pool, elements, MIN_NR);
}

/* From a CPU's interrupt handler. */
static void free_one(void *info)
{
	mempool_free(info, pool);
}

static void handler_serves_who_waits(struct ktest *t)
{
	void *elements[MIN_NR];
	unsigned int nr;

	take_dry(t, pool, elements, MIN_NR);
	nr = start_waiters(t, MIN_NR);
	smp_call_function_single(cpu_after(smp_processor_id()), free_one,
				 elements[0], true);
	smp_call_function_single(smp_processor_id(), free_one, elements[1],
				 true);
	wait_until_served(t, &waiters[0]);
	wait_until_served(t, &waiters[1]);
	stop_waiters(nr);
	give_back(pool, elements, MIN_NR);
}

static void larger_reserve_serves_who_waits(struct ktest *t)
{
	void *elements[MIN_NR];
	unsigned int i, nr;

	take_dry(t, pool, elements, MIN_NR);
	nr = start_waiters(t, 3);
	spring_let(&spring, 4);
	KTEST_EXPECT_EQ(t, mempool_resize(pool, MIN_NR + 1), 0);
	for (i = 0; i < nr && wait_until_served(t, &waiters[i]); i++)
		mempool_free(element_of(&waiters[i]), pool);
	stop_waiters(nr);
	give_back(pool, elements, MIN_NR);
}

/* He sleeps: the allocator is asked twice, and again when he looks himself. */
static void who_waits_leaves_the_allocator_alone(struct ktest *t)
{
	u64 start = ktime_get_us();
	void *elements[MIN_NR];
	unsigned int calls;

	if (!has_tick(t))
		return;
	take_dry(t, pool, elements, MIN_NR);
	start_waiters(t, 1);
	msleep(20);
	calls = READ_ONCE(spring.calls) - MIN_NR;
	KTEST_EXPECT_LE(t, calls, 2 + (ktime_get_us() - start) /
				      (1000000 / HZ * MEMPOOL_PATIENCE));
	mempool_free(elements[0], pool);
	wait_until_served(t, &waiters[0]);
	stop_waiters(1);
	give_back(pool, elements, MIN_NR);
}

/* Nobody frees anything: the sleeper looks for himself. */
static void memory_that_comes_back_elsewhere_is_found(struct ktest *t)
{
	void *elements[MIN_NR];

	if (!has_tick(t))
		return;
	take_dry(t, pool, elements, MIN_NR);
	start_waiters(t, 1);
	spring_let(&spring, SPRING_ALWAYS);
	wait_until_served(t, &waiters[0]);
	stop_waiters(1);
	mempool_free(element_of(&waiters[0]), pool);
	give_back(pool, elements, MIN_NR);
}

/* Hands an element to who asks, and gives him another one. */
static struct {
	struct spring spring;
	mempool_t *pool;
	void *held;
	unsigned int calls;
} generous;

/* The third time it is from the queue that one asks. */
static void *alloc_generously(gfp_t gfp, void *pool_data)
{
	if (++generous.calls == 3) {
		spring_let(&generous.spring, 1);
		mempool_free(generous.held, generous.pool);
	}
	return spring_alloc(gfp, pool_data);
}

static void who_is_served_while_he_finds_memory_keeps_one(struct ktest *t)
{
	void *p;

	if (!has_tick(t))
		return;
	memset(&generous, 0, sizeof(generous));
	spring_let(&generous.spring, 1);
	generous.pool = mempool_create(1, alloc_generously, spring_free,
				       &generous.spring);
	KTEST_ASSERT_NOT_NULL(t, generous.pool);
	generous.held = mempool_alloc_preallocated(generous.pool);
	generous.calls = 0;
	p = mempool_alloc(generous.pool, GFP_KERNEL);
	KTEST_EXPECT_PTR_EQ(t, p, generous.held);
	KTEST_EXPECT_EQ(t, generous.calls, 3);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(generous.pool));
	mempool_free(p, generous.pool);
	mempool_destroy(generous.pool);
	KTEST_EXPECT_EQ(t, generous.spring.live, 0);
}

/* Hands over what is kept while it is asked itself: the third time. */
static struct {
	void *kept;
	unsigned int calls;
	u64 when;
} late;

static void *alloc_late(gfp_t gfp, void *pool_data)
{
	mempool_t **own = pool_data;

	if (!*own)
		return kmalloc(64, gfp);
	if (++late.calls == 3) {
		mempool_free(late.kept, *own);
		late.when = ktime_get_us();
	}
	return NULL;
}

static void free_late(void *element, void *pool_data)
{
	kfree(element);
}

/* A wake-up that comes while one is awake is not lost. */
static void who_is_served_before_he_sleeps_does_not_sleep(struct ktest *t)
{
	mempool_t *own = NULL, *p;
	unsigned int tries = 0;
	void *element;
	u64 slept;

	if (!has_tick(t))
		return;
	p = mempool_create(1, alloc_late, free_late, &own);
	KTEST_ASSERT_NOT_NULL(t, p);
	own = p;
	do {	/* a busy host lets anybody sleep */
		late.calls = 0;
		late.kept = mempool_alloc_preallocated(p);
		element = mempool_alloc(p, GFP_KERNEL);
		slept = ktime_get_us() - late.when;
		KTEST_EXPECT_PTR_EQ(t, element, late.kept);
		KTEST_EXPECT_EQ(t, late.calls, 3);
		mempool_free(element, p);
	} while (slept >= PATIENCE_OF_POOL_US && ++tries < 5);
	KTEST_EXPECT_LT(t, slept, PATIENCE_OF_POOL_US);
	mempool_destroy(p);
}

static void pool_somebody_waits_in_is_not_destroyed(struct ktest *t)
{
	void *elements[MIN_NR];

	take_dry(t, pool, elements, MIN_NR);
	start_waiters(t, 1);
	KTEST_EXPECT_REPORTS(t, 1, "somebody waits", mempool_destroy(pool));
	mempool_free(elements[0], pool);
	wait_until_served(t, &waiters[0]);
	stop_waiters(1);
	give_back(pool, elements, MIN_NR);
}

/* Many threads on all CPUs, one element: who works, and how often. */

#define MAX_WORKERS 16
/* At least, whatever it takes; and at most, if it takes no longer. */
#define ROUNDS_MIN 8
#define ROUNDS_MAX 500
#define TIME_US 1000000

struct worker {
	struct task_struct *task;
	unsigned int rounds, spoilt;
	bool through;			/* release */
};

static struct worker workers[MAX_WORKERS];
static mempool_t *shared;
static bool go, somebody_waited;
static u64 start_of_work;

/* They are more than there are elements, so sooner or later one will. */
static void let_somebody_wait(void)
{
	while (!READ_ONCE(somebody_waited) && !nr_waiting(shared) &&
	       ktime_get_us() - start_of_work < PATIENCE_US / 4)
		yield();
}

static void work_on(struct worker *me, void *element)
{
	fill_object(element, SPRING_BYTES);
	if (me->rounds == 0)
		let_somebody_wait();
	else if (me->rounds % 4 == 0)
		yield();
	me->spoilt += !object_is_intact(element, SPRING_BYTES);
	if (nr_waiting(shared))
		WRITE_ONCE(somebody_waited, true);
	mempool_free(element, shared);
	me->rounds++;
}

static bool has_worked_enough(const struct worker *me)
{
	return me->rounds == ROUNDS_MAX ||
	       (me->rounds >= ROUNDS_MIN &&
		ktime_get_us() - start_of_work > TIME_US);
}

static int work(void *data)
{
	struct worker *me = data;

	while (!__atomic_load_n(&go, __ATOMIC_ACQUIRE))
		yield();
	while (!has_worked_enough(me))
		work_on(me, mempool_alloc(shared, GFP_KERNEL));
	__atomic_store_n(&me->through, true, __ATOMIC_RELEASE);
	return 0;
}

/* Twice as many as CPUs, and more than elements. */
static unsigned int start_workers(struct ktest *t)
{
	unsigned int nr = clamp(2 * num_online_cpus(), 4U,
				(unsigned int)MAX_WORKERS);
	unsigned int i, cpu = 0;

	go = somebody_waited = false;
	memset(workers, 0, sizeof(workers));
	for (i = 0; i < nr; i++) {
		workers[i].task = must_run_on(cpu, work, &workers[i], "work");
		if (!KTEST_EXPECT_NOT_NULL(t, workers[i].task))
			break;
		cpu = cpu_after(cpu);
	}
	return i;
}

static bool all_through(unsigned int nr)
{
	while (nr && __atomic_load_n(&workers[nr - 1].through,
				     __ATOMIC_ACQUIRE))
		nr--;
	return !nr;
}

static bool let_them_work(unsigned int nr)
{
	start_of_work = ktime_get_us();
	__atomic_store_n(&go, true, __ATOMIC_RELEASE);
	while (!all_through(nr) && !out_of_patience(start_of_work))
		yield();
	return all_through(nr);
}

/* Some have waited for others. */
static void end_workers(struct ktest *t, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		KTEST_EXPECT_EQ(t, kthread_stop(workers[i].task), 0);
		KTEST_EXPECT_GE(t, workers[i].rounds, ROUNDS_MIN);
		KTEST_EXPECT_EQ(t, workers[i].spoilt, 0);
	}
	KTEST_EXPECT_TRUE(t, somebody_waited);
}

/*
 * All pages, and all objects of the pool's size in a chain. What other CPUs
 * have at hand is collected before, and by who finds nothing more.
 */
static void use_up_memory(struct drained *pages, void ***chain)
{
	void **p;

	kmem_cache_shrink_all();
	drain_all_pages();
	drain_pages(pages);
	*chain = NULL;
	while ((p = kmalloc(SPRING_BYTES, GFP_KERNEL | __GFP_MEMALLOC |
					  __GFP_NOWARN))) {
		*p = *chain;
		*chain = p;
	}
}

static void give_memory_back(struct drained *pages, void **chain)
{
	void **next;

	for (; chain; chain = next) {
		next = *chain;
		kfree(chain);
	}
	undrain_pages(pages);
}

/*
 * The promise itself: not a page is left, there is one element, and all work
 * goes on.
 */
static void waiters_on_all_cpus_get_through_without_memory(struct ktest *t)
{
	static struct drained pages;
	unsigned int nr;
	void **chain, *extra;
	bool through;

	shared = mempool_create_kmalloc_pool(1, SPRING_BYTES);
	KTEST_ASSERT_NOT_NULL(t, shared);
	nr = start_workers(t);
	use_up_memory(&pages, &chain);
	extra = kmalloc(SPRING_BYTES, GFP_NOWAIT);
	KTEST_EXPECT_NULL(t, extra);
	through = let_them_work(nr);
	kfree(extra);
	give_memory_back(&pages, chain);
	KTEST_EXPECT_TRUE(t, through);
	end_workers(t, nr);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(shared));
	KTEST_EXPECT_STREQ(t, mempool_validate(shared), NULL);
	mempool_destroy(shared);
}

#define RESIZES 1000

/*
 * To all sizes from 1 to 12, in an order of the step's own. How often the pool
 * was not in order between.
 */
static int resize_often(void *step)
{
	int i, broken = 0;

	for (i = 0; i < RESIZES; i++) {
		mempool_resize(shared, 1 + i * *(int *)step % 12);
		broken += mempool_validate(shared) != NULL;
	}
	return broken;
}

/* Who finds the reserve larger than he was going to make it gives way. */
static void two_may_resize_a_pool(struct ktest *t)
{
	static int steps[] = { 5, 7 };
	struct task_struct *task;

	shared = mempool_create_kmalloc_pool(1, SPRING_BYTES);
	KTEST_ASSERT_NOT_NULL(t, shared);
	task = must_run_on(cpu_after(smp_processor_id()), resize_often,
			   &steps[1], "resize");
	KTEST_EXPECT_EQ(t, resize_often(&steps[0]), 0);
	if (KTEST_EXPECT_NOT_NULL(t, task))
		KTEST_EXPECT_EQ(t, kthread_stop(task), 0);
	KTEST_EXPECT_STREQ(t, mempool_validate(shared), NULL);
	mempool_destroy(shared);
}

/*
 * One element for all, from an allocator that never gives another: a wake-up
 * that is lost is one that nothing makes good.
 */
static void no_wake_up_is_lost(struct ktest *t)
{
	struct spring own;
	unsigned int nr;

	shared = spring_pool(1, &own);
	KTEST_ASSERT_NOT_NULL(t, shared);
	nr = start_workers(t);
	spring_let(&own, 0);
	KTEST_EXPECT_TRUE(t, let_them_work(nr));
	end_workers(t, nr);
	KTEST_EXPECT_TRUE(t, mempool_is_saturated(shared));
	mempool_destroy(shared);
	KTEST_EXPECT_EQ(t, own.live, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(waiter_gets_the_element_that_is_freed),
	KTEST_CASE(waiters_are_served_in_the_order_they_came),
	KTEST_CASE(newcomer_does_not_overtake_who_waits),
	KTEST_CASE(handler_serves_who_waits),
	KTEST_CASE(larger_reserve_serves_who_waits),
	KTEST_CASE(who_waits_leaves_the_allocator_alone),
	KTEST_CASE(memory_that_comes_back_elsewhere_is_found),
	KTEST_CASE(who_is_served_while_he_finds_memory_keeps_one),
	KTEST_CASE(who_is_served_before_he_sleeps_does_not_sleep),
	KTEST_CASE(pool_somebody_waits_in_is_not_destroyed),
	KTEST_CASE(waiters_on_all_cpus_get_through_without_memory),
	KTEST_CASE(two_may_resize_a_pool),
	KTEST_CASE(no_wake_up_is_lost),
	{}
};
KTEST_SUITE_FIXTURE(mempool_smp, cases, set_up, tear_down);

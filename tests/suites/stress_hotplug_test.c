/*
 * A CPU leaves and comes back, again and again, while the others take and
 * give memory. In between it has work itself, so that it leaves objects and
 * pages behind in what is its own: they must be found again.
 *
 * It stays while a thread is there. So in one case others visit it, and it
 * leaves when it can; in the other nobody does, it leaves each time, and the
 * others collect what CPUs keep while it does.
 */
#include <asm/kernel_stack.h>
#include <kernel/kthread.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "stress.h"

#define SLOTS 16
#define MIN_CYCLES 4

static unsigned int victim;		/* the CPU that comes and goes */
static unsigned int nr_left;		/* times that it went */
static bool visited;			/* others have threads on it, too */

static int work_a_little(void *data)
{
	stress_take_and_give(data, 200, SLOTS);
	return 0;
}

/* Runs a thread there to its end; false: the CPU does not run, or no memory. */
static bool use_cpu(struct stressor *me, unsigned int cpu)
{
	struct stressor there = { .complaint = "" };
	struct task_struct *task;

	stressor_init(&there, cpu, STRESS_NR_HANDLER - 1);
	there.rng = rng_seed(rng_next(&me->rng));
	task = kthread_run_on(cpu, work_a_little, &there, "stress/victim");
	if (!task)
		return false;
	if (kthread_stop(task))
		stress_complain(me, "a thread on the victim failed");
	else if (there.complaint[0])
		stress_complain(me, "%s", there.complaint);
	return true;
}

static int take_down(struct stressor *me)
{
	int error;

	do {
		error = cpu_down(victim);
		cond_resched();
	} while (error == -EBUSY && visited && stress_goes_on(me));
	return error;
}

/* Refused memory may come the next time. */
static int bring_back(void)
{
	unsigned int tries = STRESS_TRIES;
	int error;

	do {
		error = cpu_up(victim);
	} while (error == -ENOMEM && --tries);
	return error;
}

static void cycle(struct stressor *me)
{
	int error;

	if (!STRESS_INSIST(use_cpu(me, victim)))
		stress_complain(me, "no thread on a CPU that runs");
	error = take_down(me);
	if (error == -EBUSY && visited)
		return;
	if (error || cpu_online(victim)) {
		stress_complain(me, "cpu_down: %d", error);
		return;
	}
	nr_left++;
	stress_take_and_give(me, 50, SLOTS);
	error = bring_back();
	if (error || !cpu_online(victim))
		stress_complain(me, "cpu_up: %d", error);
}

/* What the victim keeps of a cache must not outlive the cache. */
static void use_cache(struct stressor *me)
{
	void *objs[40] = { NULL };
	struct kmem_cache *s;
	char name[24];
	unsigned int i;

	ksnprintf(name, sizeof(name), "hotplug-%u", me->index);
	s = kmem_cache_create(name, 200, 0, SLAB_NO_MERGE, NULL);
	if (!s)
		return;
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		if (objs[i])
			kmem_cache_free(s, objs[i]);
	kmem_cache_destroy(s);
}

static void plug(struct stressor *me)
{
	unsigned int i;

	for (i = 0; !me->complaint[0] &&
		    (i < MIN_CYCLES || stress_goes_on(me)); i++)
		cycle(me);
}

static void work(struct stressor *me)
{
	while (stress_goes_on(me)) {
		stress_take_and_give(me, 20, SLOTS);
		if (me->index == 1 && stress_one_in(me, 4))
			use_cpu(me, victim);
		if (me->index > 1)
			use_cache(me);
	}
}

/* Each of these asks all CPUs for something, or waits for them. */
static void collect(struct stressor *me)
{
	static void (*const collectors[])(void) = {
		kmem_cache_shrink_all, drain_all_pages, kernel_stack_trim,
	};

	while (stress_goes_on(me)) {
		stress_take_and_give(me, 20, SLOTS);
		collectors[stress_below(me, ARRAY_SIZE(collectors))]();
		if (stress_one_in(me, 2))
			use_cache(me);
	}
}

/* The first has the victim go and come. */
static void plug_or_do_something_else(struct stressor *me)
{
	if (me->index == 0)
		plug(me);
	else if (visited)
		work(me);
	else
		collect(me);
}

static void run(struct ktest *t, bool with_visitors)
{
	struct cpumask others = cpu_online_mask;
	unsigned int cpu;

	if (num_online_cpus() < 2) {
		ktest_skip(t, "one CPU");
		return;
	}
	for_each_online_cpu(cpu)
		victim = cpu;
	__clear_bit(victim, others.bits);
	visited = with_visitors;
	nr_left = 0;
	KTEST_EXPECT_NE(t, stress_run_on(t, &others, 2,
					 plug_or_do_something_else, NULL), 0);
	KTEST_EXPECT_TRUE(t, cpu_online(victim));
	ktest_note(t, "CPU %u left %u times", victim, nr_left);
}

static void cpus_come_and_go_while_others_work(struct ktest *t)
{
	run(t, true);
}

static void cpus_come_and_go_while_others_collect(struct ktest *t)
{
	run(t, false);
	if (!t->skipped)
		KTEST_EXPECT_GE(t, nr_left, MIN_CYCLES);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(cpus_come_and_go_while_others_work),
	KTEST_CASE(cpus_come_and_go_while_others_collect),
	{}
};
KTEST_SUITE_FIXTURE(stress_hotplug, cases, stress_begin, stress_end);

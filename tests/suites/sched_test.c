/* The scheduler: threads share a CPU, and none is taken off where it minds. */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <lib/kernel.h>

#include "last_cpu.h"
#include "tick.h"

#define PATIENCE_US 20000000	/* a test that cannot end ends */
#define WAKE_FOR_US 1000000	/* on all CPUs together */

static unsigned int load(unsigned int *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(unsigned int *p, unsigned int value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

/* Both sides spin; each ends when it has seen the other get on. */
static unsigned int spins[2];

static int spin_until_the_other_has(void *data)
{
	unsigned int me = (unsigned int)(unsigned long)data, seen = 0, last = 0;
	u64 start = ktime_get_us();

	while (seen < 3 && ktime_get_us() - start < PATIENCE_US) {
		unsigned int now = load(&spins[!me]);

		if (now != last)
			seen++;
		last = now;
		store(&spins[me], load(&spins[me]) + 1);
		cpu_relax();
	}
	return (int)seen;
}

static void spinning_threads_take_turns(struct ktest *t)
{
	struct task_struct *tasks[2];
	unsigned int i, cpu = last_online_cpu();

	if (!has_tick(t))
		return;
	spins[0] = spins[1] = 0;
	for (i = 0; i < 2; i++) {
		tasks[i] = kthread_run_on(cpu, spin_until_the_other_has,
					  (void *)(unsigned long)i, "spin%u",
					  i);
		KTEST_EXPECT_NOT_NULL(t, tasks[i]);
	}
	for (i = 0; i < 2; i++)		/* nobody waits for who is not there */
		if (!tasks[i] && tasks[!i])
			spin_until_the_other_has((void *)(unsigned long)i);
	/* The one that sees enough first leaves the other alone. */
	for (i = 0; i < 2; i++)
		if (tasks[i])
			KTEST_EXPECT_GE(t, kthread_stop(tasks[i]), 2);
}

static int count_until_stopped(void *data)
{
	unsigned int *count = data;

	while (!kthread_should_stop()) {
		store(count, load(count) + 1);
		cpu_relax();
	}
	return 0;
}

static void spin_for(u64 us)
{
	u64 start = ktime_get_us();

	while (ktime_get_us() - start < us)
		cpu_relax();
}

static void nobody_comes_while_preemption_is_off(struct ktest *t)
{
	unsigned int count = 0, before, after;
	struct task_struct *task;

	if (!has_tick(t))
		return;
	task = kthread_run_on(0, count_until_stopped, &count, "count");
	KTEST_ASSERT_NOT_NULL(t, task);
	while (!load(&count))
		yield();
	preempt_disable();
	before = load(&count);
	spin_for(100000);
	after = load(&count);
	preempt_enable();
	KTEST_EXPECT_EQ(t, before, after);
	while (load(&count) == after)
		cpu_relax();
	kthread_stop(task);
}

struct doze {
	unsigned int count;	/* of a thread on the same CPU */
	unsigned int done;
};

/* Says that it will sleep, but is preempted instead, and nobody wakes it. */
static int be_preempted_before_sleep(void *data)
{
	struct doze *d = data;
	unsigned int before = load(&d->count);

	set_current_state(TASK_UNINTERRUPTIBLE);
	while (load(&d->count) == before)
		cpu_relax();
	set_current_state(TASK_RUNNING);
	store(&d->done, 1);
	return 0;
}

static void preempted_thread_stays_runnable(struct ktest *t)
{
	struct doze d = { 0 };
	struct task_struct *count, *doze;
	u64 start;

	if (!has_tick(t))
		return;
	count = kthread_run_on(0, count_until_stopped, &d.count, "count");
	KTEST_ASSERT_NOT_NULL(t, count);
	doze = kthread_run_on(0, be_preempted_before_sleep, &d, "doze");
	start = ktime_get_us();
	while (doze && !load(&d.done) && ktime_get_us() - start < PATIENCE_US)
		yield();
	KTEST_EXPECT_EQ(t, d.done, 1);
	if (doze)
		kthread_stop(doze);
	kthread_stop(count);
}

static int take_turns(void *data)
{
	unsigned int *turn = data, i;

	for (i = 0; i < 1000; i++) {
		store(turn, load(turn) + 1);
		yield();
	}
	return 0;
}

/* But for a tick in between each gets as many turns as we give away. */
static void yield_lets_everybody_else_go_first(struct ktest *t)
{
	unsigned int turns[2] = { 0 }, i;
	struct task_struct *tasks[2];

	for (i = 0; i < 2; i++)
		tasks[i] = kthread_run_on(0, take_turns, &turns[i], "turn%u",
					  i);
	for (i = 0; i < 100; i++)
		yield();
	KTEST_EXPECT_GE(t, load(&turns[0]), 50);
	KTEST_EXPECT_GE(t, load(&turns[1]), 50);
	for (i = 0; i < 2; i++)
		if (KTEST_EXPECT_NOT_NULL(t, tasks[i]))
			kthread_stop(tasks[i]);
}

static int count_disabled(void *data)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < 200; i++) {
		wrong += preempt_count() != 0;
		yield();
	}
	return (int)wrong;
}

/* The count belongs to the thread, not to the CPU it leaves. */
static void preempt_count_goes_with_the_thread(struct ktest *t)
{
	struct task_struct *a = kthread_run_on(0, count_disabled, NULL, "a");
	struct task_struct *b = kthread_run_on(0, count_disabled, NULL, "b");

	/* A mistake, but survived: the others do not inherit it. */
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", yield());
	KTEST_EXPECT_EQ(t, preempt_count(), PREEMPT_OFFSET);
	preempt_enable();
	if (a)
		KTEST_EXPECT_EQ(t, kthread_stop(a), 0);
	if (b)
		KTEST_EXPECT_EQ(t, kthread_stop(b), 0);
	KTEST_EXPECT_TRUE(t, a && b);
	KTEST_EXPECT_EQ(t, preempt_count(), 0);
}

static void sleeping_in_atomic_context_is_reported(struct ktest *t)
{
	static DEFINE_SPINLOCK(lock, RANK_TEST);
	unsigned long flags;

	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", schedule());
	preempt_enable();
	spin_lock(&lock);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", might_sleep());
	spin_unlock(&lock);
	local_irq_save(flags);
	KTEST_EXPECT_REPORTS(t, 1, "interrupts off", might_sleep());
	local_irq_restore(flags);
	might_sleep();
}

struct hand {
	struct task_struct *to;
	unsigned int ready, arrived;
};

static int sleep_without_a_queue(void *data)
{
	struct hand *h = data;

	while (!kthread_should_stop()) {
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			if (load(&h->ready) || kthread_should_stop())
				break;
			schedule();
		}
		set_current_state(TASK_RUNNING);
		if (load(&h->ready)) {
			store(&h->ready, 0);
			store(&h->arrived, load(&h->arrived) + 1);
		}
	}
	return 0;
}

/* 2000 times, or less where CPUs are slow to wake, or many. */
static void wake_often(struct ktest *t, struct hand *h)
{
	u64 start = ktime_get_us(), us = WAKE_FOR_US / num_online_cpus();
	unsigned int i;

	for (i = 0; i < 2000 && ktime_get_us() - start < us; i++) {
		store(&h->ready, 1);
		wake_up_process(h->to);
		while (load(&h->arrived) != i + 1) {
			if (ktime_get_us() - start > PATIENCE_US)
				break;
			yield();
		}
	}
	KTEST_EXPECT_EQ(t, load(&h->arrived), i);
}

/* The waker hits the sleeper in every phase of going to sleep. */
static void no_wake_up_is_lost(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct hand h = { .ready = 0 };

		h.to = kthread_run_on(cpu, sleep_without_a_queue, &h, "hand");
		KTEST_ASSERT_NOT_NULL(t, h.to);
		wake_often(t, &h);
		kthread_stop(h.to);
	}
}

static void wake_up_of_who_is_awake_does_nothing(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, wake_up_process(current));
	set_current_state(TASK_UNINTERRUPTIBLE);
	KTEST_EXPECT_TRUE(t, wake_up_process(current));
	schedule();
	KTEST_EXPECT_EQ(t, current->state, TASK_RUNNING);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(spinning_threads_take_turns),
	KTEST_CASE(nobody_comes_while_preemption_is_off),
	KTEST_CASE(preempted_thread_stays_runnable),
	KTEST_CASE(yield_lets_everybody_else_go_first),
	KTEST_CASE(preempt_count_goes_with_the_thread),
	KTEST_CASE(sleeping_in_atomic_context_is_reported),
	KTEST_CASE(no_wake_up_is_lost),
	KTEST_CASE(wake_up_of_who_is_awake_does_nothing),
	{}
};
KTEST_SUITE(sched, cases);

/* Sleeping: long enough, in the right order, ended early by a wake-up. */
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <lib/kernel.h>

#include "tick.h"

static void set_up(struct ktest *t)
{
	has_tick(t);
}

static void msleep_sleeps_long_enough(struct ktest *t)
{
	static const unsigned int ms[] = { 0, 1, 10, 35 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		u64 start = ktime_get_us(), jiffies = get_jiffies();

		msleep(ms[i]);
		KTEST_EXPECT_GE(t, ktime_get_us() - start, ms[i] * 1000);
		KTEST_EXPECT_GT(t, get_jiffies() - jiffies, 0);
	}
}

static void schedule_timeout_sleeps_to_its_end(struct ktest *t)
{
	u64 start = get_jiffies();

	set_current_state(TASK_UNINTERRUPTIBLE);
	KTEST_EXPECT_EQ(t, schedule_timeout(3), 0);
	KTEST_EXPECT_GE(t, get_jiffies() - start, 3);
}

/* A busy host may be late, but not each time. */
static void sleep_ends_with_the_tick_that_it_names(struct ktest *t)
{
	u64 start, ticks = ~0ULL;
	unsigned int tries;

	for (tries = 0; tries < 100 && ticks > 2; tries++) {
		start = get_jiffies();
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(2);
		ticks = min(ticks, get_jiffies() - start);
	}
	KTEST_EXPECT_EQ(t, ticks, 2);
}

static u64 left;
static unsigned int asleep;

static int sleep_long(void *data)
{
	__atomic_store_n(&asleep, 1, __ATOMIC_RELEASE);
	set_current_state(TASK_UNINTERRUPTIBLE);
	left = schedule_timeout(100000 * HZ);
	return 0;
}

static void wake_up_ends_a_sleep(struct ktest *t)
{
	struct task_struct *task;

	asleep = 0;
	left = 0;
	task = kthread_run_on(0, sleep_long, NULL, "long");
	KTEST_ASSERT_NOT_NULL(t, task);
	while (!__atomic_load_n(&asleep, __ATOMIC_ACQUIRE))
		yield();
	while (!wake_up_process(task))
		yield();
	kthread_stop(task);
	KTEST_EXPECT_GT(t, left, 1000 * HZ);
	KTEST_EXPECT_LE(t, left, 100000 * HZ);
}

static int sleep_for_ever(void *data)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	if (!kthread_should_stop())
		left = schedule_timeout(~0ULL);
	set_current_state(TASK_RUNNING);
	return 0;
}

static void longest_sleep_does_not_wrap(struct ktest *t)
{
	struct task_struct *task;

	left = ~0ULL;
	task = kthread_run_on(0, sleep_for_ever, NULL, "ever");
	KTEST_ASSERT_NOT_NULL(t, task);
	msleep(30);
	kthread_stop(task);
	KTEST_EXPECT_GT(t, left, 1000 * HZ);
}

#define SLEEPERS 5

struct sleeper {
	unsigned int ticks, nth;
	u64 expires;
};

static unsigned int woken;

static int sleep_some(void *data)
{
	struct sleeper *s = data;

	set_current_state(TASK_UNINTERRUPTIBLE);
	s->expires = get_jiffies() + s->ticks;
	schedule_timeout(s->ticks);
	s->nth = __atomic_fetch_add(&woken, 1, __ATOMIC_RELAXED);
	return 0;
}

/* A busy host may let ticks pass before they are asleep, but not so many. */
static void check_order(struct ktest *t, const struct sleeper *s,
			unsigned int n)
{
	unsigned int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < n; j++)
			if (s[i].expires + 8 < s[j].expires)
				KTEST_EXPECT_LT(t, s[i].nth, s[j].nth);
}

static void sleepers_wake_in_the_order_of_their_times(struct ktest *t)
{
	static const unsigned int ticks[SLEEPERS] = {
		26, 14, 50, 2, 38
	};
	struct task_struct *tasks[SLEEPERS];
	struct sleeper s[SLEEPERS];
	unsigned int i, n, cpu = 0, last;

	for_each_online_cpu(last)
		cpu = last;
	woken = 0;
	for (n = 0; n < SLEEPERS; n++) {
		s[n] = (struct sleeper){ .ticks = ticks[n] };
		tasks[n] = kthread_run_on(cpu, sleep_some, &s[n], "s%u", n);
		if (!KTEST_EXPECT_NOT_NULL(t, tasks[n]))
			break;
	}
	while (__atomic_load_n(&woken, __ATOMIC_RELAXED) != n)
		msleep(10);
	for (i = 0; i < n; i++)
		kthread_stop(tasks[i]);
	check_order(t, s, n);
}

static int sleep_often(void *data)
{
	unsigned int i;

	for (i = 0; i < 9; i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout(1 + i % 3);
	}
	return 0;
}

/* Each CPU has sleepers of its own, and each of them comes back. */
static void sleepers_of_all_cpus_come_back(struct ktest *t)
{
	struct task_struct *tasks[NR_CPUS] = { NULL };
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		tasks[cpu] = kthread_run_on(cpu, sleep_often, NULL, "nap/%u",
					    cpu);
		KTEST_EXPECT_NOT_NULL(t, tasks[cpu]);
	}
	msleep(50);
	for_each_online_cpu(cpu)
		if (tasks[cpu])
			kthread_stop(tasks[cpu]);
}

static void wait_event_timeout_ends_without_the_condition(struct ktest *t)
{
	DECLARE_WAIT_QUEUE_HEAD(wq);
	u64 start = get_jiffies();

	KTEST_EXPECT_EQ(t, wait_event_timeout(wq, false, 3), 0);
	KTEST_EXPECT_GE(t, get_jiffies() - start, 3);
	KTEST_EXPECT_FALSE(t, waitqueue_active(&wq));
}

struct bell {
	struct wait_queue_head wq;
	bool rung;
};

static int ring(void *data)
{
	struct bell *bell = data;

	__atomic_store_n(&bell->rung, true, __ATOMIC_RELEASE);
	wake_up(&bell->wq);
	return 0;
}

static void wait_event_timeout_says_what_was_left(struct ktest *t)
{
	struct bell bell = { .rung = false };
	struct task_struct *task;
	u64 rest;

	init_waitqueue_head(&bell.wq);
	task = kthread_run_on(0, ring, &bell, "bell");
	KTEST_ASSERT_NOT_NULL(t, task);
	rest = wait_event_timeout(bell.wq,
				  __atomic_load_n(&bell.rung, __ATOMIC_ACQUIRE),
				  1000 * HZ);
	kthread_stop(task);
	KTEST_EXPECT_GT(t, rest, 1);
	KTEST_EXPECT_LE(t, rest, 1000 * HZ);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(msleep_sleeps_long_enough),
	KTEST_CASE(schedule_timeout_sleeps_to_its_end),
	KTEST_CASE(sleep_ends_with_the_tick_that_it_names),
	KTEST_CASE(wake_up_ends_a_sleep),
	KTEST_CASE(longest_sleep_does_not_wrap),
	KTEST_CASE(sleepers_wake_in_the_order_of_their_times),
	KTEST_CASE(sleepers_of_all_cpus_come_back),
	KTEST_CASE(wait_event_timeout_ends_without_the_condition),
	KTEST_CASE(wait_event_timeout_says_what_was_left),
	{}
};
KTEST_SUITE_FIXTURE(timer, cases, set_up, NULL);

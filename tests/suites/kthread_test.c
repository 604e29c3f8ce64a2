/* Kernel threads: born, bound, asked to end, gone without a trace. */
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "last_cpu.h"

/* What a thread saw of itself. */
struct seen {
	unsigned int runs, cpu;
	struct task_struct *task;
	bool atomic;
};

static int look(void *data)
{
	struct seen *seen = data;

	seen->task = current;
	seen->cpu = smp_processor_id();
	seen->atomic = in_atomic();
	seen->runs++;
	return 42;
}

static int wait_for_stop(void *data)
{
	unsigned int *wakes = data;

	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (kthread_should_stop())
			break;
		schedule();
		__atomic_fetch_add(wakes, 1, __ATOMIC_RELAXED);
	}
	set_current_state(TASK_RUNNING);
	return -7;
}

static void stop_returns_what_the_thread_returned(struct ktest *t)
{
	struct seen seen = { 0 };
	struct task_struct *task = kthread_create(look, &seen, "look/%d", 3);

	KTEST_ASSERT_NOT_NULL(t, task);
	KTEST_EXPECT_STREQ(t, task->name, "look/3");
	KTEST_EXPECT_NE(t, task->pid, 0);
	KTEST_EXPECT_EQ(t, seen.runs, 0);
	KTEST_EXPECT_TRUE(t, wake_up_process(task));
	KTEST_EXPECT_EQ(t, kthread_stop(task), 42);
	KTEST_EXPECT_EQ(t, seen.runs, 1);
	KTEST_EXPECT_PTR_EQ(t, seen.task, task);
	KTEST_EXPECT_FALSE(t, seen.atomic);
}

static void thread_never_woken_never_runs(struct ktest *t)
{
	struct seen seen = { 0 };
	struct task_struct *task = kthread_create(look, &seen, "sleeper");

	KTEST_ASSERT_NOT_NULL(t, task);
	yield();
	KTEST_EXPECT_EQ(t, kthread_stop(task), -EINTR);
	yield();
	KTEST_EXPECT_EQ(t, seen.runs, 0);
}

static void thread_sleeps_until_it_is_stopped(struct ktest *t)
{
	unsigned int wakes = 0;
	struct task_struct *task = kthread_run_on(0, wait_for_stop, &wakes,
						  "waiter");

	KTEST_ASSERT_NOT_NULL(t, task);
	yield();
	yield();
	KTEST_EXPECT_EQ(t, kthread_stop(task), -7);
}

static void stop_after_the_thread_has_ended(struct ktest *t)
{
	struct seen seen = { 0 };
	struct task_struct *task = kthread_run_on(0, look, &seen, "early");

	KTEST_ASSERT_NOT_NULL(t, task);
	while (!READ_ONCE(seen.runs))
		yield();
	yield();
	KTEST_EXPECT_EQ(t, kthread_stop(task), 42);
}

static void bound_thread_runs_there(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct seen seen = { .cpu = NR_CPUS };
		struct task_struct *task = kthread_create(look, &seen, "bound");

		KTEST_ASSERT_NOT_NULL(t, task);
		KTEST_EXPECT_EQ(t, kthread_bind(task, cpu), 0);
		wake_up_process(task);
		kthread_stop(task);
		KTEST_EXPECT_EQ(t, seen.cpu, cpu);
	}
}

static void bind_to_a_cpu_that_does_not_run(struct ktest *t)
{
	struct seen seen = { 0 };
	struct task_struct *task = kthread_create(look, &seen, "nowhere");

	KTEST_ASSERT_NOT_NULL(t, task);
	KTEST_EXPECT_EQ(t, kthread_bind(task, NR_CPUS), -ENXIO);
	KTEST_EXPECT_EQ(t, kthread_bind(task, last_online_cpu() + 1), -ENXIO);
	wake_up_process(task);
	KTEST_EXPECT_EQ(t, kthread_stop(task), 42);
	KTEST_EXPECT_NULL(t, kthread_run_on(last_online_cpu() + 1, look, &seen,
					    "nowhere"));
	KTEST_EXPECT_EQ(t, seen.runs, 1);
}

/* Each leaves before the next comes: stacks and lists stay as they were. */
static void thousands_come_and_go(struct ktest *t)
{
	unsigned int i, threads = sched_nr_threads(0);
	struct seen seen = { 0 };

	for (i = 0; i < 2000; i++) {
		struct task_struct *task = kthread_run_on(0, look, &seen,
							  "n%u", i);

		KTEST_ASSERT_NOT_NULL(t, task);
		KTEST_ASSERT_EQ(t, kthread_stop(task), 42);
	}
	KTEST_EXPECT_EQ(t, seen.runs, 2000);
	KTEST_EXPECT_EQ(t, sched_nr_threads(0), threads);
}

/* The stack is freed here while its CPU has just left it, there. */
static void threads_of_other_cpus_come_and_go(struct ktest *t)
{
	struct seen seen = { 0 };
	unsigned int i, cpu;

	for (i = 0; i < 20; i++)
		for_each_online_cpu(cpu) {
			struct task_struct *task =
				kthread_run_on(cpu, look, &seen, "n%u", i);

			KTEST_ASSERT_NOT_NULL(t, task);
			KTEST_ASSERT_EQ(t, kthread_stop(task), 42);
		}
	KTEST_EXPECT_EQ(t, seen.runs, 20 * num_online_cpus());
}

#define CROWD 40

static void many_live_at_a_time(struct ktest *t)
{
	static struct task_struct *crowd[CROWD];
	unsigned int i, n, wakes = 0, cpu = last_online_cpu();
	unsigned int threads = sched_nr_threads(cpu);

	for (n = 0; n < CROWD; n++) {
		crowd[n] = kthread_run_on(cpu, wait_for_stop, &wakes, "%u", n);
		if (!crowd[n])
			break;
	}
	KTEST_EXPECT_EQ(t, n, CROWD);
	KTEST_EXPECT_EQ(t, sched_nr_threads(cpu), threads + n);
	for (i = 0; i < n; i++)
		KTEST_EXPECT_EQ(t, kthread_stop(crowd[i]), -7);
	KTEST_EXPECT_EQ(t, sched_nr_threads(cpu), threads);
}

/* A CPU that stops whenever it has no threads, and comes back. */
struct fickle {
	unsigned int cpu, stopped;
};

static int stop_and_start(void *data)
{
	struct fickle *fickle = data;

	while (!kthread_should_stop()) {
		cond_resched();
		if (cpu_down(fickle->cpu))
			continue;
		WRITE_ONCE(fickle->stopped, fickle->stopped + 1);
		cpu_up(fickle->cpu);
	}
	return 0;
}

/* While it is bound there, again and again, its CPU may go. */
static void bind_while_the_cpu_stops(struct ktest *t, struct task_struct *task,
				     const struct fickle *fickle)
{
	u64 end = ktime_get_us() + 300000;
	int err;

	while (ktime_get_us() < end && READ_ONCE(fickle->stopped) < 4 &&
	       !t->failed) {
		err = kthread_bind(task, fickle->cpu);
		if (err == -ENXIO)
			KTEST_EXPECT_TRUE(t, cpu_online(task->cpu));
		else
			KTEST_EXPECT_EQ(t, err, 0);
	}
}

static void thread_is_never_left_with_a_cpu_that_stopped(struct ktest *t)
{
	struct fickle fickle = { .cpu = last_online_cpu() };
	struct task_struct *task, *other;
	struct seen seen = { 0 };

	if (num_online_cpus() < 3) {
		ktest_skip(t, "needs three CPUs");
		return;
	}
	task = kthread_create(look, &seen, "homeless");
	KTEST_ASSERT_NOT_NULL(t, task);
	other = kthread_run_on(1, stop_and_start, &fickle, "fickle");
	if (KTEST_EXPECT_NOT_NULL(t, other)) {
		bind_while_the_cpu_stops(t, task, &fickle);
		kthread_stop(other);
	}
	KTEST_EXPECT_TRUE(t, cpu_online(fickle.cpu));
	ktest_note(t, "stopped %u times", fickle.stopped);
	if (!t->failed)
		wake_up_process(task);
	KTEST_EXPECT_EQ(t, kthread_stop(task), t->failed ? -EINTR : 42);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(stop_returns_what_the_thread_returned),
	KTEST_CASE(thread_never_woken_never_runs),
	KTEST_CASE(thread_sleeps_until_it_is_stopped),
	KTEST_CASE(stop_after_the_thread_has_ended),
	KTEST_CASE(bound_thread_runs_there),
	KTEST_CASE(bind_to_a_cpu_that_does_not_run),
	KTEST_CASE(thousands_come_and_go),
	KTEST_CASE(threads_of_other_cpus_come_and_go),
	KTEST_CASE(many_live_at_a_time),
	KTEST_CASE(thread_is_never_left_with_a_cpu_that_stopped),
	{}
};
KTEST_SUITE(kthread, cases);

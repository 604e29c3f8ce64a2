/* Mutexes: one owner at a time, in the order of asking, mistakes reported. */
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/mutex.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>

static struct mutex m;

static void set_up(struct ktest *t)
{
	mutex_init(&m, RANK_CPU_HOTPLUG);
}

static void tear_down(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, mutex_is_locked(&m));
	KTEST_EXPECT_FALSE(t, waitqueue_active(&m.wait));
}

static void lock_and_unlock(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, mutex_is_locked(&m));
	mutex_lock(&m);
	KTEST_EXPECT_TRUE(t, mutex_is_locked(&m));
	KTEST_EXPECT_PTR_EQ(t, m.owner, current);
	mutex_unlock(&m);
}

static int try_it(void *data)
{
	bool got = mutex_trylock(&m);

	if (got)
		mutex_unlock(&m);
	return got;
}

static void trylock_does_not_wait(struct ktest *t)
{
	struct task_struct *task;

	KTEST_EXPECT_TRUE(t, mutex_trylock(&m));
	task = kthread_run_on(0, try_it, NULL, "try");
	if (task)
		KTEST_EXPECT_EQ(t, kthread_stop(task), false);
	mutex_unlock(&m);
	task = kthread_run_on(0, try_it, NULL, "try");
	KTEST_ASSERT_NOT_NULL(t, task);
	KTEST_EXPECT_EQ(t, kthread_stop(task), true);
}

static int unlock_it(void *data)
{
	struct ktest *t = data;

	KTEST_EXPECT_REPORTS(t, 1, "not ours", mutex_unlock(&m));
	return 0;
}

static void wrong_unlock_is_reported_and_not_done(struct ktest *t)
{
	struct task_struct *task;

	KTEST_EXPECT_REPORTS(t, 1, "owner nobody", mutex_unlock(&m));
	mutex_lock(&m);
	task = kthread_run_on(0, unlock_it, t, "thief");
	if (task)
		kthread_stop(task);
	KTEST_EXPECT_PTR_EQ(t, m.owner, current);
	mutex_unlock(&m);
}

static void second_lock_by_the_owner_is_reported(struct ktest *t)
{
	mutex_lock(&m);
	KTEST_EXPECT_REPORTS(t, 1, "held already", mutex_lock(&m));
	mutex_unlock(&m);
}

static void lock_where_nobody_may_sleep_is_reported(struct ktest *t)
{
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", mutex_lock(&m));
	preempt_enable();
	mutex_unlock(&m);
}

#define WAITERS 5

static unsigned int arrived, order[WAITERS];

static int wait_in_line(void *data)
{
	mutex_lock(&m);
	order[arrived++] = (unsigned int)(unsigned long)data;
	mutex_unlock(&m);
	return 0;
}

static size_t nr_waiting(void)
{
	unsigned long flags;
	size_t n;

	spin_lock_irqsave(&m.wait.lock, flags);
	n = list_count_nodes(&m.wait.head);
	spin_unlock_irqrestore(&m.wait.lock, flags);
	return n;
}

/* And nobody slips in between unlock and the waking of the next. */
static void waiters_get_it_in_their_order(struct ktest *t)
{
	struct task_struct *tasks[WAITERS];
	unsigned int i, n;

	arrived = 0;
	mutex_lock(&m);
	for (n = 0; n < WAITERS; n++) {
		tasks[n] = kthread_run_on(0, wait_in_line,
					  (void *)(unsigned long)n, "w%u", n);
		if (!tasks[n])
			break;
		while (nr_waiting() <= n)
			yield();
	}
	mutex_unlock(&m);
	KTEST_EXPECT_FALSE(t, mutex_trylock(&m));
	for (i = 0; i < n; i++)
		kthread_stop(tasks[i]);
	KTEST_EXPECT_EQ(t, n, WAITERS);
	KTEST_EXPECT_EQ(t, arrived, WAITERS);
	for (i = 0; i < n; i++)
		KTEST_EXPECT_EQ(t, order[i], i);
}

#define ROUNDS 500
#define ROUNDS_US 500000	/* where waking another CPU is slow: less */

static struct {
	unsigned long inside, count, seen_two;
} guarded;

/*
 * Without the mutex somebody else would be inside half of the time. Returns
 * how often it was inside.
 */
static int go_in_and_out(void *data)
{
	u64 end = ktime_get_us() + ROUNDS_US;
	unsigned int i, j;

	for (i = 0; i < ROUNDS && (i < 10 || ktime_get_us() < end); i++) {
		mutex_lock(&m);
		if (READ_ONCE(guarded.inside))
			guarded.seen_two++;
		WRITE_ONCE(guarded.inside, 1);
		guarded.count++;
		for (j = 0; j < i % 32; j++)
			cpu_relax();
		if (i % 8 == 0)
			yield();
		WRITE_ONCE(guarded.inside, 0);
		mutex_unlock(&m);
	}
	return (int)i;
}

#define THREADS 8

/* Several on each CPU, on all CPUs. */
static void one_at_a_time(struct ktest *t)
{
	struct task_struct *tasks[THREADS];
	unsigned int i, n = 0, cpu;
	unsigned long rounds = 0;

	guarded.count = guarded.seen_two = guarded.inside = 0;
	while (n < THREADS) {
		for_each_online_cpu(cpu) {
			if (n == THREADS)
				break;
			tasks[n] = kthread_run_on(cpu, go_in_and_out, NULL,
						  "mutex/%u", n);
			KTEST_EXPECT_NOT_NULL(t, tasks[n]);
			n++;
		}
	}
	for (i = 0; i < n; i++)
		if (tasks[i])
			rounds += (unsigned long)kthread_stop(tasks[i]);
	KTEST_EXPECT_EQ(t, guarded.seen_two, 0);
	KTEST_EXPECT_EQ(t, guarded.count, rounds);
}

#ifdef CONFIG_DEBUG
static void ranks_ascend(struct ktest *t)
{
	static struct mutex higher, same;

	mutex_init(&higher, RANK_PCP_DRAIN);
	mutex_init(&same, RANK_CPU_HOTPLUG);
	mutex_lock(&m);
	mutex_lock(&higher);
	mutex_unlock(&m);
	KTEST_EXPECT_REPORTS(t, 1, "out of order", mutex_lock(&m));
	mutex_unlock(&higher);
	KTEST_EXPECT_REPORTS(t, 1, "out of order", mutex_lock(&same));
	mutex_unlock(&same);
	mutex_unlock(&m);
	KTEST_EXPECT_TRUE(t, mutex_trylock(&higher));
	KTEST_EXPECT_REPORTS(t, 1, "out of order", mutex_lock(&m));
	mutex_unlock(&m);
	mutex_unlock(&higher);
	KTEST_EXPECT_EQ(t, current->nr_held_mutexes, 0);
}
#endif

static const struct ktest_case cases[] = {
	KTEST_CASE(lock_and_unlock),
	KTEST_CASE(trylock_does_not_wait),
	KTEST_CASE(wrong_unlock_is_reported_and_not_done),
	KTEST_CASE(second_lock_by_the_owner_is_reported),
	KTEST_CASE(lock_where_nobody_may_sleep_is_reported),
	KTEST_CASE(waiters_get_it_in_their_order),
	KTEST_CASE(one_at_a_time),
#ifdef CONFIG_DEBUG
	KTEST_CASE(ranks_ascend),
#endif
	{}
};
KTEST_SUITE_FIXTURE(mutex, cases, set_up, tear_down);

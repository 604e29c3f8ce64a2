/* Wait queues and completions: who is woken, by whom, and never missed. */
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/wait.h>
#include <lib/kernel.h>

#include "last_cpu.h"

static DECLARE_WAIT_QUEUE_HEAD(wq);
static unsigned int condition, through;

static void set_up(struct ktest *t)
{
	init_waitqueue_head(&wq);
	condition = through = 0;
}

static void tear_down(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, waitqueue_active(&wq));
}

static unsigned int load(unsigned int *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void store(unsigned int *p, unsigned int value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

static int wait_for_condition(void *data)
{
	wait_event(wq, load(&condition));
	__atomic_fetch_add(&through, 1, __ATOMIC_RELAXED);
	return 0;
}

/* Takes one unit of the condition, as one of several that want one. */
static bool take_unit(void)
{
	unsigned int n = load(&condition);

	while (n)
		if (__atomic_compare_exchange_n(&condition, &n, n - 1, false,
						__ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			return true;
	return false;
}

static int wait_for_unit(void *data)
{
	DEFINE_WAIT(w);

	for (;;) {
		prepare_to_wait_exclusive(&wq, &w);
		if (take_unit())
			break;
		schedule();
	}
	finish_wait(&wq, &w);
	__atomic_fetch_add(&through, 1, __ATOMIC_RELAXED);
	return 0;
}

static size_t nr_in_queue(struct wait_queue_head *q)
{
	unsigned long flags;
	size_t n;

	spin_lock_irqsave(&q->lock, flags);
	n = list_count_nodes(&q->head);
	spin_unlock_irqrestore(&q->lock, flags);
	return n;
}

static void wait_until_queued(struct wait_queue_head *q, unsigned int n)
{
	while (nr_in_queue(q) != n)
		yield();
}

#define WAITERS 4
static struct task_struct *tasks[WAITERS];

/* On all CPUs in turn. All are in the queue when it returns. */
static unsigned int start_waiters(struct ktest *t, struct wait_queue_head *q,
				  int (*fn)(void *data), void *data)
{
	unsigned int n = 0, cpu;

	while (n < WAITERS) {
		for_each_online_cpu(cpu) {
			if (n == WAITERS)
				break;
			tasks[n] = kthread_run_on(cpu, fn, data, "wait/%u", n);
			if (!KTEST_EXPECT_NOT_NULL(t, tasks[n]))
				goto out;
			n++;
		}
	}
out:
	wait_until_queued(q, n);
	return n;
}

static void stop_waiters(unsigned int n)
{
	while (n--)
		kthread_stop(tasks[n]);
}

static void condition_that_is_true_does_not_wait(struct ktest *t)
{
	wait_event(wq, true);
	KTEST_EXPECT_EQ(t, wait_event_timeout(wq, true, 0), 1);
	KTEST_EXPECT_EQ(t, wait_event_timeout(wq, true, 7), 7);
}

static void wake_up_wakes_all_that_are_not_exclusive(struct ktest *t)
{
	unsigned int n = start_waiters(t, &wq, wait_for_condition, NULL);

	store(&condition, 1);
	wake_up(&wq);
	wait_until_queued(&wq, 0);
	stop_waiters(n);
	KTEST_EXPECT_EQ(t, load(&through), n);
}

static void waiters_whose_condition_is_false_wait_on(struct ktest *t)
{
	unsigned int n = start_waiters(t, &wq, wait_for_condition, NULL);

	wake_up(&wq);
	wait_until_queued(&wq, n);
	KTEST_EXPECT_EQ(t, load(&through), 0);
	store(&condition, 1);
	wake_up(&wq);
	stop_waiters(n);
	KTEST_EXPECT_EQ(t, load(&through), n);
}

static void wake_up_wakes_one_exclusive_waiter(struct ktest *t)
{
	unsigned int i, n = start_waiters(t, &wq, wait_for_unit, NULL);

	for (i = 1; i <= n; i++) {
		store(&condition, 1);
		wake_up(&wq);
		while (load(&condition))
			yield();
		wait_until_queued(&wq, n - i);
	}
	stop_waiters(n);
	KTEST_EXPECT_EQ(t, load(&through), n);
}

/* Also when the first has had no chance to run in between. */
static void each_wake_up_reaches_another_exclusive_waiter(struct ktest *t)
{
	unsigned int i, n = start_waiters(t, &wq, wait_for_unit, NULL);

	preempt_disable();
	store(&condition, n);
	for (i = 0; i < n; i++)
		wake_up(&wq);
	preempt_enable();
	while (load(&through) != n)
		yield();
	stop_waiters(n);
}

/* He looks at his condition anyway; the next one would not. */
static void wake_up_is_not_spent_on_who_is_awake(struct ktest *t)
{
	struct task_struct *task;
	DEFINE_WAIT(w);

	prepare_to_wait_exclusive(&wq, &w);
	set_current_state(TASK_RUNNING);
	task = kthread_run_on(last_online_cpu(), wait_for_unit, NULL, "wait");
	if (KTEST_EXPECT_NOT_NULL(t, task)) {
		wait_until_queued(&wq, 2);
		store(&condition, 1);
		wake_up(&wq);
		KTEST_EXPECT_FALSE(t, list_empty(&w.entry));
		wake_up_all(&wq);
		kthread_stop(task);
	}
	finish_wait(&wq, &w);
}

static void wake_up_all_wakes_the_exclusive_too(struct ktest *t)
{
	unsigned int n = start_waiters(t, &wq, wait_for_unit, NULL);

	store(&condition, n);
	wake_up_all(&wq);
	while (load(&through) != n)
		yield();
	stop_waiters(n);
}

static void completion_is_kept_for_who_comes_later(struct ktest *t)
{
	struct completion c;

	init_completion(&c);
	complete(&c);
	complete(&c);
	wait_for_completion(&c);
	wait_for_completion(&c);
	KTEST_EXPECT_EQ(t, c.done, 0);
	complete_all(&c);
	wait_for_completion(&c);
	KTEST_EXPECT_EQ(t, c.done, ~0U);	/* it is used up by nobody */
	complete(&c);		/* for ever is not once more */
	KTEST_ASSERT_TRUE(t, c.done == ~0U);
	wait_for_completion(&c);
	KTEST_EXPECT_EQ(t, c.done, ~0U);
}

static int wait_until_complete(void *data)
{
	wait_for_completion(data);
	__atomic_fetch_add(&through, 1, __ATOMIC_RELAXED);
	return 0;
}

static void each_completion_lets_one_through(struct ktest *t)
{
	static struct completion c;
	unsigned int i, n;

	init_completion(&c);
	n = start_waiters(t, &c.wait, wait_until_complete, &c);
	for (i = 1; i <= n / 2; i++) {
		complete(&c);
		while (load(&through) != i)
			yield();
		KTEST_EXPECT_EQ(t, nr_in_queue(&c.wait), n - i);
	}
	complete_all(&c);
	while (load(&through) != n)
		yield();
	stop_waiters(n);
	KTEST_EXPECT_EQ(t, load(&through), n);
}

#define ROUNDS 10000
#define TIME_US 2000000		/* a busy host wakes CPUs slowly */
#define PATIENCE_US 30000000

/* Two sides that wake each other; whose turn it is, is the condition. */
struct table {
	struct wait_queue_head wq;
	unsigned int turn, rounds[2], over;
	u64 start;
};

struct player {
	struct table *table;
	unsigned int side;
};

static bool time_is_over(const struct table *table, unsigned int round)
{
	return round == ROUNDS || ktime_get_us() - table->start > TIME_US;
}

/* Side 0 decides when it was enough. */
static int play(void *data)
{
	const struct player *me = data;
	struct table *table = me->table;
	unsigned int over, i = 0;

	do {
		wait_event(table->wq, load(&table->turn) == me->side);
		store(&table->rounds[me->side], ++i);
		if (me->side == 0 && time_is_over(table, i))
			store(&table->over, 1);
		over = load(&table->over);
		store(&table->turn, !me->side);
		wake_up(&table->wq);
	} while (!over);
	return 0;
}

/* A wake-up that was lost would leave both asleep. */
static void watch(struct ktest *t, struct table *table)
{
	u64 since = ktime_get_us();
	unsigned int last = 0;

	while (load(&table->rounds[1]) != load(&table->rounds[0]) ||
	       !load(&table->over)) {
		unsigned int now = load(&table->rounds[0]);

		if (now != last)
			since = ktime_get_us();
		last = now;
		if (!KTEST_EXPECT_LE(t, ktime_get_us() - since, PATIENCE_US))
			return;
		yield();
	}
}

static void play_on(struct ktest *t, unsigned int cpu0, unsigned int cpu1)
{
	struct table table = { .start = ktime_get_us() };
	struct player a = { &table, 0 }, b = { &table, 1 };
	struct task_struct *pa, *pb;

	init_waitqueue_head(&table.wq);
	pb = kthread_run_on(cpu1, play, &b, "pong");
	pa = pb ? kthread_run_on(cpu0, play, &a, "ping") : NULL;
	if (KTEST_EXPECT_TRUE(t, pa && pb)) {
		watch(t, &table);
	} else {
		store(&table.over, 1);	/* pong's turn, once */
		store(&table.turn, 1);
		wake_up(&table.wq);
	}
	KTEST_EXPECT_EQ(t, table.rounds[0], table.rounds[1]);
	KTEST_EXPECT_GT(t, table.rounds[0], 2);
	if (pa)
		kthread_stop(pa);
	if (pb)
		kthread_stop(pb);
}

static void ping_pong_on_one_cpu(struct ktest *t)
{
	play_on(t, 0, 0);
}

static void ping_pong_across_cpus(struct ktest *t)
{
	unsigned int last = last_online_cpu();

	if (!last) {
		ktest_skip(t, "one CPU");
		return;
	}
	play_on(t, 0, last);
	play_on(t, last, last);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(condition_that_is_true_does_not_wait),
	KTEST_CASE(wake_up_wakes_all_that_are_not_exclusive),
	KTEST_CASE(waiters_whose_condition_is_false_wait_on),
	KTEST_CASE(wake_up_wakes_one_exclusive_waiter),
	KTEST_CASE(each_wake_up_reaches_another_exclusive_waiter),
	KTEST_CASE(wake_up_is_not_spent_on_who_is_awake),
	KTEST_CASE(wake_up_all_wakes_the_exclusive_too),
	KTEST_CASE(completion_is_kept_for_who_comes_later),
	KTEST_CASE(each_completion_lets_one_through),
	KTEST_CASE(ping_pong_on_one_cpu),
	KTEST_CASE(ping_pong_across_cpus),
	{}
};
KTEST_SUITE_FIXTURE(wait, cases, set_up, tear_down);

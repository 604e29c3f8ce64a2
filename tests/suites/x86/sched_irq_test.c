/* Threads and interrupt handlers: who wakes, who gives way, who must not. */
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/lock_rank.h>
#include <kernel/preempt.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../../arch/x86/irq_show.h"
#include "../last_cpu.h"
#include "../tick.h"

static void set_up(struct ktest *t)
{
	if (!apic_present())
		ktest_skip(t, "no APIC");
}

static void tear_down(struct ktest *t)
{
	irq_set_handler(VECTOR_TEST, NULL);
}

static void interrupt_with(irq_handler_t fn)
{
	irq_set_handler(VECTOR_TEST, fn);
	__asm__ volatile("int %0" : : "i"(VECTOR_TEST) : "memory");
}

static struct ktest *test;

static void sleep_in_handler(struct pt_regs *regs)
{
	KTEST_EXPECT_TRUE(test, in_interrupt());
	KTEST_EXPECT_REPORTS(test, 1, "1 handlers", might_sleep());
	KTEST_EXPECT_REPORTS(test, 1, "may sleep", schedule());
}

static void sleeping_in_a_handler_is_reported(struct ktest *t)
{
	test = t;
	interrupt_with(sleep_in_handler);
	KTEST_EXPECT_FALSE(t, in_interrupt());
}

static struct wait_queue_head wq;
static bool rung;

static void ring_in_handler(struct pt_regs *regs)
{
	WRITE_ONCE(rung, true);
	wake_up(&wq);
}

static int wait_for_bell(void *data)
{
	wait_event(wq, READ_ONCE(rung));
	return 5;
}

static void handler_wakes_a_thread(struct ktest *t)
{
	struct task_struct *task;

	init_waitqueue_head(&wq);
	rung = false;
	task = kthread_run_on(0, wait_for_bell, NULL, "bell");
	KTEST_ASSERT_NOT_NULL(t, task);
	while (!waitqueue_active(&wq))
		yield();
	interrupt_with(ring_in_handler);
	KTEST_EXPECT_FALSE(t, waitqueue_active(&wq));
	KTEST_EXPECT_EQ(t, kthread_stop(task), 5);
}

static void slice_is_over(struct pt_regs *regs)
{
	sched_tick();
}

static int count(void *data)
{
	unsigned int *n = data;

	while (!kthread_should_stop()) {
		WRITE_ONCE(*n, *n + 1);
		yield();
	}
	return 0;
}

/* Not because of the timer: at the end of the very interrupt. */
static void interrupted_thread_gives_way_if_it_may(struct ktest *t)
{
	unsigned int n = 0, before;
	unsigned long flags;
	struct task_struct *task = kthread_run_on(0, count, &n, "count");

	KTEST_ASSERT_NOT_NULL(t, task);
	yield();
	preempt_disable();
	before = READ_ONCE(n);
	interrupt_with(slice_is_over);
	KTEST_EXPECT_EQ(t, READ_ONCE(n), before);
	preempt_enable();
	KTEST_EXPECT_GT(t, READ_ONCE(n), before);

	local_irq_save(flags);
	before = READ_ONCE(n);
	interrupt_with(slice_is_over);
	KTEST_EXPECT_EQ(t, READ_ONCE(n), before);
	local_irq_restore(flags);

	before = READ_ONCE(n);
	interrupt_with(slice_is_over);
	KTEST_EXPECT_GT(t, READ_ONCE(n), before);
	kthread_stop(task);
}

/* What a function may not change is there again when the thread is back. */
static void registers_survive_being_preempted(struct ktest *t)
{
	unsigned int n = 0;
	unsigned long sum = 0, i;
	struct task_struct *task = kthread_run_on(0, count, &n, "count");

	KTEST_ASSERT_NOT_NULL(t, task);
	irq_set_handler(VECTOR_TEST, slice_is_over);
	for (i = 0; i < 1000; i++) {
		unsigned long a = i, b = ~i, c = i * 3, d = i ^ 0x5555;

		__asm__ volatile("int %4" : "+a"(a), "+b"(b), "+c"(c), "+d"(d)
				 : "i"(VECTOR_TEST) : "memory");
		sum += (a != i) + (b != ~i) + (c != i * 3) +
		       (d != (i ^ 0x5555));
	}
	KTEST_EXPECT_EQ(t, sum, 0);
	KTEST_EXPECT_GE(t, READ_ONCE(n), 500);
	kthread_stop(task);
}

/* What comes next is to mark itself dead, and to be preempted there. */
static int end_when_others_are_due(void *unused)
{
	this_cpu_write(need_resched_of_cpu, true);
	return 0;
}

/* Whoever waits for its end frees its stack. */
static void thread_that_is_preempted_while_it_dies_stays_dead(struct ktest *t)
{
	struct task_struct *task;

	task = kthread_run_on(smp_processor_id(), end_when_others_are_due,
			      NULL, "due");
	KTEST_ASSERT_NOT_NULL(t, task);
	while (READ_ONCE(task->state) != TASK_DEAD)
		yield();
	KTEST_EXPECT_FALSE(t, READ_ONCE(task->on_rq));
	while (READ_ONCE(task->on_rq))
		yield();
	kthread_stop(task);
}

#define SLEEPERS 6U

static struct {
	struct task_struct *tasks[SLEEPERS];
	u64 end;
	unsigned int asleep, awake;
	bool together;		/* the first saw all others awake */
} dormitory;

static unsigned int nr_awake(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < SLEEPERS; i++) {
		const struct task_struct *task = READ_ONCE(dormitory.tasks[i]);

		n += task && READ_ONCE(task->state) == TASK_RUNNING;
	}
	return n;
}

/* On one CPU. The first one awake is so before others run, or sleep on. */
static int sleep_to_the_end(void *data)
{
	u64 now = get_jiffies();

	if (now >= dormitory.end)
		return 0;
	dormitory.asleep++;
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(dormitory.end - now);
	if (dormitory.awake++)
		return 0;
	dormitory.together = dormitory.asleep == SLEEPERS &&
			     nr_awake() == SLEEPERS;
	return 0;
}

static bool all_wake_together(struct ktest *t, unsigned int ticks)
{
	unsigned int i, n;

	memset(&dormitory, 0, sizeof(dormitory));
	dormitory.end = get_jiffies() + ticks;
	for (n = 0; n < SLEEPERS; n++) {
		struct task_struct *task = kthread_run_on(0, sleep_to_the_end,
							  NULL, "s%u", n);

		if (!KTEST_EXPECT_NOT_NULL(t, task))
			break;
		WRITE_ONCE(dormitory.tasks[n], task);
	}
	for (i = 0; i < n; i++)
		kthread_stop(dormitory.tasks[i]);
	return dormitory.together;
}

/*
 * A tick while one of them lies down makes his time another, and a busy host
 * may need many until all do.
 */
static void sleepers_of_one_time_are_woken_by_one_tick(struct ktest *t)
{
	bool together = false;
	unsigned int ticks;

	if (!has_tick(t))
		return;
	for (ticks = 3; ticks < 500 && !together && !t->failed; ticks *= 2)
		together = all_wake_together(t, ticks);
	KTEST_EXPECT_TRUE(t, together);
}

#define TRIES 20

static int return_at_once(void *data)
{
	return 0;
}

/* Its timer would find the thread, too: late, or where it has none never. */
static void idle_cpu_is_told_that_it_has_a_thread(struct ktest *t)
{
	unsigned int cpu = last_online_cpu(), tries;
	unsigned long before = irq_count_of(VECTOR_RESCHEDULE, cpu);

	if (skip_on_the_last_cpu(t))
		return;
	for (tries = 0; tries < TRIES &&
	     irq_count_of(VECTOR_RESCHEDULE, cpu) == before; tries++) {
		struct task_struct *task = kthread_run_on(cpu, return_at_once,
							  NULL, "short");

		KTEST_ASSERT_NOT_NULL(t, task);
		kthread_stop(task);
	}
	KTEST_EXPECT_LT(t, before, irq_count_of(VECTOR_RESCHEDULE, cpu));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(sleeping_in_a_handler_is_reported),
	KTEST_CASE(handler_wakes_a_thread),
	KTEST_CASE(interrupted_thread_gives_way_if_it_may),
	KTEST_CASE(thread_that_is_preempted_while_it_dies_stays_dead),
	KTEST_CASE(sleepers_of_one_time_are_woken_by_one_tick),
	KTEST_CASE(registers_survive_being_preempted),
	KTEST_CASE(idle_cpu_is_told_that_it_has_a_thread),
	{}
};
KTEST_SUITE_FIXTURE(sched_irq, cases, set_up, tear_down);

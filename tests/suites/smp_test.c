/* Calls from CPU to CPU, and CPUs that come and go. */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "cpu_up.h"

/* Calls one after the other, more than wait in a CPU's ring. */
#define MANY 100U

static unsigned int calls[NR_CPUS];

/* A call with interrupts on does not count. */
static void count_call(void *info)
{
	__atomic_fetch_add(&calls[smp_processor_id()], irqs_disabled(),
			   __ATOMIC_RELAXED);
}

static unsigned int all_calls(void)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		n += __atomic_load_n(&calls[cpu], __ATOMIC_RELAXED);
	return n;
}

static void clear_calls(struct ktest *t)
{
	memset(calls, 0, sizeof(calls));
}

static bool needs_cpus(struct ktest *t, unsigned int n)
{
	if (num_online_cpus() >= n)
		return true;
	ktest_skip(t, "needs more CPUs");
	return false;
}

/* A CPU that runs and is not this one; needs_cpus(t, 2) was asked. */
static unsigned int another_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	return cpu;
}

static void call_runs_on_the_cpu_it_is_for(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		KTEST_EXPECT_EQ(t, smp_call_function_single(cpu, count_call,
							    NULL, true), 0);
		KTEST_EXPECT_EQ(t, calls[cpu], 1);
	}
	KTEST_EXPECT_EQ(t, all_calls(), num_online_cpus());
}

struct context {
	bool irqs_off, handler;
};

static void note_context(void *info)
{
	*(struct context *)info = (struct context){
		.irqs_off = irqs_disabled(), .handler = in_interrupt(),
	};
}

static void called_function_is_a_handler(struct ktest *t)
{
	struct context c = { .irqs_off = false };

	if (!needs_cpus(t, 2))
		return;
	smp_call_function_single(another_cpu(), note_context, &c, true);
	KTEST_EXPECT_TRUE(t, c.irqs_off);
	KTEST_EXPECT_TRUE(t, c.handler);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	KTEST_EXPECT_EQ(t, preempt_count(), 0);
}

static void call_to_oneself_has_interrupts_off(struct ktest *t)
{
	struct context c = { .irqs_off = false };

	smp_call_function_single(smp_processor_id(), note_context, &c, true);
	KTEST_EXPECT_TRUE(t, c.irqs_off);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
}

static unsigned int order[MANY], nr_ordered;

static void note_order(void *info)
{
	order[nr_ordered++] = (unsigned int)(unsigned long)info;
}

/* Long enough for the ring to fill. */
static void be_busy(void *info)
{
	udelay(20000);
}

static void calls_nobody_waits_for_are_all_made_in_order(struct ktest *t)
{
	unsigned long i;
	unsigned int cpu, wrong = 0;

	if (!needs_cpus(t, 2))
		return;
	cpu = another_cpu();
	nr_ordered = 0;
	smp_call_function_single(cpu, be_busy, NULL, false);
	for (i = 0; i < MANY; i++)
		smp_call_function_single(cpu, note_order, (void *)i, false);
	smp_call_function_single(cpu, count_call, NULL, true);
	KTEST_EXPECT_EQ(t, nr_ordered, MANY);
	for (i = 0; i < MANY; i++)
		wrong += order[i] != i;
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static void each_cpu_is_called_once(struct ktest *t)
{
	unsigned int cpu;

	on_each_cpu(count_call, NULL, true);
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, calls[cpu], 1);
	KTEST_EXPECT_EQ(t, all_calls(), num_online_cpus());
}

static void others_are_all_but_oneself(struct ktest *t)
{
	smp_call_function(count_call, NULL, true);
	KTEST_EXPECT_EQ(t, calls[smp_processor_id()], 0);
	KTEST_EXPECT_EQ(t, all_calls(), num_online_cpus() - 1);
}

static bool is_even(unsigned int cpu, void *info)
{
	return cpu % 2 == 0;
}

static bool is_odd(unsigned int cpu, void *info)
{
	return cpu % 2;
}

/* This CPU, too, whichever it is. */
static void condition_chooses(struct ktest *t)
{
	unsigned int cpu;

	on_each_cpu_cond(is_even, count_call, NULL);
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, calls[cpu], cpu % 2 == 0);
	on_each_cpu_cond(is_odd, count_call, NULL);
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, calls[cpu], 1);
}

static void cpu_that_is_not_there_is_refused(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, smp_call_function_single(nr_cpu_ids, count_call,
						    NULL, true), -ENXIO);
	KTEST_EXPECT_EQ(t, smp_call_function_single(~0U, count_call, NULL,
						    false), -ENXIO);
	KTEST_EXPECT_EQ(t, cpu_down(nr_cpu_ids), -EINVAL);
	KTEST_EXPECT_EQ(t, cpu_up(~0U), -EINVAL);
	KTEST_EXPECT_EQ(t, all_calls(), 0);
}

/* Threads on all CPUs, doing the same */

static struct task_struct *workers[NR_CPUS];
static unsigned int started;		/* workers there are */
static unsigned int finished;		/* those that came to their end */

static void start_workers(struct ktest *t, int (*fn)(void *data), void *data)
{
	unsigned int cpu;

	started = finished = 0;
	for_each_online_cpu(cpu) {
		workers[cpu] = kthread_run_on(cpu, fn, data, "smp_test/%u",
					      cpu);
		started += KTEST_EXPECT_NOT_NULL(t, workers[cpu]);
	}
}

static void stop_workers(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (workers[cpu])
			kthread_stop(workers[cpu]);
		workers[cpu] = NULL;
	}
}

static int finish(void)
{
	__atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Who is asked to stop before he has begun does nothing at all. */
static void await_workers(void)
{
	while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < started)
		yield();
	stop_workers();
}

/* What all do together: the more CPUs, the fewer times each. */
static unsigned int rounds(void)
{
	return max(MANY / num_online_cpus(), 3U);
}

static int call_everybody(void *data)
{
	unsigned int i;

	for (i = 0; i < rounds(); i++)
		on_each_cpu(count_call, NULL, true);
	return finish();
}

static void all_cpus_call_all_at_once(struct ktest *t)
{
	unsigned int cpu, n = num_online_cpus();

	start_workers(t, call_everybody, NULL);
	await_workers();
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, calls[cpu], n * rounds());
}

/* Pairs of CPUs: 2n and 2n + 1. */
static unsigned int arrived[NR_CPUS / 2], ready[NR_CPUS / 2];

static void meet(unsigned int *count, bool may_yield)
{
	__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < 2)
		if (may_yield)
			yield();
		else
			cpu_relax();
}

/* Both have interrupts off when they call: each must serve who waits. */
static int call_with_interrupts_off(void *data)
{
	unsigned int cpu = smp_processor_id(), other = cpu ^ 1;
	unsigned long flags;

	if (!cpu_online(other))
		return finish();
	meet(&arrived[cpu / 2], true);
	local_irq_save(flags);
	meet(&ready[cpu / 2], false);
	smp_call_function_single(other, count_call, NULL, true);
	local_irq_restore(flags);
	return finish();
}

/* Somebody is not there to be met. */
static void let_all_go_on(void)
{
	unsigned int i;

	for (i = 0; i < NR_CPUS / 2; i++) {
		__atomic_fetch_add(&arrived[i], 2, __ATOMIC_SEQ_CST);
		__atomic_fetch_add(&ready[i], 2, __ATOMIC_SEQ_CST);
	}
}

static void two_that_wait_for_each_other_both_go_on(struct ktest *t)
{
	unsigned int cpu;

	if (!needs_cpus(t, 2))
		return;
	memset(arrived, 0, sizeof(arrived));
	memset(ready, 0, sizeof(ready));
	report_capture_start();
	start_workers(t, call_with_interrupts_off, NULL);
	if (started < num_online_cpus())
		let_all_go_on();
	await_workers();
	if (report_capture_stop())
		KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
						"interrupts off"));
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, calls[cpu], cpu_online(cpu ^ 1));
}

/* CPUs that come and go */

static unsigned int nr_dead, last_dead;

static void note_dead(unsigned int cpu)
{
	nr_dead++;
	last_dead = cpu;
}
CPU_DEAD_CALLBACK(note_dead);

static void stopped_cpu_is_left_alone_and_comes_back(struct ktest *t)
{
	unsigned int cpu, n = num_online_cpus(), dead = nr_dead;

	if (!needs_cpus(t, 2))
		return;
	cpu = another_cpu();
	KTEST_ASSERT_EQ(t, cpu_down(cpu), 0);
	KTEST_EXPECT_EQ(t, nr_dead, dead + 1);
	KTEST_EXPECT_EQ(t, last_dead, cpu);
	KTEST_EXPECT_FALSE(t, cpu_online(cpu));
	KTEST_EXPECT_EQ(t, num_online_cpus(), n - 1);
	KTEST_EXPECT_EQ(t, smp_call_function_single(cpu, count_call, NULL,
						    true), -ENXIO);
	on_each_cpu(count_call, NULL, true);
	KTEST_EXPECT_EQ(t, calls[cpu], 0);
	KTEST_EXPECT_NULL(t, kthread_run_on(cpu, call_everybody, NULL, "x"));
	KTEST_EXPECT_EQ(t, cpu_down(cpu), -EINVAL);

	KTEST_ASSERT_TRUE(t, expect_cpu_up(t, cpu));
	KTEST_EXPECT_EQ(t, num_online_cpus(), n);
	KTEST_EXPECT_EQ(t, cpu_up(cpu), -EINVAL);
	smp_call_function_single(cpu, count_call, NULL, true);
	KTEST_EXPECT_EQ(t, calls[cpu], 1);
}

static int sleep_until_stopped(void *data)
{
	while (!kthread_should_stop())
		yield();
	return 0;
}

static void told_at_the_prompt(struct ktest *t, unsigned int cpu)
{
	char line[32], expected[40];

	ksnprintf(line, sizeof(line), "cpu down %u", cpu);
	ksnprintf(expected, sizeof(expected), "CPU %u has 1 thread\n", cpu);
	report_capture_log_start();
	KTEST_EXPECT_EQ(t, shell_execute(line), 0);
	report_capture_stop();
	KTEST_EXPECT_EQ(t, strcmp(report_capture_text(), expected), 0);
}

static void cpu_with_threads_and_the_first_stay(struct ktest *t)
{
	unsigned int cpu;

	KTEST_EXPECT_EQ(t, cpu_down(0), -EBUSY);
	if (!needs_cpus(t, 2))
		return;
	cpu = another_cpu();
	workers[cpu] = kthread_run_on(cpu, sleep_until_stopped, NULL, "x");
	KTEST_ASSERT_NOT_NULL(t, workers[cpu]);
	KTEST_EXPECT_EQ(t, cpu_down(cpu), -EBUSY);
	KTEST_EXPECT_TRUE(t, cpu_online(cpu));
	told_at_the_prompt(t, cpu);
	stop_workers();
}

static unsigned int target;
static unsigned int accepted;

static int call_target(void *data)
{
	while (!kthread_should_stop()) {
		if (!smp_call_function_single(target, count_call, NULL,
					      false))
			accepted++;
		if (!smp_call_function_single(target, count_call, NULL, true))
			accepted++;
	}
	return 0;
}

/* CPU 2 goes and comes while CPU 1 calls it all the time. */
static void calls_are_refused_or_made_while_a_cpu_goes(struct ktest *t)
{
	unsigned int i;

	if (!needs_cpus(t, 3) || !cpu_online(1) || !cpu_online(2))
		return;
	target = 2;
	accepted = 0;
	workers[1] = kthread_run_on(1, call_target, NULL, "caller");
	KTEST_ASSERT_NOT_NULL(t, workers[1]);
	for (i = 0; i < 5; i++) {
		KTEST_EXPECT_EQ(t, cpu_down(2), 0);
		expect_cpu_up(t, 2);
	}
	stop_workers();
	smp_call_function_single(2, count_call, NULL, true);
	KTEST_EXPECT_EQ(t, calls[2], accepted + 1);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(call_runs_on_the_cpu_it_is_for),
	KTEST_CASE(called_function_is_a_handler),
	KTEST_CASE(call_to_oneself_has_interrupts_off),
	KTEST_CASE(calls_nobody_waits_for_are_all_made_in_order),
	KTEST_CASE(each_cpu_is_called_once),
	KTEST_CASE(others_are_all_but_oneself),
	KTEST_CASE(condition_chooses),
	KTEST_CASE(cpu_that_is_not_there_is_refused),
	KTEST_CASE(all_cpus_call_all_at_once),
	KTEST_CASE(two_that_wait_for_each_other_both_go_on),
	KTEST_CASE(stopped_cpu_is_left_alone_and_comes_back),
	KTEST_CASE(cpu_with_threads_and_the_first_stay),
	KTEST_CASE(calls_are_refused_or_made_while_a_cpu_goes),
	{}
};
KTEST_SUITE_FIXTURE(smp, cases, clear_calls, NULL);

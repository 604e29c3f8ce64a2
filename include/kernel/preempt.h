/*
 * May this thread be taken off the CPU now? Counterpart: linux/preempt.h.
 *
 * One word per CPU counts the reasons why not; a thread takes its count with
 * it when it is switched out:
 *
 *	bits  0..15	preempt_disable(), each spinlock held
 *	bits 16..23	interrupt handlers entered and not left
 *
 * 0 with interrupts on means: may sleep.
 */
#ifndef KERNEL_PREEMPT_H
#define KERNEL_PREEMPT_H

#include <asm/irqflags.h>
#include <kernel/percpu.h>

#define PREEMPT_OFFSET 1U
#define HARDIRQ_OFFSET (1U << 16)
#define HARDIRQ_MASK (0xffU << 16)

DECLARE_PER_CPU(unsigned int, preempt_count_of_cpu);
/* The running thread should give way as soon as it may. */
DECLARE_PER_CPU(bool, need_resched_of_cpu);

static __always_inline unsigned int preempt_count(void)
{
	return this_cpu_read(preempt_count_of_cpu);
}

static inline bool in_interrupt(void)
{
	return preempt_count() & HARDIRQ_MASK;
}

/* Not a place to sleep. */
static inline bool in_atomic(void)
{
	return preempt_count() != 0 || irqs_disabled();
}

static __always_inline void preempt_disable(void)
{
	this_cpu_inc(preempt_count_of_cpu);
	barrier();
}

/* kernel/sched.c: gives way if somebody else should run and it is allowed. */
void preempt_schedule(void);

static __always_inline void preempt_enable(void)
{
	barrier();
	this_cpu_dec(preempt_count_of_cpu);
	if (unlikely(this_cpu_read(need_resched_of_cpu)))
		preempt_schedule();
}

static __always_inline void preempt_enable_no_resched(void)
{
	barrier();
	this_cpu_dec(preempt_count_of_cpu);
}

/*
 * The caller is about to do what may sleep: reports if it must not here (a
 * lock is held, interrupts are off, in a handler). Silent until the first
 * thread runs with interrupts on. Counterpart: might_sleep().
 */
void might_sleep(void);

/* From then on might_sleep() means it. Boot; and who disabled it. */
void might_sleep_enable(void);
/* For a benchmark, which asks like everybody with interrupts off. */
void might_sleep_disable(void);

#endif

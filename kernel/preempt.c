/*
 * May we sleep here? The count behind <kernel/preempt.h>, and the check.
 *
 * A thread that sleeps while it holds a spinlock, or in a handler, stops
 * whoever it interrupted, and may never be woken. The mistake works nearly
 * always, so it is reported where it could go wrong, not where it did.
 */
#include <kernel/lock_debug.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <kernel/printk.h>

DEFINE_PER_CPU(unsigned int, preempt_count_of_cpu);
DEFINE_PER_CPU(bool, need_resched_of_cpu);

/* The boot runs with interrupts off and cannot be anything but alone. */
static bool enabled;

void might_sleep_enable(void)
{
	enabled = true;
}

void might_sleep_disable(void)
{
	enabled = false;
}

static noinline void report_might_sleep(void)
{
	report_begin("may sleep, but must not here",
		     "interrupts %s, %u handlers, preemption off %u times",
		     irqs_disabled() ? "off" : "on",
		     (preempt_count() & HARDIRQ_MASK) / HARDIRQ_OFFSET,
		     preempt_count() & (HARDIRQ_OFFSET - 1));
	lock_debug_show();
	report_end();
}

void might_sleep(void)
{
	if (unlikely(in_atomic()) && enabled)
		report_might_sleep();
}

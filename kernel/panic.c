/*
 * The end of the road: panic() and the printing of call stacks.
 *
 * A panic tells what happened once and ends the machine. It trusts nothing:
 * locks are broken, captured reports are abandoned, and a second panic while
 * the first is being told (the stack is bad, the console faults) prints its
 * one line and leaves out the rest; a third ends the machine without a word.
 *
 * Only one CPU has the word. It stops all others first, wherever they are, so
 * that nothing is printed in between and nothing changes under its hands. A
 * CPU that panics while another does waits to be stopped.
 *
 *	CPU 1: panic_begin()  first -> others stop -> report, verdict
 *	CPU 2: panic_begin()  second -> stops itself
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/smp.h>
#include <asm/processor.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/sprintf.h>

#include "capture.h"

#define MAX_STACK_ENTRIES 32

#define NO_CPU (-1)

static unsigned int panics;
static int panic_cpu = NO_CPU;		/* who has the word */

void dump_stack(void)
{
	unsigned long entries[MAX_STACK_ENTRIES];
	unsigned int i, n = stack_trace_save(entries, MAX_STACK_ENTRIES, 1);

	printk(KERN_ERR "call stack:%s\n", n ? "" : " unknown");
	for (i = 0; i < n; i++)
		printk(KERN_ERR "  %px %pB\n", (void *)entries[i],
		       (void *)entries[i]);
}

void panic_begin(void)
{
	int nobody = NO_CPU, self = (int)smp_processor_id();

	local_irq_disable();
	if (__atomic_compare_exchange_n(&panic_cpu, &nobody, self, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		smp_stop_others();
		printk_break_lock();
		report_abandon();
	} else if (nobody != self) {
		arch_wait_for_stop();	/* he has, and stops us */
	}
}

/* Readable, and printable characters up to an end? */
static bool is_name(const char *name)
{
	unsigned int i;

	if (probe_read(name) || probe_read(name + TASK_NAME_SIZE - 1))
		return false;
	for (i = 0; i < TASK_NAME_SIZE && name[i]; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return i && i < TASK_NAME_SIZE;
}

/* What is broken may be the pointer to the thread. */
static void tell_where(void)
{
	const struct task_struct *task = current;

	if (is_name(task->name))
		printk(KERN_EMERG "on CPU %u, thread %s\n",
		       smp_processor_id(), task->name);
	else
		printk(KERN_EMERG "on CPU %u, no thread at %px\n",
		       smp_processor_id(), task);
}

void __noreturn panic(const char *fmt, ...)
{
	unsigned int nth;
	char text[256];
	va_list args;

	panic_begin();
	nth = ++panics;
	if (nth > 2)
		machine_exit(VERDICT_PANIC);
	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printk(KERN_EMERG "%s: %s\n",
	       nth == 1 ? "panic" : "panic while telling of a panic", text);
	if (nth == 1) {
		tell_where();
		dump_stack();
	}
	printk("strata: verdict panic\n");
	machine_exit(VERDICT_PANIC);
}

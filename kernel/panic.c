/*
 * The end of the road: panic() and the printing of call stacks.
 *
 * A panic tells what happened once and ends the machine. It trusts nothing:
 * locks are broken, captured reports are abandoned, and a second panic while
 * the first is being told (the stack is bad, the console faults) prints its
 * one line and leaves out the rest; a third ends the machine without a word.
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/panic.h>
#include <lib/sprintf.h>

#include "capture.h"

#define MAX_STACK_ENTRIES 32

static unsigned int panics;

void dump_stack(void)
{
	unsigned long entries[MAX_STACK_ENTRIES];
	unsigned int i, n = stack_trace_save(entries, MAX_STACK_ENTRIES, 1);

	printk(KERN_ERR "call stack:%s\n", n ? "" : " unknown");
	for (i = 0; i < n; i++)
		printk(KERN_ERR "  %px %pB\n", (void *)entries[i],
		       (void *)entries[i]);
}

void __noreturn panic(const char *fmt, ...)
{
	unsigned int nth = __atomic_add_fetch(&panics, 1, __ATOMIC_RELAXED);
	char text[256];
	va_list args;

	local_irq_disable();
	if (nth > 2)
		machine_exit(VERDICT_PANIC);
	printk_break_lock();
	report_abandon();
	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printk(KERN_EMERG "%s: %s\n",
	       nth == 1 ? "panic" : "panic while telling of a panic", text);
	if (nth == 1)
		dump_stack();
	printk("strata: verdict panic\n");
	machine_exit(VERDICT_PANIC);
}

/*
 * Who handles an interrupt?
 *
 *	vector	  0 .. 31	exceptions: traps.c, never here
 *		 32 .. 47	lines of the two 8259A: nobody uses them
 *		 48 .. 255	the APIC's: <asm/irq.h>
 *
 *	1. While a handler runs, this CPU's preemption count says so.
 *	2. The handler of the vector, or a line that nobody asked for this one;
 *	   a line of the 8259A is masked then, a vector of the APIC is told a
 *	   few times and then only counted.
 *	3. The APIC learns that we are done. A spurious interrupt has left no
 *	   mark in it that could be taken away.
 *	4. If a thread should give way, and what was interrupted held no lock
 *	   and had interrupts on, it gives way here. So a thread can lose the
 *	   CPU between any two of its instructions; restart_rewind() was told
 *	   before (trap_dispatch()).
 *
 * Handlers run with interrupts off and do not nest. The table has no lock:
 * one word per vector, read by whatever comes in.
 *
 * Left out: lines of devices (I/O APIC), shared lines, threads for handlers.
 */
#include <asm/apic.h>
#include <asm/desc.h>
#include <asm/i8259.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/traps.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/sched.h>

#include "irq_show.h"

#define TOLD_MAX 3	/* then an unexpected vector is only counted */

static irq_handler_t handlers[NR_VECTORS];
static DEFINE_PER_CPU(unsigned long, counts[NR_VECTORS - NR_EXCEPTIONS]);
static unsigned char told[NR_VECTORS];

static bool vector_is_valid(unsigned int vector)
{
	return vector >= NR_EXCEPTIONS && vector < NR_VECTORS;
}

void irq_set_handler(unsigned int vector, irq_handler_t fn)
{
	if (!vector_is_valid(vector)) {
		report_begin("irq_set_handler", "vector %u is no interrupt's",
			     vector);
		report_end();
		return;
	}
	__atomic_store_n(&handlers[vector], fn, __ATOMIC_RELEASE);
}

bool irq_has_handler(unsigned int vector)
{
	return vector_is_valid(vector) && handlers[vector];
}

unsigned long irq_count_of(unsigned int vector, unsigned int cpu)
{
	return vector_is_valid(vector) ?
		per_cpu(counts[vector - NR_EXCEPTIONS], cpu) : 0;
}

unsigned long irq_count(unsigned int vector)
{
	return irq_count_of(vector, smp_processor_id());
}

static void handle_line(unsigned int irq, irq_handler_t fn,
			struct pt_regs *regs)
{
	if (!i8259_acknowledge(irq)) {
		pr_debug("spurious interrupt %u\n", irq);
		return;
	}
	if (fn) {
		fn(regs);
		return;
	}
	i8259_mask(irq);
	pr_warn("unexpected interrupt %u: masked\n", irq);
}

static void tell_unexpected(unsigned int vector)
{
	if (vector == VECTOR_SPURIOUS || told[vector] == TOLD_MAX)
		return;
	told[vector]++;
	pr_warn("unexpected interrupt vector %#x on CPU %u%s\n", vector,
		smp_processor_id(), told[vector] == TOLD_MAX ?
		": the next ones are only counted" : "");
}

static void handle_vector(unsigned int vector, irq_handler_t fn,
			  struct pt_regs *regs)
{
	if (fn)
		fn(regs);
	else
		tell_unexpected(vector);
	if (vector != VECTOR_SPURIOUS && apic_present())
		apic_eoi();
}

void irq_dispatch(struct pt_regs *regs)
{
	unsigned int vector = (unsigned int)regs->vector;
	irq_handler_t fn = __atomic_load_n(&handlers[vector],
					   __ATOMIC_ACQUIRE);

	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	this_cpu_inc(counts[vector - NR_EXCEPTIONS]);
	if (vector - IRQ_VECTOR_BASE < NR_IRQS)
		handle_line(vector - IRQ_VECTOR_BASE, fn, regs);
	else
		handle_vector(vector, fn, regs);
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);

	if (unlikely(this_cpu_read(need_resched_of_cpu)) &&
	    !preempt_count() && regs->flags & X86_EFLAGS_IF)
		preempt_schedule_irq();
}

/*
 * How does a CPU get another one's attention?
 *
 *	VECTOR_CALL_FUNCTION	look at what others want of you
 *	VECTOR_RESCHEDULE	somebody has become runnable: on the way out
 *				of this interrupt the CPU looks for him
 *	NMI			stop for good, or flush the TLB (tlb.c). Nothing
 *				holds it off, so a CPU that spins with
 *				interrupts off stops, too.
 *
 * An NMI may have other causes; only after a CPU has asked for the stop do the
 * others take it as that, and for a flush only those that are asked by name.
 * Who stops says so, and who asked waits for it, but not for ever: a CPU that
 * does not even take an NMI is past help.
 */
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <kernel/init.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>

#include "cpu_list.h"
#include "smp_stop.h"

/* Microseconds that a panic waits for the others. */
#define STOP_TIMEOUT 5000000

#define NO_CPU (~0U)

static unsigned int stopper = NO_CPU;	/* who asked all others to stop */
static struct cpumask stopped;

void arch_send_call_function(unsigned int cpu)
{
	apic_send_ipi(cpu_apic_id(cpu), VECTOR_CALL_FUNCTION);
}

void arch_send_reschedule(unsigned int cpu)
{
	apic_send_ipi(cpu_apic_id(cpu), VECTOR_RESCHEDULE);
}

static void handle_call_function(struct pt_regs *regs)
{
	smp_call_function_interrupt();
}

static void handle_reschedule(struct pt_regs *regs)
{
	this_cpu_write(need_resched_of_cpu, true);
}

void __init smp_ipi_init(void)
{
	irq_set_handler(VECTOR_CALL_FUNCTION, handle_call_function);
	irq_set_handler(VECTOR_RESCHEDULE, handle_reschedule);
}

void smp_stop_if_asked(void)
{
	unsigned int self = smp_processor_id();
	unsigned int who = __atomic_load_n(&stopper, __ATOMIC_ACQUIRE);

	if (who == NO_CPU || who == self)
		return;
	__atomic_fetch_or(&stopped.bits[self / BITS_PER_LONG],
			  BIT(self % BITS_PER_LONG), __ATOMIC_RELEASE);
	cpu_halt();
}

/* By looking: an NMI does not come while one is handled. */
void __noreturn arch_wait_for_stop(void)
{
	for (;;) {
		smp_stop_if_asked();
		cpu_relax();
	}
}

static bool all_stopped(unsigned int self)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != self && !(__atomic_load_n(
			    &stopped.bits[cpu / BITS_PER_LONG],
			    __ATOMIC_ACQUIRE) >> cpu % BITS_PER_LONG & 1))
			return false;
	return true;
}

void arch_stop_others(void)
{
	unsigned int cpu, self = smp_processor_id(), expected = NO_CPU;
	u64 end;

	if (!apic_present())
		return;
	if (!__atomic_compare_exchange_n(&stopper, &expected, self, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		smp_stop_if_asked();
	for_each_online_cpu(cpu)
		if (cpu != self)
			apic_send_nmi(cpu_apic_id(cpu));
	for (end = ktime_get_us() + STOP_TIMEOUT;
	     !all_stopped(self) && ktime_get_us() < end; )
		cpu_relax();
}

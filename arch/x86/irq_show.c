/* Shell command "interrupts": who was interrupted, where, how often. */
#include <asm/desc.h>
#include <asm/i8259.h>
#include <asm/irq.h>
#include <asm/traps.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/smp.h>

#include "irq_show.h"

static const char *vector_name(unsigned int vector)
{
	switch (vector) {
	case VECTOR_TEST:
		return "self-test";
	case VECTOR_TIMER:
		return "timer";
	case VECTOR_CALL_FUNCTION:
		return "function call";
	case VECTOR_RESCHEDULE:
		return "reschedule";
	case VECTOR_APIC_ERROR:
		return "APIC error";
	case VECTOR_SPURIOUS:
		return "APIC spurious";
	default:
		return vector - IRQ_VECTOR_BASE < NR_IRQS ? "8259A line" :
		       "nobody's";
	}
}

static bool worth_a_line(unsigned int vector)
{
	unsigned int cpu;

	if (irq_has_handler(vector))
		return true;
	for_each_online_cpu(cpu)
		if (irq_count_of(vector, cpu))
			return true;
	return false;
}

static int show_interrupts(int argc, char **argv)
{
	unsigned int vector, cpu;

	printk("    ");
	for_each_online_cpu(cpu)
		printk(" %9s%-2u", "CPU", cpu);
	printk("\n");
	for (vector = NR_EXCEPTIONS; vector < NR_VECTORS; vector++) {
		if (!worth_a_line(vector))
			continue;
		printk(" %02x:", vector);
		for_each_online_cpu(cpu)
			printk(" %11lu", irq_count_of(vector, cpu));
		printk("  %s\n", vector_name(vector));
	}
	return 0;
}
SHELL_COMMAND(interrupts, "", "interrupts handled, by vector and CPU",
	      show_interrupts);

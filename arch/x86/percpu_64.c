/* %gs on x86_64: its base is a register of its own. */
#include <asm/control_regs.h>
#include <asm/desc.h>
#include <asm/percpu.h>
#include <kernel/percpu.h>

DEFINE_PER_CPU(unsigned long, this_cpu_off);

void percpu_set_offset(unsigned int cpu, unsigned long offset)
{
	per_cpu(this_cpu_off, cpu) = offset;
	gdt_init_cpu(cpu);
	wrmsr(MSR_GS_BASE, offset);
}

/* %gs on i386: its base comes from a descriptor of this CPU's GDT. */
#include <asm/desc.h>
#include <asm/percpu.h>
#include <kernel/percpu.h>

DEFINE_PER_CPU(unsigned long, this_cpu_off);

void percpu_set_offset(unsigned int cpu, unsigned long offset)
{
	per_cpu(this_cpu_off, cpu) = offset;
	gdt_init_cpu(cpu);
	gdt_set_percpu_base(offset);
}

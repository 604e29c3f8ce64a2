/*
 * One instance per CPU. Counterpart: linux/percpu.h. Who uses this_cpu_ptr()
 * keeps interrupts off, or is sure to stay on this CPU.
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <lib/compiler.h>

/* CPUs this build can run on; the kernel starts only the first. */
#define NR_CPUS 1

static inline unsigned int smp_processor_id(void)
{
	return 0;
}

#define DEFINE_PER_CPU(type, name) __typeof__(type) name[NR_CPUS]
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name[NR_CPUS]
#define per_cpu_ptr(name, cpu) (&(name)[cpu])
#define this_cpu_ptr(name) per_cpu_ptr(name, smp_processor_id())
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++)

#endif

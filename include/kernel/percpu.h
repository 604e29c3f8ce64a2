/*
 * One instance per CPU. Counterpart: linux/percpu.h.
 *
 * DEFINE_PER_CPU() puts a variable into a template; setup_per_cpu_areas()
 * makes a copy of the template for every CPU there may be. The variable's own
 * address is only a name for its copies: a *per-CPU pointer*, as is what
 * alloc_percpu() returns. It is used through per_cpu_ptr(), this_cpu_ptr() or
 * this_cpu_...() and never followed as it is.
 *
 * A thread stays on its CPU for life, so what this_cpu_ptr() gave remains
 * this CPU's. Against other threads and interrupts of the same CPU: interrupts
 * off, preemption off, or single instructions (this_cpu_add() ...).
 */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <asm/percpu.h>
#include <lib/compiler.h>
#include <lib/types.h>

/* CPUs this build can run on. */
#define NR_CPUS 64

/* CPUs that there may be are 0 to nr_cpu_ids - 1; constant after boot. */
extern unsigned int nr_cpu_ids;

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)

#define DEFINE_PER_CPU(type, name) \
	__typeof__(type) name __section(PER_CPU_SECTION)
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	__typeof__(type) name __section(PER_CPU_SECTION) __aligned(64)
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

/* From a per-CPU pointer to a CPU's copy; (b) set by setup_per_cpu_areas(). */
extern unsigned long __per_cpu_offset[NR_CPUS];

#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((unsigned long)(ptr) + __per_cpu_offset[cpu]))
#define per_cpu(var, cpu) (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr) \
	((__typeof__(ptr))((unsigned long)(ptr) + this_cpu_offset()))

#define this_cpu_read(var) __this_cpu_read(var)
#define this_cpu_write(var, value) __this_cpu_write(var, value)
#define this_cpu_add(var, value) __this_cpu_add(var, value)
#define this_cpu_sub(var, value) __this_cpu_add(var, -(__typeof__(var))(value))
#define this_cpu_inc(var) this_cpu_add(var, 1)
#define this_cpu_dec(var) this_cpu_sub(var, 1)

DECLARE_PER_CPU(unsigned int, cpu_number);

static __always_inline unsigned int smp_processor_id(void)
{
	return __this_cpu_read_stable(cpu_number);
}

#endif

/*
 * Per-CPU variables in a process: every thread that plays a CPU knows its own
 * distance. Interrupts come only where they are asked for, so plain accesses
 * are whole.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <lib/types.h>

#define PER_CPU_SECTION "percpu"

extern __thread unsigned long hosted_cpu_offset;

static inline unsigned long this_cpu_offset(void)
{
	return hosted_cpu_offset;
}

#define hosted_cpu_var(var) \
	(*(__typeof__(&(var)))((unsigned long)&(var) + hosted_cpu_offset))

#define __this_cpu_read(var) hosted_cpu_var(var)
#define __this_cpu_read_stable(var) hosted_cpu_var(var)
#define __this_cpu_write(var, value) (hosted_cpu_var(var) = (value))
#define __this_cpu_add(var, value) (hosted_cpu_var(var) += (value))

void percpu_set_offset(unsigned int cpu, unsigned long offset);

#endif

/*
 * How the CPU finds its own copy of a per-CPU variable: the base of segment
 * %gs is the distance from the variable to this CPU's copy. Counterpart:
 * asm/percpu.h. Callers use <kernel/percpu.h>.
 *
 *	%gs base of CPU 2		  -------->
 *	percpu section (a template)  ... | unit 0 | unit 1 | unit 2 | ...
 *
 * Each of these is one instruction on memory, and so whole with respect to
 * whatever interrupts this CPU; none is atomic for other CPUs.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <lib/types.h>

/* Where the template lies; ordinary data of the image's init part. */
#define PER_CPU_SECTION "percpu"

/* Wider ones would be several instructions. */
#define PCPU_ONE_WORD(var) \
	_Static_assert(sizeof(var) <= sizeof(long), "wider than a register")

#define __this_cpu_read(var) ({ \
	__typeof__(var) pcpu_value__; \
	PCPU_ONE_WORD(var); \
	__asm__ volatile("mov %%gs:%1, %0" \
			 : "=q"(pcpu_value__) : "m"(var)); \
	pcpu_value__; \
})

/* The same for values that cannot change while we look: may be merged. */
#define __this_cpu_read_stable(var) ({ \
	__typeof__(var) pcpu_value__; \
	PCPU_ONE_WORD(var); \
	__asm__("mov %%gs:%1, %0" : "=q"(pcpu_value__) : "m"(var)); \
	pcpu_value__; \
})

#define __this_cpu_write(var, value) do { \
	__typeof__(var) pcpu_value__ = (value); \
	PCPU_ONE_WORD(var); \
	__asm__ volatile("mov %1, %%gs:%0" \
			 : "=m"(var) : "q"(pcpu_value__)); \
} while (0)

/* The operand's size names the instruction: 1, 2, 4, or a word. */
#define __this_cpu_op(op, var, value) do { \
	__typeof__(var) pcpu_value__ = (value); \
	PCPU_ONE_WORD(var); \
	if (sizeof(var) == 1) \
		__asm__ volatile(op "b %1, %%gs:%0" \
				 : "+m"(var) : "q"(pcpu_value__) : "cc"); \
	else if (sizeof(var) == 2) \
		__asm__ volatile(op "w %1, %%gs:%0" \
				 : "+m"(var) : "ri"(pcpu_value__) : "cc"); \
	else if (sizeof(var) == 4) \
		__asm__ volatile(op "l %1, %%gs:%0" \
				 : "+m"(var) : "ri"(pcpu_value__) : "cc"); \
	else \
		__asm__ volatile(op "q %1, %%gs:%0" \
				 : "+m"(var) : "re"(pcpu_value__) : "cc"); \
} while (0)

#define __this_cpu_add(var, value) __this_cpu_op("add", var, value)

/* This CPU's copy holds its distance; a per-CPU variable like any other. */
extern unsigned long this_cpu_off;

/* Distance from the template, or from any per-CPU pointer, to our copy. */
static inline unsigned long this_cpu_offset(void)
{
	return __this_cpu_read_stable(this_cpu_off);
}

/* The CPU this runs on is number cpu, and its %gs says so from now on. */
void percpu_set_offset(unsigned int cpu, unsigned long offset);

#endif

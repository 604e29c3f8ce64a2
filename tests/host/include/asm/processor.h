/* The CPU we run on: here the C library stands for it. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <lib/compiler.h>
#include <lib/types.h>

/* Takes interrupts that wait, and lets other threads of the process run. */
void hosted_relax(void);

static inline void cpu_relax(void)
{
	hosted_relax();
}

/* Ends the process: nobody is left to wake it. */
void __noreturn cpu_halt(void);

/* Whatever a turn is here. */
static inline void cpu_count_down(unsigned int n)
{
	while (n--)
		barrier();
}

/* Nanoseconds of a clock that only goes forward. */
u64 get_cycles(void);

#endif

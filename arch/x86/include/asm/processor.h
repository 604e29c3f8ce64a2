/* The CPU we run on: pause, stop, count. */
#ifndef ASM_PROCESSOR_H
#define ASM_PROCESSOR_H

#include <lib/compiler.h>
#include <lib/types.h>

/* In a loop that waits for another CPU. */
static inline void cpu_relax(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* Stops this CPU for good. */
static inline void __noreturn cpu_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

/*
 * With interrupts off: turns them on and stops until one comes; one that came
 * before is not missed. STI lets no interrupt in before the next instruction.
 */
static inline void cpu_idle_wait(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

/* Waits for what comes before. LFENCE came with SSE2, which not all have. */
#ifdef __x86_64__
#define CPU_WAIT "lfence"
#else
#define CPU_WAIT "lock addl $0, (%%esp)"
#endif

/* Exactly two instructions per turn, n turns; n is not 0. */
static inline void cpu_count_down(unsigned int n)
{
	__asm__ volatile("1: decl %0; jnz 1b" : "+r"(n) : : "cc");
}

/* Time stamp counter; under QEMU's -icount one tick per instruction. */
static inline u64 get_cycles(void)
{
	u32 lo, hi;

	__asm__ volatile(CPU_WAIT "; rdtsc; " CPU_WAIT
			 : "=a"(lo), "=d"(hi) : : "memory", "cc");
	return (u64)hi << 32 | lo;
}

#endif

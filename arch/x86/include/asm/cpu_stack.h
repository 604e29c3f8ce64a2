/*
 * The restartable sequences of <kernel/cpu_stack.h>, which says what they do.
 *
 * Each begins at label 1 and ends behind its committing instruction, at label
 * 2. In between no input register is written, so that going back to 1 is
 * always possible (arch/x86/restart.c). The commit is one instruction on
 * memory: interrupts come before or after it.
 *
 * volatile: a compiler drops an "asm goto" whose output nobody uses.
 * cppcheck takes an output for a use.
 */
#ifndef ASM_CPU_STACK_H
#define ASM_CPU_STACK_H

#include <lib/compiler.h>

/* Interrupts look for sequences in this section only. */
#define __restartable noinline __section(".text.restartable")

/* With arguments on the stack, i386 could not end in a jump to it. */
#ifdef __x86_64__
#define __slowpath noinline
#define RESTART_WORD ".quad"
#define RESTART_SLOT "8"
#define RESTART_SUFFIX "q"
#define RESTART_HALF "k"
#else
#define __slowpath noinline __attribute__((regparm(3)))
#define RESTART_WORD ".long"
#define RESTART_SLOT "4"
#define RESTART_SUFFIX "l"
#define RESTART_HALF "w"
#endif

/* One line of the table: where label 1 and label 2 are. */
#define RESTART_ENTRY \
	".pushsection restart_table, \"a\"\n\t" \
	RESTART_WORD " 1b, 2b\n\t" \
	".popsection\n\t"

static __always_inline void *cpu_stack_pop(struct cpu_stack *stack)
{
	void *p;

	__asm__ volatile goto(
		"1:	mov %%gs:%1, %0\n\t"
		"	mov -" RESTART_SLOT "(%0), %0\n\t"
		"	test %0, %0\n\t"
		"	jz %l[empty]\n\t"
		"	sub" RESTART_SUFFIX " $" RESTART_SLOT ", %%gs:%1\n"
		"2:\n\t"
		RESTART_ENTRY
		/* cppcheck-suppress legacyUninitvar */
		: "=&a"(p) : "m"(stack->top) : "memory", "cc" : empty);
	/* spares the caller a second test */
	if (!p)
		__builtin_unreachable();
	return p;
empty:
	return NULL;
}

static __always_inline bool cpu_stack_push(struct cpu_stack *stack, void *p,
					   void *seal)
{
	void **top;

	__asm__ volatile goto(
		"1:	mov %%gs:%1, %0\n\t"
		"	cmp %%gs:%2, %0\n\t"
		"	jae %l[full]\n\t"
		"	mov %3, (%0)\n\t"
		"	mov" RESTART_SUFFIX " %4, " RESTART_SLOT "(%0)\n\t"
		"	add" RESTART_SUFFIX " $" RESTART_SLOT ", %%gs:%1\n"
		"2:\n\t"
		RESTART_ENTRY
		/* cppcheck-suppress legacyUninitvar */
		: "=&r"(top)
		: "m"(stack->top), "m"(stack->end), "r"(p), "ri"(seal)
		: "memory", "cc" : full);
	return true;
full:
	return false;
}

static __always_inline bool cpu_stack_push_back(struct cpu_stack *stack,
						const void *p,
						unsigned long *word,
						unsigned long mark)
{
	unsigned long scratch;

	__asm__ volatile goto(
		"1:	mov %%gs:%1, %0\n\t"
		"	cmp %2, (%0)\n\t"
		"	jne %l[other]\n\t"
		"	cmp %" RESTART_HALF "4, %3\n\t"
		"	je %l[other]\n\t"
		"	mov %4, %3\n\t"
		"	add" RESTART_SUFFIX " $" RESTART_SLOT ", %%gs:%1\n"
		"2:\n\t"
		RESTART_ENTRY
		/* cppcheck-suppress legacyUninitvar */
		: "=&r"(scratch)
		: "m"(stack->top), "r"(p), "m"(*word), "r"(mark)
		: "memory", "cc" : other);
	return true;
other:
	return false;
}

#endif

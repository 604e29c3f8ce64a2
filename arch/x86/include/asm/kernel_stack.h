/*
 * Kernel stacks of threads and CPUs: mapped page by page in an area of their
 * own, each above a guard page that is never mapped. Counterpart:
 * CONFIG_VMAP_STACK.
 */
#ifndef ASM_KERNEL_STACK_H
#define ASM_KERNEL_STACK_H

#include <lib/types.h>

#define KERNEL_STACK_SIZE 16384UL
/* Linux's names: stacks of threads, and what they are aligned to there. */
#define THREAD_SIZE KERNEL_STACK_SIZE
#define THREAD_ALIGN THREAD_SIZE

/* Boot, with the final page tables in the making: tables for the area. */
void kernel_stack_init(void);

/* Lowest address of a stack; NULL: no memory. May sleep. */
void *kernel_stack_alloc(void);
/*
 * Nobody runs on it. Some stacks stay mapped for the next thread, so that
 * TLBs are flushed seldom; kernel_stack_trim() gives those back. May sleep.
 */
void kernel_stack_free(void *stack);
void kernel_stack_trim(void);

/* Bounds of the stack that holds addr, its guard page excluded / included. */
bool kernel_stack_bounds(unsigned long addr, unsigned long *low,
			 unsigned long *high);
bool kernel_stack_is_guard(unsigned long addr);

#endif

/* Stacks of threads: the C library keeps them. Part of the machine contract. */
#ifndef ASM_KERNEL_STACK_H
#define ASM_KERNEL_STACK_H

#define KERNEL_STACK_SIZE 16384UL
/* Linux's names: stacks of threads, and what they are aligned to there. */
#define THREAD_SIZE KERNEL_STACK_SIZE
#define THREAD_ALIGN THREAD_SIZE

static inline void kernel_stack_trim(void)
{
}

#endif

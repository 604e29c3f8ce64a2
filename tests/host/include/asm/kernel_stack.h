/* Stacks of threads: the C library keeps them. Part of the machine contract. */
#ifndef ASM_KERNEL_STACK_H
#define ASM_KERNEL_STACK_H

#define KERNEL_STACK_SIZE 16384UL

static inline void kernel_stack_trim(void)
{
}

#endif

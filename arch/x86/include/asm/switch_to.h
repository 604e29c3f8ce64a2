/* From one thread's stack to another's. Counterpart: asm/switch_to.h. */
#ifndef ASM_SWITCH_TO_H
#define ASM_SWITCH_TO_H

#include <lib/types.h>

/*
 * Saves what a call may not change on this stack, its pointer in *save_sp,
 * and goes on where the thread of next_sp did the same. Interrupts off.
 */
void switch_stacks(unsigned long *save_sp, unsigned long next_sp);

/*
 * Makes a new stack look as if its thread had called switch_stacks(): it will
 * return into entry, which never returns. The pointer to go on with.
 */
unsigned long switch_prepare(void *stack, size_t size, void (*entry)(void));

#endif

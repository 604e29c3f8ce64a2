/*
 * How does a thread begin that never was switched away from? Its stack is
 * made to look as if it had called switch_stacks() from nowhere:
 *
 *	top	0			entry's return address: it has none, and
 *					call stacks end there
 *		entry			where switch_stacks() returns to
 *		0 ... 0			registers; the frame pointer among them
 *	sp ->
 *
 * At its first instruction a function finds the stack pointer one word below
 * a multiple of 16, as if it had been called: top is such a multiple.
 */
#include <asm/switch_to.h>
#include <lib/string.h>

#ifdef __x86_64__
#define SAVED_REGISTERS 6	/* switch_64.asm */
#else
#define SAVED_REGISTERS 4	/* switch_32.asm */
#endif

unsigned long switch_prepare(void *stack, size_t size, void (*entry)(void))
{
	unsigned long *top = (unsigned long *)((char *)stack + size);
	unsigned long *sp = top - 2 - SAVED_REGISTERS;

	memset(sp, 0, (size_t)(top - sp) * sizeof(*sp));
	top[-2] = (unsigned long)entry;
	return (unsigned long)sp;
}

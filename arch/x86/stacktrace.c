/*
 * Who called whom: a walk along the frame pointers.
 *
 *	high	return address		of the caller's caller
 *		saved frame pointer  <--+
 *		...			|
 *		return address		|
 *	bp ->	saved frame pointer  ---+
 *	low
 *
 * Nothing is believed. A frame must be aligned and lie whole on a stack that
 * is known; the next one must be higher up on the same stack, or on another
 * stack, to which an exception's stack leads only once (from the exception
 * stacks to the interrupted one). So the walk ends, whatever is in memory.
 */
#include <asm/desc.h>
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <lib/compiler.h>
#include <lib/kernel.h>

struct stack_frame {
	unsigned long caller_bp;
	unsigned long return_address;
};

struct stack_bounds {
	unsigned long low, high;
	bool exception;
};

static bool find_stack(unsigned long addr, struct stack_bounds *stack)
{
	stack->exception = exception_stack_bounds(addr, &stack->low,
						  &stack->high);
	if (stack->exception ||
	    kernel_stack_bounds(addr, &stack->low, &stack->high))
		return true;
	stack->low = (unsigned long)boot_stack;
	stack->high = (unsigned long)boot_stack_top;
	return addr >= stack->low && addr < stack->high;
}

static bool frame_fits(unsigned long bp, const struct stack_bounds *stack)
{
	return IS_ALIGNED(bp, sizeof(long)) && bp >= stack->low &&
	       bp < stack->high &&
	       stack->high - bp >= sizeof(struct stack_frame);
}

unsigned int stack_trace_from(unsigned long bp, unsigned long *entries,
			      unsigned int max)
{
	struct stack_bounds stack;
	unsigned int n = 0;

	if (!find_stack(bp, &stack))
		return 0;
	while (n < max && frame_fits(bp, &stack)) {
		const struct stack_frame *f = (const struct stack_frame *)bp;

		if (!f->return_address)
			break;
		entries[n++] = f->return_address;
		if (f->caller_bp > bp && f->caller_bp < stack.high)
			stack.low = bp + 1;
		else if (!stack.exception || !find_stack(f->caller_bp, &stack)
			 || stack.exception)
			break;
		bp = f->caller_bp;
	}
	return n;
}

/* The first entry is our caller; skip leaves out that many more. */
unsigned int noinline stack_trace_save(unsigned long *entries,
				       unsigned int max, unsigned int skip)
{
	unsigned long bp = (unsigned long)__builtin_frame_address(0);

	while (skip--) {
		unsigned long frame[1];

		if (!stack_trace_from(bp, frame, 1))
			return 0;
		bp = ((const struct stack_frame *)bp)->caller_bp;
	}
	return stack_trace_from(bp, entries, max);
}

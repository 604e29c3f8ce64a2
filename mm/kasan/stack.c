/*
 * What becomes of red zones on a stack whose function does not return?
 *
 * A function marks the red zones around its locals when it is entered and
 * clears them when it returns:
 *
 *	high	| f1 red | a[10] 2| f2 red | b | f3 red |	of one frame
 *	low	| ...					|	of the next
 *
 * Before a call that never returns the compiler asks to have the rest of the
 * stack cleared; and a stack that is used again begins clean.
 */
#include <asm/kernel_stack.h>
#include <asm/sections.h>

#include "kasan.h"

void __asan_handle_no_return(void);
void __asan_alloca_poison(unsigned long addr, size_t size);
void __asan_allocas_unpoison(const void *low, const void *high);

/* From where we are to the top of the stack. */
void __asan_handle_no_return(void)
{
	unsigned long here = (unsigned long)__builtin_frame_address(0);
	unsigned long low, high;

	if (!kernel_stack_bounds(here, &low, &high)) {
		low = (unsigned long)boot_stack;
		high = (unsigned long)boot_stack_top;
	}
	if (here >= low && here < high)
		kasan_unpoison((const void *)here, high - here);
}

/*
 * Arrays whose length is not known when compiled: the kernel has none of its
 * own, a compiler may make some.
 */
void __asan_alloca_poison(unsigned long addr, size_t size)
{
}

void __asan_allocas_unpoison(const void *low, const void *high)
{
	if (low && low < high)
		kasan_unpoison(low, (size_t)((const char *)high -
					     (const char *)low));
}

/* Frames with many locals: clang calls instead of storing. */
#define DEFINE_SET_SHADOW(value)					\
	void __asan_set_shadow_##value(s8 *shadow, size_t size);	\
	void __asan_set_shadow_##value(s8 *shadow, size_t size)		\
	{								\
		for (; size; size--)					\
			*shadow++ = (s8)0x##value;			\
	}

DEFINE_SET_SHADOW(00)
DEFINE_SET_SHADOW(f1)
DEFINE_SET_SHADOW(f2)
DEFINE_SET_SHADOW(f3)
DEFINE_SET_SHADOW(f5)
DEFINE_SET_SHADOW(f8)

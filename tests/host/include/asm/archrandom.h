/* The CPU's own random bits: the simulated one has none. */
#ifndef ASM_ARCHRANDOM_H
#define ASM_ARCHRANDOM_H

#include <lib/types.h>

static inline bool arch_get_random_u64(u64 *bits)
{
	return false;
}

#endif

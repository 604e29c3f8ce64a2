/*
 * The CPU's own random bits. Part of the machine contract. Counterparts:
 * arch_get_random_seed_longs(), arch_get_random_longs().
 */
#ifndef ASM_ARCHRANDOM_H
#define ASM_ARCHRANDOM_H

#include <lib/types.h>

/*
 * 64 bits from RDSEED or, if that has none left, from RDRAND. False if the CPU
 * has neither, or they give nothing. Any context, from cpu_init_features() on.
 */
bool arch_get_random_u64(u64 *bits);

#endif

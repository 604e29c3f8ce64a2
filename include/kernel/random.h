/*
 * Numbers an outsider should not guess: what hides the links of free objects,
 * and in which order objects and guarded pages lie. Counterpart:
 * linux/random.h. How far they can be trusted: kernel/random.c. For tests that
 * must repeat: <lib/random.h>.
 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include <lib/types.h>

/*
 * Mixes in what differs from machine to machine or from boot to boot. It can
 * make nothing worse, whoever knows or chose the data. Boot, one CPU.
 */
void add_device_randomness(const void *data, size_t n);

/* Uniform, 64 bits. Any context. */
u64 get_random_u64(void);

/* Uniform, below ceil (of 0: any) / floor <= number <= ceil. Any context. */
u32 get_random_u32_below(u32 ceil);
u32 get_random_u32_inclusive(u32 floor, u32 ceil);

#endif

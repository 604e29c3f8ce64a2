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

#endif

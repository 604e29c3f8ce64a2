/*
 * Where do numbers come from that an outsider should not guess?
 *
 * The problem: a program does what it is told, so nothing in it is random.
 * What is, comes from outside: from the CPU if it has a generator, and else
 * there is only what somebody elsewhere is unlikely to know of this machine
 * and of this moment.
 *
 *	memory map, command line, ACPI tables -> hash -> key  (at boot)
 *	time stamp counter, RDSEED or RDRAND  ---^        |
 *							  v
 *	time stamp counter, RDSEED or RDRAND, 1, 2, 3 -> hash -> numbers
 *
 *  1. What is known at boot is hashed into a key of 128 bits, piece by piece,
 *     each under the key before. A piece that an attacker chose adds nothing,
 *     and takes nothing from the others.
 *  2. A number is the hash, under that key, of how many were drawn before, the
 *     moment, and new bits of the CPU's generator. The hash goes one way: who
 *     learns a number, such as a cache's secret from an object he reads after
 *     its free, has learned no other one and not the key.
 *
 * The CPU's generator alone would do, if it is what it says; it is only ever
 * hashed together with the rest, so that nothing is lost if it is not.
 *
 * Limits: without a generator (QEMU's usual CPU has none) all that is secret
 * is the machine's tables and the counter at boot, some twenty bits for who
 * knows the machine; an instruction-counting QEMU has not even those: there
 * each boot draws the same numbers, and figures repeat. Nothing is collected
 * after the boot. It makes exploits of memory bugs harder; it is no source of
 * keys for cryptography.
 *
 * Locks: none. The key is written at boot by one CPU, then only read.
 * Cost: 5 instructions per byte hashed; some 300 for a number.
 */
#include <asm/archrandom.h>
#include <asm/processor.h>
#include <kernel/init.h>
#include <kernel/random.h>

#include "random_pool.h"

/* What a number is made of besides the key: the same only by chance. */
struct moment {
	u64 cycles, hardware;
	u64 number;		/* of the draw */
};

static struct random_pool pool;

void random_pool_add(struct random_pool *p, const void *data, size_t n)
{
	siphash128(&p->key, data, n, &p->key);
}

u64 random_pool_draw(struct random_pool *p, u64 cycles, u64 hardware)
{
	struct moment moment = {
		.cycles = cycles,
		.hardware = hardware,
		.number = __atomic_add_fetch(&p->drawn, 1, __ATOMIC_RELAXED),
	};
	struct siphash_key hash;

	siphash128(&p->key, &moment, sizeof(moment), &hash);
	return hash.word[0];
}

static u64 hardware_bits(void)
{
	u64 bits;

	return arch_get_random_u64(&bits) ? bits : 0;
}

void __init add_device_randomness(const void *data, size_t n)
{
	u64 now[] = { get_cycles(), hardware_bits() };

	random_pool_add(&pool, data, n);
	random_pool_add(&pool, now, sizeof(now));
}

u64 get_random_u64(void)
{
	return random_pool_draw(&pool, get_cycles(), hardware_bits());
}

/*
 * The upper half of number * ceil. Each result comes from as many numbers, but
 * for the first 2^32 % ceil lower halves: those are drawn again.
 */
u32 get_random_u32_below(u32 ceil)
{
	u64 product;

	if (!ceil)
		return (u32)get_random_u64();
	do {
		product = (u64)(u32)get_random_u64() * ceil;
	} while ((u32)product < -ceil % ceil);
	return (u32)(product >> 32);
}

u32 get_random_u32_inclusive(u32 floor, u32 ceil)
{
	return floor + get_random_u32_below(ceil - floor + 1);
}

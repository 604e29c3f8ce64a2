/*
 * What does the CPU's own generator of random bits give?
 *
 * RDSEED hands out what was measured, RDRAND what a generator in the CPU made
 * of it, which is faster and seldom runs dry. Both say by the carry flag
 * whether there was anything. Intel's advice is to ask RDRAND ten times before
 * it counts as broken. Some CPUs, woken from sleep, give all ones and say it
 * is fine: that, and 0, is not believed.
 */
#include <asm/archrandom.h>
#include <asm/cpufeature.h>

#define TRIES 10

static bool rdseed(unsigned long *bits)
{
	bool ok;

	__asm__ volatile("rdseed %0" : "=r"(*bits), "=@ccc"(ok));
	return ok;
}

static bool rdrand(unsigned long *bits)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*bits), "=@ccc"(ok));
	return ok;
}

static bool get_word(bool (*ask)(unsigned long *bits), unsigned long *bits)
{
	unsigned int i;

	for (i = 0; i < TRIES; i++)
		if (ask(bits) && *bits && *bits != ~0UL)
			return true;
	return false;
}

/* Of 64 or 32 bits. */
static bool get_random_long(unsigned long *bits)
{
	return (cpu_features.rdseed && get_word(rdseed, bits)) ||
	       (cpu_features.rdrand && get_word(rdrand, bits));
}

bool arch_get_random_u64(u64 *bits)
{
	unsigned long low, high;

	if (!get_random_long(&low) || !get_random_long(&high))
		return false;
	*bits = sizeof(long) == sizeof(u64) ? low : (u64)high << 32 | low;
	return true;
}

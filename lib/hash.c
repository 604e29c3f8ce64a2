/* FNV-1a: xor a byte in, multiply by a prime; every byte and place counts. */
#include <lib/hash.h>

u64 hash_bytes(u64 seed, const void *p, size_t n)
{
	const u8 *b = p;

	while (n--)
		seed = (seed ^ *b++) * 0x100000001b3ULL;
	return seed;
}

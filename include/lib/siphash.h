/*
 * SipHash-2-4 with 128 bits of result: a hash under a key of 128 bits. Who
 * does not know the key cannot tell the results from random bits, and from
 * results it cannot be found. Counterpart: linux/siphash.h, whose results have
 * 64 bits.
 */
#ifndef LIB_SIPHASH_H
#define LIB_SIPHASH_H

#include <lib/types.h>

struct siphash_key {
	u64 word[2];
};

/* n may be 0. *out and *key may be the same. Any context. */
void siphash128(const struct siphash_key *key, const void *data, size_t n,
		struct siphash_key *out);

#endif

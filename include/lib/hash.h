/* Checksum of memory for tests: has any byte changed? (64-bit FNV-1a) */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <lib/types.h>

#define HASH_SEED 0xcbf29ce484222325ULL

u64 hash_bytes(u64 seed, const void *p, size_t n);

#endif

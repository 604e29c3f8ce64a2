/* Numbers and words out of text. Bounded: nothing past the 0 is read. */
#ifndef LIB_PARSE_H
#define LIB_PARSE_H

#include <lib/types.h>

/*
 * Number in base 10, or 16 after 0x, or 8 after 0. 0 or -EINVAL, -ERANGE.
 * The whole string must be the number. Counterpart: kstrtoull(s, 0, &v).
 */
int kstrtou64(const char *s, u64 *value);

/*
 * A switch: y, t, 1, on or n, f, 0, off, in either case; what follows a single
 * character is not looked at. 0 or -EINVAL. Counterpart: kstrtobool().
 */
int kstrtobool(const char *s, bool *value);

/*
 * Number with an optional suffix K, M, G, T, P, E (powers of 1024); *end is
 * the first character not used, s itself if there is no number. Saturates at
 * 2^64-1. Counterpart: memparse().
 */
u64 memparse(const char *s, const char **end);

#endif

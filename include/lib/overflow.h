/* Size arithmetic that cannot wrap unseen. Counterpart: linux/overflow.h. */
#ifndef LIB_OVERFLOW_H
#define LIB_OVERFLOW_H

#include <lib/types.h>

#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

/* a * b, or SIZE_MAX (which no allocator can satisfy) if that overflows. */
static inline size_t size_mul(size_t a, size_t b)
{
	size_t r;

	return check_mul_overflow(a, b, &r) ? SIZE_MAX : r;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t r;

	return check_add_overflow(a, b, &r) ? SIZE_MAX : r;
}

/*
 * Bytes of *p with n elements in its array at the end, member; SIZE_MAX if
 * that overflows. struct_size_t(): of a type.
 */
#define struct_size(p, member, n) \
	size_add(sizeof(*(p)), size_mul(n, sizeof((p)->member[0])))
#define struct_size_t(type, member, n) struct_size((type *)NULL, member, n)

#endif

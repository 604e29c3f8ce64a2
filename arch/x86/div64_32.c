/*
 * 64-bit division, which the compiler leaves to a library on a 32-bit CPU:
 * under these names it calls it.
 *
 * DIV divides 64 bits by 32, if the quotient fits in 32. So
 *
 *	divisor of 32 bits	two DIVs, the way it is done by hand: the high
 *				half first, its remainder carried to the low
 *	bigger divisor		quotient < 2^32. Divisor and dividend are
 *				shifted right until the divisor has 32 bits;
 *				one DIV then gives an estimate that is right
 *				or one too big; the remainder tells
 *
 * Division by 0 is the CPU's own exception in the first case. Signed division
 * rounds towards 0, and the remainder has the dividend's sign, as C says.
 */
#include <lib/types.h>

u64 __udivdi3(u64 n, u64 d);
u64 __umoddi3(u64 n, u64 d);
u64 __udivmoddi4(u64 n, u64 d, u64 *rem);
s64 __divdi3(s64 n, s64 d);
s64 __moddi3(s64 n, s64 d);
s64 __divmoddi4(s64 n, s64 d, s64 *rem);

/* (high:low) / d, where high < d. */
static u32 div_64_by_32(u32 high, u32 low, u32 d, u32 *rem)
{
	u32 quotient;

	__asm__("divl %4" : "=a"(quotient), "=d"(*rem)
		: "0"(low), "1"(high), "rm"(d) : "cc");
	return quotient;
}

static u64 div_by_32_bits(u64 n, u32 d, u64 *rem)
{
	u32 high = (u32)(n >> 32), quotient_high = 0, r = high;

	if (high >= d)
		quotient_high = div_64_by_32(0, high, d, &r);
	n = (u64)quotient_high << 32 | div_64_by_32(r, (u32)n, d, &r);
	*rem = r;
	return n;
}

/*
 * The estimate's dividend is n / 2, so that it is below 2^63 and the quotient
 * fits; the divisor, shifted to have its top bit at 31, loses its low bits.
 * So the estimate is not too small, and too big by one at most. One less is
 * right or too small by one, and no product of it overflows.
 */
static u64 div_by_64_bits(u64 n, u64 d, u64 *rem)
{
	unsigned int shift = 31 - (unsigned int)__builtin_clz((u32)(d >> 32));
	u32 top = (u32)(d >> 1 >> shift), unused;
	u64 half = n >> 1;
	u32 q = div_64_by_32((u32)(half >> 32), (u32)half, top, &unused);

	q >>= shift;
	if (q)
		q--;
	if (n - q * d >= d)
		q++;
	*rem = n - q * d;
	return q;
}

u64 __udivmoddi4(u64 n, u64 d, u64 *rem)
{
	u64 unused;

	if (!rem)
		rem = &unused;
	if (!(d >> 32))
		return div_by_32_bits(n, (u32)d, rem);
	return div_by_64_bits(n, d, rem);
}

u64 __udivdi3(u64 n, u64 d)
{
	return __udivmoddi4(n, d, NULL);
}

u64 __umoddi3(u64 n, u64 d)
{
	u64 rem;

	__udivmoddi4(n, d, &rem);
	return rem;
}

static u64 magnitude(s64 v)
{
	return v < 0 ? 0 - (u64)v : (u64)v;
}

s64 __divmoddi4(s64 n, s64 d, s64 *rem)
{
	u64 r, q = __udivmoddi4(magnitude(n), magnitude(d), &r);

	if (rem)
		*rem = (s64)(n < 0 ? 0 - r : r);
	return (s64)((n < 0) != (d < 0) ? 0 - q : q);
}

s64 __divdi3(s64 n, s64 d)
{
	return __divmoddi4(n, d, NULL);
}

s64 __moddi3(s64 n, s64 d)
{
	s64 rem;

	__divmoddi4(n, d, &rem);
	return rem;
}

/* Greatest common divisor. Counterpart: linux/gcd.h. */
#ifndef LIB_GCD_H
#define LIB_GCD_H

/* gcd(a, 0) is a. */
static inline unsigned long gcd(unsigned long a, unsigned long b)
{
	while (b) {
		unsigned long rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

#endif

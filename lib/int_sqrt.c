/* Square root by digits of base 4: one bit of the result per step. */
#include <lib/bitops.h>
#include <lib/int_sqrt.h>

unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0, bit;

	if (x == 0)
		return 0;
	/* root holds the bits found so far, doubled and shifted to bit */
	for (bit = 1UL << (__fls(x) & ~1U); bit; bit >>= 2) {
		unsigned long trial = root + bit;

		root >>= 1;
		if (x >= trial) {
			x -= trial;
			root += bit;
		}
	}
	return root;
}

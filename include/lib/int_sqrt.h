/* Square root of a whole number. Counterpart: int_sqrt(). */
#ifndef LIB_INT_SQRT_H
#define LIB_INT_SQRT_H

/* Largest r with r * r <= x. */
unsigned long int_sqrt(unsigned long x);

#endif

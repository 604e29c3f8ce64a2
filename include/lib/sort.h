/* Heap sort in place: n log n at worst, no recursion, no memory. */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <lib/types.h>

/* cmp returns <0, 0, >0. Not stable. Counterpart: linux/sort.h. */
void sort(void *base, size_t n, size_t size,
	  int (*cmp)(const void *a, const void *b));

#endif

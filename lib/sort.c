/*
 * Heap sort.
 *
 * The array is read as a tree: the children of element i are 2i+1 and 2i+2.
 *  1. Bottom up, sink every inner element until no child is larger: the root
 *     is then the largest.
 *  2. Swap the root with the last element, which is now in its place; sink
 *     the new root in the shorter heap; repeat.
 *
 *	[ heap: every parent >= its children | sorted, all >= heap ]
 */
#include <lib/sort.h>

typedef int (*cmp_fn)(const void *a, const void *b);

static void swap_bytes(u8 *a, u8 *b, size_t size)
{
	while (size--) {
		u8 t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

static void sink(u8 *base, size_t root, size_t n, size_t size, cmp_fn cmp)
{
	/* root < n / 2: it has a child, and 2 * root + 1 cannot wrap */
	while (root < n / 2) {
		size_t child = 2 * root + 1;

		if (child + 1 < n && cmp(base + child * size,
					 base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

void sort(void *base, size_t n, size_t size, cmp_fn cmp)
{
	u8 *b = base;
	size_t i;

	for (i = n / 2; i-- > 0;)
		sink(b, i, n, size, cmp);
	for (i = n; i-- > 1;) {
		swap_bytes(b, b + i * size, size);
		sink(b, 0, i, size, cmp);
	}
}

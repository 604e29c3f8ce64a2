/*
 * How big is an object's place, and how big its slab?
 *
 * A place, in memory order (size is a multiple of align, align of 8):
 *
 *	| object, object_size bytes                | padding |
 *	          ^ free word at offset = half, rounded down to 8
 *
 *	| object, object_size bytes | free word    | padding |   with a ctor
 *
 * The slab's order is a trade: large slabs waste less at their end and ask
 * the page allocator less often, small ones are easier to get and to give
 * back. As in Linux:
 *  1. a slab should hold 4 * (1 + log2 of the CPUs, rounded up) objects;
 *  2. among orders up to 3 that do, the smallest that wastes at most 1/16 of
 *     itself, else 1/8, else 1/4, else 1/2;
 *  3. if none does, the smallest order that holds one object.
 * When such a block cannot be had, min_order (one object at least) must do.
 *
 * The number of an object is a division by size; it is done on every free
 * that is checked, so it is a multiplication: size = odd << shift, and
 * odd * inverse == 1 (mod 2^32), see slab_index().
 */
#include "slab_internal.h"

#define SLAB_MAX_WANTED_ORDER 3

static unsigned int order_for(size_t bytes)
{
	unsigned int order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

static unsigned int objects_in(unsigned int order, unsigned int size)
{
	return (unsigned int)((PAGE_SIZE << order) / size);
}

/* Smallest order from first on that wastes at most 1/fraction, or 4. */
static unsigned int order_wasting(unsigned int size, unsigned int first,
				  unsigned int fraction)
{
	unsigned int order;
	size_t bytes;

	for (order = first; order <= SLAB_MAX_WANTED_ORDER; order++) {
		bytes = PAGE_SIZE << order;
		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

static unsigned int choose_order(unsigned int size)
{
	unsigned int wanted = 4 * (ilog2(nr_cpu_ids) + 2);
	unsigned int most = max(objects_in(SLAB_MAX_WANTED_ORDER, size), 1U);
	unsigned int first = order_for((size_t)min(wanted, most) * size);
	unsigned int order, fraction;

	for (fraction = 16; fraction > 1; fraction /= 2) {
		order = order_wasting(size, first, fraction);
		if (order <= SLAB_MAX_WANTED_ORDER)
			return order;
	}
	return order_for(size);
}

/* Newton: each step doubles the number of right bits; odd itself has 3. */
static u32 inverse_of(u32 odd)
{
	u32 x = odd;
	int i;

	for (i = 0; i < 4; i++)
		x *= 2 - odd * x;
	return x;
}

/* Small objects may wait in great number, large ones would hoard pages. */
unsigned int slab_sheaf_limit(unsigned int size)
{
	if (size <= 256)
		return 60;
	if (size <= 1024)
		return 28;
	return size <= PAGE_SIZE ? 12 : 8;
}

/* Cache lines, but several small objects may share one. */
static unsigned int choose_align(const struct kmem_cache *s)
{
	unsigned int align = SMP_CACHE_LINE;

	if (!(s->flags & SLAB_HWCACHE_ALIGN))
		align = ARCH_KMALLOC_MINALIGN;
	while (align > ARCH_KMALLOC_MINALIGN && s->object_size <= align / 2)
		align /= 2;
	return max(align, s->align);
}

/* Fills in what follows from object_size, align, flags and ctor. */
bool slab_layout(struct kmem_cache *s)
{
	unsigned int room = ALIGN(s->object_size, (unsigned int)sizeof(long));

	s->align = choose_align(s);
	s->offset = ALIGN_DOWN(room / 2, (unsigned int)sizeof(long));
	if (s->ctor) {
		s->offset = room;
		room += sizeof(long);
	}
	s->size = ALIGN(room, s->align);
	if (s->size > PAGE_SIZE << MAX_PAGE_ORDER)
		return false;
	s->order = (u8)choose_order(s->size);
	s->min_order = (u8)order_for(s->size);
	s->objects = objects_in(s->order, s->size);
	s->min_objects = objects_in(s->min_order, s->size);
	s->shift = (u8)__ffs(s->size);
	s->inverse = inverse_of(s->size >> s->shift);
	s->min_partial = clamp(ilog2(s->size) / 2, 5U, 10U);
	return true;
}

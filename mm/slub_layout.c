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
 *	| left | object | right | free word | tracks | asked | padding |
 *	  red_left_pad    up to inuse           metadata_end ^
 *
 * The last is one of a cache with debug flags (slub_debug.c), which has of it
 * what its flags ask for. The left zone is a multiple of align: so objects
 * keep their alignment. What is kept for an object lies behind it, at fixed
 * distances from where it begins.
 *
 * The slab's order is a trade: large slabs waste less at their end and ask
 * the page allocator less often, small ones are easier to get and to give
 * back. As in Linux:
 *  1. a slab should hold 4 * (2 + log2 of the CPUs, rounded down) objects;
 *  2. among orders below 3 that do, the smallest that wastes at most 1/16 of
 *     itself;
 *  3. else order 3, with as many as it holds;
 *  4. if that is none, the smallest order that holds one object.
 * Linux tries 1/8, 1/4 and 1/2 before 3. Nothing would come of it: objects so
 * small that order 2 holds enough leave less than 1/16 of order 3. When such a
 * block cannot be had, min_order (one object at least) must do.
 *
 * The number of an object is a division by size; it is done on every free
 * that is checked, so it is a multiplication: size = odd << shift, and
 * odd * inverse == 1 (mod 2^32), see slab_index().
 */
#include "slub_debug.h"

#define SLAB_MAX_WANTED_ORDER 3
#define KASAN_ZONE 32

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

static bool wastes_little(unsigned int order, unsigned int size)
{
	size_t bytes = PAGE_SIZE << order;

	return bytes % size <= bytes / 16;
}

static unsigned int choose_order(unsigned int size)
{
	unsigned int wanted = 4 * (ilog2(nr_cpu_ids) + 2);
	unsigned int most = max(objects_in(SLAB_MAX_WANTED_ORDER, size), 1U);
	unsigned int order = order_for((size_t)min(wanted, most) * size);

	while (order < SLAB_MAX_WANTED_ORDER && !wastes_little(order, size))
		order++;
	return order;
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

/*
 * Small objects may wait in great number, large ones would hoard pages. A
 * cache whose every allocation and free is looked at has no arrays.
 */
unsigned int slab_sheaf_limit(const struct kmem_cache *s)
{
	if (kmem_cache_debug(s) || slab_inits(s) || s->flags & SLAB_KASAN)
		return 0;
	if (s->size <= 256)
		return 60;
	if (s->size <= 1024)
		return 28;
	return s->size <= PAGE_SIZE ? 12 : 8;
}

/* Cache lines, but several small objects may share one. */
unsigned int slab_align(unsigned int size, unsigned int align,
			slab_flags_t flags)
{
	unsigned int line = SMP_CACHE_LINE;

	if (!(flags & SLAB_HWCACHE_ALIGN))
		line = ARCH_KMALLOC_MINALIGN;
	while (line > ARCH_KMALLOC_MINALIGN && size <= line / 2)
		line /= 2;
	return max(line, align);
}

/* KASAN reports what is done there and lets it happen: more room for it. */
static unsigned int zone_size(const struct kmem_cache *s)
{
	return s->flags & SLAB_KASAN ? KASAN_ZONE : sizeof(long);
}

static bool slab_has_metadata(const struct kmem_cache *s)
{
	return kmem_cache_debug(s) || s->flags & SLAB_KASAN;
}

/* Where the free word lies, and how long the object and its own are. */
static unsigned int place_object(struct kmem_cache *s)
{
	const unsigned int word = sizeof(long);

	s->inuse = ALIGN(s->object_size, word);
	s->red_left_pad = 0;
	s->offset = ALIGN_DOWN(s->inuse / 2, word);
	if (slab_has_zones(s)) {
		s->red_left_pad = ALIGN(zone_size(s), s->align);
		if (s->inuse == s->object_size || s->flags & SLAB_KASAN)
			s->inuse += zone_size(s);
	}
	if (!s->ctor && !slab_has_metadata(s))
		return s->inuse;
	s->offset = s->inuse;
	return s->inuse + word;
}

struct track *slab_track(const struct kmem_cache *s, const void *p,
			 enum track_item item)
{
	return (struct track *)((char *)p + s->offset + sizeof(long)) + item;
}

unsigned int *slab_asked(const struct kmem_cache *s, const void *p)
{
	if (!slab_keeps_size(s))
		return NULL;
	return (unsigned int *)((char *)p + slab_metadata_end(s) -
				sizeof(unsigned int));
}

void **slab_kasan_link(const struct kmem_cache *s, const void *p)
{
	return (void **)slab_track(s, p, NR_TRACKS);
}

unsigned int slab_metadata_end(const struct kmem_cache *s)
{
	unsigned int end = s->offset + (unsigned int)sizeof(long);

	if (slab_keeps_tracks(s))
		end += NR_TRACKS * (unsigned int)sizeof(struct track);
	if (s->flags & SLAB_KASAN)
		end += (unsigned int)sizeof(void *);
	if (slab_keeps_size(s))
		end += (unsigned int)sizeof(unsigned int);
	return end;
}

static unsigned int place_metadata(const struct kmem_cache *s,
				   unsigned int room)
{
	if (!slab_has_metadata(s))
		return room;
	return slab_metadata_end(s) + s->red_left_pad;
}

/* Fills in what follows from object_size, align, flags and ctor. */
bool slab_layout(struct kmem_cache *s)
{
	s->align = slab_align(s->object_size, s->align, s->flags);
	s->size = ALIGN(place_metadata(s, place_object(s)), s->align);
	if (s->size > PAGE_SIZE << MAX_PAGE_ORDER)
		return false;
	s->order = (u8)choose_order(s->size);
	s->min_order = (u8)order_for(s->size);
	s->objects = objects_in(s->order, s->size);
	s->min_objects = objects_in(s->min_order, s->size);
	s->plain_objects = slab_has_metadata(s) ? 0 : s->objects;
	s->min_plain_objects = slab_has_metadata(s) ? 0 : s->min_objects;
	s->odd_bits = s->plain_objects && is_power_of_2(s->size) ?
		      DIRECT_MAP_NO_BITS | (s->size - 1) : ALL_BITS_ODD;
	s->shift = (u8)__ffs(s->size);
	s->inverse = inverse_of(s->size >> s->shift);
	s->min_partial = clamp(ilog2(s->size) / 2, 5U, 10U);
	return true;
}

/*
 * bootmem: the early allocator with one bit per page frame. Counterpart:
 * Linux's bootmem, gone since 4.20. Picked with early=bootmem.
 *
 * All state is in a struct bootmem_data and the bitmap it points to: a test
 * makes its own of a few words. Addresses are physical, sizes bytes, pfns
 * frame numbers. Boot context, one CPU, no locks.
 */
#ifndef MM_BOOTMEM_H
#define MM_BOOTMEM_H

#include <lib/types.h>

struct bootmem_data {
	unsigned long start_pfn, end_pfn;	/* frames that have a bit */
	unsigned long *map;		/* bit n: start_pfn + n is taken */
	phys_addr_t last_end;		/* end of the last block, 0: none */
};

/* Bytes of bitmap that frames [start_pfn, end_pfn) need, whole longs. */
size_t bootmem_map_size(unsigned long start_pfn, unsigned long end_pfn);

/* Every frame of [start_pfn, end_pfn) taken; map has room for their bits. */
void bootmem_init(struct bootmem_data *b, unsigned long *map,
		  unsigned long start_pfn, unsigned long end_pfn);

/*
 * The frames wholly inside the range become free / every frame that the range
 * touches becomes taken. What has no bit is passed over.
 */
void bootmem_free(struct bootmem_data *b, phys_addr_t base, phys_addr_t size);
void bootmem_reserve(struct bootmem_data *b, phys_addr_t base,
		     phys_addr_t size);

/*
 * The lowest size free bytes in [goal, limit), aligned to a power of two; 0 if
 * there are none. A small block may share the last page of the one before it.
 * Frame 0 is never given out.
 */
phys_addr_t bootmem_alloc(struct bootmem_data *b, phys_addr_t size,
			  phys_addr_t align, phys_addr_t goal,
			  phys_addr_t limit);

/*
 * Calls give(start, end) for every run of free frames inside
 * [start_pfn, end_pfn), takes them, and returns the sum of its results.
 */
unsigned long bootmem_free_all(struct bootmem_data *b, unsigned long start_pfn,
			       unsigned long end_pfn,
			       unsigned long (*give)(unsigned long start,
						     unsigned long end));

/*
 * The first run of free frames in [*start, end): *start and *stop; false if
 * there is none.
 */
bool bootmem_next_free(const struct bootmem_data *b, unsigned long *start,
		       unsigned long *stop, unsigned long end);

/* Free frames in all. */
unsigned long bootmem_nr_free(const struct bootmem_data *b);

#endif

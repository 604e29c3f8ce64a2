/*
 * Chunks of small areas, for who takes and gives places there (vm_small.c)
 * and who looks at all of them (vm_small_look.c).
 */
#ifndef MM_VM_SMALL_H
#define MM_VM_SMALL_H

#include <lib/bitmap.h>

#include "vmalloc_internal.h"

#define CHUNK_SIZE VMAP_TABLE_SIZE
#define CHUNK_PAGES (CHUNK_SIZE / PAGE_SIZE)
#define MAX_PLACES (CHUNK_PAGES / 2)

/*
 * Chunks are among the first so many of the vmalloc area: 16 GiB at most. They
 * are counted from where it may begin: a constant.
 */
#define CHUNKS_START VMALLOC_LOWEST
#define ALL_CHUNKS ((VMALLOC_END - CHUNKS_START) / CHUNK_SIZE)
#define NR_CHUNKS (ALL_CHUNKS < 8192 ? ALL_CHUNKS : 8192)

struct vm_chunk {
	struct list_head list;		/* chunks of its class with room */
	unsigned long start;		/* constant, as are the next three */
	unsigned int class;
	unsigned int place_pages;
	unsigned int nr_places;
	unsigned int nr_used;
	unsigned long used[BITS_TO_LONGS(MAX_PLACES)];
	struct vm_struct *areas[];	/* NULL: free */
};

extern struct vm_chunk *vm_chunks[NR_CHUNKS];	/* vmap_lock */

static inline struct vm_chunk **chunk_slot(unsigned long addr)
{
	unsigned long nr = (addr - CHUNKS_START) / CHUNK_SIZE;

	return nr < NR_CHUNKS ? &vm_chunks[nr] : NULL;
}

static inline unsigned long place_of(const struct vm_chunk *chunk,
				     unsigned long addr)
{
	return (addr - chunk->start) / PAGE_SIZE / chunk->place_pages;
}

#endif

/* What per-CPU memory is kept in: for mm/percpu.c, and for its tests. */
#ifndef MM_PERCPU_INTERNAL_H
#define MM_PERCPU_INTERNAL_H

#include <lib/bitmap.h>
#include <lib/list.h>
#include <mm/percpu.h>

#define PCPU_GRANULE 16UL
#define PCPU_UNIT_MAX (64 * 1024UL)
#define PCPU_MAX_GRANULES (PCPU_UNIT_MAX / PCPU_GRANULE)

struct pcpu_chunk {
	struct list_head list;		/* percpu_lock */
	unsigned long base;		/* of CPU 0's unit; constant */
	unsigned long used;		/* granules; percpu_lock */
	unsigned long most;		/* no free run is longer; percpu_lock */
	unsigned long taken[BITS_TO_LONGS(PCPU_MAX_GRANULES)];
	unsigned long begins[BITS_TO_LONGS(PCPU_MAX_GRANULES)];
};

extern struct list_head pcpu_chunks;	/* percpu_lock; the first first */

#endif

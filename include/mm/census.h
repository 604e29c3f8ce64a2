/*
 * Census of page frames: each frame of RAM has exactly one owner, and the sum
 * of all owners is RAM.
 *
 *	ram == free + per-CPU free + slab + large kmalloc + guarded + guards
 *	       + vmalloc + page tables + memmap + kernel + init + boot data
 *	       + early tables + reserved + allocated
 *
 * A frame with two owners, or none, is named. Cost: one step per block.
 */
#ifndef MM_CENSUS_H
#define MM_CENSUS_H

#include <lib/types.h>
#include <mm/early.h>
#include <mm/mmzone.h>

enum census_owner {
	CENSUS_FREE,
	CENSUS_PCP,		/* free, in a CPU's arrays */
	CENSUS_SLAB,
	CENSUS_LARGE_KMALLOC,
	CENSUS_GUARDED,		/* pages of guarded objects in use */
	CENSUS_GUARD,		/* all else of their pool */
	CENSUS_VMALLOC,
	CENSUS_PAGETABLE,
	CENSUS_MEMMAP,
	CENSUS_KERNEL,
	CENSUS_INIT,
	CENSUS_BOOT,
	CENSUS_PERCPU,
	CENSUS_PAGE_OWNER,
	CENSUS_EARLY,
	CENSUS_RESERVED,
	CENSUS_ALLOCATED,
	NR_CENSUS_OWNERS
};

struct census {
	unsigned long ram;			/* frames memblock calls RAM */
	unsigned long pages[NR_CENSUS_OWNERS];
	unsigned long zone_pages[MAX_NR_ZONES][NR_CENSUS_OWNERS];
	/* blocks, deferred ones included, per node and zone and order */
	unsigned long free[MAX_NUMNODES][MAX_NR_ZONES][NR_PAGE_ORDERS];
	unsigned long untouched;		/* frames: free, deferred */
	unsigned long in_arrays;		/* frames, by the arrays */
	unsigned long lost;			/* frames without an owner */
	unsigned long double_owned;
	unsigned long first_bad_pfn;
};

/* What census_walk() calls for each block that has an owner; interrupts off. */
typedef void (*census_visit)(struct page *head, enum census_owner owner,
			     unsigned long nr, void *arg);

/* Counts as things are. visit may be NULL; untouched memory is not visited. */
void census_walk(struct census *c, census_visit visit, void *arg);
/* Counts; empties caches of free objects and pages first. Thread context. */
void census_take(struct census *c);
/* NULL if c adds up, else the rule that is broken. */
const char *census_check(const struct census *c);
/*
 * Frames by which descriptors grew because memory was used for the first time;
 * it may be a negative number.
 */
unsigned long census_memmap_growth(const struct census *before,
				   const struct census *after);
/*
 * NULL if equal, else what differs with both numbers (static buffer). Memory
 * that was used for the first time may have become descriptors.
 */
const char *census_compare(const struct census *before,
			   const struct census *after);
void census_print(const struct census *c);
const char *census_owner_name(enum census_owner owner);

/*
 * For ktest_set_observer(): the census before and after every case is equal,
 * and every allocator's validation is clean. Lives with the suites.
 */
struct ktest_observer;
extern const struct ktest_observer census_observer;

#endif

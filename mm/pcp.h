/*
 * The arrays of free blocks in front of the zones, as mm/page_alloc.c's hot
 * paths and mm/pcp.c see them. Nothing outside mm/ and its tests includes
 * this.
 */
#ifndef MM_PCP_H
#define MM_PCP_H

#include <kernel/cpu_stack.h>
#include <mm/mmzone.h>

#include "internal.h"

/* One zone's arrays on one CPU; their slots follow. */
struct per_cpu_pages {
	struct cpu_stack stack[NR_PCP_ORDERS][MIGRATE_PCPTYPES];
};

/* Most blocks that one hold of a zone's lock brings. */
#define PCP_BATCH_MOST 32

/*
 * pcp_stack_of_gfp[]: per bits of a gfp that choose zone and migrate type, the
 * order 0 array of the zone asked first; those of other orders follow.
 */
#define PCP_NEXT_ORDER MIGRATE_PCPTYPES

/* Per zone_id, any u8; per-CPU pointers, never NULL. */
extern struct per_cpu_pages *pcp_of_zone_id[256];

/* Without room: what all zones have at first, and those too small later. */
DECLARE_PER_CPU(struct per_cpu_pages, boot_pageset);

/* Where such arrays, and parked ones, have their top and their end. */
extern void **const pcp_no_room;

static inline bool order_has_pcp(unsigned int order)
{
	return order <= PCP_MAX_ORDER;
}

/* Blocks that change between zone and array at a time. */
static inline unsigned int pcp_batch(unsigned int high)
{
	return high ? 1U << __fls((high + 2UL) / 2) : 0;
}

/* Is the descriptor still what it was when the block went into an array? */
static inline bool pcp_block_intact(const struct page *page,
				    unsigned int order)
{
	return page->type_order == PAGE_TYPE_ORDER(PAGE_PCP, order);
}

/* page_is_backed() for the usual frames, in line. False: ask it. */
static __always_inline bool page_surely_backed(const struct page *page)
{
	unsigned long offset = (unsigned long)page - (unsigned long)vmemmap;

	/* what should be 0 becomes the top of the number */
	if (VMEMMAP_READABLE && sizeof(*page) == 32)
		return (offset >> 5 | offset << (BITS_PER_LONG - 5)) < MAX_PFN;
	return likely(offset % sizeof(*page) == 0) &&
	       pfn_is_common(offset / sizeof(*page));
}

/* The array of the block's zone and pageblock. */
static __always_inline struct cpu_stack *pcp_stack(const struct page *page,
						   unsigned int order,
						   enum migratetype mt)
{
	return &pcp_of_zone_id[page->zone_id]->stack[order][mt];
}

/* Blocks the array has room for now: none while it is parked. */
static inline unsigned int pcp_room(const struct zone *zone,
				    const struct cpu_stack *s,
				    unsigned int order)
{
	return READ_ONCE(s->end) == pcp_no_room ? 0 : zone->pageset_high[order];
}

static inline void **pcp_first_slot(const struct zone *zone,
				    const struct cpu_stack *s,
				    unsigned int order)
{
	return READ_ONCE(s->end) - pcp_room(zone, s, order);
}

/* Blocks per array in a zone of so many pages. */
unsigned int pcp_high_for(unsigned long pages, unsigned int cpus,
			  unsigned int order);

/* Bytes of a CPU's arrays of such a zone; 0: it has none. */
unsigned long pageset_size(unsigned long pages, unsigned int cpus);

/* Points a CPU's stacks at their slots, empty. Who may: pcp_give_back(). */
void init_pageset(const struct zone *zone, struct per_cpu_pages *pcp);
/* An empty array gets no room until init_pageset(). Who may: the same. */
void pcp_park(struct cpu_stack *s);
/* Gives a CPU's blocks of all zones back; their pages. Who may: the same. */
unsigned long drain_cpu(unsigned int cpu);

extern unsigned int pcp_disabled;	/* mm/pcp_disable.c */

/* Are the arrays parked, or about to be? An answer for this moment. */
static inline bool pcp_is_disabled(void)
{
	return READ_ONCE(pcp_disabled) != 0;
}

/* Pops from the zone's array; for code that is not hot. NULL: none. */
struct page *pcp_pop(struct zone *zone, unsigned int order,
		     enum migratetype mt);
/* A block that is on no list, all its references gone, back to its zone. */
void free_unref_page(struct page *page, unsigned int order);
/* A PAGE_PCP block for which the array of its type, mt, has no room. */
void __slowpath pcp_free_full(struct page *page, unsigned int order,
			      enum migratetype mt);
/*
 * The n blocks at the bottom of an array go to the zone; their pages. On the
 * array's CPU with interrupts off, or when that has stopped.
 */
unsigned long pcp_give_back(struct zone *zone, struct cpu_stack *s,
			    unsigned int order, unsigned int n);
/*
 * A block of the zone, and a batch for the array; the zone keeps floor pages.
 * NULL: it has no block.
 */
struct page *pcp_refill(struct zone *zone, unsigned int order,
			enum migratetype mt, unsigned long floor);
/* mm/pcp_stock.c: zone locked, but for the last two. */
bool stock_wants(const struct zone *zone);
void stock_put(struct zone *zone, enum migratetype mt, void *const *pages,
	       unsigned int n);
unsigned int stock_take(struct zone *zone, enum migratetype mt,
			struct page **pages);
unsigned long stock_drain(struct zone *zone);
const char *stock_validate(struct zone *zone);
/* A page of the stock, and a batch for the array; NULL: it has none. */
struct page *pcp_refill_from_stock(struct zone *zone, enum migratetype mt);

/* Tells of a block in an array whose descriptor was written over. */
void report_damaged_pcp(const struct page *page, unsigned int order);

/* Blocks in an array: right when its CPU is not at work on it. */
unsigned int pcp_count(const struct zone *zone, unsigned int cpu,
		       enum migratetype mt, unsigned int order);
/* Pages in a CPU's arrays of a zone / in all arrays and stocks there are. */
unsigned long zone_pcp_pages(const struct zone *zone, unsigned int cpu);
unsigned long nr_pcp_pages(void);
/* First broken rule of this CPU's arrays as text, or NULL. */
const char *pcp_validate(void);

#endif

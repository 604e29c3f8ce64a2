/*
 * What the files of dma_pool share: dmapool.c (pools, units, blocks),
 * dmapool_check.c (the rules).
 */
#ifndef MM_DMAPOOL_INTERNAL_H
#define MM_DMAPOOL_INTERNAL_H

#include <kernel/spinlock.h>
#include <mm/dmapool.h>

#include "slab_internal.h"

#ifdef CONFIG_DEBUG
static const bool dma_poisoned = true;
#else
static const bool dma_poisoned;
#endif

/* Linux's values. */
#define POOL_POISON_FREED 0xa7
#define POOL_POISON_ALLOCATED 0xa9

#define POOL_NAME_SIZE 32

/* Field locks: (b) set at creation, constant later; (l) lock. */
struct dma_pool {
	spinlock_t lock;
	struct list_head avail, full;	/* (l) units */
	unsigned int nr_busy;		/* (l) blocks */
	size_t size;			/* (b) of a block */
	size_t boundary;		/* (b) of a stretch; divides a unit */
	unsigned int per_stretch;	/* (b) blocks */
	unsigned int nr_blocks;		/* (b) in a unit */
	unsigned int order;		/* (b) of a unit */
	char name[POOL_NAME_SIZE];	/* (b) */
};

struct dma_unit {
	struct list_head entry;		/* (l) pool's avail or full */
	struct page *page;		/* (b) */
	unsigned int nr_busy;		/* (l) */
	unsigned long busy[];		/* (l) a bit per block */
};

/* Where things are */

static inline size_t dma_unit_size(const struct dma_pool *pool)
{
	return PAGE_SIZE << pool->order;
}

static inline u8 *dma_unit_start(const struct dma_unit *unit)
{
	return lowmem_page_address(unit->page);
}

static inline size_t dma_block_offset(const struct dma_pool *pool,
				      unsigned int nr)
{
	return nr / pool->per_stretch * pool->boundary +
	       nr % pool->per_stretch * pool->size;
}

static inline u8 *dma_block_start(const struct dma_pool *pool,
				  const struct dma_unit *unit, unsigned int nr)
{
	return dma_unit_start(unit) + dma_block_offset(pool, nr);
}

/* The unit p lies in, whatever p is; NULL if it is not of this pool. */
static inline struct dma_unit *dma_unit_of(const struct dma_pool *pool,
					   const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	const struct page *head;

	if (!in_direct_map(p))
		return NULL;
	head = pfn_to_page(ALIGN_DOWN(pfn, 1UL << pool->order));
	if (head->type != PAGE_ALLOC ||
	    head->lru.prev != (const struct list_head *)pool)
		return NULL;
	return (struct dma_unit *)head->lru.next;
}

#endif

/*
 * The rules of a dma_pool, as code: what dmapool.c says of units and their
 * bits, read back from what is there. Lock: pool->lock, all the while.
 */
#include <lib/bitmap.h>
#include <lib/string.h>

#include "dmapool_internal.h"

static const char *check_free_blocks(const struct dma_pool *pool,
				     const struct dma_unit *unit)
{
	unsigned int nr;

	for (nr = 0; dma_poisoned && nr < pool->nr_blocks; nr++)
		if (!test_bit(nr, unit->busy) &&
		    memchr_inv(dma_block_start(pool, unit, nr),
			       POOL_POISON_FREED, pool->size))
			return "dma_pool: free block written to";
	return NULL;
}

static const char *check_unit(const struct dma_pool *pool,
			      const struct dma_unit *unit, bool full)
{
	if (dma_unit_of(pool, dma_unit_start(unit)) != unit)
		return "dma_pool: page does not know its unit";
	if (bitmap_weight(unit->busy, pool->nr_blocks) != unit->nr_busy)
		return "dma_pool: wrong number of busy blocks in a unit";
	if (full != (unit->nr_busy == pool->nr_blocks))
		return "dma_pool: unit in the wrong list";
	return check_free_blocks(pool, unit);
}

static const char *check_units(const struct dma_pool *pool, bool full,
			       unsigned int *nr_busy)
{
	const struct list_head *units = full ? &pool->full : &pool->avail;
	const char *broken = NULL;
	const struct dma_unit *unit;

	list_for_each_entry(unit, units, entry) {
		broken = check_unit(pool, unit, full);
		if (broken)
			break;
		*nr_busy += unit->nr_busy;
	}
	return broken;
}

const char *dma_pool_validate(struct dma_pool *pool)
{
	unsigned int nr_busy = 0;
	unsigned long flags;
	const char *broken;

	spin_lock_irqsave(&pool->lock, flags);
	broken = check_units(pool, false, &nr_busy);
	if (!broken)
		broken = check_units(pool, true, &nr_busy);
	if (!broken && nr_busy != pool->nr_busy)
		broken = "dma_pool: wrong number of busy blocks";
	spin_unlock_irqrestore(&pool->lock, flags);
	return broken;
}

/*
 * dma_pool: small blocks for devices.
 *
 * The problem: a device takes its orders from small structures in memory, and
 * is particular about them: 32 address lines, an alignment, and no structure
 * across, say, a 4 KiB line, for it counts with that many bits. A page for
 * each would waste most of it, and kmalloc promises none of this.
 *
 *  1. Memory comes in units of whole pages from ZONE_DMA32. A unit is aligned
 *     to its size, so what is true of offsets in it is true of addresses.
 *  2. A unit is cut into stretches of boundary bytes, each stretch into blocks;
 *     what is left of a stretch stays unused.
 *  3. Which blocks are in use is a bit map beside the unit, not a list in the
 *     free blocks: a device that writes too late spoils no list of ours.
 *
 *	boundary 2048, size 600, one unit:
 *	0     600   1200  1800 2048  2648  3248  3848 4096
 *	|  0  |  1  |  2  |....|  3  |  4  |  5  |....|
 *	busy: 1 0 1 0 0 0
 *
 *  4. Allocation takes the first free block of the first unit that has one;
 *     without such a unit the pool gets one more.
 *  5. A free finds unit and number by the address: the head page of a unit
 *     holds, in the two words that are its owner's, the pool and the unit.
 *  6. Units stay until the pool is destroyed, as in Linux: drivers need as
 *     much again, and may not be able to wait for it.
 *
 * In debug builds a free block is filled with a pattern, which is looked at
 * when it is handed out: that shows what is written too late.
 *
 * Locks: pool->lock for lists, bits and counts; pages are asked for and given
 * back without it.
 * Invariants: a unit is in avail exactly if a bit of it is clear; nr_busy is
 * the number of bits set.
 * Cost: the search for a clear bit. Left out: caches that need flushing (on
 * this machine devices see what the CPU wrote), pools tied to a device's life.
 */
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/init_on.h>
#include <mm/slab.h>

#include "dmapool_internal.h"
#include "internal.h"

/* Number of the block that begins at offset; nr_blocks if none does. */
static unsigned int block_at(const struct dma_pool *pool, size_t offset)
{
	size_t within = offset % pool->boundary;

	if (within % pool->size || within / pool->size >= pool->per_stretch)
		return pool->nr_blocks;
	return (unsigned int)(offset / pool->boundary * pool->per_stretch +
			      within / pool->size);
}

static void own_page(struct page *page, const struct dma_pool *pool,
		     const struct dma_unit *unit)
{
	page->lru.prev = (struct list_head *)pool;
	page->lru.next = (struct list_head *)unit;
}

/* Patterns */

/* Where there are none, init_on_free= may ask for zeroes. */
static void poison(const struct dma_pool *pool, void *block, int pattern)
{
	if (dma_poisoned)
		memset(block, pattern, pool->size);
	else if (pattern == POOL_POISON_FREED && want_init_on_free())
		memset(block, 0, pool->size);
}

static void check_poison(const struct dma_pool *pool, const u8 *block)
{
	const u8 *found = dma_poisoned ?
				  memchr_inv(block, POOL_POISON_FREED,
					     pool->size) : NULL;

	if (!found)
		return;
	report_begin("dma_pool: written to while free",
		     "pool %s, block %px, byte %zu is %02x", pool->name, block,
		     (size_t)(found - block), *found);
	report_end();
}

/* Units */

static struct dma_unit *make_unit(struct dma_pool *pool, gfp_t gfp)
{
	size_t map = BITS_TO_LONGS(pool->nr_blocks) * sizeof(unsigned long);
	gfp_t zone = gfp & __GFP_DMA ? __GFP_DMA : __GFP_DMA32;
	struct dma_unit *unit;

	gfp &= ~(GFP_ZONEMASK | __GFP_ZERO | __GFP_COMP);
	unit = kzalloc(sizeof(*unit) + map, gfp);
	if (!unit)
		return NULL;
	unit->page = alloc_pages(gfp | zone, pool->order);
	if (!unit->page) {
		kfree(unit);
		return NULL;
	}
	own_page(unit->page, pool, unit);
	if (dma_poisoned)
		memset(dma_unit_start(unit), POOL_POISON_FREED,
		       dma_unit_size(pool));
	return unit;
}

/* One with blocks in use keeps its pages: nobody gets them again. */
static void end_unit(struct dma_pool *pool, struct dma_unit *unit)
{
	own_page(unit->page, NULL, NULL);
	if (!unit->nr_busy)
		__free_pages(unit->page, pool->order);
	kfree(unit);
}

static void end_units(struct dma_pool *pool, struct list_head *units)
{
	struct dma_unit *unit, *next;

	list_for_each_entry_safe(unit, next, units, entry)
		end_unit(pool, unit);
}

/* Allocation and free */

/* Of a unit that has one. Lock held. */
static void *take_block(struct dma_pool *pool, struct dma_unit *unit)
{
	unsigned int nr = (unsigned int)find_next_zero_bit(unit->busy,
							   pool->nr_blocks, 0);

	__set_bit(nr, unit->busy);
	pool->nr_busy++;
	if (++unit->nr_busy == pool->nr_blocks)
		list_move(&unit->entry, &pool->full);
	return dma_block_start(pool, unit, nr);
}

static void *take_available(struct dma_pool *pool)
{
	struct dma_unit *unit;
	unsigned long flags;
	void *block = NULL;

	spin_lock_irqsave(&pool->lock, flags);
	unit = list_first_entry_or_null(&pool->avail, struct dma_unit, entry);
	if (unit)
		block = take_block(pool, unit);
	spin_unlock_irqrestore(&pool->lock, flags);
	return block;
}

static void *take_from_new(struct dma_pool *pool, gfp_t gfp)
{
	struct dma_unit *unit = make_unit(pool, gfp);
	unsigned long flags;
	void *block;

	if (!unit)
		return NULL;
	spin_lock_irqsave(&pool->lock, flags);
	list_add(&unit->entry, &pool->avail);
	block = take_block(pool, unit);
	spin_unlock_irqrestore(&pool->lock, flags);
	return block;
}

void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle)
{
	void *block;

	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	block = take_available(pool);
	if (!block)
		block = take_from_new(pool, gfp);
	if (!block)
		return NULL;
	*handle = __pa(block);
	check_poison(pool, block);
	poison(pool, block, POOL_POISON_ALLOCATED);
	return want_init_on_alloc(gfp) ? memset(block, 0, pool->size) : block;
}

void *dma_pool_zalloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle)
{
	return dma_pool_alloc(pool, gfp | __GFP_ZERO, handle);
}

/* Lock held. Why the block cannot be freed, or NULL: then it is. */
static const char *put_block(struct dma_pool *pool, void *vaddr, dma_addr_t dma)
{
	struct dma_unit *unit = dma_unit_of(pool, vaddr);
	unsigned int nr;

	if (!unit)
		return "dma_pool: not a block of this pool";
	nr = block_at(pool, (size_t)((u8 *)vaddr - dma_unit_start(unit)));
	if (nr >= pool->nr_blocks)
		return "dma_pool: inside a block";
	if (!test_bit(nr, unit->busy))
		return "dma_pool: block freed twice";
	if (dma != __pa(vaddr))
		return "dma_pool: wrong dma address";
	poison(pool, vaddr, POOL_POISON_FREED);
	__clear_bit(nr, unit->busy);
	pool->nr_busy--;
	if (unit->nr_busy-- == pool->nr_blocks)
		list_move(&unit->entry, &pool->avail);
	return NULL;
}

void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t dma)
{
	const char *fault;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	fault = put_block(pool, vaddr, dma);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (!fault)
		return;
	report_begin(fault, "pool %s, block %px, dma %#llx", pool->name, vaddr,
		     dma);
	report_end();
}

/* Pools */

/* What follows from size, align and boundary. False: cannot be met. */
static bool lay_out(struct dma_pool *pool, size_t size, size_t align,
		    size_t boundary)
{
	size_t most = PAGE_SIZE << MAX_PAGE_ORDER;

	align = align ? align : 1;
	if (!size || size > most || align > most || !is_power_of_2(align))
		return false;
	pool->size = ALIGN(size, align);
	if (boundary && (boundary < pool->size || !is_power_of_2(boundary)))
		return false;
	while (dma_unit_size(pool) < pool->size)
		pool->order++;
	/* a unit is aligned to its size: no larger boundary is within one */
	pool->boundary = boundary ? min(boundary, dma_unit_size(pool)) :
				    dma_unit_size(pool);
	pool->per_stretch = (unsigned int)(pool->boundary / pool->size);
	pool->nr_blocks = (unsigned int)(dma_unit_size(pool) / pool->boundary) *
			  pool->per_stretch;
	return true;
}

struct dma_pool *dma_pool_create(const char *name, struct device *dev,
				 size_t size, size_t align, size_t boundary)
{
	struct dma_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	if (!lay_out(pool, size, align, boundary)) {
		kfree(pool);
		return NULL;
	}
	spin_lock_init(&pool->lock, RANK_DMA_POOL);
	INIT_LIST_HEAD(&pool->avail);
	INIT_LIST_HEAD(&pool->full);
	ksnprintf(pool->name, sizeof(pool->name), "%s", name);
	return pool;
}

void dma_pool_destroy(struct dma_pool *pool)
{
	if (!pool)
		return;
	might_sleep();
	if (pool->nr_busy) {
		report_begin("dma_pool: destroyed with busy blocks",
			     "pool %s, %u blocks", pool->name, pool->nr_busy);
		report_end();
	}
	end_units(pool, &pool->avail);
	end_units(pool, &pool->full);
	kfree(pool);
}

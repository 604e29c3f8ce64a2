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
#include <kernel/spinlock.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/dmapool.h>
#include <mm/init_on.h>
#include <mm/slab.h>

#include "internal.h"
#include "slab_internal.h"

#ifdef CONFIG_DEBUG
static const bool poisoned = true;
#else
static const bool poisoned;
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
	struct device *dev;		/* (b) */
	char name[POOL_NAME_SIZE];	/* (b) */
};

struct dma_unit {
	struct list_head entry;		/* (l) pool's avail or full */
	struct page *page;		/* (b) */
	unsigned int nr_busy;		/* (l) */
	unsigned long busy[];		/* (l) a bit per block */
};

/* Where things are */

static size_t unit_size(const struct dma_pool *pool)
{
	return PAGE_SIZE << pool->order;
}

static u8 *unit_start(const struct dma_unit *unit)
{
	return lowmem_page_address(unit->page);
}

static size_t block_offset(const struct dma_pool *pool, unsigned int nr)
{
	return nr / pool->per_stretch * pool->boundary +
	       nr % pool->per_stretch * pool->size;
}

static u8 *block_start(const struct dma_pool *pool, const struct dma_unit *unit,
		       unsigned int nr)
{
	return unit_start(unit) + block_offset(pool, nr);
}

/* Number of the block that begins at offset; nr_blocks if none does. */
static unsigned int block_at(const struct dma_pool *pool, size_t offset)
{
	size_t within = offset % pool->boundary;

	if (within % pool->size || within / pool->size >= pool->per_stretch)
		return pool->nr_blocks;
	return (unsigned int)(offset / pool->boundary * pool->per_stretch +
			      within / pool->size);
}

/* The unit p lies in, whatever p is; NULL if it is not of this pool. */
static struct dma_unit *unit_of(const struct dma_pool *pool, const void *p)
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
	if (poisoned)
		memset(block, pattern, pool->size);
	else if (pattern == POOL_POISON_FREED && want_init_on_free())
		memset(block, 0, pool->size);
}

static void check_poison(const struct dma_pool *pool, const u8 *block)
{
	const u8 *found = poisoned ? memchr_inv(block, POOL_POISON_FREED,
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
	if (poisoned)
		memset(unit_start(unit), POOL_POISON_FREED, unit_size(pool));
	return unit;
}

/* One with blocks in use keeps its pages: nobody gets them again. */
static void end_unit(struct dma_pool *pool, struct dma_unit *unit)
{
	list_del(&unit->entry);
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
	return block_start(pool, unit, nr);
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
	struct dma_unit *unit = unit_of(pool, vaddr);
	unsigned int nr;

	if (!unit)
		return "dma_pool: not a block of this pool";
	nr = block_at(pool, (size_t)((u8 *)vaddr - unit_start(unit)));
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
	while (pool->order <= MAX_PAGE_ORDER && unit_size(pool) < pool->size)
		pool->order++;
	if (pool->order > MAX_PAGE_ORDER ||
	    (boundary && (boundary < pool->size || !is_power_of_2(boundary))))
		return false;
	/* a unit is aligned to its size: no larger boundary is within one */
	pool->boundary = boundary ? min(boundary, unit_size(pool)) :
				    unit_size(pool);
	pool->per_stretch = (unsigned int)(pool->boundary / pool->size);
	pool->nr_blocks = (unsigned int)(unit_size(pool) / pool->boundary) *
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
	pool->dev = dev;
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

/* Rules */

static const char *check_free_blocks(const struct dma_pool *pool,
				     const struct dma_unit *unit)
{
	unsigned int nr;

	for (nr = 0; poisoned && nr < pool->nr_blocks; nr++)
		if (!test_bit(nr, unit->busy) &&
		    memchr_inv(block_start(pool, unit, nr), POOL_POISON_FREED,
			       pool->size))
			return "dma_pool: free block written to";
	return NULL;
}

static const char *check_unit(const struct dma_pool *pool,
			      const struct dma_unit *unit, bool full)
{
	if (unit_of(pool, unit_start(unit)) != unit)
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

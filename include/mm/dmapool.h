/*
 * Small blocks of memory that a device reads and writes. Counterpart:
 * linux/dmapool.h (6.12).
 *
 * dma_pool_alloc() and dma_pool_free() are legal in interrupt context if the
 * gfp cannot sleep; create and destroy are for threads and may sleep.
 *
 * There is no translation between memory and devices here: a dma_addr_t is the
 * physical address. All blocks lie below 4 GiB (ZONE_DMA32), where a device
 * with 32 address lines reaches them; with __GFP_DMA below 16 MiB.
 */
#ifndef MM_DMAPOOL_H
#define MM_DMAPOOL_H

#include <mm/gfp.h>

struct device;
struct dma_pool;

/*
 * Blocks of size bytes, rounded up to align, a power of two (0: 1); at such
 * addresses that none crosses a multiple of boundary, a power of two not below
 * size (0: no such limit). name is copied; dev, there for Linux's sake, is not
 * looked at. NULL: no memory, arguments that cannot be met, or a block would be
 * above 2^MAX_PAGE_ORDER pages.
 */
struct dma_pool *dma_pool_create(const char *name, struct device *dev,
				 size_t size, size_t align, size_t boundary);

/*
 * The device has stopped, all blocks are free. If some are not it is reported,
 * and their pages are left alone for ever: the device may still be writing.
 * The pool is gone all the same. NULL is fine.
 */
void dma_pool_destroy(struct dma_pool *pool);

/*
 * A block, and in *handle what the device is told. NULL: no memory. Clear with
 * __GFP_ZERO or init_on_alloc=1.
 */
void *dma_pool_alloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle);
void *dma_pool_zalloc(struct dma_pool *pool, gfp_t gfp, dma_addr_t *handle);

/*
 * What dma_pool_alloc() gave, both addresses. A block that is not this pool's,
 * is free, or has another dma is reported and left alone.
 */
void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t dma);

/* First broken rule as text, or NULL. */
const char *dma_pool_validate(struct dma_pool *pool);

#endif

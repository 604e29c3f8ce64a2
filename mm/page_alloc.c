/*
 * The page allocator's front: from a gfp to a block, and back.
 *
 * 1. The gfp chooses a list of zones (mm/zonelist.c), a migrate type, and how
 *    far below the watermarks it may go (mm/watermark.c).
 * 2. First walk: the first zone above its low watermark that has a block
 *    gives it. Second walk: the same against min, with the reserves the gfp
 *    is entitled to. With __GFP_MEMALLOC: no watermark at all.
 * 3. The block is the caller's: PAGE_ALLOC, one reference, the caller's
 *    address in page->private (the census says who holds what).
 * 4. A free checks the page (mm/page_check.c), drops a reference, and with
 *    the last one gives the block to the zone it came from.
 *
 *	alloc_pages(gfp, order)
 *	  zonelist:  Normal ----> DMA32 ----> DMA	low? min? reserve?
 *	                |  zone->lock
 *	             __rmqueue(zone, order, type)	mm/buddy.c
 *
 * __GFP_NOFAIL: the one thing that could produce memory while we wait is an
 * interrupt handler that frees some; there is no reclaim and no other thread.
 * So the request takes from all reserves, and if even these have nothing it
 * can never be met: that is a panic, not a wait without end.
 *
 * Locks: zone->lock, around the zone's work alone; interrupts are off only
 * there. Per-CPU lists belong between the walk and rmqueue(), and in front of
 * free_checked_block().
 * Invariant: PAGE_ALLOC heads have _refcount >= 1.
 */
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <mm/highmem.h>

#include "internal.h"

/* Is the block compound? Its head looks like any other; its tails tell. */
static bool block_is_compound(const struct page *page, unsigned int order)
{
	return order && page[1].type == PAGE_TAIL &&
	       page[1].compound_head == page;
}

static void prep_compound(struct page *head, unsigned int order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++) {
		WRITE_ONCE(head[i].type, PAGE_TAIL);
		head[i].zone_id = head->zone_id;
		head[i].compound_head = head;
	}
}

void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned long caller)
{
	WRITE_ONCE(page->type, PAGE_ALLOC);
	page->order = (u8)order;
	page->_refcount = 1;
	page->private = caller;
	if (order && (gfp & __GFP_COMP))
		prep_compound(page, order);
	if (gfp & __GFP_ZERO)
		clear_pages(page, order);
}

static struct page *rmqueue(struct zone *zone, unsigned int order,
			    enum migratetype mt)
{
	struct page *page;
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	page = __rmqueue(zone, order, mt);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static bool zone_allowed(const struct zone *zone, unsigned int order,
			 unsigned int alloc_flags, enum zone_type highest)
{
	unsigned long mark;

	if (alloc_flags & ALLOC_NO_WATERMARKS)
		return true;
	mark = zone->_watermark[alloc_flags & ALLOC_WMARK_MASK];
	return zone_watermark_ok(zone, order, mark, highest, alloc_flags);
}

static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order,
					   int nid, unsigned int alloc_flags)
{
	struct zone *const *z = node_zonelist(nid, gfp)->zones;
	enum zone_type highest = gfp_zone(gfp);

	for (; *z; z++) {
		struct page *page;

		if (!zone_allowed(*z, order, alloc_flags, highest))
			continue;
		page = rmqueue(*z, order, gfp_migratetype(gfp));
		if (page)
			return page;
	}
	return NULL;
}

/* The low watermark did not hold: what else the gfp may do. */
static noinline struct page *alloc_slowpath(gfp_t gfp, unsigned int order,
					    int nid, unsigned long caller)
{
	struct page *page;

	page = get_page_from_freelist(gfp, order, nid, gfp_to_alloc_flags(gfp));
	if (page || !(gfp & __GFP_NOFAIL))
		goto out;
	WARN_ON_ONCE(order > 1 || !gfpflags_allow_blocking(gfp));
	page = get_page_from_freelist(gfp, order, nid, ALLOC_NO_WATERMARKS);
	if (!page)
		panic("__GFP_NOFAIL: no block of order %u left for %pS", order,
		      (void *)caller);
out:
	if (!page)
		warn_alloc_failed(gfp, order, caller);
	return page;
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid,
			   unsigned long caller)
{
	struct page *page;

	if (unlikely(order > MAX_PAGE_ORDER)) {
		warn_alloc_failed(gfp, order, caller);
		return NULL;
	}
	page = get_page_from_freelist(gfp, order, nid, WMARK_LOW);
	if (unlikely(!page))
		page = alloc_slowpath(gfp, order, nid, caller);
	if (likely(page))
		prep_new_page(page, order, gfp, caller);
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, NUMA_NO_NODE, _RET_IP_);
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order)
{
	return __alloc_pages(gfp, order, nid, _RET_IP_);
}

static void undo_compound(struct page *head, unsigned int order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++)
		WRITE_ONCE(head[i].type, PAGE_NONE);
}

/* One block, or its halves where its pageblocks differ in type. */
static void free_to_zone(struct zone *zone, struct page *page,
			 unsigned int order)
{
	enum migratetype mt = get_pageblock_migratetype(page);

	if (order > pageblock_order) {
		struct page *upper = page + (1UL << (order - 1));

		if (get_pageblock_migratetype(upper) != mt) {
			page->type = PAGE_NONE;
			free_to_zone(zone, upper, order - 1);
			order--;
		}
	}
	__free_one_page(zone, page, order, mt);
}

void free_checked_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	if (unlikely(block_is_compound(page, order)))
		undo_compound(page, order);
	spin_lock_irqsave(&zone->lock, flags);
	free_to_zone(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void drop_page_ref(struct page *page, unsigned int order)
{
	if (__atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_ACQ_REL) == 0)
		free_checked_block(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (likely(page_free_ok(page, order, _RET_IP_)))
		drop_page_ref(page, order);
}

/* The head of a compound block for its tails, the page itself otherwise. */
static struct page *compound_or_self(struct page *page)
{
	return page_is_backed(page) && page->type == PAGE_TAIL ?
	       page->compound_head : page;
}

void get_page(struct page *page)
{
	page = compound_or_self(page);
	if (page_ref_ok(page, "get_page", _RET_IP_))
		__atomic_fetch_add(&page->_refcount, 1, __ATOMIC_RELAXED);
}

void put_page(struct page *page)
{
	page = compound_or_self(page);
	if (page_ref_ok(page, "put_page", _RET_IP_))
		drop_page_ref(page, page->order);
}

/* Memory by address: it must be in the direct map. */
static unsigned long get_free_pages(gfp_t gfp, unsigned int order,
				    unsigned long caller)
{
	struct page *page;

	page = __alloc_pages(gfp & ~__GFP_HIGHMEM, order, NUMA_NO_NODE, caller);
	return page ? (unsigned long)lowmem_page_address(page) : 0;
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	return get_free_pages(gfp, order, _RET_IP_);
}

unsigned long get_zeroed_page(gfp_t gfp)
{
	return get_free_pages(gfp | __GFP_ZERO, 0, _RET_IP_);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr && address_free_ok(addr, order, _RET_IP_))
		drop_page_ref(virt_to_page(addr), order);
}

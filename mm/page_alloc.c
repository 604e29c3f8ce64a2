/*
 * The page allocator's front: from a gfp to a block, and back.
 *
 * 1. Most requests end here: the CPU's own array of the zone and type that the
 *    gfp asks first (mm/pcp.c) has a block. A pop, no lock, no watermark.
 * 2. Otherwise the gfp chooses a list of zones (mm/zonelist.c), a migrate
 *    type, and how far below the watermarks it may go (mm/watermark.c).
 * 3. First walk: the first zone above its low watermark that has a block gives
 *    it, and brings some for the array. Second walk: the same against min,
 *    with the reserves the gfp is entitled to, one block and no more. With
 *    __GFP_MEMALLOC: no watermark at all.
 * 4. Nothing: what the CPUs keep at hand goes back to the zones, this CPU's
 *    first; then, if the gfp may sleep, the layers above give what they can
 *    do without (reclaim_hook) and everybody's arrays are emptied. Each time
 *    there is one more walk.
 * 5. The block is the caller's: PAGE_ALLOC, one reference, the caller's
 *    address in page->private (the census says who holds what).
 * 6. A free checks the page (mm/page_check.c), drops a reference, and with
 *    the last one pushes the block into the CPU's array of its zone.
 *
 *	alloc_pages(gfp, order)                    __free_pages(page, order)
 *	  |  pop                                     push  |
 *	  +------------ this CPU's arrays -----------------+
 *	  | empty:           batches                       | full:
 *	  zonelist:  Normal ----> DMA32 ----> DMA          |
 *	       low? min? reserve?  |  zone->lock           |
 *	              __rmqueue(zone, order, type) __free_one_page()
 *
 * The common case is written down once more, inline and without a call, in
 * alloc_pages() and __free_pages(); whatever is out of the ordinary goes to
 * the functions that ask all questions. To have the only reference means that
 * nobody else can take or drop one: it needs no atomic instruction to go.
 *
 * __GFP_NOFAIL: the one thing that could produce memory while we wait is
 * somebody else who frees some; there is no reclaim. So the request takes
 * from all reserves, and if even these have nothing it can never be met: that
 * is a panic, not a wait without end.
 *
 * Locks: zone->lock, around the zone's work alone; interrupts are off only
 * there.
 * Invariant: PAGE_ALLOC heads have _refcount >= 1.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <lib/kernel.h>
#include <mm/fault_inject.h>
#include <mm/highmem.h>
#include <mm/kasan.h>

#include "page_debug.h"
#include "pcp.h"

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
	kasan_unpoison_pages(page, order);
}

void hand_out_block(struct page *page, unsigned int order, gfp_t gfp,
		    unsigned long caller)
{
	prep_new_page(page, order, gfp, caller);
	if (unlikely(page_debug))
		post_alloc_hook(page, order, gfp, caller);
	else if (gfp & __GFP_ZERO)
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

/* Above the low watermark the array is used, and filled. */
static struct page *rmqueue_pcplist(struct zone *zone, gfp_t gfp,
				    unsigned int order, enum zone_type highest)
{
	enum migratetype mt = gfp_migratetype(gfp);
	struct page *page = pcp_pop(zone, order, mt);

	if (page)
		return page;
	return pcp_refill(zone, order, mt,
			  zone_watermark_floor(zone, low_wmark_pages(zone),
					       highest, WMARK_LOW));
}

static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order,
					   int nid, unsigned int alloc_flags)
{
	struct zone *const *z = node_zonelist(nid, gfp)->zones;
	bool pcp = order_has_pcp(order) && alloc_flags == WMARK_LOW;
	enum zone_type highest = gfp_zone(gfp);

	for (; *z; z++) {
		struct page *page;

		if (!zone_allowed(*z, order, alloc_flags, highest))
			continue;
		page = pcp ? rmqueue_pcplist(*z, gfp, order, highest) :
			     rmqueue(*z, order, gfp_migratetype(gfp));
		if (page)
			return page;
	}
	return NULL;
}

void (*reclaim_hook)(void) __ro_after_init;

/* All that is at hand is used before a request fails. */
static struct page *alloc_after_drain(gfp_t gfp, unsigned int order, int nid,
				      unsigned int alloc_flags)
{
	struct page *page = NULL;

	if (drain_local_pages())
		page = get_page_from_freelist(gfp, order, nid, alloc_flags);
	if (page || !gfpflags_allow_blocking(gfp) || in_atomic())
		return page;
	if (reclaim_hook)
		reclaim_hook();
	drain_all_pages();
	return get_page_from_freelist(gfp, order, nid, alloc_flags);
}

/* The low watermark did not hold: what else the gfp may do. */
static noinline struct page *alloc_slowpath(gfp_t gfp, unsigned int order,
					    int nid, unsigned long caller)
{
	unsigned int alloc_flags = gfp_to_alloc_flags(gfp);
	struct page *page;

	page = get_page_from_freelist(gfp, order, nid, alloc_flags);
	if (!page)
		page = alloc_after_drain(gfp, order, nid, alloc_flags);
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

/* The zone asked first gives what is at hand of it, whatever its marks. */
static struct page *alloc_at_hand(gfp_t gfp, unsigned int order, int nid)
{
	struct zone *zone = node_zonelist(nid, gfp)->zones[0];
	struct page *page;

	if (!zone || !order_has_pcp(order))
		return NULL;
	page = pcp_pop(zone, order, gfp_migratetype(gfp));
	return page || order ? page :
	       pcp_refill_from_stock(zone, gfp_migratetype(gfp));
}

struct page * __slowpath __alloc_pages(gfp_t gfp, unsigned int order, int nid,
				       unsigned long caller)
{
	struct page *page;

	if (unlikely(order > MAX_PAGE_ORDER)) {
		warn_alloc_failed(gfp, order, caller);
		return NULL;
	}
	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	if (unlikely(should_fail_alloc_page(gfp, order)))
		return NULL;
	page = alloc_at_hand(gfp, order, nid);
	if (!page)
		page = get_page_from_freelist(gfp, order, nid, WMARK_LOW);
	if (unlikely(!page))
		page = alloc_slowpath(gfp, order, nid, caller);
	if (likely(page))
		hand_out_block(page, order, gfp, caller);
	return page;
}

static noinline struct page *alloc_beside_damaged(struct page *page, gfp_t gfp,
						  unsigned int order,
						  unsigned long caller)
{
	report_damaged_pcp(page, order);
	return __alloc_pages(gfp, order, NUMA_NO_NODE, caller);
}

/* What prep_new_page() would write is there already, but for two fields. */
struct page * __restartable (alloc_pages)(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(!order_has_pcp(order) || (gfp & GFP_NOT_AT_HAND)))
		goto slow;
	page = cpu_stack_pop(pcp_stack_of_gfp[gfp & GFP_STACK_MASK] +
			     order * PCP_NEXT_ORDER);
	if (unlikely(!page))
		goto slow;
	if (unlikely(!pcp_block_intact(page, order)))
		return alloc_beside_damaged(page, gfp, order, _RET_IP_);
	WRITE_ONCE(page->type, PAGE_ALLOC);
	page->private = _RET_IP_;
	kasan_unpoison_pages(page, order);
	return page;
slow:
	return __alloc_pages(gfp, order, NUMA_NO_NODE, _RET_IP_);
}

struct page * __restartable
alloc_page_at_hand(gfp_t gfp, struct cpu_stack *stack, unsigned long caller)
{
	struct page *page = cpu_stack_pop(stack);

	if (unlikely(!page))
		return __alloc_pages(gfp, 0, NUMA_NO_NODE, caller);
	if (unlikely(!pcp_block_intact(page, 0)))
		return alloc_beside_damaged(page, gfp, 0, caller);
	WRITE_ONCE(page->type, PAGE_ALLOC);
	page->private = caller;
	kasan_unpoison_pages(page, 0);
	return page;
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
void free_to_zone(struct zone *zone, struct page *page, unsigned int order)
{
	enum migratetype mt = pageblock_type(page);

	if (unlikely(order > pageblock_order)) {
		struct page *upper = page + (1UL << (order - 1));

		if (pageblock_type(upper) != mt) {
			free_to_zone(zone, upper, order - 1);
			order--;
		}
	}
	__free_one_page(zone, page, order, mt);
}

void free_checked_block(struct page *page, unsigned int order)
{
	if (unlikely(block_is_compound(page, order)))
		undo_compound(page, order);
	kasan_poison_pages(page, order);
	free_unref_page(page, order);
}

void drop_page_ref(struct page *page, unsigned int order)
{
	if (__atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_ACQ_REL) == 0)
		free_checked_block(page, order);
}

static noinline void free_pages_slow(struct page *page, unsigned int order,
				     unsigned long caller)
{
	if (page_free_ok(page, order, caller))
		drop_page_ref(page, order);
}

/* A sound free of the last reference to a block without tails. */
static __always_inline bool free_is_plain(const struct page *page,
					  unsigned int order)
{
	return likely(order_has_pcp(order)) &&
	       likely(page_surely_backed(page)) &&
	       likely(page->type_order ==
		      PAGE_TYPE_ORDER(PAGE_ALLOC, order)) &&
	       likely(__atomic_load_n(&page->_refcount,
				      __ATOMIC_ACQUIRE) == 1) &&
	       likely(!block_is_compound(page, order));
}

/* The caller is the caller of the function that inlines this. */
static __always_inline void free_inline(struct page *page, unsigned int order)
{
	enum migratetype mt;

	if (unlikely(!free_is_plain(page, order)))
		goto slow;
	mt = pageblock_type(page);
	if (unlikely(mt >= MIGRATE_PCPTYPES))
		goto slow;
	kasan_poison_pages(page, order);
	WRITE_ONCE(page->type, PAGE_PCP);
	if (unlikely(!cpu_stack_push(pcp_stack(page, order, mt), page, NULL)))
		pcp_free_full(page, order, mt);
	return;
slow:
	free_pages_slow(page, order, _RET_IP_);
}

void __restartable (__free_pages)(struct page *page, unsigned int order)
{
	free_inline(page, order);
}

void __restartable free_page_at_hand(struct page *page)
{
	free_inline(page, 0);
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

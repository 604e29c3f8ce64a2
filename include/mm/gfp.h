/*
 * Asking for pages. Counterpart: linux/gfp.h, linux/gfp_types.h (6.12).
 *
 * gfp_t says where from (zone), how hard to try (watermarks, sleep), and what
 * to do with the pages. All calls below are legal in interrupt context if the
 * gfp has no __GFP_DIRECT_RECLAIM. NULL (0) means: no memory; it is told in
 * the log unless __GFP_NOWARN.
 */
#ifndef MM_GFP_H
#define MM_GFP_H

#include <asm/page.h>
#include <lib/types.h>
#include <mm/page.h>

/* Where: zone modifiers. Without one: NORMAL and below. */
#define __GFP_DMA		0x01u
#define __GFP_HIGHMEM		0x02u
#define __GFP_DMA32		0x04u
#define __GFP_MOVABLE		0x08u	/* mobility: contents can be moved */
#define __GFP_RECLAIMABLE	0x10u	/* mobility: can be given back */
#define GFP_ZONEMASK		0x07u
/* How hard. */
#define __GFP_HIGH		0x20u	/* may go below the min watermark */
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_DIRECT_RECLAIM	0x100u	/* may sleep */
#define __GFP_KSWAPD_RECLAIM	0x200u
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define __GFP_NORETRY		0x400u
#define __GFP_RETRY_MAYFAIL	0x800u
#define __GFP_NOFAIL		0x1000u	/* never NULL; order 0 or 1, sleeps */
#define __GFP_MEMALLOC		0x2000u	/* ignores watermarks */
#define __GFP_NOMEMALLOC	0x4000u
/* What. */
#define __GFP_ZERO		0x8000u
#define __GFP_COMP		0x10000u /* compound: tails know their head */
#define __GFP_NOWARN		0x20000u
#define __GFP_THISNODE		0x40000u /* no other node */
#define __GFP_HARDWALL		0x80000u
#define __GFP_ACCOUNT		0u	/* nothing here counts by group */
#define __GFP_BITS_SHIFT	20
#define __GFP_BITS_MASK		((1u << __GFP_BITS_SHIFT) - 1)

#define GFP_ATOMIC	(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT	(__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO	(__GFP_RECLAIM)
#define GFP_NOFS	(__GFP_RECLAIM | __GFP_IO)
#define GFP_KERNEL	(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_USER	(GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER	(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA		__GFP_DMA
#define GFP_DMA32	__GFP_DMA32

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/*
 * 2^order contiguous pages, aligned to their size; order 0 to MAX_PAGE_ORDER.
 * Reference count 1. Contents undefined without __GFP_ZERO.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
/* Tries node nid first; NUMA_NO_NODE: the one we run on. */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)

/*
 * A single page for a gfp the compiler knows: the CPU's own array of the zone
 * and type it asks first is a constant, too. (Without __GFP_ZERO and the like.)
 */
struct cpu_stack;
#define GFP_STACK_MASK (GFP_ZONEMASK | __GFP_MOVABLE | __GFP_RECLAIMABLE)
#define GFP_NOT_AT_HAND (__GFP_ZERO | __GFP_COMP | __GFP_THISNODE)
extern struct cpu_stack *pcp_stack_of_gfp[GFP_STACK_MASK + 1];

struct page *alloc_page_at_hand(gfp_t gfp, struct cpu_stack *stack,
				unsigned long caller);
#define alloc_pages(gfp, order) \
	(__builtin_constant_p(gfp) && !((gfp) & GFP_NOT_AT_HAND) && \
	 __builtin_constant_p(order) && !(order) ? \
	 alloc_page_at_hand(gfp, pcp_stack_of_gfp[(gfp) & GFP_STACK_MASK], \
			    _THIS_IP_) : \
	 (alloc_pages)(gfp, order))

/*
 * Gives a block back: page its head, order what it was asked with. A page
 * that is not such a head is reported and left alone, as is a wrong order.
 * Drops one reference; the block is free when it was the last.
 */
void __free_pages(struct page *page, unsigned int order);
/* The same for a single page, which calls with a constant 0 are. */
void free_page_at_hand(struct page *page);
#define __free_pages(page, order) \
	(__builtin_constant_p(order) && !(order) ? \
	 free_page_at_hand(page) : (__free_pages)(page, order))
#define __free_page(page) __free_pages(page, 0)

/* The same by address in the direct map; 0 and free_pages(0, n) are fine. */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);
unsigned long get_zeroed_page(gfp_t gfp);
void free_pages(unsigned long addr, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define free_page(addr) free_pages(addr, 0)

/* size bytes, rounded to pages; the rest of the block is given back. */
void *alloc_pages_exact(size_t size, gfp_t gfp);
void free_pages_exact(void *virt, size_t size);

/* Turns one block of 2^order into that many blocks of order 0. */
void split_page(struct page *page, unsigned int order);

/*
 * Fills the NULL entries of array[0..nr) with single pages; the number of
 * entries that hold a page on return, perhaps fewer than nr.
 */
unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr,
				     struct page **array);

/*
 * Gives the free blocks in this CPU's arrays / in all CPUs' arrays back to
 * their zones, so that they can merge; the first returns how many pages. Any
 * context / may sleep.
 */
unsigned long drain_local_pages(void);
void drain_all_pages(void);

/*
 * Between the two no CPU keeps free blocks at hand: each request and each
 * free goes the long way, to the zone. Counted, so they nest, and one enable
 * too many is reported and refused; may sleep.
 * Other CPUs may go on allocating. Counterparts: zone_pcp_disable(),
 * zone_pcp_enable(), for all zones.
 */
void pcp_disable(void);
void pcp_enable(void);

/* References: a block is free when the last is put. */
void get_page(struct page *page);
void put_page(struct page *page);
static inline unsigned int page_count(const struct page *page)
{
	return page->_refcount;
}

#endif

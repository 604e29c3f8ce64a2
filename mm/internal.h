/*
 * What the files of the page allocator share among themselves. Callers of
 * memory use <mm/gfp.h>; nothing outside mm/ and its tests includes this.
 *
 * "zone locked" means: zone->lock is held with interrupts off, or nobody else
 * can see the zone (boot, a test's private zone).
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <kernel/cpu_stack.h>
#include <mm/mm.h>
#include <mm/mmzone.h>

/* How far an allocation may eat into the reserves: Linux's names, 6.12. */
#define ALLOC_WMARK_MASK	0x03u	/* enum zone_watermarks */
#define ALLOC_NO_WATERMARKS	0x04u
#define ALLOC_NON_BLOCK		0x10u	/* cannot wait: a quarter less more */
#define ALLOC_MIN_RESERVE	0x20u	/* __GFP_HIGH: half of min */

/*
 * The migrate type of a pageblock is kept in its first descriptor, turned so
 * that a descriptor of zeroes, which nobody has written yet, says movable.
 */
static __always_inline enum migratetype pageblock_type(const struct page *page)
{
	page -= page_to_pfn(page) % pageblock_nr_pages;
	return (enum migratetype)(READ_ONCE(page->pageblock) ^
				  MIGRATE_MOVABLE);
}

/*
 * The one call upwards: asks who keeps pages it could do without to give them
 * back. Set at boot by mm/slub_cache.c; may sleep.
 */
extern void (*reclaim_hook)(void);

/* mm/buddy.c: one zone, zone locked. */
/* A block that is on no list any more; its descriptor is PAGE_NONE. */
struct page *__rmqueue(struct zone *zone, unsigned int order,
		       enum migratetype mt);
/* Likewise; if that would cut a larger block, up to most, told in *order. */
struct page *__rmqueue_piece(struct zone *zone, unsigned int *order,
			     unsigned int most, enum migratetype mt);
void __free_one_page(struct zone *zone, struct page *page, unsigned int order,
		     enum migratetype mt);
/* Splits a block that is on no list: its low part of `low` is kept. */
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, enum migratetype mt);
/* One block that is on no list, its pageblocks of whatever type. */
void free_to_zone(struct zone *zone, struct page *page, unsigned int order);
void set_pageblock_range(struct page *page, unsigned int order,
			 enum migratetype mt);
void del_free_block(struct zone *zone, struct page *page, unsigned int order);

/* Counts free pages; READ_ONCE() sees the number without the lock. */
static inline void add_free_pages(struct zone *zone, long nr)
{
	WRITE_ONCE(zone->nr_free_pages,
		   zone->nr_free_pages + (unsigned long)nr);
}

/* Is the frame in the part that is to be full? See mm/buddy.c. Zone locked. */
static __always_inline bool is_packed(const struct zone *zone,
				      unsigned long pfn)
{
	unsigned long free = zone->nr_free_pages;

	return pfn - zone->zone_start_pfn >= free - free / 64;
}

/* mm/fallback.c: a block of another migrate type, NULL if there is none. */
struct page *rmqueue_fallback(struct zone *zone, unsigned int order,
			      enum migratetype mt);
/* Keeps what `order` needs of a block of type from; turns it into type mt. */
struct page *claim_block(struct zone *zone, struct page *page,
			 unsigned int order, unsigned int block_order,
			 enum migratetype from, enum migratetype mt);

/* mm/deferred.c: zone locked. */
/*
 * Takes blocks of MAX_PAGE_ORDER. Their descriptors are zeroes, that of pfn
 * can be written. False: not in ascending order.
 */
bool deferred_add(struct zone *zone, unsigned long pfn, unsigned long blocks);
struct page *deferred_take(struct zone *zone);
/* End of the deferred range that holds pfn, which has a descriptor; or pfn. */
unsigned long deferred_skip(const struct zone *zone, unsigned long pfn);
/*
 * Head of the range that holds pfn, or NULL. The search begins at *near, a
 * range or the list's head, and leaves there where it ended: cheap for frames
 * that are near each other, in either direction.
 */
const struct page *deferred_range(const struct zone *zone, unsigned long pfn,
				  const struct list_head **near);
unsigned long deferred_pages(const struct zone *zone);

/* mm/free_area_init.c */
void zone_init(struct zone *zone, const char *name, u8 zone_id,
	       struct pglist_data *pgdat, unsigned long start_pfn,
	       unsigned long spanned);
/* The zone a frame of RAM belongs to; *end: first frame that may not. */
struct zone *pfn_to_zone(unsigned long pfn, unsigned long *end);

/* mm/handover.c */
/* Gives back a reserved frame of the zone; false: it is none. Zone locked. */
bool release_reserved_frame(struct zone *zone, struct page *page);
/* Gives a block to one zone; the whole block lies in it. Zone locked. */
void zone_add_block(struct zone *zone, unsigned long pfn, unsigned int order);

/* mm/memory_model.c: RAM as memblock knows it, whole frames. */
/* Has the descriptor memory behind it? Any pointer may be asked. */
bool page_is_backed(const struct page *page);
/* Lowest frame of RAM >= pfn with the end of its range; false: none. */
bool next_ram_range(unsigned long pfn, struct pfn_range *range, int *nid);
void memory_model_init(void);

/* mm/watermark.c */
bool zone_watermark_ok(const struct zone *zone, unsigned int order,
		       unsigned long mark, enum zone_type highest,
		       unsigned int alloc_flags);
/* Free pages above which zone_watermark_ok() lets order 0 through. */
unsigned long zone_watermark_floor(const struct zone *zone, unsigned long mark,
				   enum zone_type highest,
				   unsigned int alloc_flags);
unsigned int gfp_to_alloc_flags(gfp_t gfp);
void setup_zone_wmarks(struct zone *zone, unsigned long pages_min,
		       unsigned long lowmem_pages);
void setup_lowmem_reserve(struct pglist_data *pgdat);
unsigned long min_free_kbytes_for(unsigned long lowmem_kbytes);
extern unsigned long min_free_kbytes;

/* mm/zonelist.c */
const struct zonelist *node_zonelist(int nid, gfp_t gfp);

/* mm/page_alloc.c: the same as alloc_pages_node(), named caller. */
struct page * __slowpath __alloc_pages(gfp_t gfp, unsigned int order, int nid,
				       unsigned long caller);
/* The descriptor of a block fresh from __rmqueue() becomes the caller's. */
void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned long caller);
/* The same with all that a gfp and the modes of the boot want of its pages. */
void hand_out_block(struct page *page, unsigned int order, gfp_t gfp,
		    unsigned long caller);
/* The last reference is gone: the block goes back to its zone. */
void free_checked_block(struct page *page, unsigned int order);
void drop_page_ref(struct page *page, unsigned int order);

/* mm/page_check.c: false: reported, leave it alone. */
bool page_free_ok(struct page *page, unsigned int order, unsigned long caller);
bool page_ref_ok(struct page *page, const char *what, unsigned long caller);
bool address_free_ok(unsigned long addr, unsigned int order,
		     unsigned long caller);
/* Is the block what its free list says it is? */
bool free_block_intact(const struct zone *zone, const struct page *page,
		       unsigned int order, enum migratetype mt);
/* The same of a block met beside another one, whatever list it is on. */
bool free_neighbour_intact(const struct zone *zone, const struct page *page);
/* Likewise, if type, order and zone are known to be right. */
bool free_links_intact(const struct zone *zone, const struct page *page);
/* Reports a damaged block and takes it out of the books. Zone locked. */
void drop_damaged_block(struct zone *zone, struct page *page,
			unsigned int order, enum migratetype mt);
/* Head of the block that holds page, by its descriptor; NULL if none. */
struct page *block_head(struct page *page);

/* mm/alloc_failed.c */
void warn_alloc_failed(gfp_t gfp, unsigned int order, unsigned long caller);
unsigned long alloc_failures(void);
void gfp_words(gfp_t gfp, char *buf, size_t size);

/* mm/show_mem.c: free pages and blocks of each zone, for failure reports. */
void show_free_areas(void);
/* One line of the boot log: what became of all RAM. */
void mem_init_print_info(void);

#endif

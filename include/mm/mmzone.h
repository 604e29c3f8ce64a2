/*
 * Nodes, zones, free areas. Counterpart: linux/mmzone.h.
 *
 *	pg_data_t (node) -> zone DMA    -> free_area[0..10] -> free_list[mt]
 *	                    zone DMA32  -> ...
 *	                    zone NORMAL -> ...
 *
 * Field locks: (b) set at boot, constant later; (z) zone->lock;
 * (a) atomic, no lock.
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include <kernel/spinlock.h>
#include <mm/gfp.h>
#include <mm/memory_model.h>
#include <mm/numa.h>
#include <mm/page.h>

/* Largest block: 2^10 pages, 4 MiB. */
#define MAX_PAGE_ORDER 10
#define NR_PAGE_ORDERS (MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES (1UL << MAX_PAGE_ORDER)
#define MAX_ORDER_SIZE (PAGE_SIZE << MAX_PAGE_ORDER)

/* Migrate types belong to whole pageblocks: 2 MiB. */
#define pageblock_order 9

/* Blocks up to this order are kept at hand by each CPU: mm/pcp.c. */
#define PCP_MAX_ORDER pageblock_order
#define NR_PCP_ORDERS (PCP_MAX_ORDER + 1)
#define pageblock_nr_pages (1UL << pageblock_order)
#define pageblock_start_pfn(pfn) ALIGN_DOWN((pfn), pageblock_nr_pages)

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,	/* the types above have per-CPU lists */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_CMA,
	MIGRATE_ISOLATE,
	MIGRATE_TYPES
};

enum zone_type {
	ZONE_DMA,
	ZONE_DMA32,
	ZONE_NORMAL,
	ZONE_HIGHMEM,		/* empty where everything can be mapped */
	MAX_NR_ZONES
};

enum zone_watermarks { WMARK_MIN, WMARK_LOW, WMARK_HIGH, NR_WMARK };

struct free_area {
	struct list_head free_list[MIGRATE_TYPES];	/* (z) */
	unsigned long nr_free;				/* (z) blocks */
};

struct pglist_data;
struct per_cpu_pages;

struct zone {
	spinlock_t lock;
	const char *name;			/* (b) "DMA", "Normal" ... */
	u8 zone_id;				/* (b) node << 2 | zone */
	struct pglist_data *zone_pgdat;		/* (b) */

	unsigned long zone_start_pfn;		/* (b) */
	unsigned long spanned_pages;		/* (b) first to last */
	unsigned long present_pages;		/* (b) without holes */
	unsigned long managed_pages;		/* (z) given to us */

	unsigned long _watermark[NR_WMARK];	/* (b) pages */
	unsigned long lowmem_reserve[MAX_NR_ZONES];	/* (b) pages */

	/* arrays of free blocks: a per-CPU pointer, and blocks per array */
	struct per_cpu_pages *per_cpu_pageset;	/* (b) */
	u8 pageset_high[NR_PCP_ORDERS];		/* (b) */

	/* (z) deferred ones included, those in per-CPU arrays and stock not */
	unsigned long nr_free_pages;
	struct free_area free_area[NR_PAGE_ORDERS];

	/*
	 * Free memory whose descriptors were not touched yet, as ranges of
	 * blocks of MAX_PAGE_ORDER, ascending; see mm/deferred.c. Counted in
	 * nr_free_pages, not in nr_free.
	 */
	struct list_head deferred;			/* (z) PAGE_DEFERRED */
	unsigned long nr_deferred;			/* (z) blocks */
	/* what their descriptors will lie in: mm/memmap_supply.c */
	struct memmap_supply memmap;			/* (z) */
	unsigned long memmap_pages;			/* (z) taken for it */

	/* Single pages for the arrays, in chains: mm/pcp_stock.c. */
	struct page *stock[MIGRATE_PCPTYPES];		/* (z) PAGE_PCP */
	unsigned long nr_stock;				/* (z) pages */
	unsigned long nr_asked;			/* (z) of the free lists */
};

#define min_wmark_pages(z) ((z)->_watermark[WMARK_MIN])
#define low_wmark_pages(z) ((z)->_watermark[WMARK_LOW])
#define high_wmark_pages(z) ((z)->_watermark[WMARK_HIGH])

static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->zone_start_pfn + zone->spanned_pages;
}

static inline bool populated_zone(const struct zone *zone)
{
	return zone->present_pages != 0;
}

static inline bool zone_spans_pfn(const struct zone *zone, unsigned long pfn)
{
	return pfn - zone->zone_start_pfn < zone->spanned_pages;
}

#define MAX_ZONES_PER_ZONELIST (MAX_NUMNODES * MAX_NR_ZONES)

/* Zones in the order in which they are tried; ends with NULL. */
struct zonelist {
	struct zone *zones[MAX_ZONES_PER_ZONELIST + 1];	/* (b) */
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

typedef struct pglist_data {
	struct zone node_zones[MAX_NR_ZONES];
	/* per highest zone allowed: from there down, own node first */
	struct zonelist node_zonelists[MAX_ZONELISTS][MAX_NR_ZONES];
	int node_id;				/* (b) */
	unsigned long node_start_pfn;		/* (b) */
	unsigned long node_present_pages;	/* (b) */
	unsigned long node_spanned_pages;	/* (b) */
} pg_data_t;

extern pg_data_t node_data[MAX_NUMNODES];
#define NODE_DATA(nid) (&node_data[nid])

/* Nodes that exist, ascending. */
int next_online_node(int nid);
#define for_each_online_node(nid) \
	for ((nid) = next_online_node(-1); (nid) < MAX_NUMNODES; \
	     (nid) = next_online_node(nid))

/* Every zone of every node, empty ones too / only those with memory. */
struct zone *next_zone(struct zone *zone);
#define for_each_zone(zone) \
	for ((zone) = next_zone(NULL); (zone); (zone) = next_zone(zone))
#define for_each_populated_zone(zone) \
	for_each_zone(zone) if (!populated_zone(zone)) ; else

#define ZONE_ID(nid, zone) ((u8)((nid) << 2 | (zone)))

static inline struct zone *page_zone(const struct page *page)
{
	return &NODE_DATA(page->zone_id >> 2)->node_zones[page->zone_id & 3];
}

static inline int page_to_nid(const struct page *page)
{
	return page->zone_id >> 2;
}

static inline enum zone_type zone_idx(const struct zone *zone)
{
	return (enum zone_type)(zone->zone_id & 3);
}

/* The highest zone a gfp may use. */
enum zone_type gfp_zone(gfp_t gfp);
enum migratetype gfp_migratetype(gfp_t gfp);

/* Of the pageblock that holds the page. All memory starts out movable. */
enum migratetype get_pageblock_migratetype(const struct page *page);
void set_pageblock_migratetype(struct page *page, enum migratetype mt);

#endif

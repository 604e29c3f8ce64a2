/* The order in which memory management comes up, and what it sums to. */
#ifndef MM_MM_H
#define MM_MM_H

#include <lib/types.h>
#include <mm/mmzone.h>

/*
 * From memblock to kmalloc: nodes, zones, memmap, watermarks, the hand-over
 * of all free memory, slab caches. After setup_arch(), once.
 */
void mm_init(void);

/* Its steps, each in its own file. */
void page_debug_init(void);
void free_area_init(const unsigned long *max_zone_pfn);
void build_all_zonelists(void);
/* Again whenever a zone has been given more: marks follow the sizes. */
void init_per_zone_wmark_min(void);
void kmem_cache_init(void);

/*
 * Called by the early allocator's hand-over. memmap_back_boot: before all
 * others, while it still works: descriptors that the hand-over will write.
 * hand_over_range: free frames. memblock_free_pages: a free block, aligned to
 * its order. reserve_bootmem_region: whole pages that
 * overlap a byte range stay out of the allocator.
 */
void memmap_back_boot(void);
void hand_over_range(unsigned long start, unsigned long end);
void memblock_free_pages(struct page *page, unsigned long pfn,
			 unsigned int order);
void reserve_bootmem_region(phys_addr_t start, phys_addr_t end, int nid);
int early_pfn_to_nid(unsigned long pfn);

/* Pages the allocator was given, all zones. */
unsigned long totalram_pages(void);
void totalram_pages_add(long count);
/* Pages free now, all zones; without those in per-CPU arrays. */
unsigned long nr_free_pages(void);
/* The same of ZONE_HIGHMEM alone; 0 where there is none. */
unsigned long totalhigh_pages(void);
unsigned long nr_free_highpages(void);

/* Gives one frame that was reserved at boot to the page allocator. */
void free_reserved_page(struct page *page);

/*
 * First broken rule as text, or NULL. Walks every free list and checks
 * counts, order, alignment, links, merging, zone and migrate type.
 */
const char *zone_validate(struct zone *zone);
const char *page_alloc_validate(void);

/* What zones keep at hand per CPU (mm/pcp.c). */
/* Bytes of per-CPU memory that setup_zone_pagesets() will ask for. Boot. */
unsigned long zone_pagesets_size(unsigned int nr_cpus);
/* Once kmalloc works; until then no CPU keeps anything. Boot. */
void setup_zone_pagesets(void);

/* Blocks of an order that are free in a zone, untouched memory included. */
unsigned long zone_nr_free(struct zone *zone, unsigned int order);

#endif

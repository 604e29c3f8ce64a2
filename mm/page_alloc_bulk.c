/*
 * Pages in other shapes than one block: exact sizes, many single pages.
 *
 * Exact: a block is a power of two; what is asked for seldom is. The block is
 * cut into single pages and those beyond the size go back at once.
 *
 *	5 pages:  order 3  [. . . . . . . .]  ->  [A][A][A][A][A]  + 3 free
 *
 * Bulk: many single pages under one hold of the zone's lock, from the first
 * zone that is allowed to give any. As many as stand above the watermark;
 * page by page through the usual walk after that.
 *
 * Locks: zone->lock for the batch. Cost of bulk: one lock and one check per
 * zone, one removal per page.
 */
#include <kernel/report.h>
#include <lib/kernel.h>
#include <mm/fault_inject.h>
#include <mm/page_owner.h>

#include "internal.h"

/* Of no bytes: more than any order. */
static unsigned int get_order(size_t size)
{
	size_t pages = (size - 1) >> PAGE_SHIFT;

	return pages ? __fls(pages) + 1 : 0;
}

static void split_block(struct page *page, unsigned int order)
{
	unsigned long i;

	page->order = 0;
	for (i = 1; i < 1UL << order; i++) {
		WRITE_ONCE(page[i].type, PAGE_ALLOC);
		page[i].order = 0;
		page[i].zone_id = page->zone_id;
		page[i]._refcount = page->_refcount;
		page[i].private = page->private;
	}
	page_owner_split(page, order);
}

void split_page(struct page *page, unsigned int order)
{
	if (!page_free_ok(page, order, _RET_IP_))
		return;
	if (order && page[1].type == PAGE_TAIL) {
		report_begin("bad page split", "pfn %#lx: compound, caller %pS",
			     page_to_pfn(page), (void *)_RET_IP_);
		report_end();
		return;
	}
	split_block(page, order);
}

void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned long nr, i;
	unsigned int order;
	struct page *page;

	order = get_order(size);
	page = __alloc_pages(gfp & ~(__GFP_COMP | __GFP_HIGHMEM), order,
			     NUMA_NO_NODE, _RET_IP_);
	if (!page)
		return NULL;
	split_block(page, order);
	nr = PFN_UP(size);
	for (i = nr; i < 1UL << order; i++)
		drop_page_ref(page + i, 0);
	return lowmem_page_address(page);
}

void free_pages_exact(void *virt, size_t size)
{
	unsigned long addr = (unsigned long)virt, i;

	for (i = 0; i < PFN_UP(size); i++, addr += PAGE_SIZE)
		if (address_free_ok(addr, 0, _RET_IP_))
			drop_page_ref(virt_to_page(addr), 0);
}

/* How many single pages the zone may give who has no claim to its reserves. */
static unsigned long zone_room(const struct zone *zone, gfp_t gfp)
{
	unsigned long floor = zone_watermark_floor(zone, low_wmark_pages(zone),
						   gfp_zone(gfp), WMARK_LOW);

	return zone->nr_free_pages - min(zone->nr_free_pages, floor);
}

/* Up to want pages onto a list; how many. */
static unsigned long rmqueue_bulk(struct zone *zone, gfp_t gfp,
				  unsigned long want, struct list_head *list)
{
	unsigned long flags, n, room;

	spin_lock_irqsave(&zone->lock, flags);
	room = min(want, zone_room(zone, gfp));
	for (n = 0; n < room; n++) {
		struct page *page = __rmqueue(zone, 0, gfp_migratetype(gfp));

		if (!page)
			break;
		list_add_tail(&page->lru, list);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return n;
}

/* The next page of the batch; one at a time when that is used up. */
static struct page *bulk_page(struct list_head *list, gfp_t gfp,
			      unsigned long caller)
{
	struct page *page;

	if (list_empty(list))
		return __alloc_pages(gfp, 0, NUMA_NO_NODE, caller);
	page = list_first_entry(list, struct page, lru);
	list_del(&page->lru);
	hand_out_block(page, 0, gfp, caller);
	return page;
}

unsigned long alloc_pages_bulk_array(gfp_t gfp, unsigned long nr,
				     struct page **array)
{
	struct zone *const *z = node_zonelist(NUMA_NO_NODE, gfp)->zones;
	unsigned long i, want = 0, got = 0;
	LIST_HEAD(list);

	for (i = 0; i < nr; i++)
		want += !array[i];
	if (should_fail_alloc_page(gfp, 0))
		want = 0;
	for (; *z && got < want; z++)
		got += rmqueue_bulk(*z, gfp, want - got, &list);
	for (i = 0; i < nr && want; i++) {
		if (array[i])
			continue;
		array[i] = bulk_page(&list, gfp, _RET_IP_);
		if (!array[i])
			break;
		want--;
	}
	for (got = 0, i = 0; i < nr; i++)
		got += array[i] != NULL;
	return got;
}

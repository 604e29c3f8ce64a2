/*
 * The page allocator's invariants as code: the first broken rule as text.
 *
 * Walks every free list of a zone. Everything that mm/buddy.c and
 * mm/deferred.c promise in their head comments is looked at here, from the
 * data alone. A list is followed at most as far as its zone could be long, so
 * a cycle ends. Reports nothing, changes nothing.
 *
 * Locks: takes zone->lock. Cost: one step per free block and deferred range;
 * neighbours on a list that lie far apart cost one per range between them.
 */
#include <lib/kernel.h>

#include "pcp.h"

/*
 * What pos leads to is looked at only if it is there. Links that agree both
 * ways lead back to the head: the walk ends.
 */
static const char *check_next(const struct zone *zone,
			      const struct list_head *list,
			      const struct list_head *pos)
{
	const struct list_head *next = pos->next;
	const struct page *page = list_entry(next, struct page, buddy_list);

	if (next != list) {
		if (!page_is_backed(page))
			return "free list link leads out of the page array";
		if (!zone_spans_pfn(zone, page_to_pfn(page)))
			return "free list holds a page of another zone";
	}
	return next->prev == pos ? NULL : "free list links disagree";
}

static const char *check_pageblocks(const struct page *page,
				    unsigned int order, enum migratetype mt)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i += pageblock_nr_pages)
		if (get_pageblock_migratetype(page + i) != mt)
			return "free block on the list of another migrate type";
	return NULL;
}

/* Is the other half free too, so that the two should be one? */
static const char *check_merged(const struct zone *zone,
				const struct page *page, unsigned int order)
{
	unsigned long buddy = page_to_pfn(page) ^ (1UL << order);
	const struct page *b = pfn_to_page(buddy);

	if (order == MAX_PAGE_ORDER || !zone_spans_pfn(zone, buddy))
		return NULL;
	if (b->type != PAGE_BUDDY || b->order != order ||
	    b->zone_id != zone->zone_id)
		return NULL;
	if (b->migratetype != page->migratetype &&
	    (b->migratetype >= MIGRATE_PCPTYPES ||
	     page->migratetype >= MIGRATE_PCPTYPES))
		return NULL;
	return "two free buddies are not merged";
}

static const char *check_block(const struct zone *zone,
			       const struct page *page, unsigned int order,
			       enum migratetype mt)
{
	unsigned long pfn = page_to_pfn(page), nr = 1UL << order;
	const char *bad;

	if (page->type != PAGE_BUDDY)
		return "page on a free list is not a free block";
	if (page->order != order)
		return "free block on the list of another order";
	if (page->zone_id != zone->zone_id)
		return "free block has another zone's number";
	if (page->migratetype != (u32)mt)
		return "free block does not know its list";
	if (!IS_ALIGNED(pfn, nr))
		return "free block is not aligned to its size";
	if (!zone_spans_pfn(zone, pfn + nr - 1))
		return "free block leaves its zone";
	bad = check_pageblocks(page, order, mt);
	return bad ? bad : check_merged(zone, page, order);
}

static const char *check_list(const struct zone *zone, unsigned int order,
			      enum migratetype mt, unsigned long *nr)
{
	const struct list_head *list = &zone->free_area[order].free_list[mt];
	const struct list_head *pos, *near = &zone->deferred;

	for (pos = list; ; (*nr)++) {
		const char *bad = check_next(zone, list, pos);
		const struct page *page;

		if (bad)
			return bad;
		pos = pos->next;
		if (pos == list)
			return NULL;
		page = list_entry(pos, struct page, buddy_list);
		bad = check_block(zone, page, order, mt);
		if (bad)
			return bad;
		if (deferred_range(zone, page_to_pfn(page), &near))
			return "free block is deferred too";
	}
}

static const char *check_area(const struct zone *zone, unsigned int order,
			      unsigned long *nr)
{
	unsigned int mt;
	const char *bad;

	*nr = 0;
	for (mt = 0; mt < MIGRATE_TYPES; mt++) {
		bad = check_list(zone, order, (enum migratetype)mt, nr);
		if (bad)
			return bad;
	}
	return *nr == zone->free_area[order].nr_free ? NULL :
	       "nr_free is not the length of the free lists";
}

/* *end: of the range below, and then of this one. */
static const char *check_range(const struct zone *zone,
			       const struct page *head, unsigned long *end)
{
	unsigned long start = page_to_pfn(head);

	if (head->type != PAGE_DEFERRED || head->order ||
	    head->zone_id != zone->zone_id)
		return "deferred range has a damaged head";
	if (head->nr_blocks == 0)
		return "deferred range is empty";
	if (!IS_ALIGNED(start, MAX_ORDER_NR_PAGES))
		return "deferred range is not whole blocks";
	if (start < *end)
		return "deferred ranges overlap or descend";
	if (head->nr_blocks > (zone_end_pfn(zone) - start) / MAX_ORDER_NR_PAGES)
		return "deferred range leaves its zone";
	*end = start + head->nr_blocks * MAX_ORDER_NR_PAGES;
	return NULL;
}

/* The ranges ascend, so the list ends. */
static const char *check_deferred(const struct zone *zone)
{
	const struct list_head *list = &zone->deferred, *pos = list;
	unsigned long end = 0, blocks = 0;

	for (;;) {
		const char *bad = check_next(zone, list, pos);
		const struct page *head;

		if (bad)
			return bad;
		pos = pos->next;
		if (pos == list)
			break;
		head = list_entry(pos, struct page, buddy_list);
		bad = check_range(zone, head, &end);
		if (bad)
			return bad;
		blocks += head->nr_blocks;
	}
	if (blocks != zone->nr_deferred)
		return "nr_deferred is not the sum of the deferred ranges";
	return blocks || !memmap_supply_has(&zone->memmap, 1) ? NULL :
	       "frames are kept for descriptors that are all there";
}

static const char *check_zone(const struct zone *zone)
{
	unsigned long pages = 0, nr;
	unsigned int order;
	const char *bad;

	if (zone->managed_pages > zone->present_pages ||
	    zone->present_pages > zone->spanned_pages)
		return "not: spanned >= present >= managed";
	bad = check_deferred(zone);
	for (order = 0; order < NR_PAGE_ORDERS && !bad; order++) {
		bad = check_area(zone, order, &nr);
		pages += nr << order;
	}
	if (bad)
		return bad;
	if (pages + deferred_pages(zone) != zone->nr_free_pages)
		return "nr_free_pages is not the sum of the free blocks";
	return zone->nr_free_pages > zone->managed_pages ?
	       "more pages are free than the zone was given" : NULL;
}

const char *zone_validate(struct zone *zone)
{
	unsigned long flags;
	const char *bad;

	spin_lock_irqsave(&zone->lock, flags);
	bad = check_zone(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
	return bad;
}

static const char *check_node(const pg_data_t *pgdat)
{
	unsigned long present = 0;
	int z;

	for (z = 0; z < MAX_NR_ZONES; z++)
		present += pgdat->node_zones[z].present_pages;
	return present == pgdat->node_present_pages ? NULL :
	       "pages of a node are not the sum of its zones'";
}

const char *page_alloc_validate(void)
{
	unsigned long managed = 0;
	const char *bad = NULL;
	struct zone *zone;
	int nid;

	for_each_zone(zone) {
		bad = zone_validate(zone);
		if (bad)
			return bad;
		managed += zone->managed_pages;
	}
	for_each_online_node(nid) {
		bad = check_node(NODE_DATA(nid));
		if (bad)
			return bad;
	}
	bad = pcp_validate();
	if (bad)
		return bad;
	return managed == totalram_pages() ? NULL :
	       "totalram_pages is not the sum of the zones' managed pages";
}

unsigned long zone_nr_free(struct zone *zone, unsigned int order)
{
	unsigned long nr = zone->free_area[order].nr_free;

	if (order == MAX_PAGE_ORDER)
		nr += deferred_pages(zone) / MAX_ORDER_NR_PAGES;
	return nr;
}

/* Private zones: see zone_fixture.h. */
#include <lib/bitops.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

#define ARENA_TRIES 16

static struct zone fixture_zone;

/* The lowest of n blocks that lie side by side, or NULL. */
static struct page *find_run(struct page *const *got, unsigned int nr,
			     unsigned int n)
{
	unsigned int i, j, k;

	for (i = 0; i < nr; i++) {
		for (k = 1; k < n; k++) {
			for (j = 0; j < nr; j++)
				if (got[j] == got[i] + k * MAX_ORDER_NR_PAGES &&
				    got[j]->zone_id == got[i]->zone_id)
					break;
			if (j == nr)
				break;
		}
		if (k >= n)
			return got[i];
	}
	return NULL;
}

void arena_clear(const struct arena *arena)
{
	memset(pfn_to_page(arena->pfn), 0, arena->pages * sizeof(struct page));
}

struct arena arena_get(unsigned int blocks)
{
	struct page *got[ARENA_TRIES], *run = NULL;
	struct arena arena = { 0 };
	unsigned int nr, i;

	for (nr = 0; nr < ARENA_TRIES; nr++) {
		got[nr] = alloc_pages(GFP_KERNEL | __GFP_MOVABLE |
				      __GFP_MEMALLOC | __GFP_NOWARN,
				      MAX_PAGE_ORDER);
		if (!got[nr])
			break;
	}
	for (; blocks && !run; blocks -= !run)
		run = find_run(got, nr, blocks);
	for (i = 0; i < nr; i++)
		if (!run || got[i] < run ||
		    got[i] >= run + blocks * MAX_ORDER_NR_PAGES)
			__free_pages(got[i], MAX_PAGE_ORDER);
	if (run) {
		arena.pfn = page_to_pfn(run);
		arena.pages = blocks * MAX_ORDER_NR_PAGES;
		arena.zone_id = run->zone_id;
		arena_clear(&arena);
	}
	return arena;
}

void arena_put(struct arena *arena)
{
	unsigned long i;

	if (!arena->pages)
		return;
	arena_clear(arena);
	for (i = 0; i < arena->pages; i += MAX_ORDER_NR_PAGES) {
		struct page *page = pfn_to_page(arena->pfn + i);

		page->zone_id = arena->zone_id;
		prep_new_page(page, MAX_PAGE_ORDER, GFP_KERNEL, 0);
		__free_pages(page, MAX_PAGE_ORDER);
	}
	arena->pages = 0;
}

unsigned long high_pages_at_hand(void)
{
	const struct zone *first;

	first = node_zonelist(NUMA_NO_NODE, GFP_HIGHUSER)->zones[0];
	return zone_idx(first) == ZONE_HIGHMEM ? first->nr_free_pages : 0;
}

struct zone *private_zone(const struct arena *arena, unsigned long start,
			  unsigned long pages)
{
	u8 id = arena->zone_id;

	zone_init(&fixture_zone, "test", id, NODE_DATA(id >> 2), start, pages);
	fixture_zone.present_pages = pages;
	return &fixture_zone;
}

struct zone *private_zone_of_one_block(struct ktest *t, struct arena *arena)
{
	*arena = arena_get(1);
	if (arena->pages)
		return private_zone(arena, arena->pfn, arena->pages);
	ktest_skip(t, "no free block of the largest order");
	return NULL;
}

void zone_feed(struct zone *zone, unsigned long start, unsigned long pages)
{
	while (pages) {
		unsigned int order = min_t(unsigned int, MAX_PAGE_ORDER,
					   __fls(pages));

		if (start)
			order = min(order, __ffs(start));
		zone_add_block(zone, start, order);
		start += 1UL << order;
		pages -= 1UL << order;
	}
}

unsigned long list_length(const struct zone *zone, unsigned int order,
			  enum migratetype mt)
{
	return list_count_nodes(&zone->free_area[order].free_list[mt]);
}

struct page *zone_alloc(struct zone *zone, unsigned int order,
			enum migratetype mt)
{
	struct page *page = __rmqueue(zone, order, mt);

	if (page)
		prep_new_page(page, order, GFP_KERNEL, 0);
	return page;
}

void zone_free(struct zone *zone, struct page *page)
{
	__free_one_page(zone, page, page->order,
			get_pageblock_migratetype(page));
}

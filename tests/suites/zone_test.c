/* Nodes, zones and zonelists: every size and start, and this machine's own. */
#include <kernel/ktest.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/memblock.h>

#include "../../kernel/log.h"
#include "../../mm/internal.h"
#include "zone_fixture.h"

#define ARENA_PAGES (ARENA_MAX_BLOCKS * MAX_ORDER_NR_PAGES)

static struct arena arena;

static void set_up(struct ktest *t)
{
	arena = arena_get(ARENA_MAX_BLOCKS);
	if (!arena.pages)
		ktest_skip(t, "no free block of the largest order");
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

/* Blocks of this order that fit into [start, end), larger ones' parts too. */
static unsigned long fitting(unsigned long start, unsigned long end,
			     unsigned int order)
{
	unsigned long first = DIV_ROUND_UP(start, 1UL << order);
	unsigned long last = end >> order;

	return last > first ? last - first : 0;
}

static unsigned long maximal(unsigned long start, unsigned long end,
			     unsigned int order)
{
	unsigned long inside = order == MAX_PAGE_ORDER ? 0 :
			       2 * fitting(start, end, order + 1);

	return fitting(start, end, order) - inside;
}

/* Takes every block; true if each frame of the zone came exactly once. */
static bool take_all_once(struct zone *zone, unsigned long start,
			  unsigned long pages)
{
	static unsigned long seen[BITS_TO_LONGS(ARENA_PAGES)];
	unsigned int order = NR_PAGE_ORDERS;

	bitmap_clear(seen, 0, ARENA_PAGES);
	while (order-- > 0) {
		while (zone_nr_free(zone, order)) {
			struct page *page = zone_alloc(zone, order,
						       MIGRATE_MOVABLE);
			unsigned long first = page_to_pfn(page) - start;

			page->type = PAGE_NONE;
			if (first + (1UL << order) > pages ||
			    !IS_ALIGNED(page_to_pfn(page), 1UL << order) ||
			    test_bit(first, seen))
				return false;
			bitmap_set(seen, first, 1UL << order);
		}
	}
	return zone->nr_free_pages == 0 &&
	       bitmap_weight(seen, pages) == pages;
}

/* One zone, fed and emptied. */
static bool zone_is_right(unsigned long offset, unsigned long pages)
{
	unsigned long start = arena.pfn + offset;
	struct zone *zone;
	unsigned int order;

	if (offset + pages > arena.pages)
		return true;
	zone = private_zone(&arena, start, pages);
	zone_feed(zone, start, pages);
	if (zone->nr_free_pages != pages || zone->managed_pages != pages ||
	    zone_validate(zone))
		return false;
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		if (zone_nr_free(zone, order) !=
		    maximal(start, start + pages, order))
			return false;
	return take_all_once(zone, start, pages);
}

static void every_size_gives_each_frame_once(struct ktest *t)
{
	static const u16 offsets[] = { 0, 1, 511, 512, 1023 };
	unsigned long pages;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		for (pages = 1; pages <= 4096; pages++)
			if (!zone_is_right(offsets[i], pages)) {
				ktest_note(t, "start %u, %lu pages",
					   offsets[i], pages);
				KTEST_ASSERT_TRUE(t, false);
			}
}

static void every_start_gives_each_frame_once(struct ktest *t)
{
	static const u16 sizes[] = { 1, 2, 3, 5, 64, 511, 512, 1023, 1024,
				     1025, 2047, 3000, 4096 };
	unsigned long offset;
	unsigned int i;

	for (offset = 0; offset < MAX_ORDER_NR_PAGES; offset++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			if (!zone_is_right(offset, sizes[i])) {
				ktest_note(t, "start %lu, %u pages", offset,
					   sizes[i]);
				KTEST_ASSERT_TRUE(t, false);
			}
}

static void single_frees_build_the_same_blocks(struct ktest *t)
{
	static const u16 starts[] = { 0, 1, 3, 512, 777, 1023 };
	/* neither shares a factor with 700: each page comes up once */
	unsigned long pages = arena.pages > 2048 ? 1499 : 1023, i;
	unsigned int s, order;

	if (arena.pages == MAX_ORDER_NR_PAGES)
		return;
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		unsigned long start = arena.pfn + starts[s];
		struct zone *zone = private_zone(&arena, start, pages);

		arena_clear(&arena);
		zone->managed_pages = pages;
		for (i = 0; i < pages; i++)
			__free_one_page(zone, pfn_to_page(start + i * 700 %
							  pages),
					0, MIGRATE_MOVABLE);
		KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			KTEST_EXPECT_EQ(t, zone_nr_free(zone, order),
					maximal(start, start + pages, order));
	}
}

static void present_pages_sum_to_ram(struct ktest *t)
{
	unsigned long ram = 0, present = 0, managed = 0, nodes = 0, pfn;
	struct pfn_range range;
	struct zone *zone;
	int nid;

	for (pfn = 0; next_ram_range(pfn, &range, NULL); pfn = range.end)
		ram += range.end - range.start;
	for_each_zone(zone) {
		present += zone->present_pages;
		managed += zone->managed_pages;
		KTEST_EXPECT_LE(t, zone->managed_pages, zone->present_pages);
		KTEST_EXPECT_LE(t, zone->present_pages, zone->spanned_pages);
	}
	for_each_online_node(nid)
		nodes += NODE_DATA(nid)->node_present_pages;
	KTEST_EXPECT_EQ(t, present, ram);
	KTEST_EXPECT_EQ(t, nodes, ram);
	KTEST_EXPECT_EQ(t, managed, totalram_pages());
}

static void every_frame_of_ram_is_in_its_zones_span(struct ktest *t)
{
	struct pfn_range range;
	unsigned long pfn = 0, end;

	while (next_ram_range(pfn, &range, NULL)) {
		struct zone *zone = pfn_to_zone(range.start, &end);

		KTEST_EXPECT_LE(t, end, range.end);
		KTEST_ASSERT_TRUE(t, end > range.start);
		KTEST_EXPECT_TRUE(t, zone_spans_pfn(zone, range.start));
		KTEST_EXPECT_TRUE(t, zone_spans_pfn(zone, end - 1));
		KTEST_EXPECT_EQ(t, zone_idx(zone) == ZONE_DMA,
				range.start < MAX_DMA_PFN);
		KTEST_EXPECT_EQ(t, zone_idx(zone) == ZONE_DMA,
				end - 1 < MAX_DMA_PFN);
		pfn = end;
	}
}

/* Descriptors come in blocks: one without RAM has none. */
static void frames_before_the_blocks_of_ram_are_not_valid(struct ktest *t)
{
	struct pfn_range range;
	unsigned long pfn = 0, first, end = 0;

	while (next_ram_range(pfn, &range, NULL)) {
		first = ALIGN_DOWN(range.start, MAX_ORDER_NR_PAGES);
		KTEST_EXPECT_TRUE(t, pfn_valid(first));
		if (first > end)
			KTEST_EXPECT_FALSE(t, pfn_valid(first - 1));
		end = ALIGN(range.end, MAX_ORDER_NR_PAGES);
		KTEST_EXPECT_TRUE(t, pfn_valid(end - 1));
		pfn = range.end;
	}
}

/* Since boot: nothing in the ring has been written over. */
static bool log_has(const char *words)
{
	size_t n = strlen(words), at;

	for (at = 0; at + n <= kernel_log.head; at++)
		if (!memcmp(kernel_log.buf + at, words, n))
			return true;
	return false;
}

/* Spans and what is present are still as boot told them. */
static void boot_tells_what_is_in_the_zones(struct ktest *t)
{
	struct zone *zone;
	char line[128];

	if (kernel_log.head > kernel_log.size) {
		ktest_skip(t, "the boot's lines are gone from the log");
		return;
	}
	for_each_populated_zone(zone) {
		ksnprintf(line, sizeof(line), "node %d %-8s [mem 0x%016llx-0x%016llx] %lu pages, %lu in holes\n",
			  zone->zone_id >> 2, zone->name,
			  (u64)PFN_PHYS(zone->zone_start_pfn),
			  (u64)PFN_PHYS(zone_end_pfn(zone)) - 1,
			  zone->present_pages,
			  zone->spanned_pages - zone->present_pages);
		KTEST_EXPECT_TRUE(t, log_has(line));
	}
}

static bool is_ram_of(const struct zone *zone, unsigned long pfn)
{
	unsigned long end;

	return pfn_valid(pfn) && memblock_is_memory(PFN_PHYS(pfn)) &&
	       pfn_to_zone(pfn, &end) == zone;
}

static void spans_begin_and_end_with_ram(struct ktest *t)
{
	struct zone *zone;
	int nid;

	for_each_populated_zone(zone) {
		KTEST_EXPECT_TRUE(t, is_ram_of(zone, zone->zone_start_pfn));
		KTEST_EXPECT_TRUE(t, is_ram_of(zone, zone_end_pfn(zone) - 1));
	}
	for_each_online_node(nid) {
		const pg_data_t *node = NODE_DATA(nid);
		unsigned long start = node->node_start_pfn;
		unsigned long end = start + node->node_spanned_pages;

		if (!node->node_present_pages)
			continue;
		KTEST_EXPECT_TRUE(t, memblock_is_memory(PFN_PHYS(start)));
		KTEST_EXPECT_TRUE(t, memblock_is_memory(PFN_PHYS(end - 1)));
	}
}

/* Unmapped memory may be reserved as well: no frame is left without a head. */
static void overlapping_reservations_leave_no_frame_out(struct ktest *t)
{
	struct arena own = arena_get(1);
	unsigned long pfn, end;

	if (!own.pages) {
		ktest_skip(t, "no block of the largest order");
		return;
	}
	end = own.pfn + 64;
	reserve_bootmem_region(PFN_PHYS(own.pfn), PFN_PHYS(end), 0);
	reserve_bootmem_region(PFN_PHYS(own.pfn), PFN_PHYS(own.pfn + 5), 0);
	reserve_bootmem_region(PFN_PHYS(own.pfn + 33),
			       PFN_PHYS(own.pfn + 40), 0);
	for (pfn = own.pfn; pfn < end;) {
		struct page *head = pfn_to_page(pfn);

		if (head->type != PAGE_RESERVED)
			break;
		pfn += 1UL << head->order;
	}
	KTEST_EXPECT_EQ(t, pfn, end);
	arena_put(&own);
}

/* As blocks, the way memblock_free_all() has them; taken out of the books. */
static void block_of_early_memory_becomes_free(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned long end, managed, free;
	struct zone *zone;

	KTEST_ASSERT_NOT_NULL(t, page);
	zone = pfn_to_zone(page_to_pfn(page), &end);
	managed = zone->managed_pages;
	free = zone->nr_free_pages;
	memblock_free_pages(page, page_to_pfn(page), 3);
	KTEST_EXPECT_EQ(t, zone->managed_pages, managed + 8);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages, free + 8);
	zone->managed_pages = managed;
}

static void gfp_names_the_highest_zone(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_KERNEL), ZONE_NORMAL);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_KERNEL | GFP_DMA), ZONE_DMA);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_KERNEL | GFP_DMA32),
			MAX_DMA32_PFN > MAX_DMA_PFN ? ZONE_DMA32 : ZONE_NORMAL);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_HIGHUSER), ZONE_HIGHMEM);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_DMA | GFP_DMA32), ZONE_DMA);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_DMA | __GFP_HIGHMEM), ZONE_DMA);
	KTEST_EXPECT_EQ(t, gfp_zone(GFP_DMA32 | __GFP_HIGHMEM),
			gfp_zone(GFP_DMA32));
	KTEST_EXPECT_EQ(t, gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, gfp_migratetype(__GFP_MOVABLE), MIGRATE_MOVABLE);
	KTEST_EXPECT_EQ(t, gfp_migratetype(__GFP_RECLAIMABLE),
			MIGRATE_RECLAIMABLE);
}

static unsigned long populated_up_to(int nid, int highest)
{
	unsigned long n = 0;
	int z;

	for (z = 0; z <= highest; z++)
		n += populated_zone(&NODE_DATA(nid)->node_zones[z]);
	return n;
}

/* Own node first, each node in one piece from the highest zone down. */
static void check_list(struct ktest *t, int nid, gfp_t gfp)
{
	const struct zonelist *list = node_zonelist(nid, gfp);
	unsigned long own = 0, all = 0, i;
	int other;

	for (i = 0; list->zones[i]; i++) {
		const struct zone *zone = list->zones[i];

		KTEST_EXPECT_TRUE(t, populated_zone(zone));
		KTEST_EXPECT_LE(t, zone_idx(zone), gfp_zone(gfp));
		if (i && list->zones[i - 1]->zone_pgdat == zone->zone_pgdat)
			KTEST_EXPECT_TRUE(t, list->zones[i - 1] > zone);
		if (zone->zone_pgdat->node_id != nid)
			continue;
		KTEST_EXPECT_EQ(t, own, i);
		own++;
	}
	for (other = 0; other < MAX_NUMNODES; other++)
		all += populated_up_to(other, gfp_zone(gfp));
	KTEST_EXPECT_EQ(t, own, populated_up_to(nid, gfp_zone(gfp)));
	KTEST_EXPECT_EQ(t, i, gfp & __GFP_THISNODE ? own : all);
}

static void zonelists_go_from_near_and_high_to_far_and_low(struct ktest *t)
{
	static const gfp_t gfps[] = { GFP_DMA, GFP_DMA32, GFP_KERNEL,
				      GFP_HIGHUSER };
	unsigned int i;
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		for (i = 0; i < ARRAY_SIZE(gfps); i++) {
			check_list(t, nid, gfps[i]);
			check_list(t, nid, gfps[i] | __GFP_THISNODE);
		}
}

static int distance(int nid, const struct zone *zone)
{
	int d = zone->zone_pgdat->node_id - nid;

	return d < 0 ? -d : d;
}

/* Nearer nodes first; of two as near, the one with the lower number. */
static void lower_of_two_nodes_as_far_comes_first(struct ktest *t)
{
	int nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++) {
		struct zone *const *z = node_zonelist(nid, GFP_KERNEL)->zones;

		for (; z[0] && z[1]; z++) {
			int d = distance(nid, z[0]), next = distance(nid, z[1]);

			KTEST_EXPECT_LE(t, d, next);
			if (d == next)
				KTEST_EXPECT_LE(t, z[0]->zone_pgdat->node_id,
						z[1]->zone_pgdat->node_id);
		}
	}
}

static void validation_names_what_is_broken(struct ktest *t)
{
	struct zone *zone = private_zone(&arena, arena.pfn, arena.pages);
	struct page *page;

	zone_feed(zone, arena.pfn, arena.pages);
	page = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	page++;		/* free, order 0 */
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
	zone->nr_free_pages++;
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
	zone->nr_free_pages--;
	zone->free_area[3].nr_free++;
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
	zone->free_area[3].nr_free--;
	page->order = 1;
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
	page->order = 0;
	page->zone_id ^= 1;
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
	page->zone_id ^= 1;
	set_pageblock_migratetype(page, MIGRATE_CMA);
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
	set_pageblock_migratetype(page, MIGRATE_MOVABLE);
	page->buddy_list.prev = (struct list_head *)&page->buddy_list;
	KTEST_EXPECT_NOT_NULL(t, zone_validate(zone));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_size_gives_each_frame_once),
	KTEST_CASE(every_start_gives_each_frame_once),
	KTEST_CASE(single_frees_build_the_same_blocks),
	KTEST_CASE(present_pages_sum_to_ram),
	KTEST_CASE(every_frame_of_ram_is_in_its_zones_span),
	KTEST_CASE(frames_before_the_blocks_of_ram_are_not_valid),
	KTEST_CASE(boot_tells_what_is_in_the_zones),
	KTEST_CASE(spans_begin_and_end_with_ram),
	KTEST_CASE(overlapping_reservations_leave_no_frame_out),
	KTEST_CASE(block_of_early_memory_becomes_free),
	KTEST_CASE(gfp_names_the_highest_zone),
	KTEST_CASE(zonelists_go_from_near_and_high_to_far_and_low),
	KTEST_CASE(validation_names_what_is_broken),
	KTEST_CASE(lower_of_two_nodes_as_far_comes_first),
	{}
};
KTEST_SUITE_FIXTURE(zone, cases, set_up, tear_down);

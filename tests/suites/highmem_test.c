/*
 * Memory beyond the direct map: who gets it, who must not, and how it is
 * reached. What needs a page of high memory is skipped where there is none;
 * the rest holds everywhere. Windows are in kmap_test.c.
 */
#include <kernel/ktest.h>
#include <kernel/shell.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/highmem.h>
#include <mm/slab.h>

#include "../../mm/internal.h"
#include "all_memory.h"
#include "zone_fixture.h"

static struct census census;

static void zone_says_whether_a_page_is_high(struct ktest *t)
{
	struct pfn_range ram;
	unsigned long pfn = 0, end;

	while (next_ram_range(pfn, &ram, NULL)) {
		struct zone *zone = pfn_to_zone(ram.start, &end);
		bool high = zone_idx(zone) == ZONE_HIGHMEM;

		KTEST_EXPECT_EQ(t, PageHighMem(pfn_to_page(ram.start)), high);
		KTEST_EXPECT_EQ(t, PageHighMem(pfn_to_page(end - 1)), high);
		pfn = end;
	}
}

static void high_memory_is_counted_by_itself(struct ktest *t)
{
	unsigned long managed = 0, free = 0;
	struct zone *zone;

	for_each_populated_zone(zone) {
		if (zone_idx(zone) != ZONE_HIGHMEM)
			continue;
		managed += zone->managed_pages;
		free += zone->nr_free_pages;
	}
	KTEST_EXPECT_EQ(t, totalhigh_pages(), managed);
	KTEST_EXPECT_EQ(t, nr_free_highpages(), free);
	if (!highmem_is_supported())
		KTEST_EXPECT_EQ(t, managed, 0);
}

static void users_get_high_pages_first(struct ktest *t)
{
	unsigned long before = nr_free_highpages();
	struct page *page;

	if (high_pages_at_hand() < 1024) {
		ktest_skip(t, "no high memory");
		return;
	}
	page = alloc_page(GFP_HIGHUSER);
	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_TRUE(t, PageHighMem(page));
	KTEST_EXPECT_EQ(t, zone_idx(page_zone(page)), ZONE_HIGHMEM);
	drain_all_pages();
	KTEST_EXPECT_EQ(t, nr_free_highpages(), before - 1);
	__free_page(page);
	drain_all_pages();
	KTEST_EXPECT_EQ(t, nr_free_highpages(), before);
}

static void kernel_never_gets_a_high_page(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long addr = __get_free_pages(GFP_HIGHUSER, 1);
	void *exact = alloc_pages_exact(3 * PAGE_SIZE, GFP_HIGHUSER);

	if (KTEST_EXPECT_TRUE(t, page && addr && exact)) {
		KTEST_EXPECT_FALSE(t, PageHighMem(page));
		KTEST_EXPECT_FALSE(t, PageHighMem(virt_to_page(addr)));
		KTEST_EXPECT_FALSE(t, PageHighMem(virt_to_page(exact)));
		KTEST_EXPECT_PTR_EQ(t, page_address(virt_to_page(addr)), addr);
	}
	if (page)
		__free_page(page);
	free_pages(addr, 1);
	if (exact)
		free_pages_exact(exact, 3 * PAGE_SIZE);
}

/* Largest blocks first, then what is left, page by page. */
static void take_all_user_pages(struct list_head *taken)
{
	unsigned int order = MAX_PAGE_ORDER + 1;
	struct page *page;

	while (order-- > 0)
		while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN,
					   order)))
			list_add(&page->lru, taken);
}

/*
 * A request that could have had high memory stops at the mark of a lower zone
 * plus what that zone keeps for its own.
 */
static void low_memory_is_protected_from_users(struct ktest *t)
{
	unsigned long before[MAX_NR_ZONES];
	struct page *page, *next;
	LIST_HEAD(taken);
	int z;

	if (skip_on_a_huge_machine(t))
		return;
	for (z = 0; z < MAX_NR_ZONES; z++)
		before[z] = NODE_DATA(0)->node_zones[z].nr_free_pages;
	take_all_user_pages(&taken);
	for (z = 0; z < MAX_NR_ZONES; z++) {
		struct zone *zone = &NODE_DATA(0)->node_zones[z];
		unsigned long floor = min_wmark_pages(zone) +
				      zone->lowmem_reserve[ZONE_HIGHMEM];

		KTEST_EXPECT_EQ(t, zone->nr_free_pages, min(before[z], floor));
	}
	page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
	if (totalhigh_pages() > 1024)
		KTEST_EXPECT_NOT_NULL(t, page);
	if (page)
		__free_page(page);
	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, page->order);
}

/* Linux: 1/256 of what is above for DMA, 1/32 for NORMAL, nothing for HIGH. */
static void reserves_grow_with_the_memory_above(struct ktest *t)
{
	int nid;

	init_per_zone_wmark_min();	/* sizes may have changed since */
	for_each_online_node(nid) {
		struct zone *z = NODE_DATA(nid)->node_zones;
		unsigned long high = z[ZONE_HIGHMEM].managed_pages;
		unsigned long above = high + z[ZONE_NORMAL].managed_pages +
				      z[ZONE_DMA32].managed_pages;

		KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_HIGHMEM],
				z[ZONE_DMA].managed_pages ? above / 256 : 0);
		KTEST_EXPECT_EQ(t, z[ZONE_NORMAL].lowmem_reserve[ZONE_HIGHMEM],
				z[ZONE_NORMAL].managed_pages ? high / 32 : 0);
		KTEST_EXPECT_EQ(t, z[ZONE_HIGHMEM].lowmem_reserve[ZONE_HIGHMEM],
				0);
	}
}

static void high_memory_does_not_raise_the_marks_of_low(struct ktest *t)
{
	unsigned long low = 0;
	struct zone *zone;

	init_per_zone_wmark_min();
	for_each_populated_zone(zone) {
		unsigned long managed = zone->managed_pages;

		if (zone_idx(zone) != ZONE_HIGHMEM)
			low += managed;
		else if (managed)
			KTEST_EXPECT_EQ(t, min_wmark_pages(zone),
					clamp(managed / 1024, 32UL, 128UL));
	}
	/* give or take what free_initmem() added after the marks were set */
	KTEST_EXPECT_LE(t, min_free_kbytes,
			min_free_kbytes_for(low << (PAGE_SHIFT - 10)));
	KTEST_EXPECT_GE(t, min_free_kbytes + 16,
			min_free_kbytes_for(low << (PAGE_SHIFT - 10)));
}

static bool page_is_filled_with(struct page *page, u8 byte)
{
	const void *p = kmap_local_page(page);
	bool filled = !memchr_inv(p, byte, PAGE_SIZE);

	kunmap_local(p);
	return filled;
}

static void zeroed_user_pages_are_zero_whatever_was_there(struct ktest *t)
{
	unsigned int order, i;

	for (order = 0; order < 5; order++) {
		struct page *page = alloc_pages(GFP_HIGHUSER, order);

		KTEST_ASSERT_NOT_NULL(t, page);
		for (i = 0; i < 1u << order; i++)
			memset_page(page + i, 0, 0xa5, PAGE_SIZE);
		__free_pages(page, order);
		page = alloc_pages(GFP_HIGHUSER | __GFP_ZERO, order);
		KTEST_ASSERT_NOT_NULL(t, page);
		for (i = 0; i < 1u << order; i++)
			KTEST_EXPECT_TRUE(t, page_is_filled_with(page + i, 0));
		__free_pages(page, order);
	}
}

static void bulk_pages_are_zeroed_too(struct ktest *t)
{
	struct page *pages[20] = { NULL };
	unsigned int i;

	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_HIGHUSER | __GFP_ZERO,
						  20, pages), 20);
	for (i = 0; i < 20 && pages[i]; i++) {
		KTEST_EXPECT_TRUE(t, page_is_filled_with(pages[i], 0));
		memset_page(pages[i], 0, 0x5a, PAGE_SIZE);
		__free_page(pages[i]);
	}
}

static void part_of_a_page_is_written_and_no_more(struct ktest *t)
{
	static const struct {
		u16 offset, len;
	} parts[] = { { 0, 1 }, { 0, 4096 }, { 4095, 1 }, { 1, 4095 },
		      { 100, 0 }, { 4096, 0 }, { 1000, 77 } };
	struct page *page = alloc_page(GFP_HIGHUSER);
	static u8 data[4096], now[4096];
	unsigned int i, k;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (k = 0; k < sizeof(data); k++)
		data[k] = (u8)(k * 7 + 1);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		u32 offset = parts[i].offset, len = parts[i].len, wrong = 0;

		memset_page(page, 0, 0xee, PAGE_SIZE);
		memcpy_to_page(page, offset, data, len);
		memcpy_from_page(now, page, 0, PAGE_SIZE);
		for (k = 0; k < PAGE_SIZE; k++)
			wrong += now[k] != (k - offset < len ?
					    data[k - offset] : 0xee);
		KTEST_EXPECT_EQ(t, wrong, 0);
		zero_user(page, offset, len);
		memcpy_from_page(now, page, offset, len);
		KTEST_EXPECT_NULL(t, memchr_inv(now, 0, len));
	}
	__free_page(page);
}

static void pages_are_copied_whole_and_in_part(struct ktest *t)
{
	struct page *from = alloc_page(GFP_HIGHUSER | __GFP_NOFAIL);
	struct page *to = alloc_page(GFP_HIGHUSER | __GFP_NOFAIL);
	u8 byte[3];

	memset_page(from, 0, 0x31, PAGE_SIZE);
	memset_page(to, 0, 0x32, PAGE_SIZE);
	memcpy_page(to, 4000, from, 10, 50);
	memcpy_from_page(byte, to, 3999, 2);
	memcpy_from_page(byte + 2, to, 4050, 1);
	KTEST_EXPECT_TRUE(t, byte[0] == 0x32 && byte[1] == 0x31 &&
			  byte[2] == 0x32);
	copy_highpage(to, from);
	KTEST_EXPECT_TRUE(t, page_is_filled_with(to, 0x31));
	clear_highpage(from);
	KTEST_EXPECT_TRUE(t, page_is_filled_with(from, 0));
	KTEST_EXPECT_TRUE(t, page_is_filled_with(to, 0x31));
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
	__free_page(from);
	__free_page(to);
}

static void low_pages_pass_through_at_no_cost(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_PTR_EQ(t, kmap_local_page(page), page_address(page));
	KTEST_EXPECT_PTR_EQ(t, kmap(page), page_address(page));
	KTEST_EXPECT_PTR_EQ(t, kmap_to_page(page_address(page)), page);
	KTEST_EXPECT_EQ(t, kmap_local_depth(), 0);
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
	KTEST_EXPECT_STREQ(t, kmap_leak(), NULL);
	kunmap(page);
	kunmap_local(page_address(page));
	__free_page(page);
}

static void slabs_are_never_high(struct ktest *t)
{
	static void *objects[64];
	struct kmem_cache *s;
	unsigned int i;

	s = kmem_cache_create("highmem_test", 1024, 0, SLAB_NO_MERGE, NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_REPORTS(t, 1, "zone flags",
			     objects[0] = kmem_cache_alloc(s, GFP_HIGHUSER));
	for (i = 1; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (i = 0; i < ARRAY_SIZE(objects); i++) {
		if (!KTEST_EXPECT_NOT_NULL(t, objects[i]))
			continue;
		KTEST_EXPECT_FALSE(t, PageHighMem(virt_to_page(objects[i])));
		kmem_cache_free(s, objects[i]);
	}
	kmem_cache_destroy(s);
}

static void large_kmalloc_is_never_high(struct ktest *t)
{
	char *p = NULL;

	KTEST_EXPECT_REPORTS(t, 1, "zone flags",
			     p = kmalloc(5 * PAGE_SIZE, GFP_HIGHUSER));
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_FALSE(t, PageHighMem(virt_to_page(p)));
	p[5 * PAGE_SIZE - 1] = 1;
	kfree(p);
}

static void kernel_owns_nothing_in_high_memory(struct ktest *t)
{
	static const u8 mapped[] = {
		CENSUS_SLAB, CENSUS_LARGE_KMALLOC, CENSUS_PAGETABLE,
		CENSUS_GUARDED, CENSUS_GUARD,
		CENSUS_MEMMAP, CENSUS_KERNEL, CENSUS_INIT, CENSUS_EARLY,
	};
	unsigned int i;

	census_take(&census);
	for (i = 0; i < ARRAY_SIZE(mapped); i++)
		KTEST_EXPECT_EQ(t, census.zone_pages[ZONE_HIGHMEM][mapped[i]],
				0);
	KTEST_EXPECT_EQ(t, census.zone_pages[ZONE_HIGHMEM][CENSUS_FREE],
			nr_free_highpages());
}

/* Does meminfo have this line? */
static bool meminfo_says(const char *name, unsigned long pages)
{
	char line[] = "meminfo", wanted[64];

	ksnprintf(wanted, sizeof(wanted), "\n%-16s%8lu kB\n", name,
		  pages << (PAGE_SHIFT - 10));
	report_capture_log_start();
	shell_execute(line);
	report_capture_stop();
	return strstr(report_capture_text(), wanted);
}

static void meminfo_tells_high_from_low(struct ktest *t)
{
	unsigned long high = totalhigh_pages(), free = nr_free_highpages();
	bool told = highmem_is_supported();

	KTEST_EXPECT_EQ(t, meminfo_says("HighTotal:", high), told);
	KTEST_EXPECT_EQ(t, meminfo_says("HighFree:", free), told);
	KTEST_EXPECT_EQ(t, meminfo_says("LowTotal:", totalram_pages() - high),
			told);
	KTEST_EXPECT_EQ(t, meminfo_says("LowFree:", nr_free_pages() - free),
			told);
}

/* 2^44 bytes on, a frame number of 32 bits is the same again. */
static void frame_numbers_beyond_all_memory_do_not_wrap(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);
	phys_addr_t twin;

	KTEST_ASSERT_NOT_NULL(t, page);
	twin = (1ULL << 44) + page_to_phys(page);
	reserve_bootmem_region(twin, twin + PAGE_SIZE, 0);
	KTEST_EXPECT_EQ(t, page->type, PAGE_ALLOC);
	page->type = PAGE_ALLOC;
	__free_page(page);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(zone_says_whether_a_page_is_high),
	KTEST_CASE(high_memory_is_counted_by_itself),
	KTEST_CASE(users_get_high_pages_first),
	KTEST_CASE(kernel_never_gets_a_high_page),
	KTEST_CASE(low_memory_is_protected_from_users),
	KTEST_CASE(reserves_grow_with_the_memory_above),
	KTEST_CASE(high_memory_does_not_raise_the_marks_of_low),
	KTEST_CASE(zeroed_user_pages_are_zero_whatever_was_there),
	KTEST_CASE(bulk_pages_are_zeroed_too),
	KTEST_CASE(part_of_a_page_is_written_and_no_more),
	KTEST_CASE(pages_are_copied_whole_and_in_part),
	KTEST_CASE(low_pages_pass_through_at_no_cost),
	KTEST_CASE(slabs_are_never_high),
	KTEST_CASE(large_kmalloc_is_never_high),
	KTEST_CASE(kernel_owns_nothing_in_high_memory),
	KTEST_CASE(meminfo_tells_high_from_low),
	KTEST_CASE(frame_numbers_beyond_all_memory_do_not_wrap),
	{}
};
KTEST_SUITE(highmem, cases);

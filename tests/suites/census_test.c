/* The census adds up, tells owners apart, and notices what is wrong. */
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/early.h>
#include <mm/mm.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

static struct census before, now;

static void set_up(struct ktest *t)
{
	census_take(&before);
}

static void owners_sum_to_ram(struct ktest *t)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < NR_CENSUS_OWNERS; i++)
		sum += before.pages[i];
	KTEST_EXPECT_EQ(t, sum, before.ram);
	KTEST_EXPECT_EQ(t, before.pages[CENSUS_FREE], nr_free_pages());
	KTEST_EXPECT_STREQ(t, census_check(&before), NULL);
	KTEST_EXPECT_EQ(t, before.lost + before.double_owned, 0);
}

static void zones_sum_to_each_owner(struct ktest *t)
{
	unsigned long present[MAX_NR_ZONES] = { 0 };
	struct zone *zone;
	unsigned int i;
	int z;

	for (i = 0; i < NR_CENSUS_OWNERS; i++) {
		unsigned long sum = 0;

		for (z = 0; z < MAX_NR_ZONES; z++) {
			sum += before.zone_pages[z][i];
			present[z] += before.zone_pages[z][i];
		}
		KTEST_EXPECT_EQ(t, sum, before.pages[i]);
	}
	for_each_zone(zone)
		present[zone_idx(zone)] -= zone->present_pages;
	for (z = 0; z < MAX_NR_ZONES; z++)
		KTEST_EXPECT_EQ(t, present[z], 0);
}

static void counting_twice_gives_the_same(struct ktest *t)
{
	census_take(&now);
	KTEST_EXPECT_STREQ(t, census_compare(&before, &now), NULL);
}

static void allocated_pages_move_from_free_to_allocated(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	KTEST_ASSERT_NOT_NULL(t, page);
	census_take(&now);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_ALLOCATED],
			before.pages[CENSUS_ALLOCATED] + 8);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_FREE],
			before.pages[CENSUS_FREE] - 8);
	KTEST_EXPECT_NOT_NULL(t, census_compare(&before, &now));
	__free_pages(page, 3);
}

static void compound_pages_are_counted_once(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 4);

	KTEST_ASSERT_NOT_NULL(t, page);
	census_take(&now);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_ALLOCATED],
			before.pages[CENSUS_ALLOCATED] + 16);
	KTEST_EXPECT_STREQ(t, census_check(&now), NULL);
	__free_pages(page, 4);
}

static void large_kmalloc_and_slab_have_owners_of_their_own(struct ktest *t)
{
	void *large = kmalloc(8 * PAGE_SIZE, GFP_KERNEL);
	struct kmem_cache *s;
	void *object;

	s = kmem_cache_create("census_test", 512, 0,
			      SLAB_NO_MERGE | SLAB_SKIP_KFENCE, NULL);
	if (!KTEST_EXPECT_NOT_NULL(t, s))
		goto out;
	object = kmem_cache_alloc(s, GFP_KERNEL);
	census_take(&now);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_LARGE_KMALLOC],
			before.pages[CENSUS_LARGE_KMALLOC] + 8);
	KTEST_EXPECT_GT(t, now.pages[CENSUS_SLAB], before.pages[CENSUS_SLAB]);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
out:
	kfree(large);
}

static void pages_of_vmalloc_are_counted_as_such(struct ktest *t)
{
	void *p = vmalloc(20 * PAGE_SIZE);

	if (!p)
		return;
	census_take(&now);
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_VMALLOC],
			before.pages[CENSUS_VMALLOC] + 20);
#ifndef CONFIG_KASAN	/* there it has shadow of its own */
	KTEST_EXPECT_EQ(t, now.pages[CENSUS_ALLOCATED],
			before.pages[CENSUS_ALLOCATED]);
#endif
	vfree(p);
}

static void lost_block_is_noticed_and_named(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->type = PAGE_NONE;
	census_walk(&now, NULL, NULL);
	page->type = PAGE_ALLOC;
	KTEST_EXPECT_EQ(t, now.lost, 4);
	KTEST_EXPECT_EQ(t, now.first_bad_pfn, page_to_pfn(page));
	KTEST_EXPECT_STREQ(t, census_check(&now),
			   "a frame of RAM has no owner");
	__free_pages(page, 2);
}

static void block_longer_than_it_may_be_is_noticed(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	split_page(page, 1);
	page[1].order = 1;	/* an odd frame cannot head two */
	census_walk(&now, NULL, NULL);
	page[1].order = 0;
	KTEST_EXPECT_NE(t, now.double_owned, 0);
	KTEST_EXPECT_NOT_NULL(t, census_check(&now));
	__free_page(page);
	__free_page(page + 1);
}

static void block_of_an_order_there_is_not_is_one_frame(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->order = MAX_PAGE_ORDER + 1;
	census_walk(&now, NULL, NULL);
	page->order = 0;
	KTEST_EXPECT_STREQ(t, census_check(&now), NULL);
	__free_page(page);
}

static void free_page_on_no_list_is_noticed(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	page->type = PAGE_BUDDY;
	census_walk(&now, NULL, NULL);
	page->type = PAGE_ALLOC;
	KTEST_EXPECT_STREQ(t, census_check(&now),
			   "free frames are not what the free lists hold");
	__free_page(page);
}

static void difference_in_one_free_list_is_noticed(struct ktest *t)
{
	now = before;
	now.free[0][ZONE_DMA][0] += 2;
	now.free[0][ZONE_DMA][1] -= 1;
	KTEST_EXPECT_NOT_NULL(t, census_compare(&before, &now));
}

static void every_owner_has_a_name(struct ktest *t)
{
	int i, j;

	for (i = 0; i < NR_CENSUS_OWNERS; i++)
		for (j = 0; j < i; j++)
			KTEST_EXPECT_FALSE(t, ktest_streq(
				census_owner_name((enum census_owner)i),
				census_owner_name((enum census_owner)j)));
}

/* A head that claims more than its own swallows its neighbour's frame. */
static void block_that_covers_another_is_owned_twice(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	split_page(page, 1);
	page->order = 1;
	census_take(&now);
	page->order = 0;
	KTEST_EXPECT_NOT_NULL(t, census_check(&now));
	__free_page(page);
	__free_page(page + 1);
}

#define CENSUS_NAMES(t, place, words) do {				\
	now = before;							\
	(place)++;							\
	KTEST_EXPECT_STREQ(t, census_check(&now), words);		\
} while (0)

static void each_contradiction_of_a_census_is_named(struct ktest *t)
{
	CENSUS_NAMES(t, now.lost, "a frame of RAM has no owner");
	CENSUS_NAMES(t, now.double_owned, "a frame of RAM has two owners");
	CENSUS_NAMES(t, now.ram, "the owners' frames do not add up to RAM");
	CENSUS_NAMES(t, now.pages[CENSUS_SLAB],
		     "the owners' frames do not add up to RAM");
	CENSUS_NAMES(t, now.free[0][ZONE_NORMAL][0],
		     "free frames are not what the free lists hold");
	CENSUS_NAMES(t, now.in_arrays,
		     "per-CPU free frames are not what the arrays hold");
}

static void each_difference_of_two_censuses_is_named(struct ktest *t)
{
	char words[80];

	now = before;
	now.ram++;
	ksnprintf(words, sizeof(words), "RAM: %lu frames before, %lu after",
		  before.ram, before.ram + 1);
	KTEST_EXPECT_STREQ(t, census_compare(&before, &now), words);
	now = before;
	now.pages[CENSUS_VMALLOC]++;
	ksnprintf(words, sizeof(words), "vmalloc: %lu frames before, %lu after",
		  before.pages[CENSUS_VMALLOC],
		  before.pages[CENSUS_VMALLOC] + 1);
	KTEST_EXPECT_STREQ(t, census_compare(&before, &now), words);
	now = before;
	now.free[0][ZONE_NORMAL][4]++;
	ksnprintf(words, sizeof(words), "free blocks of node 0 zone %d order 4: %lu before, %lu after",
		  ZONE_NORMAL, before.free[0][ZONE_NORMAL][4],
		  before.free[0][ZONE_NORMAL][4] + 1);
	KTEST_EXPECT_STREQ(t, census_compare(&before, &now), words);
}

/* Memory used for the first time: free frames have become descriptors. */
static void descriptors_that_came_into_being_are_no_difference(struct ktest *t)
{
	struct census *then = &before;
	unsigned long untouched = before.untouched;

	then->untouched = untouched + MAX_ORDER_NR_PAGES;
	now = *then;
	now.untouched = untouched;
	now.pages[CENSUS_MEMMAP] += 5;
	now.pages[CENSUS_FREE] -= 5;
	KTEST_EXPECT_EQ(t, census_memmap_growth(then, &now), 5);
	KTEST_EXPECT_STREQ(t, census_compare(then, &now), NULL);
	now.pages[CENSUS_FREE]++;
	now.pages[CENSUS_VMALLOC]--;
	KTEST_EXPECT_NOT_NULL(t, census_compare(then, &now));
	now.untouched = then->untouched;
	KTEST_EXPECT_EQ(t, census_memmap_growth(then, &now), 0);
}

static void print_contradiction(void)
{
	now = before;
	now.lost = 3;
	now.first_bad_pfn = 0x123;
	census_print(&now);
}

static void census_that_is_wrong_says_so_when_printed(struct ktest *t)
{
	KTEST_EXPECT_LOGGED(t, "census: a frame of RAM has no owner (lost 3, twice 0, first at pfn 0x123)",
			    print_contradiction());
}

/* What a zone of the kind is called; NULL: no node has one. */
static const char *name_of_kind(int type)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		if ((int)zone_idx(zone) == type)
			return zone->name;
	return NULL;
}

static char table[4096];
static size_t table_length;

static __printf(1, 2) void expect_text(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	table_length += (size_t)kvsnprintf(table + table_length,
					   sizeof(table) - table_length, fmt,
					   args);
	va_end(args);
}

/* A line of the table: its frames are told in KiB, too, and zone by zone. */
static void expect_line(const char *name, unsigned long pages,
			const unsigned long *by_zone)
{
	int type;

	expect_text("%-16s %12lu %12lu", name, pages, pages * 4);
	for (type = 0; type < MAX_NR_ZONES; type++)
		if (name_of_kind(type))
			expect_text(" %10lu", by_zone[type]);
	expect_text("\n");
}

/* Each number another one. */
static void make_up(struct census *c)
{
	unsigned int i, z;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < NR_CENSUS_OWNERS; i++) {
		for (z = 0; z < MAX_NR_ZONES; z++) {
			c->zone_pages[z][i] = 100 * i + z + 1;
			c->pages[i] += c->zone_pages[z][i];
		}
		c->ram += c->pages[i];
	}
	c->free[0][ZONE_DMA][1] = 1;
	c->free[MAX_NUMNODES - 1][ZONE_HIGHMEM][0] = c->pages[CENSUS_FREE] - 2;
	c->in_arrays = c->pages[CENSUS_PCP];
}

static void expect_table(const struct census *c)
{
	unsigned long by_zone[MAX_NR_ZONES], all[MAX_NR_ZONES] = { 0 };
	unsigned int i, z;
	int type;

	table_length = 0;
	expect_text("%-16s %12s %12s", "owner", "frames", "KiB");
	for (type = 0; type < MAX_NR_ZONES; type++)
		if (name_of_kind(type))
			expect_text(" %10s", name_of_kind(type));
	expect_text("\n");
	for (i = 0; i < NR_CENSUS_OWNERS; i++) {
		for (z = 0; z < MAX_NR_ZONES; z++)
			all[z] += by_zone[z] = c->zone_pages[z][i];
		expect_line(census_owner_name((enum census_owner)i),
			    c->pages[i], by_zone);
	}
	expect_line("RAM", c->ram, all);
}

static void census_is_printed_as_a_table(struct ktest *t)
{
	make_up(&now);
	KTEST_EXPECT_STREQ(t, census_check(&now), NULL);
	expect_table(&now);
	report_capture_log_start();
	census_print(&now);
	KTEST_EXPECT_EQ(t, report_capture_stop(), 0);
	KTEST_EXPECT_TRUE(t, ktest_streq(report_capture_text(), table));
}

static void owner_there_is_not_is_nobody(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, census_owner_name(NR_CENSUS_OWNERS), "nobody");
	KTEST_EXPECT_STREQ(t, census_owner_name(CENSUS_ALLOCATED),
			   "allocated");
}

/* The lowest order of the lowest zone as well as the highest of the last. */
static void each_free_list_is_compared(struct ktest *t)
{
	now = before;
	now.free[0][ZONE_DMA][0]++;
	KTEST_EXPECT_NOT_NULL(t, census_compare(&before, &now));
	now = before;
	now.free[MAX_NUMNODES - 1][ZONE_HIGHMEM][MAX_PAGE_ORDER]++;
	KTEST_EXPECT_NOT_NULL(t, census_compare(&before, &now));
}

#ifdef STRATA_HOSTED
/* A kernel's record of early owners is gone when suites run. */
static void count_misnamed(struct page *head, enum census_owner owner,
			   unsigned long nr, void *misnamed)
{
	phys_addr_t pa = page_to_phys(head);
	unsigned long i, *n = misnamed;

	if (head->type != PAGE_RESERVED)
		return;
	for (i = 0; i < nr; i++)
		*n += early_owner_of(pa + PFN_PHYS(i)) != head->owner;
}

/* What was taken early lies side by side, one reserved range to memblock. */
static void reserved_frames_are_their_early_owners(struct ktest *t)
{
	unsigned long misnamed = 0;

	census_walk(&now, count_misnamed, &misnamed);
	KTEST_EXPECT_EQ(t, misnamed, 0);
	KTEST_EXPECT_NE(t, now.pages[CENSUS_PERCPU], 0);
}
#endif

static const struct ktest_case cases[] = {
	KTEST_CASE(owners_sum_to_ram),
	KTEST_CASE(zones_sum_to_each_owner),
	KTEST_CASE(counting_twice_gives_the_same),
	KTEST_CASE(allocated_pages_move_from_free_to_allocated),
	KTEST_CASE(compound_pages_are_counted_once),
	KTEST_CASE(large_kmalloc_and_slab_have_owners_of_their_own),
	KTEST_CASE(pages_of_vmalloc_are_counted_as_such),
	KTEST_CASE(lost_block_is_noticed_and_named),
	KTEST_CASE(block_longer_than_it_may_be_is_noticed),
	KTEST_CASE(block_of_an_order_there_is_not_is_one_frame),
	KTEST_CASE(free_page_on_no_list_is_noticed),
	KTEST_CASE(difference_in_one_free_list_is_noticed),
	KTEST_CASE(every_owner_has_a_name),
	KTEST_CASE(each_contradiction_of_a_census_is_named),
	KTEST_CASE(each_difference_of_two_censuses_is_named),
	KTEST_CASE(descriptors_that_came_into_being_are_no_difference),
	KTEST_CASE(census_that_is_wrong_says_so_when_printed),
	KTEST_CASE(census_is_printed_as_a_table),
	KTEST_CASE(owner_there_is_not_is_nobody),
	KTEST_CASE(each_free_list_is_compared),
	KTEST_CASE(block_that_covers_another_is_owned_twice),
#ifdef STRATA_HOSTED
	KTEST_CASE(reserved_frames_are_their_early_owners),
#endif
	{}
};
KTEST_SUITE_FIXTURE(census, cases, set_up, NULL);

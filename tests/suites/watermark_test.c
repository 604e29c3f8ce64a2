/* Reserves: Linux's numbers, and exactly where each kind of request stops. */
#include <kernel/ktest.h>
#include <lib/int_sqrt.h>
#include <lib/kernel.h>

#include "../../mm/internal.h"

static struct zone zone;
static pg_data_t node;

static void square_root_is_rounded_down(struct ktest *t)
{
	unsigned long r, x;

	for (x = 0; x < 70000; x++) {
		r = int_sqrt(x);
		KTEST_ASSERT_TRUE(t, r * r <= x && (r + 1) * (r + 1) > x);
	}
	for (r = 1; r < BIT(31); r = r * 3 + 1) {
		if (sizeof(long) < 8 && r >= BIT(15))
			break;
		KTEST_ASSERT_EQ(t, int_sqrt(r * r), r);
		KTEST_ASSERT_EQ(t, int_sqrt(r * r - 1), r - 1);
		KTEST_ASSERT_EQ(t, int_sqrt(r * r + 2 * r), r);
	}
	KTEST_EXPECT_EQ(t, int_sqrt(~0UL), BIT(BITS_PER_LONG / 2) - 1);
}

static void min_free_kbytes_follows_linux(struct ktest *t)
{
	/* lowmem, min_free_kbytes: from Linux's own table */
	static const struct {
		unsigned long mib, kbytes;
	} table[] = {
		{ 16, 512 }, { 32, 724 }, { 64, 1024 }, { 128, 1448 },
		{ 256, 2048 }, { 512, 2896 }, { 1024, 4096 }, { 2048, 5792 },
		{ 4096, 8192 }, { 8192, 11585 }, { 16384, 16384 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		KTEST_EXPECT_EQ(t, min_free_kbytes_for(table[i].mib << 10),
				table[i].kbytes);
	KTEST_EXPECT_EQ(t, min_free_kbytes_for(0), 128);
	KTEST_EXPECT_EQ(t, min_free_kbytes_for(1023), 128);
	if (BITS_PER_LONG == 32)
		return;		/* low memory is never that large */
	KTEST_EXPECT_EQ(t, min_free_kbytes_for(BIT(BITS_PER_LONG / 2)), 262144);
	KTEST_EXPECT_EQ(t, min_free_kbytes_for(BIT(BITS_PER_LONG / 2 + 2)),
			262144);
}

static void marks_are_the_zones_share(struct ktest *t)
{
	zone = (struct zone){ .zone_id = ZONE_NORMAL, .managed_pages = 3000 };
	setup_zone_wmarks(&zone, 1000, 4000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 750);
	KTEST_EXPECT_EQ(t, low_wmark_pages(&zone), 750 + 187);
	KTEST_EXPECT_EQ(t, high_wmark_pages(&zone), 750 + 2 * 187);
	/* a large zone: a thousandth of it is more than min / 4 */
	zone.managed_pages = 4000000;
	setup_zone_wmarks(&zone, 1000, 4000000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 1000);
	KTEST_EXPECT_EQ(t, low_wmark_pages(&zone), 1000 + 4000);
	KTEST_EXPECT_EQ(t, high_wmark_pages(&zone), 1000 + 2 * 4000);
	/* no low memory, no share of it */
	setup_zone_wmarks(&zone, 1000, 0);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 0);
}

static void highmem_keeps_a_little_whatever_the_share(struct ktest *t)
{
	zone = (struct zone){ .zone_id = ZONE_HIGHMEM, .managed_pages = 1000 };
	setup_zone_wmarks(&zone, 1000, 1000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 32);
	zone.managed_pages = 64 * 1024;
	setup_zone_wmarks(&zone, 1000, 100000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 64);
	zone.managed_pages = 1024 * 1024;
	setup_zone_wmarks(&zone, 1000, 100000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 128);
	zone.managed_pages = 0;
	setup_zone_wmarks(&zone, 1000, 100000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 0);
}

/* 64 GiB of high memory over 896 MiB: products of pages pass 2^32. */
static void marks_of_a_large_high_zone_do_not_wrap(struct ktest *t)
{
	zone = (struct zone){ .zone_id = ZONE_HIGHMEM,
			      .managed_pages = 0x1000000 - 0x38000 };
	setup_zone_wmarks(&zone, 957, 0x38000);
	KTEST_EXPECT_EQ(t, min_wmark_pages(&zone), 128);
	KTEST_EXPECT_EQ(t, low_wmark_pages(&zone), 128 + 17260);
	KTEST_EXPECT_EQ(t, high_wmark_pages(&zone), 128 + 2 * 17260);
}

static void lower_zones_are_protected_from_higher_requests(struct ktest *t)
{
	struct zone *z = node.node_zones;

	z[ZONE_DMA].managed_pages = 4000;
	z[ZONE_DMA32].managed_pages = 512000;
	z[ZONE_NORMAL].managed_pages = 1024000;
	z[ZONE_HIGHMEM].managed_pages = 64000;
	setup_lowmem_reserve(&node);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_DMA], 0);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_DMA32], 2000);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_NORMAL], 6000);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_HIGHMEM], 6250);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA32].lowmem_reserve[ZONE_DMA32], 0);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA32].lowmem_reserve[ZONE_NORMAL], 4000);
	KTEST_EXPECT_EQ(t, z[ZONE_NORMAL].lowmem_reserve[ZONE_NORMAL], 0);
	KTEST_EXPECT_EQ(t, z[ZONE_NORMAL].lowmem_reserve[ZONE_HIGHMEM], 2000);
	KTEST_EXPECT_EQ(t, z[ZONE_HIGHMEM].lowmem_reserve[ZONE_HIGHMEM], 0);
	/* and no more than that part */
	z[ZONE_DMA32].managed_pages--;
	setup_lowmem_reserve(&node);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_DMA32], 1999);
	/* a zone without memory keeps nothing back */
	z[ZONE_DMA].managed_pages = 0;
	setup_lowmem_reserve(&node);
	KTEST_EXPECT_EQ(t, z[ZONE_DMA].lowmem_reserve[ZONE_NORMAL], 0);
}

/* Fewest free pages with which a request of this gfp is served. */
static unsigned long fewest(gfp_t gfp, unsigned int order)
{
	unsigned int flags = gfp_to_alloc_flags(gfp);
	unsigned long mark = zone._watermark[flags & ALLOC_WMARK_MASK];
	unsigned long free;

	for (free = 0; free < 10000; free++) {
		zone.nr_free_pages = free;
		if (zone_watermark_ok(&zone, order, mark, gfp_zone(gfp),
				      flags))
			break;
	}
	return free;
}

static void set_marks(unsigned int min)
{
	zone_init(&zone, "test", ZONE_DMA, &node, 0, BIT(20));
	zone._watermark[WMARK_MIN] = min;
	zone.nr_deferred = 1;	/* a block of any order is there */
}

static void each_gfp_stops_at_its_own_mark(struct ktest *t)
{
	set_marks(800);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 0), 801);
	KTEST_EXPECT_EQ(t, fewest(GFP_NOWAIT, 0), 801);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL | __GFP_HIGH, 0), 401);
	KTEST_EXPECT_EQ(t, fewest(GFP_ATOMIC, 0), 301);
	KTEST_EXPECT_EQ(t, fewest(GFP_ATOMIC | __GFP_NOMEMALLOC, 0), 401);
	KTEST_EXPECT_TRUE(t, gfp_to_alloc_flags(__GFP_MEMALLOC) &
			  ALLOC_NO_WATERMARKS);
	KTEST_EXPECT_FALSE(t, gfp_to_alloc_flags(__GFP_MEMALLOC |
						 __GFP_NOMEMALLOC) &
			   ALLOC_NO_WATERMARKS);
}

static void rest_after_a_large_block_counts(struct ktest *t)
{
	set_marks(800);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 3), 801 + 7);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 10), 801 + 1023);
	set_marks(0);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 0), 1);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 10), 1024);
}

static void reserve_counts_by_the_highest_zone_allowed(struct ktest *t)
{
	set_marks(100);
	zone.lowmem_reserve[ZONE_NORMAL] = 1000;
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL, 0), 1101);
	KTEST_EXPECT_EQ(t, fewest(GFP_KERNEL | GFP_DMA, 0), 101);
	KTEST_EXPECT_EQ(t, fewest(GFP_ATOMIC, 0), 1000 + 38 + 1);
}

static void many_small_pages_do_not_make_a_large_block(struct ktest *t)
{
	unsigned int mt;
	LIST_HEAD(dummy);

	set_marks(10);
	zone.nr_deferred = 0;
	zone.nr_free_pages = 100000;
	KTEST_EXPECT_FALSE(t, zone_watermark_ok(&zone, 1, 10, ZONE_DMA, 0));
	KTEST_EXPECT_TRUE(t, zone_watermark_ok(&zone, 0, 10, ZONE_DMA, 0));
	list_add(&dummy, &zone.free_area[4].free_list[MIGRATE_RECLAIMABLE]);
	zone.free_area[4].nr_free = 1;
	KTEST_EXPECT_TRUE(t, zone_watermark_ok(&zone, 4, 10, ZONE_DMA, 0));
	KTEST_EXPECT_FALSE(t, zone_watermark_ok(&zone, 5, 10, ZONE_DMA, 0));
	/* a list is not looked at, without the lock, if none is counted */
	zone.free_area[4].nr_free = 0;
	KTEST_EXPECT_FALSE(t, zone_watermark_ok(&zone, 4, 10, ZONE_DMA, 0));
	zone.free_area[4].nr_free = 1;
	/* isolated memory, and its like, is nobody's to take */
	for (mt = 0; mt < MIGRATE_TYPES; mt++) {
		list_move(&dummy, &zone.free_area[4].free_list[mt]);
		KTEST_EXPECT_EQ(t, zone_watermark_ok(&zone, 4, 10, ZONE_DMA, 0),
				mt < MIGRATE_PCPTYPES);
	}
}

/* Boot memory came back since then, and descriptors have taken some. */
static bool is_about(unsigned long at_boot, unsigned long now)
{
	return at_boot <= now + now / 16 + 1 &&
	       now <= at_boot + at_boot / 16 + 1;
}

static void marks_of_this_machine_add_up(struct ktest *t)
{
	unsigned long sum = 0, zones = 0;
	unsigned long lowmem = 0;
	struct zone *z;

	for_each_populated_zone(z) {
		lowmem += zone_idx(z) == ZONE_HIGHMEM ? 0 : z->managed_pages;
		KTEST_EXPECT_LE(t, min_wmark_pages(z), low_wmark_pages(z));
		KTEST_EXPECT_LE(t, low_wmark_pages(z), high_wmark_pages(z));
		sum += zone_idx(z) == ZONE_HIGHMEM ? 0 : min_wmark_pages(z);
		zones++;
	}
	lowmem *= PAGE_SIZE / 1024;
	KTEST_EXPECT_TRUE(t, is_about(min_free_kbytes,
				      min_free_kbytes_for(lowmem)));
	KTEST_EXPECT_LE(t, sum, min_free_kbytes >> (PAGE_SHIFT - 10));
	KTEST_EXPECT_GT(t, sum + zones, min_free_kbytes >> (PAGE_SHIFT - 10));
}

static void each_node_keeps_its_low_memory_for_who_needs_it(struct ktest *t)
{
	int nid, z, highest;

	for_each_online_node(nid) {
		node = *NODE_DATA(nid);
		setup_lowmem_reserve(&node);
		for (z = 0; z < MAX_NR_ZONES; z++) {
			const unsigned long *at_boot =
				NODE_DATA(nid)->node_zones[z].lowmem_reserve;
			const unsigned long *now =
				node.node_zones[z].lowmem_reserve;

			for (highest = 0; highest < MAX_NR_ZONES; highest++)
				KTEST_EXPECT_TRUE(t, is_about(at_boot[highest],
							      now[highest]));
		}
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(square_root_is_rounded_down),
	KTEST_CASE(min_free_kbytes_follows_linux),
	KTEST_CASE(marks_are_the_zones_share),
	KTEST_CASE(highmem_keeps_a_little_whatever_the_share),
	KTEST_CASE(marks_of_a_large_high_zone_do_not_wrap),
	KTEST_CASE(lower_zones_are_protected_from_higher_requests),
	KTEST_CASE(each_gfp_stops_at_its_own_mark),
	KTEST_CASE(rest_after_a_large_block_counts),
	KTEST_CASE(reserve_counts_by_the_highest_zone_allowed),
	KTEST_CASE(many_small_pages_do_not_make_a_large_block),
	KTEST_CASE(marks_of_this_machine_add_up),
	KTEST_CASE(each_node_keeps_its_low_memory_for_who_needs_it),
	{}
};
KTEST_SUITE(watermark, cases);

/* Arrays of free blocks: how long they are, where they lie, who has them. */
#include <lib/kernel.h>

#include "../../mm/page_debug.h"
#include "pcp_fixture.h"

#define PAGES_OF_1_GIB 262144UL
#define PAGES_OF_16_MIB 4096UL

struct row {
	unsigned long pages;
	unsigned int cpus;
	unsigned int high[5];		/* of orders 0 to 4 */
};

static void length_follows_from_zone_and_cpus(struct ktest *t)
{
	static const struct row rows[] = {
		{ PAGES_OF_1_GIB, 1, { 62, 14, 6, 6, 1 } },
		{ PAGES_OF_1_GIB, 64, { 17, 8, 4, 2, 1 } },
		{ PAGES_OF_16_MIB, 1, { 17, 8, 4, 2, 1 } },
		{ PAGES_OF_16_MIB, 4, { 4, 2, 1, 0, 0 } },
		{ PAGES_OF_16_MIB, 64, { 0, 0, 0, 0, 0 } },
		{ 239, 1, { 0, 0, 0, 0, 0 } },
		{ 240, 1, { 1, 0, 0, 0, 0 } },
	};
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (order = 0; order < ARRAY_SIZE(rows[i].high); order++)
			KTEST_EXPECT_EQ(t, pcp_high_for(rows[i].pages,
							rows[i].cpus, order),
					rows[i].high[order]);
	for (order = 4; order < NR_PCP_ORDERS; order++)
		KTEST_EXPECT_EQ(t, pcp_high_for(1UL << 30, 1, order), 1);
}

/* Two stacks' words, NULL, slots, seal; nothing where a page has no slot. */
static void arrays_have_room_for_their_slots_and_no_more(struct ktest *t)
{
	static const struct row rows[] = {
		{ PAGES_OF_1_GIB, 1, { 62, 14, 6, 6, 6 } },
		{ PAGES_OF_16_MIB, 4, { 4, 2, 1, 0, 0 } },
		{ 480, 1, { 2, 1, 0, 0, 0 } },
		{ 240, 1, { 1, 0, 0, 0, 0 } },
	};
	unsigned int i, order;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long words = 4 * NR_PCP_ORDERS;

		/* the last number: all of order 4 and above together */
		for (order = 0; order < ARRAY_SIZE(rows[i].high); order++)
			words += rows[i].high[order];
		KTEST_EXPECT_EQ(t, pageset_size(rows[i].pages, rows[i].cpus),
				MIGRATE_PCPTYPES * words * sizeof(void *));
	}
	KTEST_EXPECT_EQ(t, pageset_size(239, 1), 0);
	KTEST_EXPECT_EQ(t, pageset_size(PAGES_OF_16_MIB, 64), 0);
}

/* Before the CPUs' areas are made: room for all, but in moderation. */
static void arrays_are_provided_for_at_boot(struct ktest *t)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += ALIGN(pageset_size(zone->present_pages, 2), 64);
	sum = min(sum, 16 * 1024UL);
	KTEST_EXPECT_EQ(t, zone_pagesets_size(2), page_debug ? 0 : sum);
	KTEST_EXPECT_LE(t, zone_pagesets_size(1), 16 * 1024);
}

static void zone_of_some_size_has_arrays(struct ktest *t)
{
	const struct zone *zone = kernel_zone();

	if (page_debug) {
		ktest_skip(t, "every page is asked");
		return;
	}
	/* memory of the boot became the zone's later */
	KTEST_EXPECT_GE(t, zone->pageset_high[0],
			pcp_high_for(zone->managed_pages * 7 / 8, nr_cpu_ids,
				     0));
}

/* NULL, slots, and one for the seal; then the next. */
static void check_slots(struct ktest *t, const struct zone *zone,
			struct per_cpu_pages *pcp)
{
	void **slot = (void **)(pcp + 1);
	unsigned int mt, order;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < NR_PCP_ORDERS; order++) {
			const struct cpu_stack *s = &pcp->stack[order][mt];

			KTEST_EXPECT_NULL(t, *slot++);
			KTEST_EXPECT_PTR_EQ(t, s->top, slot);
			slot += zone->pageset_high[order];
			KTEST_EXPECT_PTR_EQ(t, s->end, slot);
			slot++;
		}
}

static void arrays_of_a_cpu_lie_one_behind_the_other(struct ktest *t)
{
	struct zone *zone;
	unsigned int cpu;

	if (pcp_is_disabled()) {
		ktest_skip(t, "the arrays are put aside");
		return;
	}
	drain_all_pages();
	for_each_populated_zone(zone)
		for_each_possible_cpu(cpu)
			if (zone->pageset_high[0])
				check_slots(t, zone, per_cpu_ptr(
						zone->per_cpu_pageset, cpu));
}

/* Whatever a damaged descriptor says, there is an array for it. */
static void every_zone_number_leads_to_arrays(struct ktest *t)
{
	struct zone *zone;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pcp_of_zone_id); i++)
		KTEST_EXPECT_NOT_NULL(t, pcp_of_zone_id[i]);
	for_each_populated_zone(zone)
		KTEST_EXPECT_PTR_EQ(t, pcp_of_zone_id[zone->zone_id],
				    zone->per_cpu_pageset);
}

static void every_gfp_leads_to_the_array_of_its_zone_and_type(struct ktest *t)
{
	const struct zone *zone;
	gfp_t gfp;

	for (gfp = 0; gfp <= GFP_STACK_MASK; gfp++) {
		zone = node_zonelist(NUMA_NO_NODE, gfp)->zones[0];
		if (zone && !page_debug)
			KTEST_EXPECT_PTR_EQ(t, pcp_stack_of_gfp[gfp],
					    &zone->per_cpu_pageset->stack[0][
						gfp_migratetype(gfp)]);
		else
			KTEST_EXPECT_PTR_EQ(t, pcp_stack_of_gfp[gfp],
					    &boot_pageset.stack[0][0]);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(length_follows_from_zone_and_cpus),
	KTEST_CASE(arrays_have_room_for_their_slots_and_no_more),
	KTEST_CASE(arrays_are_provided_for_at_boot),
	KTEST_CASE(zone_of_some_size_has_arrays),
	KTEST_CASE(arrays_of_a_cpu_lie_one_behind_the_other),
	KTEST_CASE(every_zone_number_leads_to_arrays),
	KTEST_CASE(every_gfp_leads_to_the_array_of_its_zone_and_type),
	{}
};
KTEST_SUITE(pcp_setup, cases);

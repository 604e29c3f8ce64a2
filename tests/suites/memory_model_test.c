/*
 * Which frames are RAM, whose, and which have a descriptor: for the machine as
 * it is, each answer against a walk over its ranges of RAM.
 */
#include <lib/kernel.h>

#include "../../mm/internal.h"
#include "memblock_fixture.h"

#define BLOCK MAX_ORDER_NR_PAGES

/* Goes on with *run to the next stretch of blocks that hold RAM. */
static bool next_run(struct pfn_range *run)
{
	struct pfn_range ram;

	if (!next_ram_range(run->end, &ram, NULL))
		return false;
	run->start = ALIGN_DOWN(ram.start, BLOCK);
	do
		run->end = ALIGN(ram.end, BLOCK);
	while (next_ram_range(run->end, &ram, NULL) &&
	       ALIGN_DOWN(ram.start, BLOCK) == run->end);
	return true;
}

/* The longest of those that begin below high memory; of two the lower. */
static struct pfn_range longest_run(void)
{
	struct pfn_range run = { 0, 0 }, longest = run;

	while (next_run(&run))
		if (run.start < max_low_pfn &&
		    run.end - run.start > longest.end - longest.start)
			longest = run;
	return longest;
}

static void longest_run_of_descriptors_is_known(struct ktest *t)
{
	struct pfn_range longest = longest_run();

	KTEST_EXPECT_EQ(t, backed_main.start, longest.start);
	KTEST_EXPECT_EQ(t, backed_main.end, longest.end);
}

static void sections_are_backed_where_all_their_blocks_are(struct ktest *t)
{
	struct pfn_range run = { 0, 0 };
	unsigned long sections = 0, i;

	while (next_run(&run)) {
		i = DIV_ROUND_UP(run.start, PAGES_PER_SECTION);
		for (; i < run.end / PAGES_PER_SECTION; i++, sections++)
			KTEST_EXPECT_TRUE(t, test_bit(i, section_backed));
	}
	KTEST_EXPECT_EQ(t, bitmap_weight(section_backed, NR_SECTIONS),
			sections);
}

/* With and without the quick look at what is common. */
static void frames_are_valid_from_first_to_last_of_a_run(struct ktest *t)
{
	struct pfn_range run = { 0, 0 };
	unsigned long before;

	for (before = 0; next_run(&run); before = run.end) {
		KTEST_EXPECT_TRUE(t, __pfn_valid(run.start));
		KTEST_EXPECT_TRUE(t, __pfn_valid(run.end - 1));
		KTEST_EXPECT_FALSE(t, pfn_valid(run.end));
		if (run.start == before)
			continue;
		KTEST_EXPECT_FALSE(t, pfn_valid(run.start - 1));
		KTEST_EXPECT_FALSE(t, pfn_valid(before));
	}
	KTEST_EXPECT_FALSE(t, pfn_valid(MAX_PFN));
	KTEST_EXPECT_FALSE(t, __pfn_valid(MAX_PFN));
	KTEST_EXPECT_FALSE(t, pfn_valid(~0UL));
}

static void descriptor_is_where_one_begins(struct ktest *t)
{
	struct page *page = pfn_to_page(backed_main.end - 1);

	KTEST_EXPECT_TRUE(t, page_is_backed(page));
	KTEST_EXPECT_FALSE(t, page_is_backed((void *)((char *)page + 1)));
	KTEST_EXPECT_FALSE(t, page_is_backed((void *)((char *)page - 4)));
	KTEST_EXPECT_FALSE(t, page_is_backed((void *)t));
}

/* A hole is node 0's, whoever has what lies behind it. */
static void frames_know_their_node(struct ktest *t)
{
	struct pfn_range ram = { 0, 0 };
	unsigned long before = 0;
	int nid;

	for (; next_ram_range(before, &ram, &nid); before = ram.end) {
		nid = nid < MAX_NUMNODES ? nid : 0;
		KTEST_EXPECT_EQ(t, early_pfn_to_nid(ram.start), nid);
		KTEST_EXPECT_EQ(t, early_pfn_to_nid(ram.end - 1), nid);
		if (before < ram.start)
			KTEST_EXPECT_EQ(t, early_pfn_to_nid(ram.start - 1), 0);
	}
	KTEST_EXPECT_EQ(t, early_pfn_to_nid(before), 0);
}

static void frame_that_is_no_ram_stands_alone(struct ktest *t)
{
	struct pfn_range ram;
	unsigned long pfn = 0, end;

	while (next_ram_range(pfn, &ram, NULL)) {
		end = 0;
		if (pfn < ram.start)
			pfn_to_zone(ram.start - 1, &end);
		KTEST_EXPECT_EQ(t, end, pfn < ram.start ? ram.start : 0);
		pfn = ram.end;
	}
	pfn_to_zone(pfn, &end);
	KTEST_EXPECT_EQ(t, end, pfn + 1);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(longest_run_of_descriptors_is_known),
	KTEST_CASE(sections_are_backed_where_all_their_blocks_are),
	KTEST_CASE(frames_are_valid_from_first_to_last_of_a_run),
	KTEST_CASE(descriptor_is_where_one_begins),
	KTEST_CASE(frames_know_their_node),
	KTEST_CASE(frame_that_is_no_ram_stands_alone),
	{}
};
KTEST_SUITE(memory_model, cases);

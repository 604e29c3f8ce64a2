/* memblock_validate() names each of its rules that is broken. */
#include <mm/early.h>

#include "memblock_fixture.h"
#include "names_fault.h"

#define NR 3

static struct memblock_region r[NR];
static struct memblock_type list;

/* [1000, 2000) and [2000, 3000) touch, but are of two nodes. */
static void make_list(struct ktest *t)
{
	r[0] = (struct memblock_region){ .base = 0x1000, .size = 0x1000,
					 .nid = 0 };
	r[1] = (struct memblock_region){ .base = 0x2000, .size = 0x1000,
					 .nid = 1 };
	r[2] = (struct memblock_region){ .base = 0x4000, .size = 0x800,
					 .nid = 1 };
	list = (struct memblock_type){ NR, NR, 0x2800, r, "broken" };
	KTEST_ASSERT_NULL(t, memblock_validate(&list));
}

#define LIST_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, memblock_validate(&list), words)

static void entries_are_some_bytes_in_order(struct ktest *t)
{
	LIST_NAMES(t, r[1].size, 0, "entry is empty or wraps");
	LIST_NAMES(t, r[0].size, 0, "entry is empty or wraps");
	LIST_NAMES(t, r[2].size, PHYS_ADDR_MAX - 0x3fff,
		   "entry is empty or wraps");
	LIST_NAMES(t, r[1].base, 0x1fff,
		   "entries overlap or are out of order");
	LIST_NAMES(t, r[2].base, 0, "entries overlap or are out of order");
}

static void touching_entries_differ_in_node_or_flags(struct ktest *t)
{
	LIST_NAMES(t, r[1].nid, 0, "entries that touch and are alike");
	r[1].nid = 0;
	r[1].flags = MEMBLOCK_HOTPLUG;
	KTEST_EXPECT_NULL(t, memblock_validate(&list));
	r[0].flags = MEMBLOCK_HOTPLUG;
	KTEST_EXPECT_STREQ(t, memblock_validate(&list),
			   "entries that touch and are alike");
}

static void sums_are_those_of_the_entries(struct ktest *t)
{
	LIST_NAMES(t, list.total_size, 0x2801, "total_size is not the sum");
	LIST_NAMES(t, list.max, NR - 1, "more entries than the array holds");
}

static void empty_list_has_a_clear_slot_0(struct ktest *t)
{
	list.cnt = 0;
	list.total_size = 0;
	KTEST_EXPECT_STREQ(t, memblock_validate(&list),
			   "empty list whose slot 0 is not clear");
	r[0].base = 0;
	KTEST_EXPECT_STREQ(t, memblock_validate(&list),
			   "empty list whose slot 0 is not clear");
	r[0].size = 0;
	KTEST_EXPECT_NULL(t, memblock_validate(&list));
	list.total_size = 1;
	KTEST_EXPECT_STREQ(t, memblock_validate(&list),
			   "total_size is not the sum");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(entries_are_some_bytes_in_order),
	KTEST_CASE(touching_entries_differ_in_node_or_flags),
	KTEST_CASE(sums_are_those_of_the_entries),
	KTEST_CASE(empty_list_has_a_clear_slot_0),
	{}
};
KTEST_SUITE_FIXTURE(memblock_broken, cases, make_list, NULL);

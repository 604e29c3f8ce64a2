/*
 * The address allocator: which hole is taken, what is joined, what is refused.
 * (Random requests: model_vmap.c.)
 */
#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/bitops.h>
#include <lib/kernel.h>

#include "../../mm/vmap_area.h"

#define START (64 * PAGE_SIZE)
#define PAGES 512UL

static struct vmap_space space;
static struct vmap_hole own[3], nodes[8];

static unsigned long take(unsigned long pages, unsigned long align,
			  struct vmap_hole *node)
{
	return vmap_space_take(&space, pages * PAGE_SIZE, align * PAGE_SIZE,
			       node);
}

static unsigned long page(unsigned long n)
{
	return START + n * PAGE_SIZE;
}

static void begin(struct ktest *t)
{
	vmap_space_init(&space, START, page(PAGES), own, ARRAY_SIZE(own));
}

static void end(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, vmap_space_validate(&space) ?: "", "");
}

static void areas_are_taken_from_the_lowest_address_up(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, take(3, 1, &nodes[0]), page(0));
	KTEST_EXPECT_EQ(t, take(1, 1, &nodes[1]), page(3));
	KTEST_EXPECT_EQ(t, take(5, 1, &nodes[2]), page(4));
	KTEST_EXPECT_EQ(t, space.free, (PAGES - 9) * PAGE_SIZE);
}

static void a_hole_is_used_again_when_it_is_large_enough(struct ktest *t)
{
	take(3, 1, &nodes[0]);
	take(1, 1, &nodes[1]);
	vmap_space_give(&space, page(0), 3 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, take(4, 1, &nodes[2]), page(4));
	KTEST_EXPECT_EQ(t, take(2, 1, &nodes[3]), page(0));
	KTEST_EXPECT_EQ(t, take(1, 1, &nodes[4]), page(2));
}

static void aligned_areas_leave_the_hole_before_them_free(struct ktest *t)
{
	take(1, 1, &nodes[0]);
	KTEST_EXPECT_EQ(t, take(8, 64, &nodes[1]), page(64));
	KTEST_EXPECT_EQ(t, take(2, 1, &nodes[2]), page(1));
	KTEST_EXPECT_EQ(t, space.nr_holes, 2);
}

static void neighbours_that_are_free_are_joined(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		take(2, 1, &nodes[i]);
	vmap_space_give(&space, page(0), 2 * PAGE_SIZE);
	vmap_space_give(&space, page(4), 2 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, space.nr_holes, 3);
	vmap_space_give(&space, page(2), 2 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, space.nr_holes, 2);
	vmap_space_give(&space, page(6), 2 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, space.nr_holes, 1);
	KTEST_EXPECT_EQ(t, vmap_space_largest(&space), PAGES * PAGE_SIZE);
}

static void a_full_space_says_so_and_keeps_the_node(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, take(PAGES + 1, 1, &nodes[0]), 0);
	KTEST_EXPECT_EQ(t, take(PAGES, 1, &nodes[0]), page(0));
	KTEST_EXPECT_EQ(t, take(1, 1, &nodes[1]), 0);
	KTEST_EXPECT_EQ(t, space.nr_holes, 0);
	KTEST_EXPECT_PTR_EQ(t, vmap_space_give(&space, page(0),
					       PAGES * PAGE_SIZE), &nodes[0]);
}

static bool is_own(const struct vmap_hole *h)
{
	return h >= own && h < own + ARRAY_SIZE(own);
}

static void own_nodes_stay_when_all_others_go(struct ktest *t)
{
	unsigned int i, back = 0;

	for (i = 0; i < 8; i++)
		take(2, 1, &nodes[i]);
	for (i = 0; i < 8; i++)
		back += !is_own(vmap_space_give(&space, page((i * 5 % 8) * 2),
						2 * PAGE_SIZE));
	KTEST_EXPECT_EQ(t, back, 8);
	KTEST_EXPECT_EQ(t, space.nr_spare, ARRAY_SIZE(own) - 1);
	KTEST_EXPECT_EQ(t, vmap_space_largest(&space), PAGES * PAGE_SIZE);
}

/* As many as there may be, each in the middle of a hole. */
static void parts_need_no_node_and_take_none_away(struct ktest *t)
{
	unsigned int i, back = 0;

	for (i = 0; i < 8; i++)
		take(2, 1, &nodes[i]);
	for (i = 0; i < 8; i += 2)
		back += !is_own(vmap_space_give(&space, page(i * 2),
						2 * PAGE_SIZE));
	vmap_space_take_part(&space, page(100), PAGE_SIZE);
	vmap_space_take_part(&space, page(200), PAGE_SIZE);
	for (i = 1; i < 8; i += 2)
		back += !is_own(vmap_space_give(&space, page(i * 2),
						2 * PAGE_SIZE));
	KTEST_EXPECT_EQ(t, back, 8);
	KTEST_EXPECT_EQ(t, space.nr_holes, 3);
	vmap_space_give_part(&space, page(200), PAGE_SIZE);
	vmap_space_give_part(&space, page(100), PAGE_SIZE);
	KTEST_EXPECT_EQ(t, space.nr_holes, 1);
}

/* There is no hole that would do wherever it began. */
static void an_aligned_area_fits_a_hole_of_just_its_size(struct ktest *t)
{
	take(64, 1, &nodes[0]);
	take(64, 1, &nodes[1]);
	take(PAGES - 128, 1, &nodes[2]);
	vmap_space_give(&space, page(64), 64 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, take(64, 64, &nodes[3]), page(64));
}

static void a_hole_is_found_from_an_address_on(struct ktest *t)
{
	unsigned long start = 0, end = 0;

	take(8, 1, &nodes[0]);
	take(8, 1, &nodes[1]);
	vmap_space_give(&space, page(0), 8 * PAGE_SIZE);
	KTEST_EXPECT_TRUE(t, vmap_space_find_hole(&space, START, PAGE_SIZE,
						  &start, &end));
	KTEST_EXPECT_EQ(t, start, page(0));
	KTEST_EXPECT_EQ(t, end, page(8));
	KTEST_EXPECT_TRUE(t, vmap_space_find_hole(&space, page(1), PAGE_SIZE,
						  &start, &end));
	KTEST_EXPECT_EQ(t, start, page(16));
	KTEST_EXPECT_TRUE(t, vmap_space_find_hole(&space, START, 9 * PAGE_SIZE,
						  &start, &end));
	KTEST_EXPECT_EQ(t, start, page(16));
	KTEST_EXPECT_FALSE(t, vmap_space_find_hole(&space, page(17), PAGE_SIZE,
						   &start, &end));
	KTEST_EXPECT_FALSE(t, vmap_space_find_hole(&space, START,
						   PAGES * PAGE_SIZE, &start,
						   &end));
}

static void part_of_a_hole_is_taken_where_one_says(struct ktest *t)
{
	vmap_space_take_part(&space, page(100), 4 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, space.nr_holes, 2);
	KTEST_EXPECT_EQ(t, space.free, (PAGES - 4) * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, take(101, 1, &nodes[1]), page(104));
	vmap_space_take_part(&space, START, 100 * PAGE_SIZE);
	vmap_space_give_part(&space, page(100), 4 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, take(4, 1, &nodes[3]), page(100));
}

static void sizes_that_wrap_find_nothing(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, vmap_space_take(&space, -PAGE_SIZE, SZ_64K,
					   &nodes[0]), 0);
	KTEST_EXPECT_EQ(t, vmap_space_take(&space, PAGE_SIZE,
					   1UL << (BITS_PER_LONG - 1),
					   &nodes[0]), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(areas_are_taken_from_the_lowest_address_up),
	KTEST_CASE(a_hole_is_used_again_when_it_is_large_enough),
	KTEST_CASE(aligned_areas_leave_the_hole_before_them_free),
	KTEST_CASE(neighbours_that_are_free_are_joined),
	KTEST_CASE(a_hole_is_found_from_an_address_on),
	KTEST_CASE(part_of_a_hole_is_taken_where_one_says),
	KTEST_CASE(a_full_space_says_so_and_keeps_the_node),
	KTEST_CASE(own_nodes_stay_when_all_others_go),
	KTEST_CASE(parts_need_no_node_and_take_none_away),
	KTEST_CASE(an_aligned_area_fits_a_hole_of_just_its_size),
	KTEST_CASE(sizes_that_wrap_find_nothing),
	{}
};
KTEST_SUITE_FIXTURE(vmap_area, cases, begin, end);

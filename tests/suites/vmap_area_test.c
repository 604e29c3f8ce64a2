/*
 * The address allocator: which hole is taken, what is joined, what is refused.
 * (Random requests: model_vmap.c.)
 */
#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/bitops.h>
#include <lib/kernel.h>

#include "../../mm/vmap_area.h"
#include "names_fault.h"

#define START (64 * PAGE_SIZE)
#define PAGES 512UL

static struct vmap_space space;
/* Those that areas bring lie just behind those of its own. */
static struct {
	struct vmap_hole own[3], nodes[8];
} holes;
#define own holes.own
#define nodes holes.nodes

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
	KTEST_EXPECT_EQ(t, vmap_space_largest(&space), 0);
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

#define SPACE_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, vmap_space_validate(&space), words)

static struct vmap_hole *first_hole(void)
{
	return rb_entry(rb_first(&space.holes), struct vmap_hole, node);
}

static struct vmap_hole *second_hole(void)
{
	return rb_entry(rb_next(rb_first(&space.holes)), struct vmap_hole,
			node);
}

static void hole_is_a_part_of_the_space(struct ktest *t)
{
	static const char words[] = "a hole is empty, or outside of the space";
	struct vmap_hole *h = first_hole();

	SPACE_NAMES(t, h->start, START - PAGE_SIZE, words);
	SPACE_NAMES(t, h->end, page(PAGES + 1), words);
	SPACE_NAMES(t, h->end, h->start, words);
	SPACE_NAMES(t, h->start, h->end + PAGE_SIZE, words);
}

static void hole_is_whole_pages(struct ktest *t)
{
	static const char words[] = "a hole begins or ends within a page";
	struct vmap_hole *h = first_hole();

	SPACE_NAMES(t, h->start, h->start + 8, words);
	SPACE_NAMES(t, h->end, h->end - 8, words);
}

static void holes_are_apart_and_counted(struct ktest *t)
{
	static const char apart[] = "two holes touch, or are out of order";
	static const char counted[] = "holes are not what was counted";
	static const char nodes_lost[] = "nodes are lost, or too many";

	take(2, 1, &nodes[0]);
	take(2, 1, &nodes[1]);
	vmap_space_give(&space, page(0), 2 * PAGE_SIZE);
	SPACE_NAMES(t, first_hole()->end, second_hole()->start, apart);
	SPACE_NAMES(t, first_hole()->end, page(100), apart);
	SPACE_NAMES(t, space.nr_holes, 3, counted);
	SPACE_NAMES(t, space.free, space.free - PAGE_SIZE, counted);
	SPACE_NAMES(t, space.nr_spare, space.nr_spare + 1, nodes_lost);
	SPACE_NAMES(t, space.nr_areas, space.nr_areas + 1, nodes_lost);
}

/* With holes on both sides of the root. */
static void hole_knows_the_largest_below(struct ktest *t)
{
	static const char words[] =
		"a hole does not know the largest one below";
	struct vmap_hole *root;
	unsigned int i;

	for (i = 0; i < 4; i++)
		take(i + 1, 1, &nodes[i]);
	vmap_space_give(&space, page(0), PAGE_SIZE);
	vmap_space_give(&space, page(3), 3 * PAGE_SIZE);
	root = rb_entry(space.holes.node, struct vmap_hole, node);
	SPACE_NAMES(t, root->largest, root->largest + PAGE_SIZE, words);
	SPACE_NAMES(t, first_hole()->largest, 2 * PAGE_SIZE, words);
}

static void tree_of_holes_is_validated(struct ktest *t)
{
	SPACE_NAMES(t, space.holes.node->red, true, "the root is red");
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
	KTEST_CASE(hole_is_a_part_of_the_space),
	KTEST_CASE(hole_is_whole_pages),
	KTEST_CASE(holes_are_apart_and_counted),
	KTEST_CASE(hole_knows_the_largest_below),
	KTEST_CASE(tree_of_holes_is_validated),
	{}
};
KTEST_SUITE_FIXTURE(vmap_area, cases, begin, end);

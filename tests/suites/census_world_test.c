/*
 * The census of a small world: all RAM there is are the 16 frames of the arena,
 * and their descriptors are written by hand.
 */
#include <lib/string.h>
#include <mm/census.h>
#include <mm/early.h>
#include <mm/slab.h>

#include "../../mm/internal.h"
#include "memblock_fixture.h"

#define FRAMES (1UL << ARENA_ORDER)

static struct page before[FRAMES];
static struct census c;
static struct page *f;			/* frame 0 of the world */

static void clear(void)
{
	memset(f, 0, FRAMES * sizeof(*f));
}

static void set_up(struct ktest *t)
{
	memblock_swap_in(t);
	if (t->failed)
		return;
	f = arena_page;
	memcpy(before, f, sizeof(before));
	clear();
	memblock_add(arena, ARENA_SIZE);
}

static void tear_down(struct ktest *t)
{
	if (arena_page)
		memcpy(f, before, sizeof(before));
	memblock_swap_out(t);
}

static void head(unsigned int i, enum page_type type, unsigned int order)
{
	f[i].type = type;
	f[i].order = (u8)order;
}

/* Single frames from i on, of users. */
static void singles(unsigned int i)
{
	for (; i < FRAMES; i++)
		head(i, PAGE_ALLOC, 0);
}

static void expect_all_owned(struct ktest *t, enum census_owner owner)
{
	unsigned long end, sum = 0;
	unsigned int z;

	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.ram, FRAMES);
	KTEST_EXPECT_EQ(t, c.pages[owner], FRAMES);
	for (z = 0; z < MAX_NR_ZONES; z++)
		sum += c.zone_pages[z][owner];
	z = zone_idx(pfn_to_zone(page_to_pfn(f), &end));
	KTEST_EXPECT_EQ(t, c.zone_pages[z][owner], FRAMES);
	KTEST_EXPECT_EQ(t, sum, FRAMES);
	KTEST_EXPECT_EQ(t, c.lost + c.double_owned + c.untouched, 0);
}

static void type_of_a_head_tells_who_owns_the_block(struct ktest *t)
{
	static const struct { enum page_type type; enum census_owner owner; }
	of[] = {
		{ PAGE_BUDDY, CENSUS_FREE },
		{ PAGE_PCP, CENSUS_PCP },
		{ PAGE_ALLOC, CENSUS_ALLOCATED },
		{ PAGE_SLAB, CENSUS_SLAB },
		{ PAGE_LARGE_KMALLOC, CENSUS_LARGE_KMALLOC },
		{ PAGE_GUARDED, CENSUS_GUARD },
		{ PAGE_VMALLOC, CENSUS_VMALLOC },
		{ PAGE_TABLE, CENSUS_PAGETABLE },
		{ PAGE_RESERVED, CENSUS_RESERVED },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of); i++) {
		head(0, of[i].type, ARENA_ORDER);
		expect_all_owned(t, of[i].owner);
	}
	head(0, PAGE_GUARDED, ARENA_ORDER);
	f->slab_cache = (struct kmem_cache *)&c;
	expect_all_owned(t, CENSUS_GUARDED);
}

static void reserved_blocks_are_their_early_owners(struct ktest *t)
{
	static const struct { enum early_owner early; enum census_owner owner; }
	of[] = {
		{ EARLY_OTHER, CENSUS_RESERVED },
		{ EARLY_KERNEL, CENSUS_KERNEL },
		{ EARLY_INIT, CENSUS_INIT },
		{ EARLY_BOOT, CENSUS_BOOT },
		{ EARLY_PAGETABLE, CENSUS_PAGETABLE },
		{ EARLY_MEMMAP, CENSUS_MEMMAP },
		{ EARLY_PERCPU, CENSUS_PERCPU },
		{ EARLY_TRAMPOLINE, CENSUS_RESERVED },
		{ EARLY_PAGE_OWNER, CENSUS_PAGE_OWNER },
		{ EARLY_SHADOW, CENSUS_RESERVED },
		{ EARLY_ALLOCATOR, CENSUS_EARLY },
		{ NR_EARLY_OWNERS, CENSUS_RESERVED },
	};
	unsigned int i;

	head(0, PAGE_RESERVED, ARENA_ORDER);
	for (i = 0; i < ARRAY_SIZE(of); i++) {
		f->owner = of[i].early;
		expect_all_owned(t, of[i].owner);
	}
}

static void frames_without_a_head_are_lost(struct ktest *t)
{
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.lost, FRAMES);
	KTEST_EXPECT_EQ(t, c.first_bad_pfn, page_to_pfn(f));
	head(4, PAGE_ALLOC, 2);
	head(0, PAGE_SLAB, 2);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.lost, FRAMES - 8);
	KTEST_EXPECT_EQ(t, c.first_bad_pfn, page_to_pfn(f) + 8);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_SLAB], 4);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_ALLOCATED], 4);
	KTEST_EXPECT_EQ(t, c.double_owned, 0);
}

/* One of its frames is counted as its own, the others as they are. */
static void expect_twice(struct ktest *t, unsigned int at, unsigned long nr)
{
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, nr);
	KTEST_EXPECT_EQ(t, c.first_bad_pfn, page_to_pfn(f) + at);
	KTEST_EXPECT_EQ(t, c.lost, 0);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_ALLOCATED] +
			   c.pages[CENSUS_SLAB], FRAMES);
}

static void block_at_an_address_it_cannot_have_is_owned_twice(struct ktest *t)
{
	singles(0);
	head(1, PAGE_ALLOC, 1);
	expect_twice(t, 1, 2);
	head(6, PAGE_ALLOC, 2);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 2 + 4);
	KTEST_EXPECT_EQ(t, c.first_bad_pfn, page_to_pfn(f) + 1);
}

static void block_that_runs_past_the_end_of_ram_is_owned_twice(struct ktest *t)
{
	memblock_remove(arena + 5 * PAGE_SIZE, ARENA_SIZE);
	head(0, PAGE_ALLOC, 2);
	head(4, PAGE_ALLOC, 2);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.ram, 5);
	KTEST_EXPECT_EQ(t, c.double_owned, 4);
	KTEST_EXPECT_EQ(t, c.first_bad_pfn, page_to_pfn(f) + 4);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_ALLOCATED], 5);
}

static void head_inside_a_block_makes_its_frames_owned_twice(struct ktest *t)
{
	singles(0);
	head(0, PAGE_ALLOC, 1);
	expect_twice(t, 0, 2);
	head(0, PAGE_ALLOC, 2);
	f[1].type = PAGE_NONE;
	f[3].type = PAGE_NONE;
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 4);
	head(0, PAGE_ALLOC, 3);
	f[2].type = PAGE_TAIL;
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 8);
	f[4].type = PAGE_TAIL;
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 0);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_ALLOCATED], FRAMES);
}

static void pages_of_a_slab_are_its_own_alone(struct ktest *t)
{
	singles(0);
	head(0, PAGE_SLAB, 1);
	expect_twice(t, 0, 2);		/* a user's page in a slab */
	head(0, PAGE_ALLOC, 1);
	head(1, PAGE_SLAB, 0);
	expect_twice(t, 0, 2);		/* a slab in a user's block */
	head(0, PAGE_SLAB, 1);
	head(1, PAGE_SLAB, 1);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 0);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_SLAB], 2);
}

/* Early ranges may share a page, so one may lie over another. */
static void reserved_blocks_may_lie_over_others(struct ktest *t)
{
	singles(0);
	head(0, PAGE_RESERVED, 2);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 0);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_RESERVED], 4);
}

static void order_there_is_not_counts_as_one_frame(struct ktest *t)
{
	singles(0);
	head(0, PAGE_ALLOC, MAX_PAGE_ORDER + 1);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, 0);
	KTEST_EXPECT_EQ(t, c.pages[CENSUS_ALLOCATED], FRAMES);
	head(0, PAGE_ALLOC, MAX_PAGE_ORDER);
	census_walk(&c, NULL, NULL);
	KTEST_EXPECT_EQ(t, c.double_owned, MAX_ORDER_NR_PAGES);
}

static unsigned int visits;

static void visit(struct page *page, enum census_owner owner,
		  unsigned long nr, void *t)
{
	static const struct { unsigned int at; enum census_owner owner;
			      unsigned long nr; } want[] = {
		{ 0, CENSUS_FREE, 4 }, { 6, CENSUS_PCP, 2 },
		{ 8, CENSUS_PAGETABLE, 8 },
	};

	if (visits < ARRAY_SIZE(want)) {
		KTEST_EXPECT_EQ(t, page - f, (long)want[visits].at);
		KTEST_EXPECT_EQ(t, owner, want[visits].owner);
		KTEST_EXPECT_EQ(t, nr, want[visits].nr);
	}
	visits++;
}

static void visitor_is_told_of_each_block_that_has_an_owner(struct ktest *t)
{
	head(0, PAGE_BUDDY, 2);
	head(6, PAGE_PCP, 1);
	head(8, PAGE_TABLE, 3);
	visits = 0;
	census_walk(&c, visit, t);
	KTEST_EXPECT_EQ(t, visits, 3);
	KTEST_EXPECT_EQ(t, c.lost, 2);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(type_of_a_head_tells_who_owns_the_block),
	KTEST_CASE(reserved_blocks_are_their_early_owners),
	KTEST_CASE(frames_without_a_head_are_lost),
	KTEST_CASE(block_at_an_address_it_cannot_have_is_owned_twice),
	KTEST_CASE(block_that_runs_past_the_end_of_ram_is_owned_twice),
	KTEST_CASE(head_inside_a_block_makes_its_frames_owned_twice),
	KTEST_CASE(pages_of_a_slab_are_its_own_alone),
	KTEST_CASE(reserved_blocks_may_lie_over_others),
	KTEST_CASE(order_there_is_not_counts_as_one_frame),
	KTEST_CASE(visitor_is_told_of_each_block_that_has_an_owner),
	{}
};
KTEST_SUITE_FIXTURE(census_world, cases, set_up, tear_down);

/*
 * zone_validate() and its like name each rule of theirs that is broken. All
 * other suites believe them: whoever finds nothing has to be able to.
 */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/mempool.h>

#include "../../mm/pcp.h"
#include "../../mm/vmap_area.h"
#include "names_fault.h"
#include "zone_fixture.h"

static struct arena arena;
static struct zone *zone;
static struct page *taken, *single;	/* block 0 in use, free block 1 */

static void set_up(struct ktest *t)
{
	arena = arena_get(2);
	if (!arena.pages) {
		ktest_skip(t, "no free block of the largest order");
		return;
	}
	zone = private_zone(&arena, arena.pfn, arena.pages);
	zone_feed(zone, arena.pfn, arena.pages);
	taken = zone_alloc(zone, 0, MIGRATE_MOVABLE);
	single = pfn_to_page(page_to_pfn(taken) ^ 1);
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

#define ZONE_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, zone_validate(zone), words)

static void block_on_a_list_is_what_the_list_says(struct ktest *t)
{
	struct page *upper;

	ZONE_NAMES(t, single->type, PAGE_NONE,
		   "page on a free list is not a free block");
	ZONE_NAMES(t, single->order, 1,
		   "free block on the list of another order");
	ZONE_NAMES(t, single->zone_id, single->zone_id ^ 1,
		   "free block has another zone's number");
	ZONE_NAMES(t, single->migratetype, MIGRATE_UNMOVABLE,
		   "free block does not know its list");
	set_pageblock_migratetype(single, MIGRATE_CMA);
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "free block on the list of another migrate type");
	set_pageblock_migratetype(single, MIGRATE_MOVABLE);
	/* the other pageblock of a block of two */
	upper = pfn_to_page(arena.pfn + arena.pages - 1);
	set_pageblock_migratetype(upper, MIGRATE_CMA);
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "free block on the list of another migrate type");
	set_pageblock_migratetype(upper, MIGRATE_MOVABLE);
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
}

static void links_of_a_list_lead_to_blocks_and_back(struct ktest *t)
{
	static struct list_head elsewhere;
	struct list_head *link = (struct list_head *)&single->buddy_list;
	struct page *foreign = alloc_page(GFP_KERNEL | __GFP_NOFAIL);

	ZONE_NAMES(t, link->prev, link, "free list links disagree");
	ZONE_NAMES(t, link->next, &elsewhere,
		   "free list link leads out of the page array");
	ZONE_NAMES(t, link->next, (struct list_head *)&foreign->buddy_list,
		   "free list holds a page of another zone");
	__free_page(foreign);
}

static void list_that_is_a_ring_is_left(struct ktest *t)
{
	struct list_head *link = (struct list_head *)&single->buddy_list;
	struct list_head was = *link;

	link->next = link->prev = link;
	was.prev->next = link;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), "free list links disagree");
	*link = was;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
}

static void block_lies_within_its_zone(struct ktest *t)
{
	unsigned long spanned = zone->spanned_pages;

	zone->present_pages--;
	zone->managed_pages--;
	zone->spanned_pages--;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), "free block leaves its zone");
	zone->present_pages = zone->managed_pages = spanned;
	zone->spanned_pages = spanned;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
}

/* The single block is called a double one, although its number is odd. */
static void block_is_aligned_to_its_size(struct ktest *t)
{
	struct list_head *link = (struct list_head *)&single->buddy_list;
	struct free_area *area = zone->free_area;

	list_move(link, &area[1].free_list[MIGRATE_MOVABLE]);
	area[0].nr_free--;
	single->order = 1;
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "free block is not aligned to its size");
	single->order = 0;
	area[0].nr_free++;
	list_move(link, &area[0].free_list[MIGRATE_MOVABLE]);
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
}

static void free_buddies_of_one_size_are_one_block(struct ktest *t)
{
	unsigned int type = taken->type;

	taken->order = 0;
	taken->zone_id = single->zone_id;
	taken->migratetype = single->migratetype;
	taken->type = PAGE_BUDDY;
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "two free buddies are not merged");
	taken->migratetype = MIGRATE_UNMOVABLE;
	KTEST_EXPECT_STREQ(t, zone_validate(zone),
			   "two free buddies are not merged");
	taken->migratetype = MIGRATE_CMA;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
	taken->migratetype = MIGRATE_HIGHATOMIC;
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
	taken->type = (__typeof__(taken->type))type;
}

static void counts_of_a_zone_are_those_of_its_lists(struct ktest *t)
{
	ZONE_NAMES(t, zone->free_area[3].nr_free,
		   zone->free_area[3].nr_free + 1,
		   "nr_free is not the length of the free lists");
	ZONE_NAMES(t, zone->nr_free_pages, zone->nr_free_pages + 1,
		   "nr_free_pages is not the sum of the free blocks");
	ZONE_NAMES(t, zone->managed_pages, 1,
		   "more pages are free than the zone was given");
	ZONE_NAMES(t, zone->managed_pages, zone->present_pages + 1,
		   "not: spanned >= present >= managed");
	ZONE_NAMES(t, zone->present_pages, zone->spanned_pages + 1,
		   "not: spanned >= present >= managed");
}

static void nodes_and_all_of_ram_are_the_sum_of_zones(struct ktest *t)
{
	pg_data_t *node = NODE_DATA(0);
	struct zone *z = page_zone(pfn_to_page(arena.pfn));

	NAMES_FAULT(t, z->free_area[3].nr_free, z->free_area[3].nr_free + 1,
		    page_alloc_validate(),
		    "nr_free is not the length of the free lists");
	NAMES_FAULT(t, node->node_present_pages, node->node_present_pages + 1,
		    page_alloc_validate(),
		    "pages of a node are not the sum of its zones'");
	NAMES_FAULT(t, z->managed_pages, z->managed_pages - 1,
		    page_alloc_validate(),
		    "totalram_pages is not the sum of the zones' managed pages");
}

/* ----- a CPU's array ----- */

#define PCP_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, pcp_validate(), words)

static void look_at_array(struct ktest *t, struct page *page)
{
	enum migratetype mt = get_pageblock_migratetype(page);
	struct cpu_stack *s = this_cpu_ptr(pcp_stack(page, 0, mt));
	void **first = pcp_first_slot(page_zone(page), s, 0);

	KTEST_ASSERT_TRUE(t, s->top > first && s->top[-1] == page);
	PCP_NAMES(t, s->top[-1], NULL,
		  "pcp: a slot names no free block of its order");
	PCP_NAMES(t, page->order, 1,
		  "pcp: a slot names no free block of its order");
	PCP_NAMES(t, page->zone_id, page->zone_id ^ 1,
		  "pcp: a block of another zone");
	PCP_NAMES(t, page->_refcount, 2,
		  "pcp: a free block with references");
	NAMES_FAULT(t, page->_refcount, 2, page_alloc_validate(),
		    "pcp: a free block with references");
	PCP_NAMES(t, first[-1], page,
		  "pcp: the slot below the first is not empty");
	PCP_NAMES(t, s->top, s->end + 1,
		  "pcp: more blocks, or fewer, than an array can hold");
	PCP_NAMES(t, s->top, first - 1,
		  "pcp: more blocks, or fewer, than an array can hold");
}

static void check_array_of(struct ktest *t, gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_NOWARN);
	unsigned long flags;

	if (!page)
		return;
	local_irq_save(flags);
	__free_page(page);
	if (page->type == PAGE_PCP)
		look_at_array(t, page);
	local_irq_restore(flags);
}

/* Of any order and type. */
static void check_array_of_larger_blocks(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_MOVABLE, 1);
	unsigned long flags;

	if (!page)
		return;
	local_irq_save(flags);
	__free_pages(page, 1);
	if (page->type == PAGE_PCP)
		PCP_NAMES(t, page->_refcount, 2,
			  "pcp: a free block with references");
	local_irq_restore(flags);
}

/* In any zone: what the next one's are does not count. */
static void arrays_of_a_cpu_are_checked(struct ktest *t)
{
	check_array_of_larger_blocks(t);
	check_array_of(t, GFP_KERNEL);
	check_array_of(t, GFP_KERNEL | GFP_DMA);
}

/* ----- addresses and reserves ----- */

#define SPACE_START (64 * PAGE_SIZE)
#define SPACE_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, vmap_space_validate(&space), words)

static struct vmap_hole *hole_at(struct vmap_hole *holes, unsigned int n,
				 unsigned long start)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (holes[i].start == start)
			return &holes[i];
	return NULL;
}

static void space_of_addresses_is_checked(struct ktest *t)
{
	static struct vmap_space space;
	static struct vmap_hole holes[4];
	struct vmap_hole *low;
	unsigned int i;

	vmap_space_init(&space, SPACE_START, 2 * SPACE_START, &holes[0],
			1);
	for (i = 1; i < ARRAY_SIZE(holes); i++)
		vmap_space_take(&space, 2 * PAGE_SIZE, PAGE_SIZE, &holes[i]);
	vmap_space_give(&space, SPACE_START + 2 * PAGE_SIZE, 2 * PAGE_SIZE);
	low = hole_at(holes, ARRAY_SIZE(holes), SPACE_START + 2 * PAGE_SIZE);
	KTEST_ASSERT_NOT_NULL(t, low);
	SPACE_NAMES(t, low->start, SPACE_START - PAGE_SIZE,
		    "a hole is empty, or outside of the space");
	SPACE_NAMES(t, low->end, 3 * SPACE_START,
		    "a hole is empty, or outside of the space");
	SPACE_NAMES(t, low->end, low->start,
		    "a hole is empty, or outside of the space");
	SPACE_NAMES(t, low->end, low->end - 8,
		    "a hole begins or ends within a page");
	SPACE_NAMES(t, low->end, low->end + 2 * PAGE_SIZE,
		    "two holes touch, or are out of order");
	SPACE_NAMES(t, low->largest, low->largest + 1,
		    "a hole does not know the largest one below");
	SPACE_NAMES(t, space.nr_holes, space.nr_holes + 1,
		    "holes are not what was counted");
	SPACE_NAMES(t, space.free, space.free + 1,
		    "holes are not what was counted");
	SPACE_NAMES(t, space.nr_spare, space.nr_spare + 1,
		    "nodes are lost, or too many");
}

static void reserve_of_a_pool_is_checked(struct ktest *t)
{
	mempool_t *pool = mempool_create_kmalloc_pool(3, 40);
	struct list_head waiter;

	if (!pool)
		return;
	NAMES_FAULT(t, pool->curr_nr, -1, mempool_validate(pool),
		    "mempool: curr_nr is not between 0 and min_nr");
	NAMES_FAULT(t, pool->curr_nr, 4, mempool_validate(pool),
		    "mempool: curr_nr is not between 0 and min_nr");
	NAMES_FAULT(t, pool->elements[2], pool->elements[0],
		    mempool_validate(pool), "mempool: an element twice");
	NAMES_FAULT(t, pool->elements[1], NULL, mempool_validate(pool),
		    "outside RAM");
	list_add(&waiter, &pool->waiters);
	KTEST_EXPECT_STREQ(t, mempool_validate(pool),
			   "mempool: somebody waits, but there are elements");
	list_del(&waiter);
	mempool_destroy(pool);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(block_on_a_list_is_what_the_list_says),
	KTEST_CASE(links_of_a_list_lead_to_blocks_and_back),
	KTEST_CASE(list_that_is_a_ring_is_left),
	KTEST_CASE(block_lies_within_its_zone),
	KTEST_CASE(block_is_aligned_to_its_size),
	KTEST_CASE(free_buddies_of_one_size_are_one_block),
	KTEST_CASE(counts_of_a_zone_are_those_of_its_lists),
	KTEST_CASE(nodes_and_all_of_ram_are_the_sum_of_zones),
	KTEST_CASE(arrays_of_a_cpu_are_checked),
	KTEST_CASE(space_of_addresses_is_checked),
	KTEST_CASE(reserve_of_a_pool_is_checked),
	{}
};
KTEST_SUITE_FIXTURE(zone_broken, cases, set_up, tear_down);

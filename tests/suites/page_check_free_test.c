/*
 * Free blocks are looked at before they are handed out, merged or moved: each
 * word of a descriptor, and where its links lead.
 */
#include <kernel/ktest.h>
#include <kernel/report.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../mm/internal.h"
#include "zone_fixture.h"

static struct arena arena;
static struct zone *zone;	/* the lower half of the arena */
static struct page *first, *middle, *last;	/* on one list, in order */

#define HALF (MAX_ORDER_NR_PAGES / 2)
#define ORDER 2

static void set_up(struct ktest *t)
{
	struct page *block[3];
	unsigned int i;

	if (!private_zone_of_one_block(t, &arena))
		return;
	zone = private_zone(&arena, arena.pfn, HALF);
	zone_feed(zone, arena.pfn, HALF);
	for (i = 0; i < 3; i++) {
		zone_alloc(zone, ORDER, MIGRATE_MOVABLE);
		block[i] = zone_alloc(zone, ORDER, MIGRATE_MOVABLE);
	}
	for (i = 0; i < 3; i++)
		zone_free(zone, block[i]);
	first = list_first_entry(&zone->free_area[ORDER]
					  .free_list[MIGRATE_MOVABLE],
				 struct page, buddy_list);
	middle = list_first_entry(&first->buddy_list, struct page, buddy_list);
	last = list_first_entry(&middle->buddy_list, struct page, buddy_list);
}

static void tear_down(struct ktest *t)
{
	arena_put(&arena);
}

static bool intact(const struct page *page)
{
	return free_block_intact(zone, page, ORDER, MIGRATE_MOVABLE);
}

#define EXPECT_DAMAGED(t, word, wrong, look) do {			\
	__typeof__(word) was_ = (word);					\
									\
	(word) = (wrong);						\
	KTEST_EXPECT_FALSE(t, look);					\
	(word) = was_;							\
	KTEST_EXPECT_TRUE(t, look);					\
} while (0)

static void each_word_of_a_free_block_is_looked_at(struct ktest *t)
{
	EXPECT_DAMAGED(t, middle->type, PAGE_PCP, intact(middle));
	EXPECT_DAMAGED(t, middle->order, ORDER + 1, intact(middle));
	EXPECT_DAMAGED(t, middle->migratetype, MIGRATE_UNMOVABLE,
		       intact(middle));
	EXPECT_DAMAGED(t, middle->zone_id, middle->zone_id ^ 1,
		       intact(middle));
}

/* Those have lists by the words themselves: none beyond the last. */
static void order_and_type_that_no_list_has_are_damage(struct ktest *t)
{
	EXPECT_DAMAGED(t, middle->migratetype, MIGRATE_TYPES,
		       free_links_intact(zone, middle));
	EXPECT_DAMAGED(t, middle->migratetype, MIGRATE_TYPES,
		       free_neighbour_intact(zone, middle));
	EXPECT_DAMAGED(t, middle->order, NR_PAGE_ORDERS,
		       free_neighbour_intact(zone, middle));
	EXPECT_DAMAGED(t, middle->type, PAGE_NONE,
		       free_neighbour_intact(zone, middle));
}

/* Links that do not agree: a neighbour names another. */
static void links_have_to_agree(struct ktest *t)
{
	struct list_head *elsewhere =
		(struct list_head *)&pfn_to_page(arena.pfn + 1)->buddy_list;

	EXPECT_DAMAGED(t, first->buddy_list.next, elsewhere, intact(middle));
	EXPECT_DAMAGED(t, last->buddy_list.prev, elsewhere, intact(middle));
	EXPECT_DAMAGED(t, last->buddy_list.prev, elsewhere,
		       free_links_intact(zone, middle));
}

/* Does the middle block pass with this one beside it, which agrees? */
static bool passes_before(struct list_head *link)
{
	struct list_head was = *link, *next = middle->buddy_list.next;
	bool ok;

	middle->buddy_list.next = link;
	link->prev = (struct list_head *)&middle->buddy_list;
	ok = intact(middle);
	*link = was;
	middle->buddy_list.next = next;
	return ok;
}

static bool passes_behind(struct list_head *link)
{
	struct list_head was = *link, *prev = middle->buddy_list.prev;
	bool ok;

	middle->buddy_list.prev = link;
	link->next = (struct list_head *)&middle->buddy_list;
	ok = intact(middle);
	*link = was;
	middle->buddy_list.prev = prev;
	return ok;
}

static struct list_head *link_of(unsigned long offset)
{
	struct page *page = pfn_to_page(arena.pfn + offset);

	return (struct list_head *)&page->buddy_list;
}

/* To descriptors of the zone, from its first to its last, and no others. */
static void links_lead_to_descriptors_of_the_zone(struct ktest *t)
{
	static struct list_head elsewhere;
	struct list_head *beside;

	beside = (struct list_head *)((char *)link_of(3) + sizeof(long));
	KTEST_EXPECT_TRUE(t, passes_before(link_of(1)));
	KTEST_EXPECT_TRUE(t, passes_behind(link_of(1)));
	KTEST_EXPECT_TRUE(t, passes_before(link_of(HALF - 1)));
	KTEST_EXPECT_FALSE(t, passes_before(link_of(HALF)));
	KTEST_EXPECT_FALSE(t, passes_behind(link_of(HALF)));
	KTEST_EXPECT_FALSE(t, passes_before(beside));
	KTEST_EXPECT_FALSE(t, passes_behind(beside));
	KTEST_EXPECT_FALSE(t, passes_before(&elsewhere));
	KTEST_EXPECT_FALSE(t, passes_behind(&elsewhere));
	zone->zone_start_pfn += 2;
	KTEST_EXPECT_FALSE(t, passes_before(link_of(1)));
	zone->zone_start_pfn -= 2;
}

/* What the next request makes known, and costs. */
static void expect_lost(struct ktest *t, unsigned long blocks)
{
	unsigned long free = zone->nr_free_pages;
	struct page *bad = first, *got = NULL;
	char words[160];

	KTEST_EXPECT_REPORTS(t, 1, "bad page state",
			     got = zone_alloc(zone, ORDER, MIGRATE_MOVABLE));
	KTEST_EXPECT_TRUE(t, got && got != bad);
	KTEST_EXPECT_EQ(t, zone->nr_free_pages,
			free - ((blocks + 1) << ORDER));
	ksnprintf(words, sizeof(words),
		  "pfn %#lx on the free list of order %u: type %u order %u list type %u\n",
		  page_to_pfn(bad), ORDER, bad->type, bad->order,
		  bad->migratetype);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), words));
	ksnprintf(words, sizeof(words),
		  "zone test: %lu block(s) of order %u taken out of use\n",
		  blocks, ORDER);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), words));
}

static void damaged_block_is_lost_alone(struct ktest *t)
{
	unsigned long blocks = zone->free_area[ORDER].nr_free;

	first->zone_id ^= 1;
	expect_lost(t, 1);
	KTEST_EXPECT_EQ(t, zone->free_area[ORDER].nr_free, blocks - 2);
	KTEST_EXPECT_STREQ(t, zone_validate(zone), NULL);
}

/* What lies on lists of other types is still counted. */
static void list_that_cannot_be_followed_is_lost_whole(struct ktest *t)
{
	struct page *other = zone_alloc(zone, ORDER, MIGRATE_MOVABLE);
	unsigned long blocks;

	KTEST_ASSERT_NOT_NULL(t, other);
	__free_one_page(zone, other, ORDER, MIGRATE_CMA);
	first = list_first_entry(&zone->free_area[ORDER]
					  .free_list[MIGRATE_MOVABLE],
				 struct page, buddy_list);
	blocks = list_length(zone, ORDER, MIGRATE_MOVABLE);
	first->buddy_list.next = (struct list_head *)0x1234567;
	expect_lost(t, blocks);
	KTEST_EXPECT_EQ(t, list_length(zone, ORDER, MIGRATE_CMA), 1);
	KTEST_EXPECT_EQ(t, zone->free_area[ORDER].nr_free,
			1 + list_length(zone, ORDER, MIGRATE_MOVABLE));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(each_word_of_a_free_block_is_looked_at),
	KTEST_CASE(order_and_type_that_no_list_has_are_damage),
	KTEST_CASE(links_have_to_agree),
	KTEST_CASE(links_lead_to_descriptors_of_the_zone),
	KTEST_CASE(damaged_block_is_lost_alone),
	KTEST_CASE(list_that_cannot_be_followed_is_lost_whole),
	{}
};
KTEST_SUITE_FIXTURE(page_check_free, cases, set_up, tear_down);

/*
 * Descriptors of memory nobody has used yet: zeroes for who looks, a fault for
 * who writes, and real from the first use on, for all CPUs.
 *
 * Each case wants an untouched block; where other suites have touched all
 * memory before there is none.
 */
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/slab.h>

#include "../../../mm/memmap_supply.h"

/* Blocks taken at most until an untouched one is among them. */
#define TRIES 600

static LIST_HEAD(taken);
static struct zone *zone;
static unsigned long untouched;		/* first frame of the next block */

static void set_up(struct ktest *t)
{
	struct page *head;

	zone = node_zonelist(0, GFP_KERNEL)->zones[0];
	if (!MEMMAP_BLOCK_FRAMES || zone->nr_deferred < 2) {
		ktest_skip(t, "no memory is untouched");
		return;
	}
	head = list_last_entry(&zone->deferred, struct page, buddy_list);
	untouched = page_to_pfn(head) +
		    (head->nr_blocks - 1) * MAX_ORDER_NR_PAGES;
	/* the first of a range is not all zeroes; cases want a few more */
	if (head->nr_blocks < 4)
		ktest_skip(t, "the last range is short");
	else if (memmap_is_backed(untouched))
		ktest_skip(t, "the next block's descriptors are there");
}

static void give_back(struct ktest *t)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &taken, lru)
		__free_pages(page, MAX_PAGE_ORDER);
	INIT_LIST_HEAD(&taken);
}

/* Takes blocks until the untouched one is used. */
static bool use_it(void)
{
	unsigned int i;

	for (i = 0; i < TRIES && !memmap_is_backed(untouched); i++) {
		struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
						MAX_PAGE_ORDER);

		if (page)
			list_add(&page->lru, &taken);
	}
	return memmap_is_backed(untouched);
}

static bool all_zeroes(unsigned long pfn)
{
	return !memchr_inv(pfn_to_page(pfn), 0,
			   MAX_ORDER_NR_PAGES * sizeof(struct page));
}

static bool all_writable(unsigned long pfn)
{
	unsigned long i;

	for (i = 0; i < MAX_ORDER_NR_PAGES; i++)
		if (probe_write(pfn_to_page(pfn + i)))
			return false;
	return true;
}

static void untouched_descriptors_are_zeroes_nobody_can_write(struct ktest *t)
{
	unsigned long last = untouched + MAX_ORDER_NR_PAGES - 1;
	char name[128];

	KTEST_EXPECT_TRUE(t, pfn_valid(untouched));
	KTEST_EXPECT_TRUE(t, all_zeroes(untouched));
	KTEST_EXPECT_EQ(t, probe_write(pfn_to_page(last)), -EFAULT);
	describe_address((unsigned long)pfn_to_page(last), name, sizeof(name));
	KTEST_EXPECT_TRUE(t, strstr(name, "nobody has used yet"));
	describe_address((unsigned long)__va(PFN_PHYS(last)), name,
			 sizeof(name));
	KTEST_EXPECT_FALSE(t, strstr(name, "no RAM"));
}

static void first_use_backs_descriptors_and_maps_the_block(struct ktest *t)
{
	struct page *page;
	bool found = false;

	KTEST_ASSERT_TRUE(t, use_it());
	KTEST_EXPECT_TRUE(t, all_writable(untouched));
	KTEST_EXPECT_TRUE(t, virt_addr_valid(__va(PFN_PHYS(untouched))));
	KTEST_EXPECT_EQ(t, probe_write(__va(PFN_PHYS(untouched +
				MAX_ORDER_NR_PAGES) - 1)), 0);
	list_for_each_entry(page, &taken, lru)
		found |= page_to_pfn(page) == untouched;
	/* or it holds descriptors now */
	KTEST_EXPECT_TRUE(t, found ||
			  pfn_to_page(untouched)->type == PAGE_RESERVED);
	KTEST_EXPECT_STREQ(t, page_alloc_validate(), NULL);
}

/* In the last range: beyond it others would be used up in search of a hole. */
static unsigned long blocks_left(void)
{
	return list_empty(&zone->deferred) ? 0 :
	       list_last_entry(&zone->deferred, struct page,
			       buddy_list)->nr_blocks;
}

/* Frames that descriptors and their tables have got since. */
static unsigned long used(unsigned long memmap, unsigned long left)
{
	return zone->memmap_pages - memmap + left -
	       memmap_supply_left(&zone->memmap);
}

/* Each block costs its descriptors, and the tables that come into being. */
static void supply_is_used_to_the_last_frame(struct ktest *t)
{
	unsigned long memmap = zone->memmap_pages, blocks = zone->nr_deferred;
	unsigned long left = memmap_supply_left(&zone->memmap);
	unsigned long tables = kernel_pgtable.nr_tables;
	unsigned int i;

	for (i = 0; i < 9 && blocks_left() > 1 && use_it(); i++) {
		KTEST_EXPECT_TRUE(t, memmap_supply_has(&zone->memmap,
						       MEMMAP_BLOCK_FRAMES));
		untouched -= MAX_ORDER_NR_PAGES;
	}
	blocks -= zone->nr_deferred;
	tables = kernel_pgtable.nr_tables - tables;
	KTEST_EXPECT_EQ(t, used(memmap, left), 8 * blocks + tables);
}

/* A part is one reserved block, of the size that was due. */
static void part_of_a_block_becomes_supply(struct ktest *t)
{
	const struct memmap_supply *s = &zone->memmap;
	unsigned long memmap = zone->memmap_pages, start;
	unsigned int order = 0;
	struct page *head;

	while (zone->memmap_pages == memmap && blocks_left() > 1) {
		order = memmap_part_order(zone);
		if (!use_it())
			break;
		untouched -= MAX_ORDER_NR_PAGES;
	}
	if (zone->memmap_pages == memmap) {
		ktest_skip(t, "no part was needed");
		return;
	}
	KTEST_EXPECT_EQ(t, zone->memmap_pages, memmap + (1UL << order));
	start = (s->then.end ? s->then.end : s->now.end) - (1UL << order);
	head = pfn_to_page(start);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED(start, MAX_ORDER_NR_PAGES));
	KTEST_EXPECT_EQ(t, head->type, PAGE_RESERVED);
	KTEST_EXPECT_EQ(t, head->order, order);
	KTEST_EXPECT_EQ(t, head->owner, EARLY_MEMMAP);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(head),
			MIGRATE_UNMOVABLE);
	KTEST_EXPECT_EQ(t, get_pageblock_migratetype(head +
						     MAX_ORDER_NR_PAGES - 1),
			MIGRATE_MOVABLE);
}

/* What the zone loses is what descriptors have. */
static void descriptors_are_taken_out_of_the_zones_books(struct ktest *t)
{
	unsigned long managed = zone->managed_pages;
	unsigned long memmap = zone->memmap_pages;
	unsigned long total = totalram_pages();
	unsigned int i;

	for (i = 0; i < 12 && blocks_left() > 1 && use_it(); i++)
		untouched -= MAX_ORDER_NR_PAGES;
	KTEST_EXPECT_GE(t, zone->memmap_pages, memmap);
	KTEST_EXPECT_EQ(t, zone->managed_pages + zone->memmap_pages,
			managed + memmap);
	KTEST_EXPECT_EQ(t, total - totalram_pages(),
			managed - zone->managed_pages);
	KTEST_EXPECT_STREQ(t, page_alloc_validate(), NULL);
}

/* Last: no memory is untouched any more. */
static void supply_goes_back_with_the_last_block(struct ktest *t)
{
	unsigned long books = zone->managed_pages + zone->memmap_pages;
	unsigned long memmap;
	struct page *page;

	if (zone->nr_deferred > TRIES) {
		ktest_skip(t, "much memory is untouched");
		return;
	}
	do {
		memmap = zone->memmap_pages;
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER);
		if (page)
			list_add(&page->lru, &taken);
	} while (page && zone->nr_deferred);
	KTEST_EXPECT_EQ(t, zone->nr_deferred, 0);
	KTEST_EXPECT_EQ(t, memmap_supply_left(&zone->memmap), 0);
	KTEST_EXPECT_LT(t, zone->memmap_pages, memmap);
	KTEST_EXPECT_EQ(t, zone->managed_pages + zone->memmap_pages, books);
	KTEST_EXPECT_STREQ(t, page_alloc_validate(), NULL);
}

static void wild_free_is_reported_and_does_no_harm(struct ktest *t)
{
	struct page *page = pfn_to_page(untouched + 5);
	void *p = __va(PFN_PHYS(untouched) + 64);

	KTEST_EXPECT_REPORTS(t, 1, "never handed out", __free_pages(page, 0));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p));
	KTEST_EXPECT_TRUE(t, all_zeroes(untouched));
	KTEST_EXPECT_FALSE(t, memmap_is_backed(untouched));
	KTEST_ASSERT_TRUE(t, use_it());
	KTEST_EXPECT_TRUE(t, all_writable(untouched));
	KTEST_EXPECT_NE(t, pfn_to_page(untouched)->type, PAGE_NONE);
}

static void look(void *seen)
{
	*(u8 *)seen = READ_ONCE(pfn_to_page(untouched)->type);
}

/* Who has seen the zeroes would go on seeing them. */
static void cpu_that_looked_before_sees_the_first_use(struct ktest *t)
{
	u8 before = 0xff, after = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, look, &before, true);
		KTEST_EXPECT_EQ(t, before, PAGE_NONE);
	}
	KTEST_ASSERT_TRUE(t, use_it());
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, look, &after, true);
		KTEST_EXPECT_NE(t, after, PAGE_NONE);
	}
}

static void block_nobody_looked_at_needs_no_flush(struct ktest *t)
{
	unsigned long rounds;

	if (zone->nr_deferred < 20) {
		ktest_skip(t, "few blocks are untouched");
		return;
	}
	/* no case has looked at the one after it */
	KTEST_ASSERT_TRUE(t, use_it());
	rounds = tlb_shootdowns();
	untouched -= MAX_ORDER_NR_PAGES;
	KTEST_ASSERT_TRUE(t, use_it());
	KTEST_EXPECT_EQ(t, tlb_shootdowns(), rounds);
}

static void flush_all_cpus_with_interrupts_off(struct ktest *t)
{
	unsigned long rounds = tlb_shootdowns(), flags;

	local_irq_save(flags);
	flush_tlb_all_nmi();
	flush_tlb_all_nmi();
	local_irq_restore(flags);
	KTEST_EXPECT_EQ(t, tlb_shootdowns() - rounds,
			num_online_cpus() > 1 ? 2 : 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(untouched_descriptors_are_zeroes_nobody_can_write),
	KTEST_CASE(first_use_backs_descriptors_and_maps_the_block),
	KTEST_CASE(wild_free_is_reported_and_does_no_harm),
	KTEST_CASE(cpu_that_looked_before_sees_the_first_use),
	KTEST_CASE(block_nobody_looked_at_needs_no_flush),
	KTEST_CASE(flush_all_cpus_with_interrupts_off),
	KTEST_CASE(supply_is_used_to_the_last_frame),
	KTEST_CASE(part_of_a_block_becomes_supply),
	KTEST_CASE(descriptors_are_taken_out_of_the_zones_books),
	KTEST_CASE(supply_goes_back_with_the_last_block),
	{}
};
KTEST_SUITE_FIXTURE(memmap, cases, set_up, give_back);

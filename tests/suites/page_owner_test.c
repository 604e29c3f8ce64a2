/*
 * Pages remember who allocated and who freed them (page_owner=on), and call
 * stacks are kept once each.
 */
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/page_owner.h>

#include "last_cpu.h"
#include "settled.h"

static void need_owner(struct ktest *t)
{
	if (!page_owner_enabled())
		ktest_skip(t, "page_owner is off");
}

static void allocation_is_recorded_for_every_frame(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, page);
	for (i = 0; i < 8; i++) {
		const struct page_owner *r = page_owner_of(page + i);

		KTEST_ASSERT_NOT_NULL(t, r);
		KTEST_EXPECT_TRUE(t, r->held && r->alloc.known);
		KTEST_EXPECT_EQ(t, r->order, 3);
		KTEST_EXPECT_EQ(t, r->gfp, GFP_KERNEL);
		KTEST_EXPECT_EQ(t, r->alloc.cpu, smp_processor_id());
		KTEST_EXPECT_EQ(t, r->alloc.pid, current->pid);
	}
	__free_pages(page, 3);
}

static struct page *passed_on;

static int take_one(void *unused)
{
	passed_on = alloc_page(GFP_KERNEL);
	return current->pid;
}

static int give_one(void *unused)
{
	__free_page(passed_on);
	return current->pid;
}

/* On that CPU; the thread's number, or -1 if there was no memory for it. */
static int run_there(unsigned int cpu, int (*fn)(void *unused))
{
	struct task_struct *task = kthread_run_on(cpu, fn, NULL, "owner");

	return task ? kthread_stop(task) : -1;
}

static void tracks_are_of_who_allocated_and_who_freed(struct ktest *t)
{
	const struct page_owner *r;
	unsigned int last = last_online_cpu();
	int taker, giver;

	passed_on = NULL;
	taker = run_there(last, take_one);
	KTEST_ASSERT_NOT_NULL(t, passed_on);
	r = page_owner_of(passed_on);
	KTEST_EXPECT_EQ(t, r->alloc.pid, taker);
	KTEST_EXPECT_EQ(t, r->alloc.cpu, last);
	giver = run_there(0, give_one);
	if (giver < 0)
		__free_page(passed_on);
	KTEST_EXPECT_EQ(t, r->free.pid, giver);
	KTEST_EXPECT_EQ(t, r->free.cpu, 0);
	KTEST_EXPECT_NE(t, taker, giver);
}

static void free_is_recorded_beside_it(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	const struct page_owner *r;

	KTEST_ASSERT_NOT_NULL(t, page);
	r = page_owner_of(page + 1);
	KTEST_ASSERT_NOT_NULL(t, r);
	__free_pages(page, 1);
	KTEST_EXPECT_FALSE(t, r->held);
	KTEST_EXPECT_TRUE(t, r->free.known && r->alloc.known);
	KTEST_EXPECT_NE(t, r->free.stack, 0);
	KTEST_EXPECT_NE(t, r->free.stack, r->alloc.stack);
	KTEST_EXPECT_GE(t, r->free.time_us, r->alloc.time_us);
}

static noinline struct page *take_here(unsigned int order, unsigned long *here)
{
	struct page *page;

	/* the next call returns to a little beyond this */
	*here = (unsigned long)take_here;
	page = alloc_pages(GFP_KERNEL, order);
	barrier();
	return page;
}

static void stack_begins_with_who_asked(struct ktest *t)
{
	const struct page_owner *r;
	const unsigned long *entries;
	unsigned long here;
	struct page *page = take_here(0, &here);

	KTEST_ASSERT_NOT_NULL(t, page);
	r = page_owner_of(page);
	KTEST_ASSERT_NOT_NULL(t, r);
	KTEST_EXPECT_GT(t, stack_depot_fetch(r->alloc.stack, &entries), 1);
	KTEST_EXPECT_EQ(t, entries[0], page->private);
	KTEST_EXPECT_LT(t, entries[0] - here, 256);
	__free_page(page);
}

/* By one call. False: none are left. */
static bool take_blocks(struct ktest *t, struct page **pages, unsigned int nr)
{
	unsigned long here;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		pages[i] = take_here(2, &here);
		if (!KTEST_EXPECT_NOT_NULL(t, pages[i]))
			break;
	}
	if (i == nr)
		return true;
	while (i--)
		__free_pages(pages[i], 2);
	return false;
}

static void holders_are_counted_by_stack(struct ktest *t)
{
	struct page *pages[3];
	depot_stack_handle_t stack;
	unsigned int i;

	if (!take_blocks(t, pages, ARRAY_SIZE(pages)))
		return;
	stack = page_owner_of(pages[0])->alloc.stack;
	KTEST_EXPECT_EQ(t, page_owner_of(pages[2])->alloc.stack, stack);
	KTEST_EXPECT_EQ(t, page_owner_pages(stack), 12);
	split_page(pages[0], 2);
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT_EQ(t, page_owner_of(pages[0] + i)->order, 0);
		__free_page(pages[0] + i);
		KTEST_EXPECT_EQ(t, page_owner_pages(stack), 11 - i);
	}
	__free_pages(pages[1], 2);
	__free_pages(pages[2], 2);
	KTEST_EXPECT_EQ(t, page_owner_pages(stack), 0);
}

static void report_of_a_second_free_has_both_tracks(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	__free_pages(page, 1);
	KTEST_EXPECT_REPORTS(t, 1, "last allocated by thread",
			     __free_pages(page, 1));
	KTEST_EXPECT_REPORTS(t, 1, "last freed by thread",
			     __free_pages(page, 1));
}

static void report_of_a_wrong_order_has_the_allocation(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	KTEST_ASSERT_NOT_NULL(t, page);
	KTEST_EXPECT_REPORTS(t, 1, "is held, last as part of order 1",
			     __free_pages(page, 2));
	KTEST_EXPECT_REPORTS(t, 1, "last allocated by thread",
			     __free_pages(page + 1, 0));
	__free_pages(page, 1);
}

static void frames_without_ram_have_no_record(struct ktest *t)
{
	KTEST_EXPECT_NULL(t, page_owner_of(vmemmap - 1));
	KTEST_EXPECT_NULL(t, page_owner_of(pfn_to_page(MAX_PFN)));
}

static void summary_names_the_largest(struct ktest *t)
{
	unsigned long here;
	struct page *page = take_here(MAX_PAGE_ORDER, &here);

	KTEST_EXPECT_LOGGED(t, "pages held by", page_owner_summary());
	if (page) {
		KTEST_EXPECT_LOGGED(t, "1024 pages allocated by",
				    page_owner_summary());
		__free_pages(page, MAX_PAGE_ORDER);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(allocation_is_recorded_for_every_frame),
	KTEST_CASE(tracks_are_of_who_allocated_and_who_freed),
	KTEST_CASE(free_is_recorded_beside_it),
	KTEST_CASE(stack_begins_with_who_asked),
	KTEST_CASE(holders_are_counted_by_stack),
	KTEST_CASE(report_of_a_second_free_has_both_tracks),
	KTEST_CASE(report_of_a_wrong_order_has_the_allocation),
	KTEST_CASE(frames_without_ram_have_no_record),
	KTEST_CASE(summary_names_the_largest),
	{}
};
KTEST_SUITE_FIXTURE(page_owner, cases, need_owner, NULL);

/* ----- the depot ---------------------------------------------------------- */

static void same_stack_has_the_same_number(struct ktest *t)
{
	static const unsigned long a[] = { 11, 12, 13 }, b[] = { 11, 12, 14 };
	depot_stack_handle_t ha = stack_depot_save(a, 3);
	const unsigned long *entries;

	KTEST_EXPECT_NE(t, ha, 0);
	KTEST_EXPECT_EQ(t, stack_depot_save(a, 3), ha);
	KTEST_EXPECT_NE(t, stack_depot_save(b, 3), ha);
	KTEST_EXPECT_NE(t, stack_depot_save(a, 2), ha);
	KTEST_EXPECT_EQ(t, stack_depot_fetch(ha, &entries), 3);
	KTEST_EXPECT_EQ(t, entries[2], 13);
}

/* Products with the hash's factor that differ in their lowest bit alone. */
static void stacks_of_one_hash_are_told_apart(struct ktest *t)
{
	const unsigned long a = 11, b = (unsigned long)0xf1de83e199377346ULL;
	depot_stack_handle_t ha, hb;
	const unsigned long *entries;

	if (BITS_PER_LONG < 64) {
		ktest_skip(t, "the second stack is of 64 bits");
		return;
	}
	ha = stack_depot_save(&a, 1);
	hb = stack_depot_save(&b, 1);
	KTEST_EXPECT_NE(t, hb, ha);
	KTEST_EXPECT_LT(t, hb - ha, 64);	/* it wanted the same place */
	KTEST_EXPECT_EQ(t, stack_depot_fetch(hb, &entries), 1);
	KTEST_EXPECT_EQ(t, *entries, b);
}

static void only_the_innermost_entries_are_kept(struct ktest *t)
{
	unsigned long deep[STACK_DEPOT_DEPTH + 2], i;
	const unsigned long *entries;
	depot_stack_handle_t h;

	for (i = 0; i < ARRAY_SIZE(deep); i++)
		deep[i] = 100 + i;
	h = stack_depot_save(deep, ARRAY_SIZE(deep));
	KTEST_EXPECT_EQ(t, stack_depot_fetch(h, &entries), STACK_DEPOT_DEPTH);
	KTEST_EXPECT_EQ(t, stack_depot_save(deep, STACK_DEPOT_DEPTH), h);
}

static void wrong_numbers_name_no_stack(struct ktest *t)
{
	const unsigned long *entries;

	KTEST_EXPECT_EQ(t, stack_depot_save(NULL, 0), 0);
	KTEST_EXPECT_EQ(t, stack_depot_fetch(0, &entries), 0);
	KTEST_EXPECT_EQ(t, stack_depot_fetch(STACK_DEPOT_STACKS + 1, &entries),
			0);
}

/* One entry that the depot's hash sends to place `where`, the nr-th of them. */
static unsigned long entry_for(u32 where, u32 nr)
{
	const u64 factor = 0x9e3779b97f4a7c15ULL;
	u64 inverse = factor;
	unsigned int i;

	for (i = 0; i < 5; i++)		/* each round doubles the right bits */
		inverse *= 2 - factor * inverse;
	return (unsigned long)((((u64)where << 32 | nr) * inverse) ^ 1);
}

/* All the places where it may be are taken: by stacks that are kept. */
static void stack_that_finds_no_place_is_counted(struct ktest *t)
{
	unsigned long lost = stack_depot_lost(), entry;
	depot_stack_handle_t first, h;
	u32 nr = 0;

	if (sizeof(long) < 8) {
		ktest_skip(t, "entries that collide have 64 bits");
		return;
	}
	entry = entry_for(0x5eed1234, nr);
	first = stack_depot_save(&entry, 1);
	for (h = first; h && nr < 100; nr++) {
		entry = entry_for(0x5eed1234, nr + 1);
		h = stack_depot_save(&entry, 1);
	}
	KTEST_EXPECT_LE(t, nr, 64);
	KTEST_EXPECT_EQ(t, stack_depot_lost(), lost + 1);
	entry = entry_for(0x5eed1234, 0);
	KTEST_EXPECT_EQ(t, stack_depot_save(&entry, 1), first);
	KTEST_EXPECT_LOGGED(t, "(no stack kept)", stack_depot_print(0));
}

static const struct ktest_case depot_cases[] = {
	KTEST_CASE(same_stack_has_the_same_number),
	KTEST_CASE(stacks_of_one_hash_are_told_apart),
	KTEST_CASE(only_the_innermost_entries_are_kept),
	KTEST_CASE(wrong_numbers_name_no_stack),
	KTEST_CASE(stack_that_finds_no_place_is_counted),
	{}
};
KTEST_SUITE_FIXTURE(stack_depot, depot_cases, need_owner, NULL);

/*
 * What a mode costs: instructions per pair of allocation and free, the same
 * object again and again. Numbers only where the clock counts instructions
 * (ICOUNT=1); elsewhere they are nobody's.
 */
#include <asm/processor.h>
#include <mm/gfp.h>

#include "detect.h"

#define PAIRS 1000

static void object_pair(void)
{
	kfree(kmalloc(64, GFP_ATOMIC));
}

static void page_pair(void)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (page)
		__free_page(page);
}

static void nothing(void)
{
}

/* Interrupts off: a tick is no part of it. */
static u64 cycles_of(void (*volatile fn)(void))
{
	unsigned long flags;
	unsigned int i;
	u64 start;

	fn();
	local_irq_save(flags);
	start = get_cycles();
	for (i = 0; i < PAIRS; i++)
		fn();
	start = get_cycles() - start;
	local_irq_restore(flags);
	return start;
}

static void pairs_are_counted(struct ktest *t)
{
	u64 loop = cycles_of(nothing);
	u64 objects = cycles_of(object_pair) - loop;
	u64 pages = cycles_of(page_pair) - loop;

	KTEST_EXPECT_LT(t, 0, objects);
	KTEST_EXPECT_LT(t, 0, pages);
	ktest_note(t, "DETECT_COST mode=%s kmalloc_pair_64=%llu page_pair_0=%llu",
		   detect_mode_name(), (unsigned long long)objects / PAIRS,
		   (unsigned long long)pages / PAIRS);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(pairs_are_counted),
	{}
};

KTEST_SUITE(detect_cost, cases);

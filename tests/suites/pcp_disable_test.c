/*
 * All CPUs without arrays for a while: everything goes through the zone, at
 * once and on every CPU, and is as before afterwards.
 */
#include <kernel/kthread.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#include "cpu_up.h"
#include "last_cpu.h"
#include "pcp_fixture.h"

#define ROUNDS 30
#define BUSY_US 300000

static void nothing_is_kept_while_disabled(struct ktest *t)
{
	unsigned long free;

	take_and_give(NULL);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
	pcp_disable();
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	free = nr_free_pages();
	take_some(NULL);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_NE(t, nr_free_pages(), free);
	give_some(NULL);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
	pcp_enable();
	take_and_give(NULL);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

static void block_goes_to_the_zone_at_once(struct ktest *t)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, page);
	pcp_disable();
	__free_page(page);
	KTEST_EXPECT_NE(t, page->type, PAGE_PCP);
	KTEST_EXPECT_NE(t, page->type, PAGE_ALLOC);
	pcp_enable();
}

static void request_takes_one_block_and_no_batch(struct ktest *t)
{
	unsigned long free;
	struct page *page;

	pcp_disable();
	free = nr_free_pages();
	page = alloc_page(GFP_KERNEL);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free - (page != NULL));
	pcp_enable();
	if (page)
		__free_page(page);
}

static void disabling_nests(struct ktest *t)
{
	pcp_disable();
	pcp_disable();
	pcp_enable();
	take_and_give(NULL);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_TRUE(t, pcp_is_disabled());
	pcp_enable();
	KTEST_EXPECT_FALSE(t, pcp_is_disabled());
	take_and_give(NULL);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
}

static void enabling_what_is_enabled_is_refused(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "pcp_enable: nothing is disabled",
			     pcp_enable());
	KTEST_EXPECT_FALSE(t, pcp_is_disabled());
	pcp_disable();
	take_and_give(NULL);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	pcp_enable();
	take_and_give(NULL);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
}

static void every_cpu_is_disabled(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		smp_call_function_single(cpu, take_and_give, NULL, true);
	pcp_disable();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, take_and_give, NULL, true);
		KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	}
	pcp_enable();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, take_and_give, NULL, true);
		KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
		drain_all_pages();
	}
}

static void cpu_that_returns_is_disabled_too(struct ktest *t)
{
	unsigned int last = last_online_cpu();

	if (last == smp_processor_id() || cpu_down(last)) {
		ktest_skip(t, "no CPU that can be stopped");
		return;
	}
	pcp_disable();
	expect_cpu_up(t, last);
	smp_call_function_single(last, take_and_give, NULL, true);
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_EQ(t, cpu_down(last), 0);
	pcp_enable();
	expect_cpu_up(t, last);
	smp_call_function_single(last, take_and_give, NULL, true);
	KTEST_EXPECT_NE(t, nr_pcp_pages(), 0);
}

static bool boot_arrays_have_no_room(void)
{
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		struct cpu_stack *s = per_cpu(boot_pageset, cpu).stack[0];

		for (i = 0; i < MIGRATE_PCPTYPES * NR_PCP_ORDERS; i++)
			if (s[i].top != pcp_no_room || s[i].end != pcp_no_room)
				return false;
	}
	return true;
}

/* Its arrays are those of all such zones: slots behind them are not theirs. */
static void zone_without_arrays_gets_none(struct ktest *t)
{
	struct zone *zone = node_zonelist(NUMA_NO_NODE, GFP_DMA)->zones[0];
	struct per_cpu_pages *pcp = zone->per_cpu_pageset;
	u8 high[NR_PCP_ORDERS];

	if (zone == kernel_zone()) {
		ktest_skip(t, "there is one zone");
		return;
	}
	memcpy(high, zone->pageset_high, sizeof(high));
	memset(zone->pageset_high, 0, sizeof(high));
	zone->per_cpu_pageset = &boot_pageset;
	pcp_disable();
	pcp_enable();
	KTEST_EXPECT_TRUE(t, boot_arrays_have_no_room());
	zone->per_cpu_pageset = pcp;
	memcpy(zone->pageset_high, high, sizeof(high));
}

static bool is_parked(const struct zone *zone)
{
	unsigned long flags;
	bool parked;

	local_irq_save(flags);
	parked = this_cpu_ptr(zone->per_cpu_pageset)->stack[0][0].end ==
		 pcp_no_room;
	local_irq_restore(flags);
	return parked;
}

/* In a zone with just enough memory for that. */
static void arrays_of_single_pages_alone_are_put_aside_too(struct ktest *t)
{
	struct zone *zone = kernel_zone();
	u8 high[NR_PCP_ORDERS];

	memcpy(high, zone->pageset_high, sizeof(high));
	pcp_disable();
	memset(zone->pageset_high, 0, sizeof(high));
	zone->pageset_high[0] = 1;
	pcp_enable();
	KTEST_EXPECT_FALSE(t, is_parked(zone));
	pcp_disable();
	KTEST_EXPECT_TRUE(t, is_parked(zone));
	memcpy(zone->pageset_high, high, sizeof(high));
	pcp_enable();
	KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
}

/* Takes and frees until told to stop. */
static int keep_busy(void *seed)
{
	struct rng rng = rng_seed((unsigned long)seed);
	u64 start = ktime_get_us();
	struct page *held[8] = { NULL };
	unsigned int i;

	while (!kthread_should_stop() && ktime_get_us() - start < BUSY_US) {
		struct page **slot = &held[rng_below(&rng, ARRAY_SIZE(held))];

		if (*slot)
			__free_pages(*slot, (*slot)->order);
		*slot = alloc_pages(GFP_KERNEL | __GFP_NOWARN,
				    (unsigned int)rng_below(&rng, 5));
		cond_resched();
	}
	for (i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i])
			__free_pages(held[i], held[i]->order);
	return 0;
}

static void cpus_at_work_are_switched_back_and_forth(struct ktest *t)
{
	struct task_struct *threads[NR_CPUS] = { NULL };
	unsigned int cpu, i;
	u64 start;

	for_each_online_cpu(cpu)
		threads[cpu] = kthread_run_on(cpu, keep_busy,
					      (void *)(cpu + 1UL),
					      "pcpoff/%u", cpu);
	start = ktime_get_us();
	for (i = 0; i < ROUNDS && ktime_get_us() - start < BUSY_US; i++) {
		pcp_disable();
		KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
		cond_resched();
		pcp_enable();
		KTEST_EXPECT_STREQ(t, pcp_validate(), NULL);
		cond_resched();
	}
	for_each_online_cpu(cpu)
		if (threads[cpu])
			KTEST_EXPECT_EQ(t, kthread_stop(threads[cpu]), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(nothing_is_kept_while_disabled),
	KTEST_CASE(block_goes_to_the_zone_at_once),
	KTEST_CASE(request_takes_one_block_and_no_batch),
	KTEST_CASE(disabling_nests),
	KTEST_CASE(enabling_what_is_enabled_is_refused),
	KTEST_CASE(every_cpu_is_disabled),
	KTEST_CASE(cpu_that_returns_is_disabled_too),
	KTEST_CASE(zone_without_arrays_gets_none),
	KTEST_CASE(arrays_of_single_pages_alone_are_put_aside_too),
	KTEST_CASE(cpus_at_work_are_switched_back_and_forth),
	{}
};
KTEST_SUITE_FIXTURE(pcp_disable, cases, need_arrays, NULL);

/*
 * Free blocks at hand on several CPUs: freed elsewhere, asked for by others,
 * left behind by a CPU that stops.
 */
#include <kernel/kthread.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <mm/census.h>

#include "all_memory.h"
#include "cpu_up.h"
#include "last_cpu.h"
#include "pcp_fixture.h"

#define EXCHANGES 3000
#define EXCHANGE_US 1000000	/* where CPUs are many and slow: less */
#define NR_SHELVES 32

/* The last CPU that runs, if it is not this one. */
static unsigned int other_cpu(struct ktest *t)
{
	skip_on_the_last_cpu(t);
	return last_online_cpu();
}

static unsigned long pages_of_cpu(unsigned int cpu)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		sum += zone_pcp_pages(zone, cpu);
	return sum;
}

static void handlers_allocate_and_free_on_every_cpu(struct ktest *t)
{
	unsigned long free = settled_free_pages();
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		KTEST_EXPECT_EQ(t, smp_call_function_single(cpu, take_and_give,
							    NULL, true), 0);
		KTEST_EXPECT_NE(t, pages_of_cpu(cpu), 0);
		KTEST_EXPECT_EQ(t, nr_free_pages() + nr_pcp_pages(), free);
	}
	drain_all_pages();
	KTEST_EXPECT_EQ(t, nr_pcp_pages(), 0);
	KTEST_EXPECT_EQ(t, nr_free_pages(), free);
}

static void block_is_kept_by_the_cpu_that_frees_it(struct ktest *t)
{
	unsigned int cpu = other_cpu(t);
	unsigned long free;

	if (t->skipped)
		return;
	free = settled_free_pages();
	take_some(NULL);
	drain_local_pages();
	smp_call_function_single(cpu, give_some, NULL, true);
	KTEST_EXPECT_EQ(t, pages_of_cpu(smp_processor_id()), 0);
	KTEST_EXPECT_NE(t, pages_of_cpu(cpu), 0);
	KTEST_EXPECT_EQ(t, nr_free_pages() + pages_of_cpu(cpu), free);
	smp_call_function_single(cpu, take_some, NULL, true);
	give_some(NULL);
	KTEST_EXPECT_EQ(t, nr_free_pages() + nr_pcp_pages(), free);
	KTEST_EXPECT_EQ(t, settled_free_pages(), free);
}

/* Single pages until there is no more; how many. */
static unsigned long take_all(gfp_t gfp, struct list_head *taken)
{
	unsigned long n = 0;
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_MEMALLOC | __GFP_NOWARN))) {
		list_add(&page->lru, taken);
		n++;
	}
	return n;
}

static void give_list(struct list_head *taken)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, taken, lru)
		__free_page(page);
}

static void exhaustion_takes_what_other_cpus_keep(struct ktest *t)
{
	unsigned int cpu = other_cpu(t);
	LIST_HEAD(taken);
	unsigned long all, n;

	if (t->skipped || skip_on_a_huge_machine(t))
		return;
	all = settled_free_pages() - nr_free_highpages();
	smp_call_function_single(cpu, take_and_give, NULL, true);
	KTEST_EXPECT_NE(t, pages_of_cpu(cpu), 0);
	n = take_all(GFP_KERNEL, &taken);
	KTEST_EXPECT_EQ(t, pages_of_cpu(cpu), 0);
	give_list(&taken);
	KTEST_EXPECT_EQ(t, n, all);
}

static void who_must_not_sleep_leaves_other_cpus_alone(struct ktest *t)
{
	unsigned int cpu = other_cpu(t);
	unsigned long kept;
	LIST_HEAD(taken);

	if (t->skipped || skip_on_a_huge_machine(t))
		return;
	smp_call_function_single(cpu, take_and_give, NULL, true);
	kept = pages_of_cpu(cpu);
	take_all(0, &taken);
	KTEST_EXPECT_EQ(t, pages_of_cpu(cpu), kept);
	KTEST_EXPECT_EQ(t, nr_free_pages() - nr_free_highpages(), 0);
	give_list(&taken);
}

static void cpu_that_stops_leaves_nothing_behind(struct ktest *t)
{
	unsigned int cpu = other_cpu(t);
	unsigned long free;
	int err;

	if (t->skipped)
		return;
	free = settled_free_pages();
	smp_call_function_single(cpu, take_and_give, NULL, true);
	KTEST_EXPECT_NE(t, pages_of_cpu(cpu), 0);
	err = cpu_down(cpu);
	if (err) {
		ktest_skip(t, "the CPU cannot be stopped");
		return;
	}
	KTEST_EXPECT_EQ(t, pages_of_cpu(cpu), 0);
	KTEST_EXPECT_EQ(t, nr_free_pages() + nr_pcp_pages(), free);
	expect_cpu_up(t, cpu);
	KTEST_EXPECT_EQ(t, smp_call_function_single(cpu, take_and_give, NULL,
						    true), 0);
	KTEST_EXPECT_NE(t, pages_of_cpu(cpu), 0);
}

/* Where threads leave a block and take another one's. */
static struct page *shelves[NR_SHELVES];
static unsigned long strangers;

static void free_if_sound(struct page *page)
{
	if (page && page->private != (unsigned long)&shelves)
		__atomic_add_fetch(&strangers, 1, __ATOMIC_RELAXED);
	else if (page)
		__free_pages(page, page->order);
}

static int exchange_blocks(void *seed)
{
	struct rng rng = rng_seed((unsigned long)seed);
	u64 start = ktime_get_us();
	unsigned int i;

	for (i = 0; i < EXCHANGES && ktime_get_us() - start < EXCHANGE_US;
	     i++) {
		unsigned int order = (unsigned int)rng_below(&rng, 5);
		struct page **shelf = &shelves[rng_below(&rng, NR_SHELVES)];
		struct page *page;

		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (page)
			page->private = (unsigned long)&shelves;
		free_if_sound(__atomic_exchange_n(shelf, page,
						  __ATOMIC_ACQ_REL));
		if (i % 512 == 0 && smp_processor_id() == 0)
			drain_all_pages();
	}
	return 0;
}

static void blocks_change_hands_between_cpus(struct ktest *t)
{
	struct task_struct *threads[NR_CPUS] = { NULL };
	unsigned int cpu, i;

	strangers = 0;
	for_each_online_cpu(cpu)
		threads[cpu] = kthread_run_on(cpu, exchange_blocks,
					      (void *)(cpu + 1UL), "pcp/%u",
					      cpu);
	for_each_online_cpu(cpu)
		if (threads[cpu])
			KTEST_EXPECT_EQ(t, kthread_stop(threads[cpu]), 0);
	for (i = 0; i < NR_SHELVES; i++) {
		free_if_sound(shelves[i]);
		shelves[i] = NULL;
	}
	KTEST_EXPECT_EQ(t, strangers, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(handlers_allocate_and_free_on_every_cpu),
	KTEST_CASE(block_is_kept_by_the_cpu_that_frees_it),
	KTEST_CASE(exhaustion_takes_what_other_cpus_keep),
	KTEST_CASE(who_must_not_sleep_leaves_other_cpus_alone),
	KTEST_CASE(cpu_that_stops_leaves_nothing_behind),
	KTEST_CASE(blocks_change_hands_between_cpus),
	{}
};
KTEST_SUITE_FIXTURE(pcp_smp, cases, need_arrays, NULL);

/* kmap() among threads: who finds all windows taken waits for one. */
#ifdef CONFIG_HIGHMEM

#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/highmem.h>

#include "zone_fixture.h"

#define NR_PAGES (PKMAP_PAGES + 64)
#define NR_WORKERS 8
#define ROUNDS 20

struct worker {
	struct task_struct *task;
	unsigned int number, rounds, wrong;
	bool done;
};

static struct page *pages[NR_PAGES];
static struct worker workers[NR_WORKERS];

static void put_pages(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		if (pages[i])
			__free_page(pages[i]);
		pages[i] = NULL;
	}
}

static void get_pages(struct ktest *t)
{
	unsigned int i;

	if (high_pages_at_hand() < 2 * NR_PAGES) {
		ktest_skip(t, "too little high memory");
		return;
	}
	for (i = 0; i < NR_PAGES; i++) {
		pages[i] = alloc_page(GFP_HIGHUSER);
		KTEST_ASSERT_TRUE(t, pages[i] && PageHighMem(pages[i]));
		memcpy_to_page(pages[i], 8, &i, sizeof(i));
	}
	memset(workers, 0, sizeof(workers));
}

static unsigned int stamp_at(const void *p)
{
	unsigned int stamp = ~0U;

	if (p)
		memcpy(&stamp, (const char *)p + 8, sizeof(stamp));
	return stamp;
}

/* All windows but some, by the test itself. */
static void hold_all_but(struct ktest *t, unsigned int nr_left)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < PKMAP_PAGES - nr_left; i++)
		wrong += stamp_at(kmap(pages[i])) != i;
	KTEST_EXPECT_EQ(t, wrong, 0);
}

static void let_go_of(unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		kunmap(pages[from]);
}

static int map_once(void *data)
{
	struct worker *w = data;

	w->wrong += stamp_at(kmap(pages[w->number])) != w->number;
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	kunmap(pages[w->number]);
	return 0;
}

static bool is_done(struct worker *w)
{
	return __atomic_load_n(&w->done, __ATOMIC_ACQUIRE);
}

static void full_table_makes_a_thread_wait_for_a_window(struct ktest *t)
{
	struct worker *w = &workers[0];
	unsigned int cpu, i;

	for_each_online_cpu(cpu) {
		*w = (struct worker){ .number = PKMAP_PAGES + 1 };
		hold_all_but(t, 0);
		w->task = kthread_run_on(cpu, map_once, w, "kmap/%u", cpu);
		KTEST_ASSERT_NOT_NULL(t, w->task);
		msleep(30);
		KTEST_EXPECT_FALSE(t, is_done(w));
		kunmap(pages[9]);
		for (i = 0; i < 200 && !is_done(w); i++)
			msleep(10);
		KTEST_EXPECT_TRUE(t, is_done(w));
		let_go_of(0, 9);
		let_go_of(10, PKMAP_PAGES);
		kthread_stop(w->task);
		KTEST_EXPECT_EQ(t, w->wrong, 0);
		KTEST_EXPECT_EQ(t, kmap_users(), 0);
	}
}

/* Mapped by another thread, the page has an address for all at once. */
static void page_that_is_mapped_needs_no_second_window(struct ktest *t)
{
	struct worker *w = &workers[0];

	hold_all_but(t, 0);
	w->number = 17;
	w->task = kthread_run_on(0, map_once, w, "kmap");
	KTEST_ASSERT_NOT_NULL(t, w->task);
	kthread_stop(w->task);
	KTEST_EXPECT_TRUE(t, is_done(w));
	KTEST_EXPECT_EQ(t, w->wrong, 0);
	let_go_of(0, PKMAP_PAGES);
}

static void caller_who_must_not_sleep_is_refused(struct ktest *t)
{
	struct worker *w = &workers[0];
	void *p = NULL;

	hold_all_but(t, 0);
	w->number = PKMAP_PAGES;
	w->task = kthread_run_on(0, map_once, w, "kmap");
	KTEST_ASSERT_NOT_NULL(t, w->task);
	preempt_disable();
	KTEST_EXPECT_REPORTS(t, 2, "no window left",
			     p = kmap(pages[PKMAP_PAGES + 1]));
	preempt_enable();
	KTEST_EXPECT_NULL(t, p);
	let_go_of(0, PKMAP_PAGES);
	kthread_stop(w->task);
	KTEST_EXPECT_EQ(t, w->wrong, 0);
}

/* Maps pages that nobody holds, in an order of its own, one at a time. */
static int map_and_unmap(void *data)
{
	struct worker *w = data;
	unsigned int i, n;

	for (i = 0; i < w->rounds; i++) {
		n = PKMAP_PAGES + (i * (2 * w->number + 1) + w->number) %
				  (NR_PAGES - PKMAP_PAGES);
		w->wrong += stamp_at(kmap(pages[n])) != n;
		if (i % 3 == 0)
			yield();
		w->wrong += stamp_at(page_address(pages[n])) != n;
		kunmap(pages[n]);
	}
	return 0;
}

/* All workers, one CPU after another; how often something was wrong. */
static unsigned int work(struct ktest *t, int (*fn)(void *worker))
{
	unsigned int i, cpu = 0, wrong = 0;

	for (i = 0; i < NR_WORKERS; i++) {
		workers[i].number = i;
		workers[i].rounds = ROUNDS;
		workers[i].task = kthread_run_on(cpu, fn, &workers[i],
						 "kmap/%u", i);
		KTEST_EXPECT_NOT_NULL(t, workers[i].task);
		do {
			cpu = (cpu + 1) % nr_cpu_ids;
		} while (!cpu_online(cpu));
	}
	for (i = 0; i < NR_WORKERS; i++) {
		if (workers[i].task)
			kthread_stop(workers[i].task);
		wrong += workers[i].wrong;
	}
	return wrong;
}

/* Two windows for all: each new page is a flush, each thread has to wait. */
static void few_windows_serve_many_threads_on_all_cpus(struct ktest *t)
{
	hold_all_but(t, 2);
	KTEST_EXPECT_EQ(t, work(t, map_and_unmap), 0);
	KTEST_EXPECT_EQ(t, kmap_users(), PKMAP_PAGES - 2);
	let_go_of(0, PKMAP_PAGES - 2);
}

/* A page that its thread has unmapped before has no window afterwards. */
static int map_and_flush(void *data)
{
	struct worker *w = data;
	struct page *page = pages[w->number];
	unsigned int i;

	for (i = 0; i < w->rounds; i++) {
		w->wrong += stamp_at(kmap(page)) != w->number;
		kunmap(page);
		kmap_flush_unused();
		w->wrong += page_address(page) != NULL;
	}
	return 0;
}

/* Who comes while another flushes waits for him: his page may be among it. */
static void flushes_of_many_threads_are_one_after_another(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, work(t, map_and_flush), 0);
	KTEST_EXPECT_EQ(t, kmap_users(), 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(full_table_makes_a_thread_wait_for_a_window),
	KTEST_CASE(page_that_is_mapped_needs_no_second_window),
	KTEST_CASE(caller_who_must_not_sleep_is_refused),
	KTEST_CASE(few_windows_serve_many_threads_on_all_cpus),
	KTEST_CASE(flushes_of_many_threads_are_one_after_another),
	{}
};
KTEST_SUITE_FIXTURE(kmap_threads, cases, get_pages, put_pages);

#endif

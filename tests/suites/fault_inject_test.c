/*
 * Failures on purpose: of which allocations, and what their callers see. How
 * often, and what text says so, is asked in fault_attr_test.c.
 */
#include <asm/processor.h>
#include <kernel/fault_inject.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
#include <mm/percpu.h>
#include <mm/percpu.h>

#include "slub_fixture.h"
#include "no_guards.h"

static struct failslab old_failslab;
static struct fail_page_alloc old_fail_page_alloc;
static struct kmem_cache *s;
static bool is_set_up;

/* Quiet and off, whatever the command line said. */
static void set_up(struct ktest *t)
{
	if (current->fail_nth) {
		ktest_skip(t, "has failures of its own");
		return;
	}
	is_set_up = true;
	no_guards(t);
	fault_injection_on();
	old_failslab = failslab;
	old_fail_page_alloc = fail_page_alloc;
	failslab = (struct failslab){
		.attr = FAULT_ATTR_INITIALIZER("failslab"), .max_size = ~0U,
	};
	fail_page_alloc = (struct fail_page_alloc){
		.attr = FAULT_ATTR_INITIALIZER("fail_page_alloc"),
		.max_order = ~0U,
	};
	s = kmem_cache_create("faulty", 64, 0, SLAB_NO_MERGE, NULL);
	KTEST_EXPECT_NOT_NULL(t, s);
}

static void tear_down(struct ktest *t)
{
	if (!is_set_up)
		return;
	is_set_up = false;
	current->fail_nth = 0;
	current->make_it_fail = false;
	failslab.attr.probability = 0;
	fail_page_alloc.attr.probability = 0;
	kmem_cache_destroy(s);
	failslab = old_failslab;
	fail_page_alloc = old_fail_page_alloc;
	fault_injection_off();
	guards_again(t);
}

/* ----- who calls ---------------------------------------------------------- */

/* A function that both machines know by its name. */
static void caller_is_known_by_its_name(struct ktest *t)
{
	failslab.attr.probability = 100;
	failslab.attr.times = -1;
	failslab.attr.verbose = 0;
	strscpy(failslab.attr.caller, "kmem_cache_create",
		sizeof(failslab.attr.caller));
	KTEST_EXPECT_NULL(t, kmem_cache_create("x", 32, 0, SLAB_NO_MERGE,
					       NULL));
	kfree(kmalloc(32, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, failslab.attr.injected, 1);
}

/* ----- a thread's own count ----------------------------------------------- */

static void *take(void)
{
	return kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN);
}

/* Which of the next 8 fails; 0: none. All are given back. */
static unsigned int first_that_fails(void)
{
	void *objs[8] = { NULL };
	unsigned int i, first = 0;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = take();
		if (!objs[i] && !first)
			first = i + 1;
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	return first;
}

/* With a slab to take from: it asks for pages, too. */
static void nth_from_now_fails_once(struct ktest *t)
{
	void *kept = take();
	unsigned int n;

	for (n = 1; n <= 8; n++) {
		kmem_cache_shrink(s);	/* a quarantine would keep them */
		current->fail_nth = n;
		KTEST_EXPECT_EQ(t, first_that_fails(), n);
		KTEST_EXPECT_EQ(t, current->fail_nth, 0);
	}
	KTEST_EXPECT_EQ(t, first_that_fails(), 0);
	kmem_cache_free(s, kept);
}

static int take_some(void *data)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		kmem_cache_free(s, take());
	return (int)current->fail_nth;
}

static void other_threads_do_not_count(struct ktest *t)
{
	void *kept = take();
	struct task_struct *task;

	task = kthread_run_on(0, take_some, NULL, "taker");
	KTEST_EXPECT_NOT_NULL(t, task);
	current->fail_nth = 3;
	if (task)
		kthread_stop(task);
	KTEST_EXPECT_EQ(t, current->fail_nth, 3);
	KTEST_EXPECT_EQ(t, first_that_fails(), 3);
	kmem_cache_free(s, kept);
}

static void take_atomic(void *info)
{
	unsigned int i, *nr_failed = info;

	for (i = 0; i < 5; i++) {
		void *p = kmem_cache_alloc(s, GFP_ATOMIC | __GFP_NOWARN);

		*nr_failed += !p;
		kmem_cache_free(s, p);
	}
}

static void note_it(void *info)
{
	WRITE_ONCE(*(bool *)info, true);
}

static unsigned int here, failed;
static bool came_back;

/* On another CPU: sends a call back, to interrupt the thread that waits. */
static void send_back(void *info)
{
	smp_call_function_single(here, take_atomic, &failed, false);
	smp_call_function_single(here, note_it, &came_back, false);
}

static void handlers_do_not_count(struct ktest *t)
{
	void *kept;
	unsigned int cpu;

	if (num_online_cpus() == 1) {
		ktest_skip(t, "needs a second CPU");
		return;
	}
	kept = take();
	here = smp_processor_id();
	for_each_online_cpu(cpu)
		if (cpu != here)
			break;
	failed = 0;
	came_back = false;
	current->fail_nth = 3;
	smp_call_function_single(cpu, send_back, NULL, true);
	while (!READ_ONCE(came_back))
		cpu_relax();
	KTEST_EXPECT_EQ(t, current->fail_nth, 3);
	KTEST_EXPECT_EQ(t, failed, 0);
	KTEST_EXPECT_EQ(t, first_that_fails(), 3);
	kmem_cache_free(s, kept);
}

/* ----- objects ------------------------------------------------------------ */

static void fail_objects(void)
{
	failslab.attr.probability = 100;
	failslab.attr.times = -1;
	failslab.attr.verbose = 0;
}

static void cache_is_chosen_by_name(struct ktest *t)
{
	void *p;

	strscpy(failslab.cache, "fault*", sizeof(failslab.cache));
	fail_objects();
	KTEST_EXPECT_NULL(t, take());
	p = kmalloc(64, GFP_KERNEL);
	KTEST_EXPECT_NOT_NULL(t, p);
	kfree(p);
	KTEST_EXPECT_EQ(t, failslab.attr.count, 1);
}

static void size_is_chosen_by_range(struct ktest *t)
{
	static const struct { size_t size; bool fails; } tries[] = {
		{ 64, false }, { 96, true }, { 200, true }, { 257, false },
	};
	unsigned int i;
	void *p;

	failslab.min_size = 96;
	failslab.max_size = 256;
	fail_objects();
	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		p = kmalloc(tries[i].size, GFP_KERNEL | __GFP_NOWARN);
		KTEST_EXPECT_EQ(t, p == NULL, tries[i].fails);
		kfree(p);
	}
}

static void marked_caches_fail_and_no_others(struct ktest *t)
{
	struct kmem_cache *marked = must_create("marked", 64, 0, SLAB_FAILSLAB,
						NULL);
	/* not by slub_debug=A either */
	struct kmem_cache *other = plain_cache("unmarked", 64);
	void *p;

	failslab.cache_filter = true;
	fail_objects();
	KTEST_EXPECT_NULL(t, kmem_cache_alloc(marked, GFP_NOWAIT));
	p = kmem_cache_alloc(other, GFP_NOWAIT);
	KTEST_EXPECT_NOT_NULL(t, p);
	kmem_cache_free(other, p);
	failslab.attr.probability = 0;
	kmem_cache_destroy(marked);
	kmem_cache_destroy(other);
}

static void nofail_never_fails(struct ktest *t)
{
	struct page *page;
	void *p;

	fail_objects();
	fail_page_alloc.attr = failslab.attr;
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL);
	KTEST_EXPECT_NOT_NULL(t, p);
	kmem_cache_free(s, p);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	KTEST_EXPECT_NOT_NULL(t, page);
	if (page)
		__free_page(page);
	current->fail_nth = 1;
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOFAIL);
	KTEST_EXPECT_NOT_NULL(t, p);
	kmem_cache_free(s, p);
}

static void who_may_wait_can_be_left_alone(struct ktest *t)
{
	void *p;

	failslab.gfp.ignore_wait = true;
	fail_objects();
	p = take();
	KTEST_EXPECT_NOT_NULL(t, p);
	kmem_cache_free(s, p);
	KTEST_EXPECT_NULL(t, kmem_cache_alloc(s, GFP_NOWAIT));
	failslab.gfp.ignore_wait = false;
	failslab.gfp.ignore_atomic = true;
	p = kmem_cache_alloc(s, GFP_NOWAIT);
	KTEST_EXPECT_NOT_NULL(t, p);
	kmem_cache_free(s, p);
	KTEST_EXPECT_NULL(t, take());
}

static void failure_is_told_in_one_line_with_its_callers(struct ktest *t)
{
	void *p = s;

	failslab.attr.probability = 100;
	KTEST_EXPECT_LOGGED(t, "failslab: injected failure 1, 64 bytes",
			    p = kmem_cache_alloc(s, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), " < "));
	failslab.attr.times = 1;
	KTEST_EXPECT_LOGGED(t, "", p = take());
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
}

/* ----- pages, and what is made of them ------------------------------------ */

static void fail_pages(void)
{
	fail_page_alloc.attr.probability = 100;
	fail_page_alloc.attr.times = -1;
	fail_page_alloc.attr.verbose = 0;
}

/*
 * The second has no room beside the first. Who asks for per-CPU memory knows
 * what to do without, so nothing is told: neither of the chunk's pages nor of
 * what describes it.
 */
static void percpu_memory_there_is_not_is_no_news(struct ktest *t)
{
	void *first = __alloc_percpu(PCPU_MAX_SIZE, 1), *second;
	bool objects;

	for (objects = false;; objects = true) {
		fail_page_alloc.attr.probability = objects ? 0 : 100;
		failslab.attr.probability = objects ? 100 : 0;
		fail_page_alloc.attr.times = failslab.attr.times = -1;
		fail_page_alloc.attr.verbose = failslab.attr.verbose = 0;
		report_capture_log_start();
		second = __alloc_percpu(PCPU_MAX_SIZE, 1);
		KTEST_EXPECT_EQ(t, report_capture_stop(), 0);
		KTEST_EXPECT_NULL(t, second);
		KTEST_EXPECT_STREQ(t, report_capture_text(), "");
		if (objects)
			break;
	}
	failslab.attr.probability = 0;
	free_percpu(first);
}

static void order_is_chosen_by_range(struct ktest *t)
{
	struct page *page, *one[1] = { NULL };
	unsigned int order;

	fail_page_alloc.min_order = 1;
	fail_page_alloc.max_order = 3;
	fail_pages();
	for (order = 0; order < 6; order++) {
		page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		KTEST_EXPECT_EQ(t, page == NULL, order >= 1 && order <= 3);
		if (page)
			__free_pages(page, order);
	}
	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_KERNEL, 1, one), 1);
	if (one[0])
		__free_page(one[0]);
}

/* The block that a slab should have, or the pages that must do. */
static void larger_slab_is_only_tried_and_in_silence(struct ktest *t)
{
	struct kmem_cache *c = plain_cache("large", 1024);
	void *p = NULL;

	KTEST_ASSERT_NOT_NULL(t, c);
	fail_page_alloc.min_order = 1;
	fail_pages();
	fail_page_alloc.attr.verbose = 1;
	KTEST_EXPECT_LOGGED(t, "", p = kmem_cache_alloc(c, GFP_KERNEL));
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
	if (KTEST_EXPECT_NOT_NULL(t, p))
		KTEST_EXPECT_EQ(t, slab_of(p)->order, 0);
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.injected, 1);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
}

static unsigned int nr_online_nodes(void)
{
	unsigned int nodes = 0;
	int nid;

	for_each_online_node(nid)
		nodes++;
	return nodes;
}

static void smallest_slab_is_asked_for_once(struct ktest *t)
{
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	struct kmem_cache *c = plain_cache("small", 64);
	void *p;

	KTEST_ASSERT_NOT_NULL(t, c);
	if (nr_online_nodes() > 1)	/* others would be asked, too */
		gfp |= __GFP_THISNODE;
	fail_pages();
	fail_page_alloc.attr.times = 1;
	p = kmem_cache_alloc(c, gfp);
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_EQ(t, fail_page_alloc.attr.injected, 1);
	kmem_cache_free(c, p);
	kmem_cache_destroy(c);
}

static void every_way_to_pages_can_fail(struct ktest *t)
{
	struct page *pages[4] = { NULL };

	fail_pages();
	KTEST_EXPECT_NULL(t, alloc_pages(GFP_KERNEL, 0));
	KTEST_EXPECT_EQ(t, __get_free_page(GFP_KERNEL), 0);
	KTEST_EXPECT_NULL(t, alloc_pages_exact(3 * PAGE_SIZE, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, alloc_pages_bulk_array(GFP_KERNEL, 4, pages), 0);
	KTEST_EXPECT_NULL(t, kmalloc(20000, GFP_KERNEL));
}

static void cache_that_cannot_grow_refuses(struct ktest *t)
{
	fail_pages();
	KTEST_EXPECT_NULL(t, take());
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	fail_page_alloc.attr.probability = 0;
	KTEST_EXPECT_EQ(t, first_that_fails(), 0);
}

/* ----- commands ----------------------------------------------------------- */

static bool object_fails(void)
{
	void *p = take();

	kmem_cache_free(s, p);
	return !p;
}

static bool page_fails(void)
{
	struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, 0);

	if (page)
		__free_pages(page, 0);
	return !page;
}

static int command(const char *name, const char *value)
{
	char line[80];

	kscnprintf(line, sizeof(line), "%s %s", name, value);
	return shell_execute(line);
}

static void what_was_chosen_before_is_forgotten(struct ktest *t)
{
	static const struct {
		const char *name, *value;
		bool (*fails)(void);
	} tries[] = {
		{ "failslab", "1,100,0,-1,marked", object_fails },
		{ "failslab", "1,100,0,-1,cache=none", object_fails },
		{ "failslab", "1,100,0,-1,size=1-8", object_fails },
		{ "failslab", "1,100,0,-1,ignore_wait", object_fails },
		{ "fail_page_alloc", "1,100,0,-1,order=1", page_fails },
		{ "fail_page_alloc", "1,100,0,-1,ignore_highmem", page_fails },
		{ "fail_page_alloc", "1,100,0,-1,ignore_wait", page_fails },
	};
	/* slub_debug=A marks all */
	bool marked = s->flags & SLAB_FAILSLAB;
	unsigned int i;

	failslab.attr.verbose = fail_page_alloc.attr.verbose = 0;
	for (i = marked; i < ARRAY_SIZE(tries); i++) {
		KTEST_EXPECT_EQ(t, command(tries[i].name, tries[i].value), 0);
		KTEST_EXPECT_FALSE(t, tries[i].fails());
		KTEST_EXPECT_EQ(t, command(tries[i].name, "1,100,0,-1"), 0);
		KTEST_EXPECT_TRUE(t, tries[i].fails());
		KTEST_EXPECT_EQ(t, command(tries[i].name, "off"), 0);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(caller_is_known_by_its_name),
	KTEST_CASE(nth_from_now_fails_once),
	KTEST_CASE(other_threads_do_not_count),
	KTEST_CASE(handlers_do_not_count),
	KTEST_CASE(cache_is_chosen_by_name),
	KTEST_CASE(size_is_chosen_by_range),
	KTEST_CASE(marked_caches_fail_and_no_others),
	KTEST_CASE(nofail_never_fails),
	KTEST_CASE(who_may_wait_can_be_left_alone),
	KTEST_CASE(failure_is_told_in_one_line_with_its_callers),
	KTEST_CASE(percpu_memory_there_is_not_is_no_news),
	KTEST_CASE(order_is_chosen_by_range),
	KTEST_CASE(larger_slab_is_only_tried_and_in_silence),
	KTEST_CASE(smallest_slab_is_asked_for_once),
	KTEST_CASE(every_way_to_pages_can_fail),
	KTEST_CASE(cache_that_cannot_grow_refuses),
	KTEST_CASE(what_was_chosen_before_is_forgotten),
	{}
};
KTEST_SUITE_FIXTURE(fault_inject, cases, set_up, tear_down);

/*
 * Failures on purpose: of which allocations, how often, and what their callers
 * see. The first half asks should_fail() itself, the second the allocators.
 */
#include <asm/processor.h>
#include <kernel/fault_inject.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/fault_inject.h>
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

/* ----- how often ---------------------------------------------------------- */

static struct fault_attr quiet_attr(unsigned int probability)
{
	struct fault_attr attr = FAULT_ATTR_INITIALIZER("test");

	attr.probability = probability;
	attr.times = -1;
	attr.verbose = 0;
	return attr;
}

static unsigned int failures_of(struct fault_attr *attr, unsigned int asked)
{
	unsigned int n = 0;

	while (asked--)
		n += should_fail(attr, 1);
	return n;
}

static void every_nth_fails_and_no_other(struct ktest *t)
{
	static const unsigned int intervals[] = { 1, 2, 7 };
	struct fault_attr attr;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(intervals); i++) {
		attr = quiet_attr(100);
		attr.interval = intervals[i];
		for (n = 1; n <= 70; n++)
			KTEST_EXPECT_EQ(t, should_fail(&attr, 1),
					n % attr.interval == 0);
		KTEST_EXPECT_EQ(t, attr.count, 70);
		KTEST_EXPECT_EQ(t, attr.injected, 70 / attr.interval);
	}
}

/* Five times the standard deviation to either side. */
static void share_is_what_was_asked_for(struct ktest *t)
{
	static const struct { unsigned int of_1000, least, most; } shares[] = {
		{ 0, 0, 0 }, { 1, 50, 150 }, { 50, 4655, 5345 },
		{ 500, 49209, 50791 }, { 1000, 100000, 100000 },
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		struct fault_attr attr = quiet_attr(shares[i].of_1000);

		attr.out_of = 1000;
		n = failures_of(&attr, 100000);
		KTEST_EXPECT_GE(t, n, shares[i].least);
		KTEST_EXPECT_LE(t, n, shares[i].most);
	}
}

static void seed_settles_which_fail(struct ktest *t)
{
	struct fault_attr a = quiet_attr(20), b = a, c = a;
	unsigned int i, differ = 0;

	c.seed = 2;
	for (i = 0; i < 1000; i++) {
		bool first = should_fail(&a, 1);

		KTEST_EXPECT_EQ(t, should_fail(&b, 1), first);
		differ += should_fail(&c, 1) != first;
	}
	KTEST_EXPECT_GT(t, differ, 200);
}

static void times_are_used_up(struct ktest *t)
{
	struct fault_attr attr = quiet_attr(100);

	attr.times = 3;
	KTEST_EXPECT_EQ(t, failures_of(&attr, 10), 3);
	KTEST_EXPECT_EQ(t, attr.times, 0);
	KTEST_EXPECT_FALSE(t, fault_attr_active(&attr));
}

/* 100 bytes of room: three of 30 pass, the fourth would need 120. */
static void space_passes_before_the_first_fails(struct ktest *t)
{
	struct fault_attr attr = quiet_attr(100);
	unsigned int i;

	attr.space = 100;
	for (i = 0; i < 3; i++)
		KTEST_EXPECT_FALSE(t, should_fail(&attr, 30));
	KTEST_EXPECT_TRUE(t, should_fail(&attr, 30));
	KTEST_EXPECT_EQ(t, attr.space, 10);
	KTEST_EXPECT_FALSE(t, should_fail(&attr, 9));
	KTEST_EXPECT_TRUE(t, should_fail(&attr, 1));
}

/* ----- for whom ----------------------------------------------------------- */

static void only_marked_threads_fail(struct ktest *t)
{
	struct fault_attr attr = quiet_attr(100);

	attr.task_filter = true;
	KTEST_EXPECT_FALSE(t, should_fail(&attr, 1));
	current->make_it_fail = true;
	KTEST_EXPECT_TRUE(t, should_fail(&attr, 1));
	/* a handler only borrows the thread */
	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	KTEST_EXPECT_FALSE(t, should_fail(&attr, 1));
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	current->make_it_fail = false;
	KTEST_EXPECT_EQ(t, attr.count, 1);
}

/* Not inlined, and with something left to do behind the call. */
static noinline bool ask_here(struct fault_attr *attr)
{
	bool fail = should_fail(attr, 1);

	barrier();
	return fail;
}

static noinline bool ask_there(struct fault_attr *attr)
{
	bool fail = should_fail(attr, 2);

	barrier();
	return fail;
}

/* Enough of ask_here() to hold its call, and nothing of ask_there(). */
static void range_of_here(unsigned long *start, unsigned long *end)
{
	unsigned long there = (unsigned long)ask_there;

	*start = (unsigned long)ask_here;
	*end = *start + 64;
	if (there > *start && there < *end)
		*end = there;
}

static void caller_is_found_on_the_stack(struct ktest *t)
{
	struct fault_attr attr = quiet_attr(100);

	range_of_here(&attr.require_start, &attr.require_end);
	KTEST_EXPECT_TRUE(t, ask_here(&attr));
	KTEST_EXPECT_FALSE(t, ask_there(&attr));
	KTEST_EXPECT_FALSE(t, should_fail(&attr, 1));
}

static void rejected_caller_is_left_alone(struct ktest *t)
{
	struct fault_attr attr = quiet_attr(100);

	range_of_here(&attr.reject_start, &attr.reject_end);
	KTEST_EXPECT_FALSE(t, ask_here(&attr));
	KTEST_EXPECT_TRUE(t, ask_there(&attr));
}

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

/* ----- as text ------------------------------------------------------------ */

static void text_sets_all_there_is(struct ktest *t)
{
	struct fault_attr attr = FAULT_ATTR_INITIALIZER("test");

	KTEST_EXPECT_EQ(t, setup_fault_attr(&attr,
		"3,0.25,4096,-1,caller=kmalloc,seed=9,verbose=0,task", NULL),
		0);
	KTEST_EXPECT_EQ(t, attr.interval, 3);
	KTEST_EXPECT_EQ(t, attr.probability * 400, attr.out_of);
	KTEST_EXPECT_EQ(t, attr.space, 4096);
	KTEST_EXPECT_EQ(t, attr.times, -1);
	KTEST_EXPECT_STREQ(t, attr.caller, "kmalloc");
	KTEST_EXPECT_EQ(t, attr.seed, 9);
	KTEST_EXPECT_EQ(t, attr.verbose, 0);
	KTEST_EXPECT_TRUE(t, attr.task_filter);
}

static void text_that_is_wrong_changes_nothing(struct ktest *t)
{
	static const char *const wrong[] = {
		"", "1", "1,2,3", "1,101,0,1", "1,-1,0,1", "x,1,0,1",
		"1,1.234,0,1", "1,.5,0,1", "1,1,0,1,what=3", "1,1,0,1,seed=",
		"1,1,0,99999999999", "1,1..2,0,1", "1,1,0,1,task=yes",
		"1,1,0,1,caller=",
	};
	struct fault_attr attr = quiet_attr(42);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		if (!setup_fault_attr(&attr, wrong[i], NULL))
			ktest_fail(t, __FILE__, __LINE__, "\"%s\" was taken",
				   wrong[i]);
	KTEST_EXPECT_EQ(t, attr.probability, 42);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_nth_fails_and_no_other),
	KTEST_CASE(share_is_what_was_asked_for),
	KTEST_CASE(seed_settles_which_fail),
	KTEST_CASE(times_are_used_up),
	KTEST_CASE(space_passes_before_the_first_fails),
	KTEST_CASE(only_marked_threads_fail),
	KTEST_CASE(caller_is_found_on_the_stack),
	KTEST_CASE(rejected_caller_is_left_alone),
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
	KTEST_CASE(order_is_chosen_by_range),
	KTEST_CASE(every_way_to_pages_can_fail),
	KTEST_CASE(cache_that_cannot_grow_refuses),
	KTEST_CASE(text_sets_all_there_is),
	KTEST_CASE(text_that_is_wrong_changes_nothing),
	{}
};
KTEST_SUITE_FIXTURE(fault_inject, cases, set_up, tear_down);

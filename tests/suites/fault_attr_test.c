/* should_fail(): how often, for whom, and how both are said in text. */
#include <kernel/fault_inject.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/percpu.h>

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
	KTEST_CASE(text_sets_all_there_is),
	KTEST_CASE(text_that_is_wrong_changes_nothing),
	{}
};
KTEST_SUITE(fault_attr, cases);

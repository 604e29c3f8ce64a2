/* What failslab= and fail_page_alloc= read alike, and their shell commands. */
#include <kernel/ktest.h>
#include <kernel/sched.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/fault_range.h"
#include "../../mm/pcp.h"

static void range_is_two_numbers_or_one(struct ktest *t)
{
	static const struct { const char *text; unsigned int least, most; }
	right[] = {
		{ "0", 0, 0 }, { "7", 7, 7 }, { "3-9", 3, 9 }, { "5-5", 5, 5 },
		{ "0x10-0x20", 16, 32 }, { "0-4294967295", 0, ~0U },
		{ "0x00000000000000000001-2", 1, 2 },
	};
	unsigned int i, least, most;

	for (i = 0; i < ARRAY_SIZE(right); i++) {
		KTEST_EXPECT_EQ(t, fault_range(right[i].text, &least, &most),
				0);
		KTEST_EXPECT_EQ(t, least, right[i].least);
		KTEST_EXPECT_EQ(t, most, right[i].most);
	}
}

static void text_that_is_no_range_is_refused(struct ktest *t)
{
	static const char *const wrong[] = {
		"", "-", "1-", "-1", "9-3", "a", "1-b", "1-2-3", "1 -2",
		"4294967296", "0-4294967296", "99999999999999999999",
		"1234567890123456789012345",
		"00000000000000000000000000000000000000000000000000000-5",
	};
	unsigned int i, least = 42, most = 43;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		if (fault_range(wrong[i], &least, &most) != -EINVAL)
			ktest_fail(t, __FILE__, __LINE__, "\"%s\" was taken",
				   wrong[i]);
	KTEST_EXPECT_EQ(t, least, 42);
	KTEST_EXPECT_EQ(t, most, 43);
}

static void gfp_keys_are_those_two(struct ktest *t)
{
	struct fault_gfp_filter f = { false, false };

	KTEST_EXPECT_EQ(t, fault_gfp_key(&f, "ignore_never"), -EINVAL);
	KTEST_EXPECT_EQ(t, fault_gfp_key(&f, "ignore_atomic"), 0);
	KTEST_EXPECT_FALSE(t, f.ignore_wait);
	KTEST_EXPECT_FALSE(t, fault_gfp_passes(&f, GFP_ATOMIC));
	KTEST_EXPECT_TRUE(t, fault_gfp_passes(&f, GFP_KERNEL));
	f.ignore_atomic = false;
	KTEST_EXPECT_EQ(t, fault_gfp_key(&f, "ignore_wait"), 0);
	KTEST_EXPECT_FALSE(t, f.ignore_atomic);
	KTEST_EXPECT_TRUE(t, fault_gfp_passes(&f, GFP_ATOMIC));
	KTEST_EXPECT_FALSE(t, fault_gfp_passes(&f, GFP_KERNEL));
}

static void pages_are_chosen_by_zone_and_gfp(struct ktest *t)
{
	struct fail_page_alloc saved = fail_page_alloc;
	struct fail_page_alloc *f = &fail_page_alloc;
	bool high, low, wait, atomic;

	if (current->fail_nth)
		return;
	*f = (struct fail_page_alloc){
		.attr = FAULT_ATTR_INITIALIZER("fail_page_alloc"),
		.max_order = ~0U,
	};
	f->attr.verbose = 0;
	f->attr.times = -1;
	f->attr.probability = 100;
	f->ignore_highmem = true;
	high = should_fail_alloc_page(GFP_HIGHUSER, 0);
	low = should_fail_alloc_page(GFP_KERNEL, 0);
	f->gfp.ignore_wait = true;
	wait = should_fail_alloc_page(GFP_KERNEL, 0);
	atomic = should_fail_alloc_page(GFP_ATOMIC, 0);
	*f = saved;
	KTEST_EXPECT_FALSE(t, high);
	KTEST_EXPECT_TRUE(t, low);
	KTEST_EXPECT_FALSE(t, wait);
	KTEST_EXPECT_TRUE(t, atomic);
}

/* ----- the command -------------------------------------------------------- */

static struct fault_attr attr = FAULT_ATTR_INITIALIZER("command");

/* "N": of a hundred so many. */
static int set_probability(const char *text)
{
	unsigned int most;

	if (attr.probability)
		return -EBUSY;	/* it would be asked meanwhile */
	return fault_range(text, &attr.probability, &most);
}

static int command(const char *word, const char *more)
{
	char name[] = "name", first[24], second[24];
	char *argv[] = { name, first, second };
	int argc = 1 + (word != NULL) + (more != NULL);

	strscpy(first, word ? word : "", sizeof(first));
	strscpy(second, more ? more : "", sizeof(second));
	return fault_command(&attr, set_probability, argc, argv);
}

/* Each that is on keeps arrays away, and once. */
static void command_puts_arrays_aside_while_it_is_on(struct ktest *t)
{
	bool before = pcp_is_disabled();

	KTEST_EXPECT_EQ(t, command("0", NULL), 0);
	KTEST_EXPECT_EQ(t, pcp_is_disabled(), before);
	KTEST_EXPECT_EQ(t, command("5", NULL), 0);
	KTEST_EXPECT_EQ(t, attr.probability, 5);
	KTEST_EXPECT_TRUE(t, pcp_is_disabled());
	KTEST_EXPECT_EQ(t, command("7", NULL), 0);
	KTEST_EXPECT_EQ(t, attr.probability, 7);
	KTEST_EXPECT_TRUE(t, pcp_is_disabled());
	KTEST_EXPECT_EQ(t, command("off", NULL), 0);
	KTEST_EXPECT_EQ(t, attr.probability, 0);
	KTEST_EXPECT_EQ(t, pcp_is_disabled(), before);
	KTEST_EXPECT_EQ(t, command("off", NULL), 0);
	KTEST_EXPECT_EQ(t, pcp_is_disabled(), before);
}

static void command_that_is_wrong_turns_it_off(struct ktest *t)
{
	bool before = pcp_is_disabled();

	KTEST_EXPECT_EQ(t, command("5", "6"), -EINVAL);
	KTEST_EXPECT_EQ(t, pcp_is_disabled(), before);
	KTEST_EXPECT_EQ(t, command("5", NULL), 0);
	KTEST_EXPECT_EQ(t, command("much", NULL), -EINVAL);
	KTEST_EXPECT_EQ(t, attr.probability, 0);
	KTEST_EXPECT_EQ(t, pcp_is_disabled(), before);
}

static void command_alone_shows_what_is_set(struct ktest *t)
{
	attr.probability = 5;
	KTEST_EXPECT_LOGGED(t, "command", command(NULL, NULL));
	KTEST_EXPECT_EQ(t, attr.probability, 5);
	attr.probability = 0;
}

static const struct ktest_case cases[] = {
	KTEST_CASE(range_is_two_numbers_or_one),
	KTEST_CASE(text_that_is_no_range_is_refused),
	KTEST_CASE(gfp_keys_are_those_two),
	KTEST_CASE(pages_are_chosen_by_zone_and_gfp),
	KTEST_CASE(command_puts_arrays_aside_while_it_is_on),
	KTEST_CASE(command_that_is_wrong_turns_it_off),
	KTEST_CASE(command_alone_shows_what_is_set),
	{}
};
KTEST_SUITE(fault_range, cases);

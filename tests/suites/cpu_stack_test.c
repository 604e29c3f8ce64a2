/*
 * The per-CPU stack as its users see it; the same for both of its variants.
 * What interrupts do to it: x86/restart_test.c.
 */
#include <kernel/cpu_stack.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>

#define CAPACITY 4
#define MARK 0x12345678UL

struct object {
	unsigned long word;
};

static DEFINE_PER_CPU(struct cpu_stack, stack);
static void *slots[CAPACITY + 2];
static struct object a, b, c, seal;

static __restartable void *test_pop(void)
{
	return cpu_stack_pop(&stack);
}

static __restartable bool test_push(void *p)
{
	return cpu_stack_push(&stack, p, &seal);
}

static __restartable bool test_push_back(struct object *p)
{
	return cpu_stack_push_back(&stack, p, &p->word, MARK);
}

static void empty_stack(struct ktest *t)
{
	memset(slots, 0, sizeof(slots));
	a.word = b.word = c.word = 0;
	*this_cpu_ptr(&stack) = (struct cpu_stack){
		slots + 1, slots + 1 + CAPACITY };
}

static unsigned long depth(void)
{
	return (unsigned long)(this_cpu_ptr(&stack)->top - (slots + 1));
}

static void empty_stack_gives_nothing(struct ktest *t)
{
	KTEST_EXPECT_NULL(t, test_pop());
	KTEST_EXPECT_NULL(t, test_pop());
	KTEST_EXPECT_EQ(t, depth(), 0);
}

static void what_was_pushed_last_comes_first(struct ktest *t)
{
	KTEST_EXPECT_TRUE(t, test_push(&a));
	KTEST_EXPECT_TRUE(t, test_push(&b));
	KTEST_EXPECT_EQ(t, depth(), 2);
	KTEST_EXPECT_PTR_EQ(t, test_pop(), &b);
	KTEST_EXPECT_TRUE(t, test_push(&c));
	KTEST_EXPECT_PTR_EQ(t, test_pop(), &c);
	KTEST_EXPECT_PTR_EQ(t, test_pop(), &a);
	KTEST_EXPECT_NULL(t, test_pop());
}

static void full_stack_takes_nothing(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < CAPACITY; i++)
		KTEST_EXPECT_TRUE(t, test_push(&a));
	KTEST_EXPECT_FALSE(t, test_push(&b));
	KTEST_EXPECT_EQ(t, depth(), CAPACITY);
	for (i = 0; i < CAPACITY; i++)
		KTEST_EXPECT_PTR_EQ(t, test_pop(), &a);
	KTEST_EXPECT_NULL(t, test_pop());
}

static void stack_without_places_is_empty_and_full(struct ktest *t)
{
	this_cpu_ptr(&stack)->end = slots + 1;
	KTEST_EXPECT_NULL(t, test_pop());
	KTEST_EXPECT_FALSE(t, test_push(&a));
	KTEST_EXPECT_FALSE(t, test_push_back(&a));
	KTEST_EXPECT_NULL(t, slots[1]);
}

static void push_seals_the_slot_above(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < CAPACITY; i++) {
		test_push(&a);
		KTEST_EXPECT_PTR_EQ(t, slots[i + 1], &a);
		KTEST_EXPECT_PTR_EQ(t, slots[i + 2], &seal);
	}
}

static void pop_leaves_the_name_above(struct ktest *t)
{
	test_push(&a);
	test_push(&b);
	test_pop();
	test_pop();
	KTEST_EXPECT_PTR_EQ(t, slots[1], &a);
	KTEST_EXPECT_PTR_EQ(t, slots[2], &b);
	KTEST_EXPECT_PTR_EQ(t, slots[3], &seal);
}

static void what_was_popped_last_is_pushed_back_and_marked(struct ktest *t)
{
	test_push(&a);
	test_push(&b);
	test_pop();
	test_pop();
	KTEST_EXPECT_TRUE(t, test_push_back(&a));
	KTEST_EXPECT_EQ(t, a.word, MARK);
	KTEST_EXPECT_TRUE(t, test_push_back(&b));
	KTEST_EXPECT_EQ(t, b.word, MARK);
	KTEST_EXPECT_PTR_EQ(t, slots[3], &seal);
	KTEST_EXPECT_PTR_EQ(t, test_pop(), &b);
	KTEST_EXPECT_PTR_EQ(t, test_pop(), &a);
}

static void anything_else_is_not_pushed_back(struct ktest *t)
{
	test_push(&a);
	test_push(&b);
	test_pop();
	test_pop();
	KTEST_EXPECT_FALSE(t, test_push_back(&b));
	KTEST_EXPECT_FALSE(t, test_push_back(&c));
	KTEST_EXPECT_EQ(t, b.word | c.word, 0);
	KTEST_EXPECT_EQ(t, depth(), 0);
}

static void another_push_ends_pushing_back(struct ktest *t)
{
	test_push(&a);
	test_push(&b);
	test_pop();
	test_pop();
	test_push(&c);
	KTEST_EXPECT_FALSE(t, test_push_back(&b));
	KTEST_EXPECT_FALSE(t, test_push_back(&a));
	KTEST_EXPECT_EQ(t, depth(), 1);
}

/* All of the lower half alike, whatever is above: it looks free. */
static void what_is_marked_is_not_pushed_back(struct ktest *t)
{
	test_push(&a);
	test_pop();
	a.word = MARK;
	KTEST_EXPECT_FALSE(t, test_push_back(&a));
	a.word = MARK ^ ~(~0UL >> 1);
	KTEST_EXPECT_FALSE(t, test_push_back(&a));
	KTEST_EXPECT_EQ(t, a.word, MARK ^ ~(~0UL >> 1));
	KTEST_EXPECT_EQ(t, depth(), 0);
	a.word = MARK ^ 1UL << (sizeof(long) * 4 - 1);
	KTEST_EXPECT_TRUE(t, test_push_back(&a));
	test_pop();
	a.word = MARK ^ 1;
	KTEST_EXPECT_TRUE(t, test_push_back(&a));
	KTEST_EXPECT_EQ(t, a.word, MARK);
}

static void other_cpus_have_their_own(struct ktest *t)
{
	unsigned int cpu, me = smp_processor_id();

	test_push(&a);
	for_each_possible_cpu(cpu)
		if (cpu != me)
			KTEST_EXPECT_NULL(t, per_cpu_ptr(&stack, cpu)->top);
	KTEST_EXPECT_PTR_EQ(t, per_cpu(stack, me).top, slots + 2);
}

static void forget_stack(struct ktest *t)
{
	memset(this_cpu_ptr(&stack), 0, sizeof(stack));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(empty_stack_gives_nothing),
	KTEST_CASE(what_was_pushed_last_comes_first),
	KTEST_CASE(full_stack_takes_nothing),
	KTEST_CASE(stack_without_places_is_empty_and_full),
	KTEST_CASE(push_seals_the_slot_above),
	KTEST_CASE(pop_leaves_the_name_above),
	KTEST_CASE(what_was_popped_last_is_pushed_back_and_marked),
	KTEST_CASE(anything_else_is_not_pushed_back),
	KTEST_CASE(another_push_ends_pushing_back),
	KTEST_CASE(what_is_marked_is_not_pushed_back),
	KTEST_CASE(other_cpus_have_their_own),
	{}
};

KTEST_SUITE_FIXTURE(cpu_stack, cases, empty_stack, forget_stack);

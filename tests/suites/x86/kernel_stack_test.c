/* Stacks of threads: mapped whole, guarded below, given back. */
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/mm.h>

#include "../settled.h"
#include "expect_name.h"

static void stack_is_writable_from_end_to_end(struct ktest *t)
{
	char *stack = kernel_stack_alloc();

	KTEST_ASSERT_NOT_NULL(t, stack);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED((unsigned long)stack, PAGE_SIZE));
	memset(stack, 0x5a, KERNEL_STACK_SIZE);
	KTEST_EXPECT_EQ(t, stack[0], 0x5a);
	KTEST_EXPECT_EQ(t, stack[KERNEL_STACK_SIZE - 1], 0x5a);
	kernel_stack_free(stack);
}

static void guard_pages_are_not_mapped(struct ktest *t)
{
	char *stack = kernel_stack_alloc();
	unsigned long low = 0, high = 0;

	KTEST_ASSERT_NOT_NULL(t, stack);
	KTEST_EXPECT_EQ(t, probe_write(stack - 1), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read(stack - PAGE_SIZE), -EFAULT);
	KTEST_EXPECT_TRUE(t, kernel_stack_is_guard((unsigned long)stack - 1));
	KTEST_EXPECT_FALSE(t, kernel_stack_is_guard((unsigned long)stack));
	KTEST_EXPECT_FALSE(t, kernel_stack_bounds((unsigned long)stack - 1,
						  &low, &high));
	KTEST_EXPECT_TRUE(t, kernel_stack_bounds((unsigned long)stack + 99,
						 &low, &high));
	KTEST_EXPECT_EQ(t, low, (unsigned long)stack);
	KTEST_EXPECT_EQ(t, high - low, KERNEL_STACK_SIZE);
	kernel_stack_free(stack);
}

static void stack_pages_are_no_code(struct ktest *t)
{
	char *stack = kernel_stack_alloc();
	enum pt_level level;
	pte_t *e;

	KTEST_ASSERT_NOT_NULL(t, stack);
	e = pgtable_lookup(&kernel_pgtable, (unsigned long)stack, &level);
	KTEST_EXPECT_TRUE(t, e && (*e & _PAGE_RW));
	KTEST_EXPECT_TRUE(t, e && (*e & _PAGE_NX) ==
			     (_PAGE_NX & pte_supported_mask));
	kernel_stack_free(stack);
}

static void freed_stack_is_used_again_until_trimmed(struct ktest *t)
{
	char *stack = kernel_stack_alloc();

	KTEST_ASSERT_NOT_NULL(t, stack);
	kernel_stack_free(stack);
	KTEST_EXPECT_EQ(t, probe_read(stack), 0);
	KTEST_EXPECT_PTR_EQ(t, kernel_stack_alloc(), stack);
	kernel_stack_free(stack);
	kernel_stack_trim();
	KTEST_EXPECT_EQ(t, probe_read(stack), -EFAULT);
}

#define MANY 64

/* More than stay mapped; no two are one. */
static void stacks_beyond_the_spare_are_unmapped(struct ktest *t)
{
	static char *stacks[MANY];
	unsigned long free = settled_free_pages();
	unsigned int i, n, mapped = 0;

	for (n = 0; n < MANY; n++) {
		stacks[n] = kernel_stack_alloc();
		if (!stacks[n])
			break;
		memset(stacks[n], (int)n, KERNEL_STACK_SIZE);
	}
	KTEST_EXPECT_EQ(t, n, MANY);
	for (i = 0; i < n; i++) {
		KTEST_EXPECT_EQ(t, stacks[i][0], (char)i);
		KTEST_EXPECT_EQ(t, stacks[i][KERNEL_STACK_SIZE - 1], (char)i);
		kernel_stack_free(stacks[i]);
	}
	for (i = 0; i < n; i++)
		mapped += probe_read(stacks[i]) == 0;
	KTEST_EXPECT_GT(t, mapped, 0);
	KTEST_EXPECT_LT(t, mapped, n / 2);
	kernel_stack_trim();
	KTEST_EXPECT_LE(t, free, settled_free_pages());
}

/* Takes n of MANY and gives them back. */
static void take_and_give(struct ktest *t, unsigned int n)
{
	static char *stacks[MANY];
	unsigned int i;

	for (i = 0; i < n; i++) {
		stacks[i] = kernel_stack_alloc();
		KTEST_EXPECT_NOT_NULL(t, stacks[i]);
	}
	while (i--)
		if (stacks[i])
			kernel_stack_free(stacks[i]);
}

static void stacks_are_unmapped_together(struct ktest *t)
{
	unsigned long rounds, several = num_online_cpus() > 1;

	kernel_stack_trim();
	rounds = tlb_shootdowns();
	take_and_give(t, 8);
	KTEST_EXPECT_EQ(t, tlb_shootdowns() - rounds, 0);
	kernel_stack_trim();
	KTEST_EXPECT_EQ(t, tlb_shootdowns() - rounds, several);
	kernel_stack_trim();			/* there are none left */
	KTEST_EXPECT_EQ(t, tlb_shootdowns() - rounds, several);
	take_and_give(t, MANY);
	KTEST_EXPECT_LE(t, tlb_shootdowns() - rounds, MANY / 8);
}

static void wrong_frees_are_reported(struct ktest *t)
{
	char *stack = kernel_stack_alloc();

	KTEST_ASSERT_NOT_NULL(t, stack);
	KTEST_EXPECT_REPORTS(t, 1, "not a stack",
			     kernel_stack_free(stack + PAGE_SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "not a stack", kernel_stack_free(&stack));
	kernel_stack_free(stack);
	KTEST_EXPECT_REPORTS(t, 1, "free already", kernel_stack_free(stack));
	kernel_stack_trim();
	KTEST_EXPECT_REPORTS(t, 1, "not a stack", kernel_stack_free(stack));
}

static int free_own_stack(void *data)
{
	struct ktest *t = data;

	KTEST_EXPECT_REPORTS(t, 1, "we run on it",
			     kernel_stack_free(current->stack));
	return 0;
}

static void nobody_frees_the_stack_it_runs_on(struct ktest *t)
{
	struct task_struct *task = kthread_run_on(0, free_own_stack, t, "saw");

	KTEST_ASSERT_NOT_NULL(t, task);
	kthread_stop(task);
}

static void areas_have_names(struct ktest *t)
{
	char *stack = kernel_stack_alloc();

	KTEST_ASSERT_NOT_NULL(t, stack);
	EXPECT_NAME(t, stack - 1, "guard page of a thread's stack");
	EXPECT_NAME(t, stack + KERNEL_STACK_SIZE - 8,
		    "a thread's stack, 8 bytes below its top");
	EXPECT_NAME(t, (void *)(KERNEL_STACK_END - 1), "kernel stacks, none");
	kernel_stack_free(stack);
}

static noinline unsigned int trace(unsigned long *entries, unsigned int max)
{
	return stack_trace_save(entries, max, 0);
}

static int trace_thread(void *data)
{
	unsigned long *entries = data;
	unsigned int n = trace(entries, 16);

	barrier();
	return (int)n;
}

static void call_stack_of_a_thread_ends_at_its_entry(struct ktest *t)
{
	unsigned long entries[16] = { 0 };
	struct task_struct *task = kthread_run_on(0, trace_thread, entries,
						  "trace");
	unsigned long fn = (unsigned long)trace_thread;
	unsigned int i, found = 0;
	int n;

	KTEST_ASSERT_NOT_NULL(t, task);
	n = kthread_stop(task);
	KTEST_EXPECT_GE(t, n, 2);
	KTEST_EXPECT_LE(t, n, 5);
	for (i = 0; i < 16; i++)
		found += entries[i] > fn && entries[i] < fn + 64;
	KTEST_EXPECT_EQ(t, found, 1);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(stack_is_writable_from_end_to_end),
	KTEST_CASE(guard_pages_are_not_mapped),
	KTEST_CASE(stack_pages_are_no_code),
	KTEST_CASE(freed_stack_is_used_again_until_trimmed),
	KTEST_CASE(stacks_beyond_the_spare_are_unmapped),
	KTEST_CASE(stacks_are_unmapped_together),
	KTEST_CASE(wrong_frees_are_reported),
	KTEST_CASE(nobody_frees_the_stack_it_runs_on),
	KTEST_CASE(areas_have_names),
	KTEST_CASE(call_stack_of_a_thread_ends_at_its_entry),
	{}
};
KTEST_SUITE(kernel_stack, cases);

/*
 * Faults that must happen, and what is said of them: protections of the
 * kernel image, exceptions that return, the names of addresses, call stacks.
 */
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/i8259.h>
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/init.h>
#include <kernel/kallsyms.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memory_model.h>

#include "expect_name.h"

#define X86_RET 0xc3

static char some_data = 'd';
static char some_bss;
static const char some_rodata = 'r';
static char some_ro_after_init __ro_after_init = 'i';
/* A function of one instruction, for probe_exec(). */
static char ret_in_data = (char)X86_RET;
static const char ret_in_rodata = (char)X86_RET;

/* The other view of a byte of the image. */
static void *alias(const void *image_address)
{
	return __va(__pa(image_address));
}

/* n bytes before a section's end; the compiler sees no array there. */
static void *before(const char *end, unsigned long n)
{
	return (void *)((unsigned long)end - n);
}

static const char *find_ret_in_text(void)
{
	return memchr((const void *)memchr_inv, X86_RET, 4096);
}

/* ----- protections ----- */

static void null_page_is_not_mapped(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(NULL), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read((void *)(PAGE_SIZE - 1)), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write((void *)0x10), -EFAULT);
}

static void boot_identity_map_is_gone(struct ktest *t)
{
	unsigned long pa = (unsigned long)__pa(_stext);

	KTEST_EXPECT_EQ(t, probe_read((void *)pa), -EFAULT);
}

static void text_is_readable_not_writable(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(_stext), 0);
	KTEST_EXPECT_EQ(t, probe_write(_stext), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(before(_etext, 1)), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(alias(_stext)), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(alias(before(_etext, 1))), -EFAULT);
}

static void rodata_is_readable_not_writable(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(&some_rodata), 0);
	KTEST_EXPECT_EQ(t, probe_write((void *)&some_rodata), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(before(__end_rodata, 1)), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(alias(&some_rodata)), -EFAULT);
}

static void ro_after_init_is_not_writable(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(&some_ro_after_init), 0);
	KTEST_EXPECT_EQ(t, probe_write(&some_ro_after_init), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(alias(&some_ro_after_init)), -EFAULT);
}

static void data_is_writable_and_keeps_its_value(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_write(&some_data), 0);
	KTEST_EXPECT_EQ(t, probe_write(&some_bss), 0);
	KTEST_EXPECT_EQ(t, some_data, 'd');
	KTEST_EXPECT_EQ(t, some_bss, 0);
}

static void guard_page_under_boot_stack_is_not_mapped(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(boot_stack_guard), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(before(boot_stack, 1)), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read(boot_stack), 0);
}

static void text_can_be_executed(struct ktest *t)
{
	const char *ret = find_ret_in_text();

	KTEST_ASSERT_NOT_NULL(t, ret);
	KTEST_ASSERT_TRUE(t, is_kernel_text((unsigned long)ret));
	KTEST_EXPECT_EQ(t, probe_exec(ret), 0);
}

static void data_cannot_be_executed(struct ktest *t)
{
	char ret_on_stack = (char)X86_RET;

	if (!cpu_features.nx) {
		ktest_skip(t, "this CPU has no NX");
		return;
	}
	KTEST_EXPECT_EQ(t, probe_exec(&ret_in_data), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_exec(&ret_in_rodata), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_exec(&ret_on_stack), -EFAULT);
	if (alias(_stext) != (void *)_stext)
		KTEST_EXPECT_EQ(t, probe_exec(alias(find_ret_in_text())),
				-EFAULT);
}

/* ----- exceptions that return ----- */

static void breakpoint_returns_and_is_counted(struct ktest *t)
{
	unsigned long before = trap_count(X86_TRAP_BP);

	__asm__ volatile("int3");
	KTEST_EXPECT_EQ(t, trap_count(X86_TRAP_BP), before + 1);
}

static void survived_page_faults_are_counted(struct ktest *t)
{
	unsigned long before = trap_count(X86_TRAP_PF);

	probe_read(NULL);
	probe_write(NULL);
	KTEST_EXPECT_EQ(t, trap_count(X86_TRAP_PF), before + 2);
	KTEST_EXPECT_EQ(t, trap_count(NR_EXCEPTIONS), 0);
}

#define FAULTS 100000			/* of all CPUs together */

static void fault_often(void *times)
{
	unsigned int i;

	for (i = 0; i < *(unsigned int *)times; i++)
		probe_read(NULL);
}

static void faults_of_all_cpus_at_once_are_counted(struct ktest *t)
{
	unsigned long before = trap_count(X86_TRAP_PF);
	unsigned int cpus = num_online_cpus(), times = FAULTS / cpus;

	on_each_cpu(fault_often, &times, true);
	KTEST_EXPECT_EQ(t, trap_count(X86_TRAP_PF) - before, cpus * times);
}

static void interrupts_stay_as_they_were(struct ktest *t)
{
	unsigned long flags;

	local_irq_save(flags);
	__asm__ volatile("int3");
	KTEST_EXPECT_TRUE(t, irqs_disabled());
	local_irq_enable();
	__asm__ volatile("int3");
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	local_irq_disable();
	local_irq_restore(flags);
}

/* Vectors of lines 7 and 15: nothing raised them, so they are spurious. */
static void spurious_interrupts_are_told_from_real_ones(struct ktest *t)
{
	__asm__ volatile("int $0x27");
	__asm__ volatile("int $0x2f");
	KTEST_EXPECT_FALSE(t, i8259_acknowledge(7));
	KTEST_EXPECT_FALSE(t, i8259_acknowledge(15));
	KTEST_EXPECT_TRUE(t, i8259_acknowledge(1));
}

/* ----- the names of addresses ----- */

static void addresses_of_the_image_have_names(struct ktest *t)
{
	EXPECT_NAME(t, (void *)ktest_run, "kernel text, ktest_run+0x0/");
	EXPECT_NAME(t, &some_rodata, "kernel rodata");
	EXPECT_NAME(t, &some_ro_after_init, "read-only after boot");
	EXPECT_NAME(t, &some_data, "kernel data");
	EXPECT_NAME(t, &some_bss, "kernel bss");
	EXPECT_NAME(t, before(boot_stack, 1), "guard page of the boot stack");
	EXPECT_NAME(t, before(boot_stack_top, 8), "boot stack, 8 bytes below");
}

static void addresses_outside_the_image_have_names(struct ktest *t)
{
	struct page *frame;
	char words[64];

	EXPECT_NAME(t, NULL, "null page");
	EXPECT_NAME(t, (void *)(PAGE_SIZE - 1), "null page");
	EXPECT_NAME(t, (void *)PAGE_SIZE, "user address");
	EXPECT_NAME(t, (void *)VMALLOC_START, "vmalloc area");
	EXPECT_NAME(t, (void *)FIXMAP_START, "fixmap");
	EXPECT_NAME(t, (void *)~0UL, "hole in kernel addresses");

	frame = alloc_page(GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, frame);
	ksnprintf(words, sizeof(words), "direct map of pfn 0x%lx",
		  page_to_pfn(frame));
	EXPECT_NAME(t, page_address(frame), words);
	ksnprintf(words, sizeof(words), "struct page of pfn 0x%lx",
		  page_to_pfn(frame));
	EXPECT_NAME(t, frame, words);
	__free_page(frame);
}

/* ----- symbols ----- */

static void symbol_is_found_from_first_to_last_byte(struct ktest *t)
{
	unsigned long start = (unsigned long)ktest_run;
	unsigned long offset = 1, size = 0;
	const char *name;

	name = kallsyms_lookup(start, &offset, &size);
	KTEST_EXPECT_STREQ(t, name, "ktest_run");
	KTEST_EXPECT_EQ(t, offset, 0);
	KTEST_ASSERT_TRUE(t, size > 1);
	name = kallsyms_lookup(start + size - 1, &offset, &size);
	KTEST_EXPECT_STREQ(t, name, "ktest_run");
	KTEST_EXPECT_EQ(t, offset, size - 1);
	name = kallsyms_lookup(start + size, &offset, &size);
	KTEST_ASSERT_NOT_NULL(t, name);
	KTEST_EXPECT_TRUE(t, strcmp(name, "ktest_run") != 0);
	KTEST_EXPECT_EQ(t, offset, 0);
}

static void no_symbol_outside_text(struct ktest *t)
{
	const void *const outside[] = {
		NULL, &some_data, _start, before(__init_end, 1), _etext, _end,
		(void *)~0UL,
	};
	unsigned long offset, size;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(outside); i++)
		if (kallsyms_lookup((unsigned long)outside[i], &offset, &size))
			ktest_fail(t, __FILE__, __LINE__, "%px has a symbol",
				   outside[i]);
}

/* ----- call stacks ----- */

/* More than from start_kernel() to a case, by the shell and nothing inlined. */
#define MAX_ENTRIES 32

struct trace {
	unsigned long entries[MAX_ENTRIES];
	unsigned int n;
};

static void expect_symbol(struct ktest *t, const struct trace *trace,
			  unsigned int i, const char *expected)
{
	unsigned long offset, size;

	KTEST_ASSERT_TRUE(t, i < trace->n);
	KTEST_EXPECT_STREQ(t, kallsyms_lookup(trace->entries[i] - 1, &offset,
					      &size), expected);
}

noinline void trap_test_inner(struct trace *trace, unsigned int skip);
noinline void trap_test_outer(struct trace *trace, unsigned int skip);

/* The barriers keep the calls from becoming jumps. */
void trap_test_inner(struct trace *trace, unsigned int skip)
{
	trace->n = stack_trace_save(trace->entries, MAX_ENTRIES, skip);
	barrier();
}

void trap_test_outer(struct trace *trace, unsigned int skip)
{
	trap_test_inner(trace, skip);
	barrier();
}

static void call_stack_names_the_callers_in_order(struct ktest *t)
{
	struct trace trace;

	trap_test_outer(&trace, 0);
	expect_symbol(t, &trace, 0, "trap_test_inner");
	expect_symbol(t, &trace, 1, "trap_test_outer");
	expect_symbol(t, &trace, 2, "call_stack_names_the_callers_in_order");
	KTEST_EXPECT_LT(t, trace.n, MAX_ENTRIES);
	expect_symbol(t, &trace, trace.n - 2, "start_kernel");
}

static void call_stack_can_leave_out_the_innermost(struct ktest *t)
{
	struct trace trace;

	trap_test_outer(&trace, 1);
	expect_symbol(t, &trace, 0, "trap_test_outer");
	trap_test_outer(&trace, 1000);
	KTEST_EXPECT_EQ(t, trace.n, 0);
}

static void damaged_call_stack_ends_the_walk(struct ktest *t)
{
	unsigned long frame[4], entries[MAX_ENTRIES];
	unsigned long bp = (unsigned long)frame;

	frame[1] = frame[3] = (unsigned long)_stext;
	frame[2] = 0;
	frame[0] = bp + 2 * sizeof(long);	/* a sane chain of two */
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 2);
	frame[0] = bp;				/* a loop */
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 1);
	frame[0] = bp + 1;			/* not aligned */
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 1);
	frame[0] = bp - 2 * sizeof(long);	/* downwards */
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 1);
	frame[0] = (unsigned long)&some_data;	/* not a stack */
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 1);
	KTEST_EXPECT_EQ(t, stack_trace_from(0, entries, MAX_ENTRIES), 0);
	/* Half a frame at the very top. */
	bp = (unsigned long)boot_stack_top - sizeof(long);
	KTEST_EXPECT_EQ(t, stack_trace_from(bp, entries, MAX_ENTRIES), 0);
}

/*
 * A double fault's handler was called by what has faulted: the trace goes on
 * there, on another stack, and never back. Two words of that stack are ours
 * while nothing faults.
 */
static void call_stack_goes_on_with_what_has_faulted(struct ktest *t)
{
	unsigned long frame[4], entries[MAX_ENTRIES];
	unsigned long *fault = (unsigned long *)
			       exception_stack_top(0, IST_DF) - 2;

	fault[0] = (unsigned long)frame;
	frame[0] = (unsigned long)(frame + 2);
	frame[2] = 0;
	fault[1] = frame[1] = frame[3] = (unsigned long)_stext;
	KTEST_EXPECT_EQ(t, stack_trace_from((unsigned long)fault, entries,
					    MAX_ENTRIES), 3);
	frame[2] = (unsigned long)fault;	/* back */
	KTEST_EXPECT_EQ(t, stack_trace_from((unsigned long)fault, entries,
					    MAX_ENTRIES), 3);
	fault[0] = (unsigned long)(fault - 2);	/* downwards */
	KTEST_EXPECT_EQ(t, stack_trace_from((unsigned long)fault, entries,
					    MAX_ENTRIES), 1);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(null_page_is_not_mapped),
	KTEST_CASE(boot_identity_map_is_gone),
	KTEST_CASE(text_is_readable_not_writable),
	KTEST_CASE(rodata_is_readable_not_writable),
	KTEST_CASE(ro_after_init_is_not_writable),
	KTEST_CASE(data_is_writable_and_keeps_its_value),
	KTEST_CASE(guard_page_under_boot_stack_is_not_mapped),
	KTEST_CASE(text_can_be_executed),
	KTEST_CASE(data_cannot_be_executed),
	KTEST_CASE(breakpoint_returns_and_is_counted),
	KTEST_CASE(survived_page_faults_are_counted),
	KTEST_CASE(faults_of_all_cpus_at_once_are_counted),
	KTEST_CASE(interrupts_stay_as_they_were),
	KTEST_CASE(spurious_interrupts_are_told_from_real_ones),
	KTEST_CASE(addresses_of_the_image_have_names),
	KTEST_CASE(addresses_outside_the_image_have_names),
	KTEST_CASE(symbol_is_found_from_first_to_last_byte),
	KTEST_CASE(no_symbol_outside_text),
	KTEST_CASE(call_stack_names_the_callers_in_order),
	KTEST_CASE(call_stack_can_leave_out_the_innermost),
	KTEST_CASE(damaged_call_stack_ends_the_walk),
	KTEST_CASE(call_stack_goes_on_with_what_has_faulted),
	{}
};

KTEST_SUITE(traps, cases);

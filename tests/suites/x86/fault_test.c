/*
 * Faults that explain themselves: each kind is provoked, told in a report, and
 * survived by way of the fix-up table.
 */
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/ktest.h>
#include <lib/bitops.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/vmalloc.h>

/* Each touches one byte, which must fault. */
static void write_to(struct ktest *t, volatile void *p)
{
	fault_explain(true);
	KTEST_EXPECT_EQ(t, probe_write((void *)p), -EFAULT);
	fault_explain(false);
}

static void read_from(struct ktest *t, const volatile void *p)
{
	fault_explain(true);
	KTEST_EXPECT_EQ(t, probe_read((const void *)p), -EFAULT);
	fault_explain(false);
}

static void expect_words(struct ktest *t, const char *words)
{
	if (!strstr(report_capture_text(), words))
		KTEST_EXPECT_STREQ(t, report_capture_text(), words);
}

static void guard_page_of_an_area_names_the_area(struct ktest *t)
{
	char *p = vmalloc(3 * PAGE_SIZE), *q = vmalloc(SZ_64K);

	if (p && q) {
		KTEST_EXPECT_REPORTS(t, 1,
				     "guard page, 0 bytes behind 12288 bytes",
				     write_to(t, p + 3 * PAGE_SIZE));
		expect_words(t, "nothing is mapped");
		expect_words(t, "by guard_page_of_an_area_names_the_area");
		KTEST_EXPECT_REPORTS(t, 1, "1 bytes in front of",
				     read_from(t, q - 1));
		expect_words(t, "cannot read");
	}
	KTEST_EXPECT_TRUE(t, p && q);
	vfree(p);
	vfree(q);
}

static void freed_area_names_who_freed_it(struct ktest *t)
{
	char *p = vmalloc(SZ_1M);

	KTEST_ASSERT_NOT_NULL(t, p);
	vfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "freed: 4097 bytes into 1048576 bytes",
			     write_to(t, p + PAGE_SIZE + 1));
	expect_words(t, "freed by freed_area_names_who_freed_it");
	expect_words(t, "page fault: at probe_write");
}

static void call_stack_names_who_touched_it(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "call_stack_names_who_touched_it",
			     read_from(t, (void *)(VMALLOC_END - 1)));
	expect_words(t, "nothing is or was here");
}

static void address_that_is_not_canonical_is_found_in_a_register(
	struct ktest *t)
{
	if (va_is_canonical(1UL << (BITS_PER_LONG - 2))) {
		ktest_skip(t, "all addresses can be mapped");
		return;
	}
	KTEST_EXPECT_REPORTS(t, 1, "not canonical",
			     write_to(t, (void *)(1UL << (BITS_PER_LONG - 2))));
	expect_words(t, "general protection fault: at probe_write");
	expect_words(t, "holds 0x4000000000000000");
}

static void user_address_is_called_so(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "the address: user address",
			     write_to(t, (void *)0x40001000UL));
	KTEST_EXPECT_REPORTS(t, 1, "the address: null page",
			     read_from(t, (void *)16UL));
}

static void write_to_text_names_the_function(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "kernel text, write_to+",
			     write_to(t, (void *)write_to));
	expect_words(t, "cannot write");
	expect_words(t, "not allowed there");
	KTEST_EXPECT_REPORTS(t, 1, "kernel rodata",
			     write_to(t, __start_rodata));
}

static void code_in_data_is_not_executed(struct ktest *t)
{
	static u8 ret = 0xc3;
	volatile int err = 0;

	if (!(pte_supported_mask & _PAGE_NX)) {
		ktest_skip(t, "this CPU has no NX");
		return;
	}
	fault_explain(true);
	KTEST_EXPECT_REPORTS(t, 1, "cannot execute", err = probe_exec(&ret));
	fault_explain(false);
	KTEST_EXPECT_EQ(t, err, -EFAULT);
	expect_words(t, "kernel data");
}

static void nothing_is_told_of_faults_unasked(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, "",
			     KTEST_EXPECT_EQ(t, probe_read((void *)16UL),
					     -EFAULT));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(guard_page_of_an_area_names_the_area),
	KTEST_CASE(freed_area_names_who_freed_it),
	KTEST_CASE(call_stack_names_who_touched_it),
	KTEST_CASE(address_that_is_not_canonical_is_found_in_a_register),
	KTEST_CASE(user_address_is_called_so),
	KTEST_CASE(write_to_text_names_the_function),
	KTEST_CASE(code_in_data_is_not_executed),
	KTEST_CASE(nothing_is_told_of_faults_unasked),
	{}
};
KTEST_SUITE(fault, cases);

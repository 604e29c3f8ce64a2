/*
 * What only x86_64 has: an image with addresses of its own, addresses that
 * cannot be, stacks by number, sixteen registers.
 */
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/memory_model.h>

#include "expect_name.h"

static void init_memory_is_gone_from_the_image(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read(__boot_begin), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read(_sinittext), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read((void *)((unsigned long)__init_end -
					    1)), -EFAULT);
}

static void non_canonical_address_is_survived(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, probe_read((void *)0x1234567890123456UL), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write((void *)0x1234567890123456UL), -EFAULT);
}

static void addresses_that_cannot_be_are_not_mapped(struct ktest *t)
{
	enum pt_level level;
	unsigned long va = (unsigned long)boot_stack;

	KTEST_EXPECT_NOT_NULL(t, pgtable_lookup(&kernel_pgtable, va, &level));
	va &= ~(1UL << 48);
	KTEST_EXPECT_NULL(t, pgtable_lookup(&kernel_pgtable, va, &level));
	va = (unsigned long)boot_stack & ~(1UL << 63);
	KTEST_EXPECT_NULL(t, pgtable_lookup(&kernel_pgtable, va, &level));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)0x8880000000000000UL));
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)VMEMMAP_START));
}

/* Which of the registers a breakpoint changed, one bit each; 0: none. */
static unsigned long registers_changed_by_breakpoint(void)
{
	unsigned long changed;

	__asm__ volatile(
		"push %%rbp\n\t"
		"mov $0x11, %%rax\n\t"	"mov $0x22, %%rbx\n\t"
		"mov $0x33, %%rcx\n\t"	"mov $0x44, %%rdx\n\t"
		"mov $0x55, %%rsi\n\t"	"mov $0x66, %%rdi\n\t"
		"mov $0x77, %%rbp\n\t"	"mov $0x88, %%r8\n\t"
		"mov $0x99, %%r9\n\t"	"mov $0xaa, %%r10\n\t"
		"mov $0xbb, %%r11\n\t"	"mov $0xcc, %%r12\n\t"
		"mov $0xdd, %%r13\n\t"	"mov $0xee, %%r14\n\t"
		"mov $0xff, %%r15\n\t"
		"int3\n\t"
		"xor $0x11, %%rax\n\t"	"xor $0x22, %%rbx\n\t"
		"xor $0x33, %%rcx\n\t"	"xor $0x44, %%rdx\n\t"
		"xor $0x55, %%rsi\n\t"	"xor $0x66, %%rdi\n\t"
		"xor $0x77, %%rbp\n\t"	"xor $0x88, %%r8\n\t"
		"xor $0x99, %%r9\n\t"	"xor $0xaa, %%r10\n\t"
		"xor $0xbb, %%r11\n\t"	"xor $0xcc, %%r12\n\t"
		"xor $0xdd, %%r13\n\t"	"xor $0xee, %%r14\n\t"
		"xor $0xff, %%r15\n\t"
		"or %%rbx, %%rax\n\t"	"or %%rcx, %%rax\n\t"
		"or %%rdx, %%rax\n\t"	"or %%rsi, %%rax\n\t"
		"or %%rdi, %%rax\n\t"	"or %%rbp, %%rax\n\t"
		"or %%r8, %%rax\n\t"	"or %%r9, %%rax\n\t"
		"or %%r10, %%rax\n\t"	"or %%r11, %%rax\n\t"
		"or %%r12, %%rax\n\t"	"or %%r13, %%rax\n\t"
		"or %%r14, %%rax\n\t"	"or %%r15, %%rax\n\t"
		"pop %%rbp"
		: "=a"(changed) : : "rbx", "rcx", "rdx", "rsi", "rdi", "r8",
		  "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
		  "memory");
	return changed;
}

static void registers_survive_an_exception(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, registers_changed_by_breakpoint(), 0);
}

/* As the CPU sees it: 16 bytes a gate, the stack in byte 4, the type in 5. */
static const u8 *gate_of(unsigned int vector)
{
	struct {
		u16 limit;
		u64 base;
	} __packed idt;

	__asm__ volatile("sidt %0" : "=m"(idt));
	return idt.limit == 256 * 16 - 1 ?
	       (const u8 *)idt.base + 16 * vector : NULL;
}

static void every_vector_enters_with_interrupts_off(struct ktest *t)
{
	const u8 present_interrupt_gate = 0x8e;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, gate_of(0));
	for (i = 0; i < 256; i++)
		KTEST_EXPECT_EQ(t, gate_of(i)[5], present_interrupt_gate);
}

static void faults_of_the_stack_have_stacks_of_their_own(struct ktest *t)
{
	KTEST_ASSERT_NOT_NULL(t, gate_of(0));
	KTEST_EXPECT_NE(t, gate_of(X86_TRAP_DF)[4], 0);
	KTEST_EXPECT_NE(t, gate_of(X86_TRAP_NMI)[4], gate_of(X86_TRAP_DF)[4]);
	KTEST_EXPECT_NE(t, gate_of(X86_TRAP_MC)[4], gate_of(X86_TRAP_NMI)[4]);
	KTEST_EXPECT_EQ(t, gate_of(X86_TRAP_PF)[4], 0);
}

static void areas_have_names(struct ktest *t)
{
	EXPECT_NAME(t, 0x7fffffffffff, "user address");
	EXPECT_NAME(t, 0x800000000000, "not canonical");
	EXPECT_NAME(t, 0xffff7fffffffffff, "not canonical");
	EXPECT_NAME(t, 0xffff800000000000, "below the direct map");
	EXPECT_NAME(t, __va(PFN_PHYS(MAX_PFN - 1)),
		    "hole in the direct map of pfn 0x3ffffffff");
	EXPECT_NAME(t, pfn_to_page(MAX_PFN - 1),
		    "which has none");
	EXPECT_NAME(t, __va(__pa(_stext)), "direct map of pfn");
	EXPECT_NAME(t, __boot_begin,
		    "first page tables (init memory)");
	EXPECT_NAME(t, (unsigned long)__init_end - 1,
		    "init data (init memory)");
	EXPECT_NAME(t, _end, "hole beside the kernel image");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(init_memory_is_gone_from_the_image),
	KTEST_CASE(non_canonical_address_is_survived),
	KTEST_CASE(addresses_that_cannot_be_are_not_mapped),
	KTEST_CASE(registers_survive_an_exception),
	KTEST_CASE(every_vector_enters_with_interrupts_off),
	KTEST_CASE(faults_of_the_stack_have_stacks_of_their_own),
	KTEST_CASE(areas_have_names),
	{}
};
KTEST_SUITE(machine, cases);

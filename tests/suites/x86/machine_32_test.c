/*
 * What only i386 has: one view of the image, high memory without addresses,
 * descriptors in one array, a task for double faults, eight registers.
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/highmem.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>

#include "expect_name.h"

/* Which of the registers a breakpoint changed, one bit each; 0: none. */
static unsigned long registers_changed_by_breakpoint(void)
{
	unsigned long changed;

	__asm__ volatile(
		"push %%ebp\n\t"	"push %%ebx\n\t"
		"mov $0x11, %%eax\n\t"	"mov $0x22, %%ebx\n\t"
		"mov $0x33, %%ecx\n\t"	"mov $0x44, %%edx\n\t"
		"mov $0x55, %%esi\n\t"	"mov $0x66, %%edi\n\t"
		"mov %%esp, %%ebp\n\t"
		"int3\n\t"
		"xor %%esp, %%ebp\n\t"
		"xor $0x11, %%eax\n\t"	"xor $0x22, %%ebx\n\t"
		"xor $0x33, %%ecx\n\t"	"xor $0x44, %%edx\n\t"
		"xor $0x55, %%esi\n\t"	"xor $0x66, %%edi\n\t"
		"or %%ebx, %%eax\n\t"	"or %%ecx, %%eax\n\t"
		"or %%edx, %%eax\n\t"	"or %%esi, %%eax\n\t"
		"or %%edi, %%eax\n\t"	"or %%ebp, %%eax\n\t"
		"pop %%ebx\n\t"		"pop %%ebp"
		: "=a"(changed) : : "ecx", "edx", "esi", "edi", "cc",
		  "memory");
	return changed;
}

static void registers_survive_an_exception(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, registers_changed_by_breakpoint(), 0);
}

struct table_pointer {
	u16 limit;
	u32 base;
} __packed;

/* As the CPU sees it: 8 bytes a gate, selector in 2 and 3, type in 5. */
static const u8 *gate_of(unsigned int vector)
{
	struct table_pointer idt;

	__asm__ volatile("sidt %0" : "=m"(idt));
	return idt.limit == 256 * 8 - 1 ? (const u8 *)idt.base + 8 * vector :
	       NULL;
}

static void every_vector_enters_with_interrupts_off(struct ktest *t)
{
	const u8 present_interrupt_gate = 0x8e, present_task_gate = 0x85;
	unsigned int i;

	KTEST_ASSERT_NOT_NULL(t, gate_of(0));
	for (i = 0; i < 256; i++)
		KTEST_EXPECT_EQ(t, gate_of(i)[5], i == X86_TRAP_DF ?
				present_task_gate : present_interrupt_gate);
}

/* The task state that a selector names, 32 bits by 32 bits. */
static const u32 *task_state(unsigned int selector)
{
	struct table_pointer gdt;
	const u8 *d;

	__asm__ volatile("sgdt %0" : "=m"(gdt));
	d = (const u8 *)gdt.base + selector;
	return (const u32 *)((u32)d[2] | (u32)d[3] << 8 | (u32)d[4] << 16 |
			     (u32)d[7] << 24);
}

static void double_fault_has_a_stack_and_the_final_page_tables(struct ktest *t)
{
	const u8 *gate = gate_of(X86_TRAP_DF);
	unsigned long low, high;
	const u32 *tss;

	KTEST_ASSERT_NOT_NULL(t, gate);
	KTEST_EXPECT_EQ(t, gate[2], __DOUBLE_FAULT_TSS);
	tss = task_state(__DOUBLE_FAULT_TSS);
	KTEST_EXPECT_EQ(t, tss[28 / 4], read_cr3());
	KTEST_EXPECT_TRUE(t, is_kernel_text(tss[32 / 4]));
	KTEST_EXPECT_TRUE(t, exception_stack_bounds(tss[56 / 4] - 1, &low,
						    &high));
	KTEST_EXPECT_EQ(t, tss[56 / 4], high);
}

static void init_memory_cannot_be_executed_any_more(struct ktest *t)
{
	enum pt_level level;
	pte_t *e;

	e = pgtable_lookup(&kernel_pgtable, (unsigned long)_sinittext, &level);
	KTEST_ASSERT_NOT_NULL(t, e);
	KTEST_EXPECT_TRUE(t, *e & _PAGE_RW);
	KTEST_EXPECT_EQ(t, *e & _PAGE_NX, cpu_features.nx ? _PAGE_NX : 0);
}

/*
 * A real CPU refuses to load a root with any other flag. QEMU does not, and
 * marks entries as accessed.
 */
static void root_entries_say_only_that_they_are_there(struct ktest *t)
{
	unsigned int i, present = 0;

	for (i = 0; i < PTRS_PER_TABLE; i++) {
		pte_t e = kernel_pgtable.root[i] & ~_PAGE_ACCESSED;

		KTEST_EXPECT_EQ(t, e & ~PTE_ADDR_MASK, e ? _PAGE_PRESENT : 0);
		present += pte_present(e);
	}
	KTEST_EXPECT_EQ(t, present, 1);
}

static void areas_have_names(struct ktest *t)
{
	EXPECT_NAME(t, PAGE_OFFSET - 1, "user address");
	EXPECT_NAME(t, __init_begin, "direct map of pfn 0x100");
	EXPECT_NAME(t, VMALLOC_START - 1, "hole in kernel addresses");
	EXPECT_NAME(t, PKMAP_START, "pkmap");
	EXPECT_NAME(t, KMAP_LOCAL_START, "kmap_local_page()");
	EXPECT_NAME(t, pfn_to_page(0x100),
		    "mem_map, struct page of pfn 0x100");
}

static void high_memory_has_no_address(struct ktest *t)
{
	unsigned long end = (unsigned long)__va(PFN_PHYS(max_low_pfn));

	KTEST_EXPECT_TRUE(t, max_low_pfn <= MAX_LOWMEM_PFN);
	KTEST_EXPECT_FALSE(t, virt_addr_valid((void *)end));
	KTEST_EXPECT_EQ(t, probe_read((void *)end), -EFAULT);
}

static void descriptors_lie_in_low_memory(struct ktest *t)
{
	unsigned long last = PFN_DOWN(memblock_end_of_DRAM() - 1);

	KTEST_EXPECT_TRUE(t, virt_addr_valid(mem_map));
	KTEST_EXPECT_TRUE(t, virt_addr_valid(pfn_to_page(last)));
	KTEST_EXPECT_EQ(t, probe_write(pfn_to_page(last)), 0);
}

/* ----- showing frames ----- */

#define LAST_SLOT (KMAP_LOCAL_SLOTS - 1)
#define LAST_PKMAP (PKMAP_PAGES - 1)

static void slot_shows_a_frame_until_it_is_emptied(struct ktest *t)
{
	static char text[] = "seen in a slot";
	phys_addr_t frame = __pa(text) & ~(phys_addr_t)(PAGE_SIZE - 1);
	unsigned long offset = (unsigned long)text & (PAGE_SIZE - 1);
	char *p;

	KTEST_EXPECT_EQ(t, kmap_slot_phys(LAST_SLOT), PHYS_ADDR_MAX);
	p = kmap_slot_map(LAST_SLOT, frame);
	KTEST_EXPECT_EQ(t, kmap_slot_phys(LAST_SLOT), frame);
	KTEST_EXPECT_EQ(t, p[offset], 's');
	p[offset] = 'S';
	KTEST_EXPECT_EQ(t, *(volatile char *)text, 'S');
	text[0] = 's';
	kmap_slot_unmap(LAST_SLOT);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
	KTEST_EXPECT_EQ(t, kmap_slot_phys(LAST_SLOT), PHYS_ADDR_MAX);
}

/* The first look would be remembered if emptying did not flush. */
static void slot_shows_the_next_frame_at_once(struct ktest *t)
{
	struct page *two = alloc_pages(GFP_KERNEL, 1);
	volatile char *p;

	KTEST_ASSERT_NOT_NULL(t, two);
	*(char *)page_address(two) = 1;
	*((char *)page_address(two) + PAGE_SIZE) = 2;
	p = kmap_slot_map(LAST_SLOT, page_to_phys(two));
	KTEST_EXPECT_EQ(t, *p, 1);
	kmap_slot_unmap(LAST_SLOT);
	p = kmap_slot_map(LAST_SLOT, page_to_phys(two) + PAGE_SIZE);
	KTEST_EXPECT_EQ(t, *p, 2);
	kmap_slot_unmap(LAST_SLOT);
	__free_pages(two, 1);
}

static void pkmap_forgets_with_one_flush(struct ktest *t)
{
	const void *p;

	if (pkmap_phys(LAST_PKMAP) != PHYS_ADDR_MAX) {
		ktest_skip(t, "the place is taken");
		return;
	}
	p = pkmap_map(LAST_PKMAP, __pa(_stext));
	KTEST_EXPECT_EQ(t, memcmp(p, _stext, 64), 0);
	KTEST_EXPECT_EQ(t, pkmap_phys(LAST_PKMAP), __pa(_stext));
	pkmap_unmap(LAST_PKMAP);
	pkmap_flush();
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(registers_survive_an_exception),
	KTEST_CASE(every_vector_enters_with_interrupts_off),
	KTEST_CASE(double_fault_has_a_stack_and_the_final_page_tables),
	KTEST_CASE(init_memory_cannot_be_executed_any_more),
	KTEST_CASE(root_entries_say_only_that_they_are_there),
	KTEST_CASE(areas_have_names),
	KTEST_CASE(high_memory_has_no_address),
	KTEST_CASE(descriptors_lie_in_low_memory),
	KTEST_CASE(slot_shows_a_frame_until_it_is_emptied),
	KTEST_CASE(slot_shows_the_next_frame_at_once),
	KTEST_CASE(pkmap_forgets_with_one_flush),
	{}
};
KTEST_SUITE(machine, cases);

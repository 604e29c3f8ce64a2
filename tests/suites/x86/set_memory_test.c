/*
 * Rights of pages in the vmalloc area, step by step and never both; and
 * registers of devices there.
 */
#include <asm/cpufeature.h>
#include <asm/ioremap.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/set_memory.h>
#include <asm/traps.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/vmalloc.h>

#include "../enough_memory.h"
#include "../memblock_fixture.h"

#define PAGES 4
#define RET 0xc3

/* Four pages, their first byte a function that returns. */
static u8 *code(void)
{
	u8 *p = vmalloc(PAGES * PAGE_SIZE);
	unsigned int i;

	for (i = 0; p && i < PAGES; i++)
		p[i * PAGE_SIZE] = RET;
	return p;
}

static void written_memory_becomes_code_in_two_steps(struct ktest *t)
{
	u8 *p = code();
	unsigned long addr = (unsigned long)p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr, PAGES), 0);
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_read(p), 0);
	KTEST_EXPECT_EQ(t, set_memory_x(addr, PAGES), 0);
	KTEST_EXPECT_EQ(t, probe_exec(p + PAGE_SIZE), 0);
	KTEST_EXPECT_EQ(t, probe_write(p + PAGE_SIZE), -EFAULT);
	KTEST_EXPECT_EQ(t, set_memory_nx(addr, PAGES), 0);
	if (cpu_features.nx)
		KTEST_EXPECT_EQ(t, probe_exec(p), -EFAULT);
	KTEST_EXPECT_EQ(t, set_memory_rw(addr, PAGES), 0);
	KTEST_EXPECT_EQ(t, probe_write(p), 0);
	vfree(p);
}

static void nothing_becomes_writable_and_executable(struct ktest *t)
{
	u8 *p = code();
	unsigned long addr = (unsigned long)p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, set_memory_x(addr, PAGES), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr, 1), 0);
	/* one page of them is still writable */
	KTEST_EXPECT_EQ(t, set_memory_x(addr, 2), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_x(addr, 1), 0);
	if (cpu_features.nx) {
		KTEST_EXPECT_EQ(t, set_memory_rw(addr, PAGES), -EINVAL);
		KTEST_EXPECT_EQ(t, probe_exec(p + PAGE_SIZE), -EFAULT);
	}
	KTEST_EXPECT_EQ(t, probe_write(p), -EFAULT);
	vfree(p);
}

static void other_pages_stay_as_they_are(struct ktest *t)
{
	u8 *p = code();
	unsigned long addr = (unsigned long)p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr + PAGE_SIZE, 2), 0);
	KTEST_EXPECT_EQ(t, probe_write(p), 0);
	KTEST_EXPECT_EQ(t, probe_write(p + PAGE_SIZE), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(p + 3 * PAGE_SIZE - 1), -EFAULT);
	KTEST_EXPECT_EQ(t, probe_write(p + 3 * PAGE_SIZE), 0);
	vfree(p);
	/* and who has the addresses next may write */
	p = code();
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, probe_write(p + PAGE_SIZE), 0);
	vfree(p);
}

static void huge_pages_are_split_where_rights_differ(struct ktest *t)
{
	unsigned long addr;
	u8 *p;

	if (!enough_memory(t, SZ_4M))
		return;
	p = vmalloc_huge(SZ_4M, GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, p);
	addr = (unsigned long)p;
	if (!set_memory_ro(addr + 5 * PAGE_SIZE, 1)) {
		KTEST_EXPECT_EQ(t, probe_write(p + 5 * PAGE_SIZE - 1), 0);
		KTEST_EXPECT_EQ(t, probe_write(p + 5 * PAGE_SIZE), -EFAULT);
		KTEST_EXPECT_EQ(t, probe_write(p + 6 * PAGE_SIZE), 0);
	}
	vfree(p);
	KTEST_EXPECT_EQ(t, probe_read(p), -EFAULT);
}

static void only_pages_of_an_area_in_use_can_be_changed(struct ktest *t)
{
	static char data[2 * PAGE_SIZE] __aligned(PAGE_SIZE);
	u8 *p = code();
	unsigned long addr = (unsigned long)p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr + 1, 1), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr, 0), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr, -1), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr, PAGES + 1), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr + PAGE_SIZE, PAGES), -EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro(addr + PAGES * PAGE_SIZE, 1),
			-EINVAL);
	KTEST_EXPECT_EQ(t, set_memory_ro((unsigned long)data, 1), -EINVAL);
	vfree(p);
	KTEST_EXPECT_EQ(t, set_memory_rw(addr, PAGES), -EINVAL);
}

/* Its addresses are more than its pages; then come those of others. */
static void pages_behind_an_area_cannot_be_changed(struct ktest *t)
{
	unsigned long large = 17 * PAGE_SIZE;
	u8 *p = vmalloc(9 * PAGE_SIZE), *q = vmalloc(large);

	if (p && q) {
		KTEST_EXPECT_EQ(t, set_memory_ro((unsigned long)p +
						 10 * PAGE_SIZE, 1), -EINVAL);
		KTEST_EXPECT_EQ(t, set_memory_ro((unsigned long)p +
						 16 * PAGE_SIZE, 600), -EINVAL);
		KTEST_EXPECT_EQ(t, set_memory_ro((unsigned long)q + large +
						 PAGE_SIZE, 600), -EINVAL);
		KTEST_EXPECT_EQ(t, probe_write(q), 0);
	}
	KTEST_EXPECT_TRUE(t, p && q);
	vfree(p);
	vfree(q);
}

/* The first page of the APIC's, which firmware has put there. */
#define REGISTERS 0xfee00000ULL

static void registers_of_a_device_can_be_reached(struct ktest *t)
{
	volatile u32 *version = ioremap(REGISTERS + 0x30, 4);
	enum pt_level level;
	pte_t *e;

	KTEST_ASSERT_NOT_NULL(t, version);
	KTEST_EXPECT_TRUE(t, is_vmalloc_addr((const void *)version));
	e = pgtable_lookup(&kernel_pgtable, (unsigned long)version, &level);
	KTEST_EXPECT_EQ(t, pte_read(e) & (_PAGE_PCD | _PAGE_PWT),
			_PAGE_PCD | _PAGE_PWT);
	KTEST_EXPECT_EQ(t, pte_read(e) & _PAGE_NX, _PAGE_NX &
			pte_supported_mask);
	KTEST_EXPECT_EQ(t, pte_phys(pte_read(e)), REGISTERS);
	iounmap((const void *)version);
	KTEST_EXPECT_EQ(t, probe_read((const void *)version), -EFAULT);
}

static void device_over_a_page_border_is_there_whole(struct ktest *t)
{
	char *p = ioremap(REGISTERS + PAGE_SIZE - 8, 16);
	phys_addr_t pa = 0;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_TRUE(t, pgtable_translate(&kernel_pgtable,
					       (unsigned long)p + 15, &pa));
	KTEST_EXPECT_EQ(t, pa, REGISTERS + PAGE_SIZE + 7);
	iounmap(p);
}

/* What is mapped is whole pages. Memory of a test's own stands for RAM. */
static void page_that_holds_some_ram_is_no_device(struct ktest *t)
{
	void *before = t, *behind = t;

	memblock_swap_in(t);
	memblock_add(REGISTERS + 0x400, 0x400);
	KTEST_EXPECT_REPORTS(t, 2, "there is RAM", ({
		before = ioremap(REGISTERS, 16);
		behind = ioremap(REGISTERS + 0x800, 16);
	}));
	memblock_swap_out(t);
	KTEST_EXPECT_NULL(t, before);
	KTEST_EXPECT_NULL(t, behind);
}

static void impossible_ranges_are_refused_and_told(struct ktest *t)
{
	void *p = t;

	KTEST_EXPECT_REPORTS(t, 1, "nothing", p = ioremap(REGISTERS, 0));
	KTEST_EXPECT_NULL(t, p);
	/* on i386 the offset makes it a page, as 32 bits count */
	KTEST_EXPECT_REPORTS(t, 1, "more than the vmalloc area",
			     p = ioremap(SZ_4G + 0x800, ~0UL - 0xff));
	KTEST_EXPECT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "it wraps",
			     p = ioremap(PHYS_ADDR_MAX, 2));
	KTEST_EXPECT_REPORTS(t, 1, "no such address",
			     p = ioremap(1ULL << cpu_features.phys_bits, 1));
	KTEST_EXPECT_REPORTS(t, 1, "there is RAM",
			     p = ioremap(memblock_start_of_DRAM(), 1));
	KTEST_EXPECT_NULL(t, p);
	iounmap(NULL);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(written_memory_becomes_code_in_two_steps),
	KTEST_CASE(nothing_becomes_writable_and_executable),
	KTEST_CASE(other_pages_stay_as_they_are),
	KTEST_CASE(huge_pages_are_split_where_rights_differ),
	KTEST_CASE(only_pages_of_an_area_in_use_can_be_changed),
	KTEST_CASE(pages_behind_an_area_cannot_be_changed),
	KTEST_CASE(registers_of_a_device_can_be_reached),
	KTEST_CASE(device_over_a_page_border_is_there_whole),
	KTEST_CASE(page_that_holds_some_ram_is_no_device),
	KTEST_CASE(impossible_ranges_are_refused_and_told),
	{}
};
KTEST_SUITE(set_memory, cases);

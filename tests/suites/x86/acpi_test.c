/*
 * Are ACPI tables found by their name, and damaged ones passed over? And which
 * numbers do the CPUs get that they tell of?
 *
 * Tables are built in a page of RAM; boot data of our own point at them.
 */
#include <asm/fixmap.h>
#include <asm/page.h>
#include <kernel/ktest.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#include "../../../arch/x86/acpi_tables.h"
#include "../../../arch/x86/cpu_list.h"

#define RSDT_AT 0x100
#define XSDT_AT 0x200
#define FIRST_AT 0x400
#define SECOND_AT 0x600
#define FADT_AT 0x800
#define HEADER 36
#define LENGTH 60

static u8 *page;
static struct boot_info *boot;
static unsigned int windows;

static void put(u32 at, u64 value, unsigned int width)
{
	memcpy(page + at, &value, width);
}

static void make_sum_zero(u8 *p, u32 n, u8 *checksum)
{
	u8 sum = 0;
	u32 i;

	*checksum = 0;
	for (i = 0; i < n; i++)
		sum = (u8)(sum + p[i]);
	*checksum = (u8)-sum;
}

static void finish(u32 at, u32 length)
{
	put(at + 4, length, 4);
	make_sum_zero(page + at, length, page + at + 9);
}

static void make_table(u32 at, const char *name, u8 content)
{
	memcpy(page + at, name, 4);
	memset(page + at + HEADER, content, LENGTH - HEADER);
	finish(at, LENGTH);
}

static void make_rsdp(u8 revision)
{
	u8 *r = boot->rsdp_copy;
	u32 rsdt = (u32)__pa(page + RSDT_AT), length = 36;
	u64 xsdt = __pa(page + XSDT_AT);

	memcpy(r, "RSD PTR ", 8);
	r[15] = revision;
	memcpy(r + 16, &rsdt, 4);
	memcpy(r + 20, &length, 4);
	memcpy(r + 24, &xsdt, 8);
	make_sum_zero(r, 20, r + 8);
	make_sum_zero(r, 36, r + 32);
	boot->rsdp_size = 36;
}

/* Both roots: the RSDT lists the first table, the XSDT both. */
static void begin(struct ktest *t)
{
	windows = fixmap_windows_open();
	page = (u8 *)get_zeroed_page(GFP_KERNEL | GFP_DMA);
	boot = kzalloc(sizeof(*boot), GFP_KERNEL);
	KTEST_ASSERT_TRUE(t, page && boot);
	make_table(FIRST_AT, "ONE1", 1);
	make_table(SECOND_AT, "TWO2", 2);
	memcpy(page + RSDT_AT, "RSDT", 4);
	put(RSDT_AT + HEADER, __pa(page + FIRST_AT), 4);
	finish(RSDT_AT, HEADER + 4);
	memcpy(page + XSDT_AT, "XSDT", 4);
	put(XSDT_AT + HEADER, __pa(page + FIRST_AT), 8);
	put(XSDT_AT + HEADER + 8, __pa(page + SECOND_AT), 8);
	finish(XSDT_AT, HEADER + 16);
	make_rsdp(2);
}

static void end(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, fixmap_windows_open(), windows);
	kfree(boot);
	free_page((unsigned long)page);
}

/* The first byte behind the header of the table of that name; 0: none. */
static u8 find(const char *name)
{
	unsigned long size = 0;
	const u8 *p = acpi_find_table(boot, name, &size);
	u8 content = p && size == LENGTH ? p[HEADER] : 0;

	early_memunmap(p);
	return content;
}

static void table_is_found_by_its_name(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 2);
	KTEST_EXPECT_EQ(t, find("TWO3"), 0);
}

static void first_of_two_alike_is_found(struct ktest *t)
{
	make_table(SECOND_AT, "ONE1", 2);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
}

static void damaged_byte_hides_the_table(struct ktest *t)
{
	page[SECOND_AT + LENGTH - 1]++;
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
}

static void second_of_two_is_found_if_the_first_is_damaged(struct ktest *t)
{
	make_table(SECOND_AT, "ONE1", 2);
	page[FIRST_AT + HEADER]++;
	KTEST_EXPECT_EQ(t, find("ONE1"), 2);
}

static void nonsense_length_hides_the_table(struct ktest *t)
{
	static const u32 lengths[] = { 0, 0x80000000, 0xffffffff,
				       FIXMAP_WINDOW_SIZE + 1 };
	unsigned long size;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		put(SECOND_AT + 4, lengths[i], 4);
		KTEST_EXPECT_EQ(t, find("TWO2"), 0);
	}
	finish(SECOND_AT, HEADER - 1);
	KTEST_EXPECT_NULL(t, acpi_find_table(boot, "TWO2", &size));
}

static void address_that_cannot_be_is_passed_over(struct ktest *t)
{
	put(XSDT_AT + HEADER, 1ULL << 63, 8);
	finish(XSDT_AT, HEADER + 16);
	KTEST_EXPECT_EQ(t, find("ONE1"), 0);
	KTEST_EXPECT_EQ(t, find("TWO2"), 2);
}

static void half_an_address_is_not_read(struct ktest *t)
{
	finish(XSDT_AT, HEADER + 12);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
}

static void damaged_xsdt_leaves_the_rsdt(struct ktest *t)
{
	page[XSDT_AT + HEADER + 8]++;
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
}

static void old_rsdp_knows_only_the_rsdt(struct ktest *t)
{
	make_rsdp(0);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
}

static void damaged_rsdp_leads_nowhere(struct ktest *t)
{
	boot->rsdp_copy[10]++;
	KTEST_EXPECT_EQ(t, find("ONE1"), 0);
	make_rsdp(2);
	boot->rsdp_copy[0] = 'r';
	make_sum_zero(boot->rsdp_copy, 20, boot->rsdp_copy + 8);
	KTEST_EXPECT_EQ(t, find("ONE1"), 0);
}

/* The old half is right: it still names the RSDT. */
static void damaged_new_half_of_the_rsdp_leaves_the_rsdt(struct ktest *t)
{
	boot->rsdp_copy[33]++;
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
	make_rsdp(2);
	boot->rsdp_copy[20]--;		/* a length that ends within it */
	make_sum_zero(boot->rsdp_copy, 36, boot->rsdp_copy + 32);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
}

/* The XSDT lists it alone; where it says its DSDT is, by 32 and 64 bits. */
static void make_fadt(u64 dsdt, u64 x_dsdt)
{
	memcpy(page + FADT_AT, "FACP", 4);
	put(FADT_AT + 40, dsdt, 4);
	put(FADT_AT + 140, x_dsdt, 8);
	finish(FADT_AT, 148);
	put(XSDT_AT + HEADER, __pa(page + FADT_AT), 8);
	finish(XSDT_AT, HEADER + 8);
}

static void address_of_64_bits_names_the_dsdt(struct ktest *t)
{
	make_fadt(__pa(page + FIRST_AT), __pa(page + SECOND_AT));
	KTEST_EXPECT_EQ(t, find("TWO2"), 2);
	KTEST_EXPECT_EQ(t, find("ONE1"), 0);
	make_fadt(__pa(page + FIRST_AT), 0);
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
	put(FADT_AT + 140, __pa(page + SECOND_AT), 8);
	finish(FADT_AT, 147);		/* one byte of it is missing */
	KTEST_EXPECT_EQ(t, find("TWO2"), 0);
	KTEST_EXPECT_EQ(t, find("ONE1"), 1);
}

static void nothing_is_found_without_an_rsdp(struct ktest *t)
{
	boot->rsdp_size = 0;
	KTEST_EXPECT_EQ(t, find("ONE1"), 0);
}

/* ----- numbers of CPUs ----- */

static const struct madt_cpu some[] = { { 4 }, { 0 }, { 2 }, { 6 }, { 300 } };

static void cpu_that_boots_is_number_0(struct ktest *t)
{
	struct cpu_list *l = kzalloc(sizeof(*l), GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, l);
	cpu_list_number(l, 2, X2APIC_ID_MAX, NR_CPUS, some, ARRAY_SIZE(some));
	KTEST_EXPECT_EQ(t, l->nr, 5);
	KTEST_EXPECT_EQ(t, l->apic_ids[0], 2);
	KTEST_EXPECT_EQ(t, l->apic_ids[1], 4);
	KTEST_EXPECT_EQ(t, l->apic_ids[2], 0);
	KTEST_EXPECT_EQ(t, l->apic_ids[3], 6);
	KTEST_EXPECT_EQ(t, l->apic_ids[4], 300);
	KTEST_EXPECT_EQ(t, l->nr_left_out, 0);
	kfree(l);
}

static void cpu_that_boots_need_not_be_listed(struct ktest *t)
{
	struct cpu_list *l = kzalloc(sizeof(*l), GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, l);
	cpu_list_number(l, 9, XAPIC_ID_MAX, NR_CPUS, some, ARRAY_SIZE(some));
	KTEST_EXPECT_EQ(t, l->nr, 5);
	KTEST_EXPECT_EQ(t, l->apic_ids[0], 9);
	KTEST_EXPECT_EQ(t, l->apic_ids[1], 4);
	KTEST_EXPECT_EQ(t, l->nr_out_of_reach, 1);
	kfree(l);
}

static void cpus_beyond_the_limit_are_left_out(struct ktest *t)
{
	struct cpu_list *l = kzalloc(sizeof(*l), GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, l);
	cpu_list_number(l, 6, X2APIC_ID_MAX, 2, some, ARRAY_SIZE(some));
	KTEST_EXPECT_EQ(t, l->nr, 2);
	KTEST_EXPECT_EQ(t, l->apic_ids[0], 6);
	KTEST_EXPECT_EQ(t, l->apic_ids[1], 4);
	KTEST_EXPECT_EQ(t, l->nr_left_out, 3);
	cpu_list_number(l, 6, X2APIC_ID_MAX, 1, some, ARRAY_SIZE(some));
	KTEST_EXPECT_EQ(t, l->nr, 1);
	KTEST_EXPECT_EQ(t, l->nr_left_out, 4);
	kfree(l);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(table_is_found_by_its_name),
	KTEST_CASE(first_of_two_alike_is_found),
	KTEST_CASE(damaged_byte_hides_the_table),
	KTEST_CASE(second_of_two_is_found_if_the_first_is_damaged),
	KTEST_CASE(nonsense_length_hides_the_table),
	KTEST_CASE(address_that_cannot_be_is_passed_over),
	KTEST_CASE(half_an_address_is_not_read),
	KTEST_CASE(damaged_xsdt_leaves_the_rsdt),
	KTEST_CASE(old_rsdp_knows_only_the_rsdt),
	KTEST_CASE(damaged_rsdp_leads_nowhere),
	KTEST_CASE(damaged_new_half_of_the_rsdp_leaves_the_rsdt),
	KTEST_CASE(address_of_64_bits_names_the_dsdt),
	KTEST_CASE(nothing_is_found_without_an_rsdp),
	KTEST_CASE(cpu_that_boots_is_number_0),
	KTEST_CASE(cpu_that_boots_need_not_be_listed),
	KTEST_CASE(cpus_beyond_the_limit_are_left_out),
	{}
};
KTEST_SUITE_FIXTURE(acpi, cases, begin, end);

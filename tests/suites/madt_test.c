/* Which CPUs does a MADT tell of, and what if it lies? */
#include <asm/madt.h>
#include <kernel/ktest.h>
#include <lib/string.h>

#define HEADER 44
#define TABLE_MAX 2048
#define MAX_CPUS 64
#define BASE 0xfee00000u

static u8 table[TABLE_MAX];
static u32 size;
static struct madt_info info;
static struct madt_cpu cpus[MAX_CPUS + 1];

static void put_u32(u32 at, u32 value)
{
	memcpy(table + at, &value, sizeof(value));
}

static void begin(struct ktest *t)
{
	memset(table, 0, sizeof(table));
	memcpy(table, "APIC", 4);
	put_u32(36, BASE);
	size = HEADER;
	put_u32(4, size);
}

/* An entry of zeroes; where it is. */
static u32 add(u8 type, u8 length)
{
	u32 at = size;

	table[at] = type;
	table[at + 1] = length;
	size += length;
	put_u32(4, size);
	return at;
}

static void add_apic(u8 id, u32 flags)
{
	u32 at = add(0, 8);

	table[at + 3] = id;
	put_u32(at + 4, flags);
}

static void add_x2apic(u32 id, u32 flags)
{
	u32 at = add(9, 16);

	put_u32(at + 4, id);
	put_u32(at + 8, flags);
}

static const char *parse(void)
{
	return madt_parse(table, size, &info, cpus, MAX_CPUS);
}

static void expect_cpus(struct ktest *t, unsigned int n, unsigned int bad)
{
	KTEST_EXPECT_NULL(t, parse());
	KTEST_EXPECT_EQ(t, info.nr_cpus, n);
	KTEST_EXPECT_EQ(t, info.nr_bad, bad);
}

static void table_without_entries_has_no_cpus(struct ktest *t)
{
	expect_cpus(t, 0, 0);
	KTEST_EXPECT_EQ(t, info.apic_base, BASE);
	KTEST_EXPECT_EQ(t, info.nr_disabled, 0);
	KTEST_EXPECT_EQ(t, info.nr_left_out, 0);
}

static void enabled_cpus_come_in_their_order(struct ktest *t)
{
	add_apic(4, 1);
	add(1, 12);
	add_apic(0, 1);
	add(2, 10);
	add_apic(7, 1);
	expect_cpus(t, 3, 0);
	KTEST_EXPECT_EQ(t, cpus[0].apic_id, 4);
	KTEST_EXPECT_EQ(t, cpus[1].apic_id, 0);
	KTEST_EXPECT_EQ(t, cpus[2].apic_id, 7);
}

static void disabled_cpus_are_counted_only(struct ktest *t)
{
	add_apic(0, 1);
	add_apic(1, 0);
	add_apic(2, 2);		/* "could be switched on later" */
	add_x2apic(300, 0);
	expect_cpus(t, 1, 0);
	KTEST_EXPECT_EQ(t, info.nr_disabled, 3);
}

static void x2apic_has_32_bits(struct ktest *t)
{
	add_apic(254, 1);
	add_x2apic(0x12345678, 1);
	add_x2apic(255, 1);
	expect_cpus(t, 3, 0);
	KTEST_EXPECT_EQ(t, cpus[0].apic_id, 254);
	KTEST_EXPECT_EQ(t, cpus[1].apic_id, 0x12345678);
	KTEST_EXPECT_EQ(t, cpus[2].apic_id, 255);
}

static void number_that_means_all_is_no_cpu(struct ktest *t)
{
	add_apic(0xff, 1);
	add_x2apic(0xffffffff, 1);
	expect_cpus(t, 0, 2);
}

static void unused_number_that_means_all_is_no_mistake(struct ktest *t)
{
	add_apic(0xff, 0);
	add_x2apic(0xffffffff, 0);
	expect_cpus(t, 0, 0);
	KTEST_EXPECT_EQ(t, info.nr_disabled, 2);
}

static void second_entry_for_an_apic_is_passed_over(struct ktest *t)
{
	add_apic(3, 1);
	add_apic(3, 1);
	add_x2apic(3, 1);
	add_apic(5, 1);
	expect_cpus(t, 2, 2);
	KTEST_EXPECT_EQ(t, cpus[1].apic_id, 5);
}

static void entry_for_the_address_overrides_the_header(struct ktest *t)
{
	u32 at = add(5, 12);

	put_u32(at + 4, 0x89abc000);
	put_u32(at + 8, 0x4);
	expect_cpus(t, 0, 0);
	KTEST_EXPECT_EQ(t, info.apic_base, 0x489abc000ULL);
}

static void more_cpus_than_fit_are_counted(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < MAX_CPUS + 5; i++)
		add_apic((u8)i, 1);
	cpus[MAX_CPUS].apic_id = 0xabcd;
	expect_cpus(t, MAX_CPUS, 0);
	KTEST_EXPECT_EQ(t, info.nr_left_out, 5);
	KTEST_EXPECT_EQ(t, cpus[MAX_CPUS - 1].apic_id, MAX_CPUS - 1);
	KTEST_EXPECT_EQ(t, cpus[MAX_CPUS].apic_id, 0xabcd);
}

static void wrong_length_for_its_type_is_passed_over(struct ktest *t)
{
	add_apic(1, 1);
	table[add(0, 9) + 4] = 1;
	table[add(0, 7) + 4] = 1;
	table[add(9, 15) + 8] = 1;
	table[add(5, 8) + 4] = 1;
	expect_cpus(t, 1, 4);
	KTEST_EXPECT_EQ(t, info.apic_base, BASE);
}

static void types_nobody_knows_are_skipped(struct ktest *t)
{
	add(0x7f, 2);
	add(0xff, 255);
	add_apic(1, 1);
	expect_cpus(t, 1, 0);
}

static void entry_without_length_is_an_error(struct ktest *t)
{
	u32 at;

	add_apic(1, 1);
	at = add(3, 10);
	table[at + 1] = 0;
	KTEST_EXPECT_STREQ(t, parse(), "an entry has no length");
	table[at + 1] = 1;
	table[at + 2] = 9;	/* as if a next one began in its midst */
	KTEST_EXPECT_STREQ(t, parse(), "an entry has no length");
	table[at + 1] = 10;
	KTEST_EXPECT_NULL(t, parse());
}

static void entry_past_the_end_is_an_error(struct ktest *t)
{
	add_apic(1, 1);
	table[add(3, 10) + 1] = 11;
	KTEST_EXPECT_STREQ(t, parse(), "an entry leaves the table");
}

static void one_byte_behind_the_last_entry_is_an_error(struct ktest *t)
{
	add_apic(1, 1);
	put_u32(4, ++size);
	KTEST_EXPECT_STREQ(t, parse(), "an entry has no length");
}

static void length_in_the_header_must_fit(struct ktest *t)
{
	add_apic(1, 1);
	put_u32(4, size + 1);
	KTEST_EXPECT_STREQ(t, parse(), "the table's length is wrong");
	put_u32(4, HEADER - 1);
	KTEST_EXPECT_STREQ(t, parse(), "the table's length is wrong");
	put_u32(4, 0);
	KTEST_EXPECT_STREQ(t, parse(), "the table's length is wrong");
	put_u32(4, 0xffffffff);
	KTEST_EXPECT_STREQ(t, parse(), "the table's length is wrong");
}

static void bytes_behind_the_length_are_not_read(struct ktest *t)
{
	add_apic(1, 1);
	add_apic(2, 1);
	put_u32(4, size - 8);
	expect_cpus(t, 1, 0);
}

static void other_table_is_an_error(struct ktest *t)
{
	memcpy(table, "FACP", 4);
	KTEST_EXPECT_STREQ(t, parse(), "the table has another name");
}

/* Cut anywhere: an error, or a list that ends where an entry does. */
static void table_cut_short_is_told(struct ktest *t)
{
	u32 whole, at;

	add_apic(1, 1);
	add_x2apic(300, 1);
	add_apic(2, 1);
	whole = size;
	for (size = 0; size < whole; size++) {
		KTEST_EXPECT_NOT_NULL(t, parse());
		if (size >= HEADER)
			put_u32(4, size);
		at = size - HEADER;
		if (size < HEADER)
			continue;
		if (at == 0 || at == 8 || at == 24)
			expect_cpus(t, at == 0 ? 0 : at == 8 ? 1 : 2, 0);
		else
			KTEST_EXPECT_NOT_NULL(t, parse());
		put_u32(4, whole);
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(table_without_entries_has_no_cpus),
	KTEST_CASE(enabled_cpus_come_in_their_order),
	KTEST_CASE(disabled_cpus_are_counted_only),
	KTEST_CASE(x2apic_has_32_bits),
	KTEST_CASE(number_that_means_all_is_no_cpu),
	KTEST_CASE(unused_number_that_means_all_is_no_mistake),
	KTEST_CASE(second_entry_for_an_apic_is_passed_over),
	KTEST_CASE(entry_for_the_address_overrides_the_header),
	KTEST_CASE(more_cpus_than_fit_are_counted),
	KTEST_CASE(wrong_length_for_its_type_is_passed_over),
	KTEST_CASE(types_nobody_knows_are_skipped),
	KTEST_CASE(entry_without_length_is_an_error),
	KTEST_CASE(entry_past_the_end_is_an_error),
	KTEST_CASE(one_byte_behind_the_last_entry_is_an_error),
	KTEST_CASE(length_in_the_header_must_fit),
	KTEST_CASE(bytes_behind_the_length_are_not_read),
	KTEST_CASE(other_table_is_an_error),
	KTEST_CASE(table_cut_short_is_told),
	{}
};
KTEST_SUITE_FIXTURE(madt, cases, begin, NULL);

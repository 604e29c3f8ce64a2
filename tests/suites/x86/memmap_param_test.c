/* mem= and memmap=: what is understood, what is refused, what it does. */
#include <asm/memmap_param.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>

#define MAX 32

static struct memmap_changes changes;
static struct e820_entry entries[MAX];
static struct e820_point scratch[2 * MAX];
static struct e820_table table = { entries, 0, MAX };

/* A PC with 128 MiB. */
static void start_with_pc_map(struct ktest *t)
{
	changes.nr = 0;
	table.nr = 0;
	table.max = MAX;
	e820_add(&table, 0, 0x9fc00, E820_TYPE_RAM);
	e820_add(&table, 0x9fc00, 0x400, E820_TYPE_RESERVED);
	e820_add(&table, 0xf0000, 0x10000, E820_TYPE_RESERVED);
	e820_add(&table, 0x100000, 0x7ee0000, E820_TYPE_RAM);
	e820_add(&table, 0x7fe0000, 0x20000, E820_TYPE_RESERVED);
}

static void apply_and_clean(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_apply(&changes, &table), 0);
	KTEST_EXPECT_EQ(t, e820_sanitize(&table, scratch, ARRAY_SIZE(scratch)),
			0);
}

/* Type of a byte in the cleaned table; 0 for a hole. */
static u32 type_at(u64 addr)
{
	unsigned int i;

	for (i = 0; i < table.nr; i++)
		if (addr - table.entries[i].base < table.entries[i].size)
			return table.entries[i].type;
	return 0;
}

static void expect_add(struct ktest *t, unsigned int i, u64 base, u64 size,
		       u32 type)
{
	KTEST_ASSERT_TRUE(t, i < changes.nr);
	KTEST_EXPECT_EQ(t, changes.change[i].action, MEMMAP_ADD);
	KTEST_EXPECT_EQ(t, changes.change[i].base, base);
	KTEST_EXPECT_EQ(t, changes.change[i].size, size);
	KTEST_EXPECT_EQ(t, changes.change[i].type, type);
}

static void each_mark_has_its_type(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes,
		"1M@2M,0x1000#0x3000,64K$1G,2G!4G"), 0);
	KTEST_ASSERT_EQ(t, changes.nr, 4);
	expect_add(t, 0, SZ_2M, SZ_1M, E820_TYPE_RAM);
	expect_add(t, 1, 0x3000, 0x1000, E820_TYPE_ACPI);
	expect_add(t, 2, SZ_1G, SZ_64K, E820_TYPE_RESERVED);
	expect_add(t, 3, SZ_4G, 2 * SZ_1G, E820_TYPE_PMEM);
}

static void bad_values_are_refused(struct ktest *t)
{
	static const char *const bad[] = {
		"", ",", "@", "0", "0@1M", "64K%1M", "64K@", "@64K", "64K@1M,",
		"64K@1Mx", "x64K@1M", "64K@1M;", "exactmapx", "exact", "-1@1M",
		"1@18446744073709551615", "18446744073709551616@1M",
		"17E@1M", "1E@16E", "2E@15E", "64K@@1M", "64K @1M",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = memmap_parse_memmap(&changes, bad[i]);

		if (err != -EINVAL)
			ktest_note(t, "memmap=%s", bad[i]);
		KTEST_EXPECT_EQ(t, err, -EINVAL);
	}
}

static void words_before_a_bad_one_count(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "1M@2M,junk,3M@4M"),
			-EINVAL);
	KTEST_ASSERT_EQ(t, changes.nr, 1);
	expect_add(t, 0, SZ_2M, SZ_1M, E820_TYPE_RAM);
}

static void mem_takes_a_size_and_nothing_else(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, ""), -EINVAL);
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "0"), -EINVAL);
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "64Mx"), -EINVAL);
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "64M@1M"), -EINVAL);
	KTEST_EXPECT_EQ(t, changes.nr, 0);
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "64M"), 0);
	KTEST_ASSERT_EQ(t, changes.nr, 1);
	KTEST_EXPECT_EQ(t, changes.change[0].action, MEMMAP_END_OF_RAM);
	KTEST_EXPECT_EQ(t, changes.change[0].base, SZ_64M);
}

static void too_many_changes_are_refused(struct ktest *t)
{
	unsigned int i;

	for (i = 0; i < MEMMAP_MAX_CHANGES; i++)
		KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "1M@2M"), 0);
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "1M@2M"), -ENOSPC);
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "1M"), -ENOSPC);
	KTEST_EXPECT_EQ(t, changes.nr, MEMMAP_MAX_CHANGES);
}

static void mem_cuts_ram_and_keeps_the_rest(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "16M"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), SZ_16M);
	KTEST_EXPECT_EQ(t, type_at(SZ_16M), 0);
	KTEST_EXPECT_EQ(t, type_at(0x7fe0000), E820_TYPE_RESERVED);
}

static void memmap_size_alone_is_mem(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "0x1000123"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), 0x1000123);
}

static void reserved_punches_a_hole_into_ram(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "64K$32M"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, type_at(32 * SZ_1M - 1), E820_TYPE_RAM);
	KTEST_EXPECT_EQ(t, type_at(32 * SZ_1M), E820_TYPE_RESERVED);
	KTEST_EXPECT_EQ(t, type_at(32 * SZ_1M + SZ_64K - 1),
			E820_TYPE_RESERVED);
	KTEST_EXPECT_EQ(t, type_at(32 * SZ_1M + SZ_64K), E820_TYPE_RAM);
}

static void added_ram_does_not_undo_reserved(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "64K@0xe8000"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, type_at(0xe8000), E820_TYPE_RAM);
	KTEST_EXPECT_EQ(t, type_at(0xf0000), E820_TYPE_RESERVED);
}

static void exactmap_forgets_what_stands_before(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes,
		"1M@1G,exactmap,640K@0,15M@1M"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	KTEST_EXPECT_EQ(t, type_at(SZ_1G), 0);
	KTEST_EXPECT_EQ(t, type_at(0x9fc00), E820_TYPE_RAM);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), SZ_16M);
}

static void order_of_words_matters(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memmap_parse_mem(&changes, "16M"), 0);
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "1M@64M"), 0);
	apply_and_clean(t);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), SZ_64M + SZ_1M);
}

static void full_table_is_told_and_kept(struct ktest *t)
{
	table.max = table.nr;
	KTEST_EXPECT_EQ(t, memmap_parse_memmap(&changes, "1M@1G"), 0);
	KTEST_EXPECT_EQ(t, memmap_apply(&changes, &table), -ENOSPC);
	KTEST_EXPECT_EQ(t, table.nr, 5);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(each_mark_has_its_type),
	KTEST_CASE(bad_values_are_refused),
	KTEST_CASE(words_before_a_bad_one_count),
	KTEST_CASE(mem_takes_a_size_and_nothing_else),
	KTEST_CASE(too_many_changes_are_refused),
	KTEST_CASE(mem_cuts_ram_and_keeps_the_rest),
	KTEST_CASE(memmap_size_alone_is_mem),
	KTEST_CASE(reserved_punches_a_hole_into_ram),
	KTEST_CASE(added_ram_does_not_undo_reserved),
	KTEST_CASE(exactmap_forgets_what_stands_before),
	KTEST_CASE(order_of_words_matters),
	KTEST_CASE(full_table_is_told_and_kept),
	{}
};
KTEST_SUITE_FIXTURE(memmap_param, cases, start_with_pc_map, NULL);

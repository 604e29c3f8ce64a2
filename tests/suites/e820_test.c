/* Is the cleaned map right, whatever firmware says? */
#include <asm/e820.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>

#define MAX_ENTRIES 64

static struct e820_entry entries[MAX_ENTRIES];
static struct e820_table table;
static struct e820_point scratch[2 * MAX_ENTRIES];

#define RAM E820_TYPE_RAM
#define RESERVED E820_TYPE_RESERVED
#define ACPI E820_TYPE_ACPI
#define NVS E820_TYPE_NVS
#define UNUSABLE E820_TYPE_UNUSABLE

static void begin(struct ktest *t)
{
	table = (struct e820_table){ entries, 0, MAX_ENTRIES };
}

static void add(u64 start, u64 end, u32 type)
{
	e820_add(&table, start, end - start, type);
}

static void sanitize(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, e820_sanitize(&table, scratch, ARRAY_SIZE(scratch)),
			0);
	KTEST_EXPECT_STREQ(t, e820_validate(&table), NULL);
}

static void expect_entry(struct ktest *t, unsigned int i, u64 start, u64 end,
			 u32 type)
{
	KTEST_ASSERT_TRUE(t, i < table.nr);
	KTEST_EXPECT_EQ(t, entries[i].base, start);
	KTEST_EXPECT_EQ(t, entries[i].base + entries[i].size, end);
	KTEST_EXPECT_EQ(t, entries[i].type, type);
}

static void empty_table_stays_empty(struct ktest *t)
{
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 0);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), 0);
}

static void entries_are_sorted(struct ktest *t)
{
	add(0x5000, 0x6000, RAM);
	add(0x1000, 0x2000, RESERVED);
	add(0x3000, 0x4000, RAM);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	expect_entry(t, 0, 0x1000, 0x2000, RESERVED);
	expect_entry(t, 1, 0x3000, 0x4000, RAM);
	expect_entry(t, 2, 0x5000, 0x6000, RAM);
	KTEST_EXPECT_EQ(t, e820_end_of_ram(&table), 0x6000);
}

static void touching_entries_of_one_type_are_joined(struct ktest *t)
{
	add(0x1800, 0x3000, RAM);
	add(0x1000, 0x1800, RAM);
	add(0x3000, 0x4000, NVS);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	expect_entry(t, 0, 0x1000, 0x3000, RAM);
	expect_entry(t, 1, 0x3000, 0x4000, NVS);
}

/* Rounding first would lose the page in which two entries meet. */
static void page_made_of_two_entries_is_whole(struct ktest *t)
{
	u64 start, end;

	add(0x1000, 0x2345, RAM);
	add(0x2345, 0x3000, RAM);
	sanitize(t);
	KTEST_ASSERT_EQ(t, table.nr, 1);
	KTEST_EXPECT_TRUE(t, e820_usable_pfns(&entries[0], &start, &end));
	KTEST_EXPECT_EQ(t, start, 1);
	KTEST_EXPECT_EQ(t, end, 3);
}

static void one_byte_hole_splits(struct ktest *t)
{
	add(0x1000, 0x2345, RAM);
	add(0x2346, 0x4000, RAM);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	expect_entry(t, 0, 0x1000, 0x2345, RAM);
	expect_entry(t, 1, 0x2346, 0x4000, RAM);
}

static void reserved_inside_usable_splits_it(struct ktest *t)
{
	add(0x1000, 0x9000, RAM);
	add(0x3001, 0x3002, RESERVED);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	expect_entry(t, 0, 0x1000, 0x3001, RAM);
	expect_entry(t, 1, 0x3001, 0x3002, RESERVED);
	expect_entry(t, 2, 0x3002, 0x9000, RAM);
}

static void usable_inside_reserved_disappears(struct ktest *t)
{
	add(0x3000, 0x4000, RAM);
	add(0x1000, 0x9000, RESERVED);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 1);
	expect_entry(t, 0, 0x1000, 0x9000, RESERVED);
}

/* Each pair in both orders; the stricter one is named second. */
static void stricter_type_wins(struct ktest *t)
{
	static const u32 order[] = { RAM, E820_TYPE_SOFT_RESERVED,
				     E820_TYPE_PMEM, ACPI, NVS, RESERVED,
				     UNUSABLE };
	unsigned int i, j, turn;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		for (j = i + 1; j < ARRAY_SIZE(order); j++)
			for (turn = 0; turn < 2; turn++) {
				begin(t);
				add(0x1000, 0x2000, order[turn ? j : i]);
				add(0x1000, 0x2000, order[turn ? i : j]);
				sanitize(t);
				KTEST_EXPECT_EQ(t, table.nr, 1);
				expect_entry(t, 0, 0x1000, 0x2000, order[j]);
			}
}

static void unknown_types_are_reserved(struct ktest *t)
{
	static const u32 types[] = { 0, 6, 9, 20, 0x101, 0x10001, 0x1000001,
				     0x80000001, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		begin(t);
		add(0x1000, 0x2000, types[i]);
		sanitize(t);
		KTEST_EXPECT_EQ(t, table.nr, 1);
		expect_entry(t, 0, 0x1000, 0x2000, RESERVED);
	}
}

static void empty_and_wrapping_entries_are_dropped(struct ktest *t)
{
	e820_add(&table, 0, 0, 0);
	e820_add(&table, 0x5000, 0, RESERVED);
	e820_add(&table, 0x100000, ~0ULL, RAM);
	e820_add(&table, 0xfffffffffffff000, 0x2000, RAM);
	e820_add(&table, 1ULL << 51, ~0ULL, RAM);
	e820_add(&table, 0x4000, 0x2000, RAM);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 1);
	expect_entry(t, 0, 0x4000, 0x6000, RAM);
}

static void memory_ends_at_2_to_the_52(struct ktest *t)
{
	u64 end = 1ULL << 52;

	add(end - 0x1000, end + 0x1000, RAM);
	add(end, end + 0x100000, RAM);
	add(end - 0x3000, end - 0x2000, RAM);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	expect_entry(t, 0, end - 0x3000, end - 0x2000, RAM);
	expect_entry(t, 1, end - 0x1000, end, RAM);
}

static void whole_pages_are_inside_the_entry(struct ktest *t)
{
	struct e820_entry e = { 0x1001, 0x1fff, RAM };
	u64 start, end;

	KTEST_EXPECT_TRUE(t, e820_usable_pfns(&e, &start, &end));
	KTEST_EXPECT_EQ(t, start, 2);
	KTEST_EXPECT_EQ(t, end, 3);
	e.size = 0x1ffe;
	KTEST_EXPECT_FALSE(t, e820_usable_pfns(&e, &start, &end));
	e = (struct e820_entry){ 0x1000, 0xfff, RAM };
	KTEST_EXPECT_FALSE(t, e820_usable_pfns(&e, &start, &end));
	e = (struct e820_entry){ 0x1000, 0x1000, ACPI };
	KTEST_EXPECT_FALSE(t, e820_usable_pfns(&e, &start, &end));
}

static void pages_of_any_address_are_counted(struct ktest *t)
{
	struct e820_entry e = { (1ULL << 51) + 1, 0x3000, RAM };
	u64 start, end;

	KTEST_EXPECT_TRUE(t, e820_usable_pfns(&e, &start, &end));
	KTEST_EXPECT_EQ(t, start, (1ULL << 39) + 1);
	KTEST_EXPECT_EQ(t, end, (1ULL << 39) + 3);
	e = (struct e820_entry){ ~0ULL - 0x10, 8, RAM };
	KTEST_EXPECT_FALSE(t, e820_usable_pfns(&e, &start, &end));
}

/*
 * The answer byte by byte: what the strictest entry over an address says.
 * Small addresses, so that everything overlaps everything.
 */
static u32 strictest_at(const struct e820_entry *e, unsigned int nr, u64 addr)
{
	static const u32 order[] = { UNUSABLE, RESERVED, NVS, ACPI, RAM };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(order); i++)
		for (j = 0; j < nr; j++)
			if (e[j].type == order[i] && addr >= e[j].base &&
			    addr < e[j].base + e[j].size)
				return order[i];
	return 0;
}

static u32 type_at(u64 addr)
{
	unsigned int i;

	for (i = 0; i < table.nr; i++)
		if (addr >= entries[i].base &&
		    addr < entries[i].base + entries[i].size)
			return entries[i].type;
	return 0;
}

static void each_byte_has_its_strictest_type(struct ktest *t)
{
	static struct e820_entry given[12];
	struct rng rng = rng_seed(820);
	int round;
	u64 addr;

	for (round = 0; round < 300; round++) {
		unsigned int i;

		begin(t);
		for (i = 0; i < ARRAY_SIZE(given); i++)
			e820_add(&table, rng_below(&rng, 100),
				 rng_below(&rng, 40),
				 1 + (u32)rng_below(&rng, 5));
		memcpy(given, entries, sizeof(given));
		sanitize(t);
		for (addr = 0; addr < 160; addr++)
			KTEST_ASSERT_EQ(t, type_at(addr),
					strictest_at(given, ARRAY_SIZE(given),
						     addr));
	}
}

static void order_of_entries_does_not_matter(struct ktest *t)
{
	static struct e820_entry given[20], expected[MAX_ENTRIES];
	struct rng rng = rng_seed(52);
	unsigned int i, nr = 0, round;

	for (i = 0; i < ARRAY_SIZE(given); i++)
		given[i] = (struct e820_entry){ rng_below(&rng, 1000),
			rng_below(&rng, 300), (u32)rng_below(&rng, 9) };
	for (round = 0; round < 100; round++) {
		begin(t);
		for (i = ARRAY_SIZE(given); i > 1; i--) {
			u64 other = rng_below(&rng, i);

			swap(given[i - 1], given[other]);
		}
		for (i = 0; i < ARRAY_SIZE(given); i++)
			e820_add(&table, given[i].base, given[i].size,
				 given[i].type);
		sanitize(t);
		if (round == 0) {
			nr = table.nr;
			memcpy(expected, entries, sizeof(expected));
		}
		KTEST_ASSERT_EQ(t, table.nr, nr);
		for (i = 0; i < nr; i++)
			expect_entry(t, i, expected[i].base, expected[i].base +
				     expected[i].size, expected[i].type);
	}
}

static void cleaning_a_clean_table_changes_nothing(struct ktest *t)
{
	static struct e820_entry once[4];

	add(0x1000, 0x9000, RAM);
	add(0x3000, 0x5000, ACPI);
	sanitize(t);
	memcpy(once, entries, sizeof(once));
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	KTEST_EXPECT_EQ(t, memcmp(once, entries, 3 * sizeof(once[0])), 0);
}

/* n entries, 2n - 1 after cleaning: a comb in a wide range. */
static void result_that_does_not_fit_changes_nothing(struct ktest *t)
{
	static struct e820_entry before[4];

	table.max = 4;
	add(0x1000, 0x10000, RAM);
	add(0x3000, 0x4000, RESERVED);
	add(0x5000, 0x6000, RESERVED);
	memcpy(before, entries, sizeof(before));
	KTEST_EXPECT_EQ(t, e820_sanitize(&table, scratch, ARRAY_SIZE(scratch)),
			-ENOSPC);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	KTEST_EXPECT_EQ(t, memcmp(before, entries, sizeof(before)), 0);
	table.max = 5;
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 5);
}

static void too_little_scratch_changes_nothing(struct ktest *t)
{
	add(0x1000, 0x2000, RAM);
	add(0x0, 0x1000, RAM);
	KTEST_EXPECT_EQ(t, e820_sanitize(&table, scratch, 3), -ENOSPC);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	KTEST_EXPECT_EQ(t, entries[0].base, 0x1000);
	KTEST_EXPECT_EQ(t, e820_sanitize(&table, scratch, 4), 0);
}

static void full_table_refuses_entries(struct ktest *t)
{
	table.max = 2;
	KTEST_EXPECT_EQ(t, e820_add(&table, 0, 1, RAM), 0);
	KTEST_EXPECT_EQ(t, e820_add(&table, 1, 1, RAM), 0);
	KTEST_EXPECT_EQ(t, e820_add(&table, 2, 1, RAM), -ENOSPC);
	KTEST_EXPECT_EQ(t, table.nr, 2);
}

static void update_changes_the_type_named_inside_the_range(struct ktest *t)
{
	add(0x1000, 0x4000, RAM);
	add(0x4000, 0x5000, ACPI);
	add(0x5000, 0x9000, RAM);
	KTEST_EXPECT_EQ(t, e820_range_update(&table, 0x2000, 0x4800, RAM,
					     RESERVED), 0);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 5);
	expect_entry(t, 0, 0x1000, 0x2000, RAM);
	expect_entry(t, 1, 0x2000, 0x4000, RESERVED);
	expect_entry(t, 2, 0x4000, 0x5000, ACPI);
	expect_entry(t, 3, 0x5000, 0x6800, RESERVED);
	expect_entry(t, 4, 0x6800, 0x9000, RAM);
}

/* Reserved would win when cleaned; update may also make RAM of it. */
static void update_can_make_memory_usable(struct ktest *t)
{
	add(0x1000, 0x5000, RESERVED);
	KTEST_EXPECT_EQ(t, e820_range_update(&table, 0x2000, 0x1000,
					     E820_TYPE_ANY, RAM), 0);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	expect_entry(t, 1, 0x2000, 0x3000, RAM);
}

static void remove_takes_only_the_range(struct ktest *t)
{
	add(0x1000, 0x4000, RAM);
	add(0x5000, 0x6000, RAM);
	add(0x7000, 0x8000, RESERVED);
	KTEST_EXPECT_EQ(t, e820_range_remove(&table, 0x3800, ~0ULL, RAM), 0);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 2);
	expect_entry(t, 0, 0x1000, 0x3800, RAM);
	expect_entry(t, 1, 0x7000, 0x8000, RESERVED);
	KTEST_EXPECT_EQ(t, e820_range_remove(&table, 0x2000, 0x800,
					     E820_TYPE_ANY), 0);
	sanitize(t);
	KTEST_EXPECT_EQ(t, table.nr, 3);
	expect_entry(t, 1, 0x2800, 0x3800, RAM);
}

static void touching_range_changes_nothing(struct ktest *t)
{
	add(0x2000, 0x3000, RAM);
	e820_range_remove(&table, 0x1000, 0x1000, E820_TYPE_ANY);
	e820_range_remove(&table, 0x3000, 0x1000, E820_TYPE_ANY);
	e820_range_update(&table, 0x2800, 0, RAM, RESERVED);
	KTEST_EXPECT_EQ(t, table.nr, 1);
	expect_entry(t, 0, 0x2000, 0x3000, RAM);
}

static void change_that_does_not_fit_changes_nothing(struct ktest *t)
{
	table.max = 2;
	add(0x1000, 0x9000, RAM);
	KTEST_EXPECT_EQ(t, e820_range_update(&table, 0x3000, 0x1000, RAM,
					     RESERVED), -ENOSPC);
	KTEST_EXPECT_EQ(t, table.nr, 1);
	expect_entry(t, 0, 0x1000, 0x9000, RAM);
	KTEST_EXPECT_EQ(t, e820_range_update(&table, 0x3000, 0x6000, RAM,
					     RESERVED), 0);
	KTEST_EXPECT_EQ(t, table.nr, 2);
}

static void validate_finds_each_broken_rule(struct ktest *t)
{
	static const struct e820_entry broken[][2] = {
		{ { 0x2000, 0x1000, RAM }, { 0x1000, 0x1000, RAM } },
		{ { 0x1000, 0x1001, RAM }, { 0x2000, 0x1000, NVS } },
		{ { 0x1000, 0x1000, RAM }, { 0x2000, 0x1000, RAM } },
		{ { 0x1000, 0x1000, RAM }, { 0x3000, 0, RAM } },
		{ { 0x1000, 0x1000, RAM }, { 0x3000, 1, 0x101 } },
		{ { 0x1000, 0x1000, RAM }, { 1ULL << 52, 1, RAM } },
		{ { 0x1000, 0x1000, RAM }, { 0x3000, ~0ULL, RAM } },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		memcpy(entries, broken[i], sizeof(broken[i]));
		table.nr = 2;
		KTEST_EXPECT_NOT_NULL(t, e820_validate(&table));
	}
}

static const struct ktest_case cases[] = {
	KTEST_CASE(empty_table_stays_empty),
	KTEST_CASE(entries_are_sorted),
	KTEST_CASE(touching_entries_of_one_type_are_joined),
	KTEST_CASE(page_made_of_two_entries_is_whole),
	KTEST_CASE(one_byte_hole_splits),
	KTEST_CASE(reserved_inside_usable_splits_it),
	KTEST_CASE(usable_inside_reserved_disappears),
	KTEST_CASE(stricter_type_wins),
	KTEST_CASE(unknown_types_are_reserved),
	KTEST_CASE(empty_and_wrapping_entries_are_dropped),
	KTEST_CASE(memory_ends_at_2_to_the_52),
	KTEST_CASE(whole_pages_are_inside_the_entry),
	KTEST_CASE(pages_of_any_address_are_counted),
	KTEST_CASE(each_byte_has_its_strictest_type),
	KTEST_CASE(order_of_entries_does_not_matter),
	KTEST_CASE(cleaning_a_clean_table_changes_nothing),
	KTEST_CASE(result_that_does_not_fit_changes_nothing),
	KTEST_CASE(too_little_scratch_changes_nothing),
	KTEST_CASE(full_table_refuses_entries),
	KTEST_CASE(update_changes_the_type_named_inside_the_range),
	KTEST_CASE(update_can_make_memory_usable),
	KTEST_CASE(remove_takes_only_the_range),
	KTEST_CASE(touching_range_changes_nothing),
	KTEST_CASE(change_that_does_not_fit_changes_nothing),
	KTEST_CASE(validate_finds_each_broken_rule),
	{}
};
KTEST_SUITE_FIXTURE(e820, cases, begin, NULL);

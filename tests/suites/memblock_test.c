/*
 * memblock: adding, taking away, marking, growing, and the refusal after the
 * hand-over. Most addresses are made up: nobody touches that memory.
 */
#include <lib/errno.h>
#include <lib/random.h>
#include <lib/string.h>

#include "memblock_fixture.h"

/* Lists */

static void add_sorts_and_merges_neighbours(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memblock_add(0x5000, 0x1000), 0);
	KTEST_EXPECT_EQ(t, memblock_add(0x1000, 0x1000), 0);
	KTEST_EXPECT_EQ(t, memblock_add(0x3000, 0x1000), 0);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE },
		    { 0x3000, 0x4000, 0, NONE }, { 0x5000, 0x6000, 0, NONE });
	memblock_add(0x2000, 0x1000);
	EXPECT_LIST(t, memory, { 0x1000, 0x4000, 0, NONE },
		    { 0x5000, 0x6000, 0, NONE });
	memblock_add(0x3800, 0x1000);
	EXPECT_LIST(t, memory, { 0x1000, 0x4800, 0, NONE },
		    { 0x5000, 0x6000, 0, NONE });
	memblock_add(0, 0x10000);
	EXPECT_LIST(t, memory, { 0, 0x10000, 0, NONE });
}

static void add_of_nothing_changes_nothing(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memblock_add(0x1000, 0), 0);
	KTEST_EXPECT_EQ(t, memblock_reserve(0, 0), 0);
	expect_empty(t, &memblock.memory);
	expect_empty(t, &memblock.reserved);
}

static void ranges_are_cut_at_the_last_address(struct ktest *t)
{
	memblock_add(PHYS_ADDR_MAX - 0xfff, 0x2000);
	EXPECT_LIST(t, memory,
		    { PHYS_ADDR_MAX - 0xfff, PHYS_ADDR_MAX, 0, NONE });
	memblock_add(PHYS_ADDR_MAX, 1);
	KTEST_EXPECT_EQ(t, memblock.memory.total_size, 0xfffULL);
	memblock_remove(PHYS_ADDR_MAX - 0xff, PHYS_ADDR_MAX);
	EXPECT_LIST(t, memory, { PHYS_ADDR_MAX - 0xfff, PHYS_ADDR_MAX - 0xff,
				 0, NONE });
}

static void overlap_keeps_flags_and_node_of_old_entries(struct ktest *t)
{
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x4000, 0x1000, 2, MEMBLOCK_NONE);
	memblock_add_node(0x1000, 0x5000, 3, MEMBLOCK_NONE);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, 3 },
		    { 0x2000, 0x3000, MEMBLOCK_HOTPLUG, 1 },
		    { 0x3000, 0x4000, 0, 3 }, { 0x4000, 0x5000, 0, 2 },
		    { 0x5000, 0x6000, 0, 3 });
}

static void touching_entries_of_other_node_or_flags_stay_apart(struct ktest *t)
{
	memblock_add_node(0x1000, 0x1000, 0, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x3000, 0x1000, 1, MEMBLOCK_MIRROR);
	KTEST_EXPECT_EQ(t, memblock.memory.cnt, 3);
	memblock_add_node(0x4000, 0x1000, 1, MEMBLOCK_MIRROR);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, 0 },
		    { 0x2000, 0x3000, 0, 1 },
		    { 0x3000, 0x5000, MEMBLOCK_MIRROR, 1 });
}

static void remove_cuts_and_splits(struct ktest *t)
{
	memblock_add_node(0x1000, 0x5000, 1, MEMBLOCK_MIRROR);
	KTEST_EXPECT_EQ(t, memblock_remove(0x2000, 0x1000), 0);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, MEMBLOCK_MIRROR, 1 },
		    { 0x3000, 0x6000, MEMBLOCK_MIRROR, 1 });
	memblock_remove(0x1800, 0x2000);
	memblock_remove(0x5800, 0x8000);
	EXPECT_LIST(t, memory, { 0x1000, 0x1800, MEMBLOCK_MIRROR, 1 },
		    { 0x3800, 0x5800, MEMBLOCK_MIRROR, 1 });
	KTEST_EXPECT_EQ(t, memblock_remove(0x9000, 0x1000), 0);
	KTEST_EXPECT_EQ(t, memblock_remove(0x1000, 0), 0);
	KTEST_EXPECT_EQ(t, memblock.memory.cnt, 2);
}

static void last_entry_to_go_clears_slot_zero(struct ktest *t)
{
	memblock_reserve(0x1000, 0x3000);
	memblock_phys_free(0, 0x10000);
	expect_empty(t, &memblock.reserved);
	memblock_add(0x1000, 0x3000);
	memblock_remove(0x1000, 0x3000);
	expect_empty(t, &memblock.memory);
}

static void free_by_pointer_leaves_contents_and_takes_null(struct ktest *t)
{
	u8 *p = page_address(arena_page);

	memblock_reserve(arena, 0x2000);
	p[0] = 0x5a;
	memblock_free(NULL, 0x1000);
	memblock_free(p, 0x1000);
	KTEST_EXPECT_EQ(t, p[0], 0x5a);
	EXPECT_LIST(t, reserved, { arena + 0x1000, arena + 0x2000, 0, NONE });
}

/* Growing */

static void fill(int (*add)(phys_addr_t, phys_addr_t), unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		add(0x100000 + i * 0x2000, 0x1000);
}

static void full_list_moves_to_a_bigger_array(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_add, SLOTS - 1);
	KTEST_EXPECT_EQ(t, memblock.memory.max, SLOTS);
	/* covered already: no need for room */
	memblock_add(0x100000, 0x1000);
	KTEST_EXPECT_PTR_EQ(t, memblock.memory.regions, memory_slots);
	KTEST_EXPECT_EQ(t, memblock_add(0x1000, 0x1000), 0);
	KTEST_EXPECT_EQ(t, memblock.memory.max, 2 * SLOTS);
	KTEST_EXPECT_EQ(t, memblock.memory.cnt, SLOTS + 1);
	KTEST_EXPECT_EQ(t, __pa(memblock.memory.regions),
			arena + ARENA_SIZE - PAGE_SIZE);
	EXPECT_LIST(t, reserved, { arena + ARENA_SIZE - PAGE_SIZE,
				   arena + ARENA_SIZE, 0, NONE });
	KTEST_EXPECT_NULL(t, memblock_validate(&memblock.memory));
}

/* The range is memory that is marked, and the array may lie in it. */
static void memory_grows_inside_the_range_being_marked(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_add, SLOTS - 1);
	KTEST_EXPECT_EQ(t, memblock_mark_hotplug(0, PHYS_ADDR_MAX), 0);
	KTEST_EXPECT_EQ(t, memblock.memory.max, 2 * SLOTS);
	KTEST_EXPECT_EQ(t, __pa(memblock.memory.regions),
			arena + ARENA_SIZE - PAGE_SIZE);
}

static void merging_addition_grows_before_it_merges(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_add, SLOTS - 1);
	memblock_add(0x101000, 0x1000);
	KTEST_EXPECT_EQ(t, memblock.memory.max, 2 * SLOTS);
	KTEST_EXPECT_EQ(t, memblock.memory.cnt, SLOTS - 1);
}

static void taking_away_wants_two_free_entries(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_add, SLOTS - 3);
	memblock_remove(0x100000, 0x1000);
	KTEST_EXPECT_EQ(t, memblock.memory.max, SLOTS);
	fill(memblock_add, SLOTS - 2);
	memblock_remove(0x100000, 0x1000);
	KTEST_EXPECT_EQ(t, memblock.memory.max, 2 * SLOTS);
}

static void outgrown_array_is_freed(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_add, 2 * SLOTS);
	KTEST_EXPECT_EQ(t, memblock.memory.max, 4 * SLOTS);
	KTEST_EXPECT_EQ(t, memblock.reserved.total_size, PAGE_SIZE);
	KTEST_EXPECT_TRUE(t, memblock_is_reserved(
				     __pa(memblock.memory.regions)));
}

static void reserved_grows_outside_the_range_being_reserved(struct ktest *t)
{
	phys_addr_t half = arena + ARENA_SIZE / 2;

	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_reserve, SLOTS);
	KTEST_EXPECT_EQ(t, memblock_reserve(half, ARENA_SIZE / 2), 0);
	KTEST_EXPECT_EQ(t, memblock.reserved.max, 2 * SLOTS);
	KTEST_EXPECT_EQ(t, __pa(memblock.reserved.regions), half - PAGE_SIZE);
	KTEST_EXPECT_TRUE(t, memblock_is_reserved(half - 1));
	KTEST_EXPECT_NULL(t, memblock_validate(&memblock.reserved));
}

static void reserved_prefers_to_grow_above_the_range(struct ktest *t)
{
	memblock_allow_resize();
	memblock_add(arena, ARENA_SIZE);
	fill(memblock_reserve, SLOTS);
	memblock_reserve(arena + PAGE_SIZE, PAGE_SIZE);
	KTEST_EXPECT_EQ(t, __pa(memblock.reserved.regions),
			arena + ARENA_SIZE - PAGE_SIZE);
}

static void growing_without_memory_leaves_the_list_alone(struct ktest *t)
{
	memblock_allow_resize();
	fill(memblock_reserve, SLOTS);
	KTEST_EXPECT_LOGGED(t, "no memory to grow the test reserved list",
		KTEST_EXPECT_EQ(t, memblock_reserve(0x1000, 0x1000), -ENOMEM));
	KTEST_EXPECT_PTR_EQ(t, memblock.reserved.regions, reserved_slots);
	KTEST_EXPECT_EQ(t, memblock.reserved.cnt, SLOTS);
	/* the only memory is what is being reserved, from address 0 on */
	memblock_add(0, 0x8000);
	KTEST_EXPECT_LOGGED(t, "no memory to grow",
		KTEST_EXPECT_EQ(t, memblock_reserve(0, 0x8000), -ENOMEM));
	KTEST_EXPECT_EQ(t, memblock.reserved.max, SLOTS);
}

static void entries_stay_where_they_are(struct ktest *t)
{
	struct memblock_region *r = &memblock.memory.regions[0];

	memblock_add(0x1000, 0x1000);
	memblock_add(0x2000, 0x1000);
	KTEST_EXPECT_PTR_EQ(t, memblock.memory.regions, r);
	KTEST_EXPECT_EQ(t, r->size, 0x2000ULL);
}

/* Flags, nodes, cutting down */

static void marking_splits_changes_and_merges_again(struct ktest *t)
{
	memblock_add(0x1000, 0x4000);
	KTEST_EXPECT_EQ(t, memblock_mark_hotplug(0x2000, 0x1000), 0);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE },
		    { 0x2000, 0x3000, MEMBLOCK_HOTPLUG, NONE },
		    { 0x3000, 0x5000, 0, NONE });
	memblock_mark_mirror(0x2800, 0x1000);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE },
		    { 0x2000, 0x2800, MEMBLOCK_HOTPLUG, NONE },
		    { 0x2800, 0x3000, MEMBLOCK_HOTPLUG | MEMBLOCK_MIRROR,
		      NONE },
		    { 0x3000, 0x3800, MEMBLOCK_MIRROR, NONE },
		    { 0x3800, 0x5000, 0, NONE });
	memblock_clear_hotplug(0, 0x10000);
	EXPECT_LIST(t, memory, { 0x1000, 0x2800, 0, NONE },
		    { 0x2800, 0x3800, MEMBLOCK_MIRROR, NONE },
		    { 0x3800, 0x5000, 0, NONE });
}

static void marking_an_empty_list_changes_nothing(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, memblock_mark_hotplug(0, 0x1000), 0);
	KTEST_EXPECT_EQ(t, memblock_set_node(0, 0x1000, &memblock.reserved, 1),
			0);
	memblock_cap_memory_range(0x1000, 0x1000);
	expect_empty(t, &memblock.memory);
	expect_empty(t, &memblock.reserved);
}

/* Not even where the entry would have to be split. */
static void no_bytes_inside_an_entry_change_nothing(struct ktest *t)
{
	memblock_add(0x1000, 0x1000);
	memblock_reserve(0x1000, 0x1000);
	KTEST_EXPECT_EQ(t, memblock_remove(0x1800, 0), 0);
	KTEST_EXPECT_EQ(t, memblock_phys_free(0x1800, 0), 0);
	KTEST_EXPECT_EQ(t, memblock_mark_mirror(0x1800, 0), 0);
	KTEST_EXPECT_EQ(t, memblock_set_node(0x1800, 0, &memblock.memory, 1),
			0);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE });
	EXPECT_LIST(t, reserved, { 0x1000, 0x2000, 0, NONE });
}

static void unmapped_memory_is_memory_but_not_mapped(struct ktest *t)
{
	memblock_add(0x1000, 0x4000);
	memblock_mark_nomap(0x2000, 0x1000);
	KTEST_EXPECT_TRUE(t, memblock_is_memory(0x2000));
	KTEST_EXPECT_FALSE(t, memblock_is_map_memory(0x2000));
	KTEST_EXPECT_TRUE(t, memblock_is_map_memory(0x3000));
	memblock_clear_nomap(0x2000, 0x1000);
	EXPECT_LIST(t, memory, { 0x1000, 0x5000, 0, NONE });
}

static void nodes_and_noinit_split_their_list(struct ktest *t)
{
	memblock_add(0x1000, 0x4000);
	memblock_set_node(0x1000, 0x2000, &memblock.memory, 1);
	memblock_set_node(0x3000, 0x8000, &memblock.memory, 1);
	EXPECT_LIST(t, memory, { 0x1000, 0x5000, 0, 1 });
	memblock_reserve(0x1000, 0x2000);
	memblock_reserved_mark_noinit(0x1000, 0x1000);
	EXPECT_LIST(t, reserved,
		    { 0x1000, 0x2000, MEMBLOCK_RSRV_NOINIT, NONE },
		    { 0x2000, 0x3000, 0, NONE });
}

static void trim_keeps_whole_units_and_the_sum(struct ktest *t)
{
	memblock_add(0x1001, 0x2fff);
	memblock_add(0x5010, 0x100);
	memblock_add(0x6800, 0x1000);
	memblock_add(0x8000, 0x2fff);
	memblock_add(PHYS_ADDR_MAX - 0x10, 0x10);
	memblock_trim_memory(0x1000);
	EXPECT_LIST(t, memory, { 0x2000, 0x4000, 0, NONE },
		    { 0x8000, 0xa000, 0, NONE });
}

static void memory_limit_counts_bytes_and_cuts_both_lists(struct ktest *t)
{
	memblock_add(0x1000, 0x1000);
	memblock_add(0x4000, 0x2000);
	memblock_reserve(0x4800, 0x8000);
	memblock_enforce_memory_limit(0);
	memblock_enforce_memory_limit(0x3001);
	KTEST_EXPECT_EQ(t, memblock_phys_mem_size(), 0x3000ULL);
	KTEST_EXPECT_EQ(t, memblock_reserved_size(), 0x8000ULL);
	/* all of memory: only what is reserved above it goes */
	memblock_enforce_memory_limit(0x3000);
	EXPECT_LIST(t, reserved, { 0x4800, 0x6000, 0, NONE });
	memblock_enforce_memory_limit(0x2000);
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE },
		    { 0x4000, 0x5000, 0, NONE });
	EXPECT_LIST(t, reserved, { 0x4800, 0x5000, 0, NONE });
}

static void capping_keeps_the_range_and_unmapped_entries(struct ktest *t)
{
	memblock_reserve(0x1000, 0x8000);
	memblock_cap_memory_range(0x3000, 0x2000);	/* there is none */
	EXPECT_LIST(t, reserved, { 0x1000, 0x9000, 0, NONE });
	memblock_add(0x1000, 0x8000);
	memblock_cap_memory_range(0x3000, 0);
	EXPECT_LIST(t, memory, { 0x1000, 0x9000, 0, NONE });
	memblock_mark_nomap(0x2000, 0x2000);
	memblock_cap_memory_range(0x3000, 0x2000);
	EXPECT_LIST(t, memory, { 0x2000, 0x4000, MEMBLOCK_NOMAP, NONE },
		    { 0x4000, 0x5000, 0, NONE });
	EXPECT_LIST(t, reserved, { 0x3000, 0x5000, 0, NONE });
}

/* After the hand-over */

static void nothing_changes_after_the_hand_over(struct ktest *t)
{
	memblock_add(0x1000, 0x1000);
	memblock.handed_over = true;
	KTEST_EXPECT_LOGGED(t, "adding a range refused",
		KTEST_EXPECT_EQ(t, memblock_add(0x3000, 0x1000), -EBUSY));
	KTEST_EXPECT_LOGGED(t, "adding a range refused",
		KTEST_EXPECT_EQ(t, memblock_reserve(0x1000, 0x1000), -EBUSY));
	KTEST_EXPECT_LOGGED(t, "changing a range refused",
		KTEST_EXPECT_EQ(t, memblock_remove(0x1000, 0x1000), -EBUSY));
	KTEST_EXPECT_LOGGED(t, "changing a range refused",
		KTEST_EXPECT_EQ(t, memblock_mark_nomap(0, 0x2000), -EBUSY));
	KTEST_EXPECT_LOGGED(t, "changing a range refused",
		KTEST_EXPECT_EQ(t, memblock_set_node(0, 0x2000,
						     &memblock.memory, 1),
				-EBUSY));
	KTEST_EXPECT_LOGGED(t, "changing a range refused",
		memblock_cap_memory_range(0x3000, 0x1000));
	KTEST_EXPECT_LOGGED(t, "allocation refused",
		KTEST_EXPECT_NULL(t, memblock_alloc_from(16, 16, 0x1000)));
	KTEST_EXPECT_LOGGED(t, "trimming memory refused",
		memblock_trim_memory(0x2000));
	KTEST_EXPECT_LOGGED(t, "second hand-over refused", memblock_free_all());
	EXPECT_LIST(t, memory, { 0x1000, 0x2000, 0, NONE });
	expect_empty(t, &memblock.reserved);
}

/* A model: one byte per unit of address. */

#define MODEL_UNITS 256
#define MODEL_UNIT 0x100
#define MODEL_BASE 0x100000

static bool matches(const struct memblock_type *type, const u8 *model)
{
	phys_addr_t sum = 0;
	unsigned int i;

	for (i = 0; i < MODEL_UNITS; i++) {
		phys_addr_t addr = MODEL_BASE + i * MODEL_UNIT;

		if (memblock_overlaps_region((struct memblock_type *)type,
					     addr, MODEL_UNIT) != model[i])
			return false;
		sum += model[i] * MODEL_UNIT;
	}
	return sum == type->total_size && !memblock_validate(type);
}

static void random_ranges_match_a_byte_map(struct ktest *t)
{
	static struct memblock_region big[2][MODEL_UNITS];
	static u8 model[2][MODEL_UNITS];
	struct rng rng = rng_seed(0x3e3b10c4);
	unsigned int n;

	memset(model, 0, sizeof(model));
	memblock.memory.regions = big[0];
	memblock.reserved.regions = big[1];
	memblock.memory.max = memblock.reserved.max = MODEL_UNITS;
	for (n = 0; n < 2000; n++) {
		unsigned int first = (unsigned int)rng_below(&rng, MODEL_UNITS);
		unsigned int len = (unsigned int)rng_below(&rng, 24);
		u64 op = rng_below(&rng, 4);
		phys_addr_t base = MODEL_BASE + first * MODEL_UNIT;
		phys_addr_t size;

		len = min(len, MODEL_UNITS - first);
		size = (phys_addr_t)len * MODEL_UNIT;
		memset(&model[op & 1][first], op < 2, len);
		if (op < 2)
			(op ? memblock_reserve : memblock_add)(base, size);
		else
			(op & 1 ? memblock_phys_free :
				  memblock_remove)(base, size);
		KTEST_ASSERT_TRUE(t, matches(&memblock.memory, model[0]));
		KTEST_ASSERT_TRUE(t, matches(&memblock.reserved, model[1]));
	}
}

static void dump_names_every_entry(struct ktest *t)
{
	memblock_add(0x1000, 0x3000);
	memblock_mark_nomap(0x2000, 0x1000);
	memblock_reserve(0x1800, 0x10);
	KTEST_EXPECT_LOGGED(t, "test memory: 3 of 8 entries, 12288 bytes",
		      memblock_dump_all());
	KTEST_EXPECT_LOGGED(t, "[0x0000000000002000-0x0000000000002fff] 4096 bytes",
		      memblock_dump_all());
	KTEST_EXPECT_LOGGED(t, "flags 0x4", memblock_dump_all());
	KTEST_EXPECT_LOGGED(t, "test reserved: 1 of 8 entries, 16 bytes",
		      memblock_dump_all());
	KTEST_EXPECT_LOGGED(t, "[0x0000000000001800-0x000000000000180f] 16 bytes",
		      memblock_dump_all());
}

static const struct ktest_case cases[] = {
	KTEST_CASE(add_sorts_and_merges_neighbours),
	KTEST_CASE(add_of_nothing_changes_nothing),
	KTEST_CASE(ranges_are_cut_at_the_last_address),
	KTEST_CASE(overlap_keeps_flags_and_node_of_old_entries),
	KTEST_CASE(touching_entries_of_other_node_or_flags_stay_apart),
	KTEST_CASE(remove_cuts_and_splits),
	KTEST_CASE(last_entry_to_go_clears_slot_zero),
	KTEST_CASE(free_by_pointer_leaves_contents_and_takes_null),
	KTEST_CASE(full_list_moves_to_a_bigger_array),
	KTEST_CASE(memory_grows_inside_the_range_being_marked),
	KTEST_CASE(merging_addition_grows_before_it_merges),
	KTEST_CASE(taking_away_wants_two_free_entries),
	KTEST_CASE(outgrown_array_is_freed),
	KTEST_CASE(reserved_grows_outside_the_range_being_reserved),
	KTEST_CASE(reserved_prefers_to_grow_above_the_range),
	KTEST_CASE(growing_without_memory_leaves_the_list_alone),
	KTEST_CASE(entries_stay_where_they_are),
	KTEST_CASE(marking_splits_changes_and_merges_again),
	KTEST_CASE(marking_an_empty_list_changes_nothing),
	KTEST_CASE(no_bytes_inside_an_entry_change_nothing),
	KTEST_CASE(unmapped_memory_is_memory_but_not_mapped),
	KTEST_CASE(nodes_and_noinit_split_their_list),
	KTEST_CASE(trim_keeps_whole_units_and_the_sum),
	KTEST_CASE(memory_limit_counts_bytes_and_cuts_both_lists),
	KTEST_CASE(capping_keeps_the_range_and_unmapped_entries),
	KTEST_CASE(nothing_changes_after_the_hand_over),
	KTEST_CASE(random_ranges_match_a_byte_map),
	KTEST_CASE(dump_names_every_entry),
	{}
};
KTEST_SUITE_FIXTURE(memblock, cases, memblock_swap_in, memblock_swap_out);

/*
 * For Frama-C: whatever firmware says of memory, the map's cleaner touches
 * nothing but the tables it was given, and computes nothing that C leaves
 * undefined. That the cleaned map is right is another matter: the suite e820
 * and the corpus of maps compare it with a slow answer.
 *
 * A map has 0 to ENTRIES entries of any value, in a table with room for twice
 * as many. sort() by itself is proved to stay in its array; for e820_sanitize()
 * it is then any_order(), which leaves any addresses, ranks and steps there can
 * be: Eva does not follow whole elements through a swap of bytes.
 */
#include "eva.h"

#include <lib/sort.h>

static bool eva_add_overflow(u64 a, u64 b, u64 *sum)
{
	*sum = a + b;
	return *sum < a;
}

static void any_order(void *base, size_t n, size_t size,
		      int (*cmp)(const void *a, const void *b));
#define sort any_order
#include "../../arch/x86/e820.c"
#undef sort

#define ENTRIES 6
#define ROOM (2 * ENTRIES)

static E820_TABLE(map, ROOM);
static struct e820_point scratch[2 * ENTRIES];

static u64 any(void)
{
	return Frama_C_unsigned_long_interval(0, ~0UL);
}

static void any_order(void *base, size_t n, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	struct e820_point *points = base;
	size_t i;

	/*@ loop unroll 2 * ENTRIES; */
	for (i = 0; i < n; i++) {
		points[i].addr = any();
		points[i].rank = Frama_C_unsigned_int_interval(1, NR_RANKS - 1);
		points[i].step = Frama_C_nondet(-1, 1);
	}
}

static void any_map(unsigned int nr)
{
	Frama_C_make_unknown((char *)map_entries, sizeof(map_entries));
	map.nr = nr;
}

void prove_sanitize(void)
{
	unsigned int nr;

	/*@ loop unroll ENTRIES + 1; */
	for (nr = 0; nr <= ENTRIES; nr++) {
		any_map(nr);
		e820_sanitize(&map, scratch, ARRAY_SIZE(scratch));
	}
}

void prove_sort(void)
{
	unsigned int nr;

	/*@ loop unroll 2 * ENTRIES + 1; */
	for (nr = 0; nr <= 2 * ENTRIES; nr++) {
		Frama_C_make_unknown((char *)scratch, sizeof(scratch));
		sort(scratch, nr, sizeof(*scratch), by_address);
	}
}

void prove_change(void)
{
	unsigned int nr;

	/*@ loop unroll ENTRIES + 1; */
	for (nr = 0; nr <= ENTRIES; nr++) {
		any_map(nr);
		e820_range_update(&map, any(), any(), (u32)any(), (u32)any());
		any_map(nr);
		e820_range_remove(&map, any(), any(), (u32)any());
	}
}

void prove_reading(void)
{
	u64 start, end;

	any_map(ENTRIES);
	e820_validate(&map);
	e820_print(&map, "any");
	e820_end_of_ram(&map);
	e820_usable_pfns(&map_entries[0], &start, &end);
}

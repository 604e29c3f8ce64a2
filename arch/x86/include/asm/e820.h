/*
 * The PC's map of physical memory. Counterpart: Linux's asm/e820/api.h.
 *
 * A table starts out as firmware gave it (any order, overlaps, nonsense) and
 * becomes *clean* by e820_sanitize(): sorted, disjoint, below 2^52, each byte
 * one type, neighbours of one type joined. Byte-exact: rounding to pages is
 * for whoever reads a clean table, with e820_usable_pfns().
 *
 * The caller gives the memory, so a table may live anywhere and be any size.
 * Nothing is allocated. A table that runs full is an error that changes
 * nothing: memory is never lost in silence.
 */
#ifndef ASM_E820_H
#define ASM_E820_H

#include <lib/types.h>

/* Linux's names and firmware's numbers. All 32 bits of a type count. */
enum e820_type {
	E820_TYPE_RAM = 1,
	E820_TYPE_RESERVED = 2,
	E820_TYPE_ACPI = 3,
	E820_TYPE_NVS = 4,
	E820_TYPE_UNUSABLE = 5,
	E820_TYPE_PMEM = 7,
};
#define E820_TYPE_SOFT_RESERVED 0xefffffffu

/* For e820_range_update() and e820_range_remove(): whatever is there. */
#define E820_TYPE_ANY 0u

/* Physical addresses have at most 52 bits on any x86 CPU. */
#define E820_ADDRESS_END (1ULL << 52)

struct e820_entry {
	u64 base, size;		/* bytes */
	u32 type;
};

struct e820_table {
	struct e820_entry *entries;
	unsigned int nr, max;
};

/* A table of its own with room for max_ entries. */
#define E820_TABLE(name_, max_) \
	struct e820_entry name_##_entries[max_]; \
	struct e820_table name_ = { name_##_entries, 0, max_ }

/* Working memory of e820_sanitize(): two for each entry. */
struct e820_point {
	u64 addr;
	u32 rank;
	s32 step;		/* +1: a range begins here, -1: ends */
};

/* Appends as given, unchecked. 0, or -ENOSPC if the table is full. */
int e820_add(struct e820_table *table, u64 base, u64 size, u32 type);

/*
 * Cleans the table in place. Where ranges overlap the most restrictive type
 * wins; unknown types are reserved; entries of length zero, and those that
 * run past 2^64, are dropped; what lies at or above 2^52 is cut off. The
 * result does not depend on the order of the entries. n entries give at most
 * 2n - 1. 0, or -ENOSPC (told in the log, table unchanged) if scratch has
 * fewer than 2 * nr points or the result would not fit. n log n.
 */
int e820_sanitize(struct e820_table *table, struct e820_point *scratch,
		  unsigned int nr_scratch);

/*
 * Gives the bytes of [base, base + size) that have type old the type new, or
 * takes them away. Works on clean and unclean tables; the result of either
 * wants e820_sanitize(). A range past 2^64 ends there. 0, or -ENOSPC (told in
 * the log, table unchanged).
 */
int e820_range_update(struct e820_table *table, u64 base, u64 size, u32 old,
		      u32 new);
int e820_range_remove(struct e820_table *table, u64 base, u64 size, u32 old);

/* The whole pages inside a usable entry; false if there is none. */
bool e820_usable_pfns(const struct e820_entry *entry, u64 *start_pfn,
		      u64 *end_pfn);

/* End of the last usable byte of a clean table; 0 if there is none. */
u64 e820_end_of_ram(const struct e820_table *table);

/*
 * First broken rule of a table that should be clean, as text, or NULL.
 */
const char *e820_validate(const struct e820_table *table);

/* Prints every entry, each line beginning with who. */
void e820_print(const struct e820_table *table, const char *who);
const char *e820_type_name(u32 type);

#endif

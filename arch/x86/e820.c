/*
 * e820: from what firmware says to a map one can trust.
 *
 * Firmware's list has any order, overlaps, duplicates, holes, entries of no
 * length and entries that wrap. Wanted is a list that gives each byte exactly
 * one type, and the careful one where firmware says two things.
 *
 * Algorithm (a sweep line):
 *
 *  1. Each entry becomes two points: here its range begins, here it ends.
 *  2. The points are sorted by address.
 *  3. Going up, count how many open ranges there are of each rank. Between
 *     two points the highest rank with an open range is the answer.
 *  4. Where the answer changes one entry ends and the next begins.
 *
 *	usable     |==============================|      rank 1
 *	acpi             |=======|                       rank 4
 *	reserved             |=======|                   rank 6
 *	           -----------------------------------> address
 *	clean      | u   |ac |  res  |     usable |
 *
 * Nothing in it looks at the order of the input, so the order cannot matter.
 * Joining neighbours needs no step of its own: an answer that stays the same
 * is not an end. All of it is in bytes; a byte-wide reserved hole splits a
 * usable range, two halves of a page that touch become whole again.
 *
 * Invariants: clean entries are sorted and disjoint; size > 0; two that touch
 * differ in type; the sum of usable bytes is the number of bytes that some
 * entry calls usable and none calls anything else.
 *
 * Cost: n log n for the sort, 32 bytes of scratch per entry. The sweep runs
 * twice, first only counting: a result that does not fit changes nothing.
 */
#include <asm/e820.h>
#include <asm/page.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/overflow.h>
#include <lib/sort.h>

/* From the most useful to the most restrictive; the highest one wins. */
static const struct {
	u32 type;
	const char *name;
} ranks[] = {
	{ 0, "hole" },
	{ E820_TYPE_RAM, "usable" },
	{ E820_TYPE_SOFT_RESERVED, "soft reserved" },
	{ E820_TYPE_PMEM, "persistent" },
	{ E820_TYPE_ACPI, "ACPI data" },
	{ E820_TYPE_NVS, "ACPI NVS" },
	{ E820_TYPE_RESERVED, "reserved" },
	{ E820_TYPE_UNUSABLE, "unusable" },
};

#define NR_RANKS ARRAY_SIZE(ranks)

static u32 rank_of(u32 type)
{
	u32 rank;

	for (rank = 1; rank < NR_RANKS; rank++)
		if (ranks[rank].type == type)
			return rank;
	return rank_of(E820_TYPE_RESERVED);
}

const char *e820_type_name(u32 type)
{
	return ranks[rank_of(type)].name;
}

static int table_full(const struct e820_table *table, unsigned int wanted)
{
	pr_err("e820: %u entries wanted, room for %u: memory map not changed\n",
	       wanted, table->max);
	return -ENOSPC;
}

int e820_add(struct e820_table *table, u64 base, u64 size, u32 type)
{
	if (table->nr >= table->max)
		return -ENOSPC;
	table->entries[table->nr++] = (struct e820_entry){ base, size, type };
	return 0;
}

/* Where an entry ends; false if it is empty or runs past 2^64. */
static bool entry_end(const struct e820_entry *entry, u64 *end)
{
	return !check_add_overflow(entry->base, entry->size, end) &&
	       entry->size;
}

static unsigned int collect_points(const struct e820_table *table,
				   struct e820_point *points)
{
	unsigned int i, nr = 0;

	for (i = 0; i < table->nr; i++) {
		const struct e820_entry *e = &table->entries[i];
		u64 end;

		if (!entry_end(e, &end) || e->base >= E820_ADDRESS_END)
			continue;
		end = min_t(u64, end, E820_ADDRESS_END);
		points[nr].addr = e->base;
		points[nr].rank = rank_of(e->type);
		points[nr++].step = 1;
		points[nr].addr = end;
		points[nr].rank = rank_of(e->type);
		points[nr++].step = -1;
	}
	return nr;
}

static int by_address(const void *a, const void *b)
{
	const struct e820_point *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static u32 highest_open(const int *open)
{
	u32 rank = NR_RANKS - 1;

	while (rank && !open[rank])
		rank--;
	return rank;
}

/* Number of clean entries; written to out unless that is NULL. */
static unsigned int sweep(const struct e820_point *points, unsigned int nr,
			  struct e820_entry *out)
{
	int open[NR_RANKS] = { 0 };
	unsigned int i = 0, nr_out = 0;
	u32 current = 0;
	u64 since = 0;

	while (i < nr) {
		u64 addr = points[i].addr;
		u32 next;

		for (; i < nr && points[i].addr == addr; i++)
			open[points[i].rank] += points[i].step;
		next = highest_open(open);
		if (next == current)
			continue;
		if (current && out)
			out[nr_out] = (struct e820_entry){
				since, addr - since, ranks[current].type };
		nr_out += current != 0;
		current = next;
		since = addr;
	}
	return nr_out;
}

int e820_sanitize(struct e820_table *table, struct e820_point *scratch,
		  unsigned int nr_scratch)
{
	unsigned int nr, nr_out;

	if (nr_scratch / 2 < table->nr) {
		pr_err("e820: %u entries, scratch for %u\n", table->nr,
		       nr_scratch / 2);
		return -ENOSPC;
	}
	nr = collect_points(table, scratch);
	sort(scratch, nr, sizeof(*scratch), by_address);
	nr_out = sweep(scratch, nr, NULL);
	if (nr_out > table->max)
		return table_full(table, nr_out);
	table->nr = sweep(scratch, nr, table->entries);
	return 0;
}

/*
 * A range cuts an entry into up to three pieces; the middle one is inside.
 *
 *	entry        |=======================|
 *	range              |---------|
 *	             | left| middle  | right |
 */
struct cut {
	u64 start, end;			/* middle */
	u64 left, right;		/* bytes outside */
};

static bool cut_entry(const struct e820_entry *e, u64 start, u64 end, u32 old,
		      struct cut *cut)
{
	u64 entry_stop;

	if (old != E820_TYPE_ANY && e->type != old)
		return false;
	if (!entry_end(e, &entry_stop))
		return false;
	cut->start = max(e->base, start);
	cut->end = min(entry_stop, end);
	if (cut->start >= cut->end)
		return false;
	cut->left = cut->start - e->base;
	cut->right = entry_stop - cut->end;
	return true;
}

static u64 range_end(u64 base, u64 size)
{
	u64 end;

	return check_add_overflow(base, size, &end) ? ~0ULL : end;
}

/* Entries there may be in the end: each piece outside is one more. */
static unsigned int count_pieces(const struct e820_table *table, u64 start,
				 u64 end, u32 old)
{
	unsigned int i, nr = table->nr;
	struct cut cut;

	for (i = 0; i < table->nr; i++)
		if (cut_entry(&table->entries[i], start, end, old, &cut))
			nr += (cut.left != 0) + (cut.right != 0);
	return nr;
}

/* Appends the pieces outside, leaves the middle in place of the entry. */
static void split_at(struct e820_table *table, struct e820_entry *e,
		     const struct cut *cut)
{
	if (cut->left)
		e820_add(table, e->base, cut->left, e->type);
	if (cut->right)
		e820_add(table, cut->end, cut->right, e->type);
	e->base = cut->start;
	e->size = cut->end - cut->start;
}

/*
 * What lies in the range and has the type old becomes an entry of its own,
 * with the type new and, unless it is to be kept, of no size.
 */
static int change_range(struct e820_table *table, u64 base, u64 size, u32 old,
			u32 new, bool keep)
{
	u64 end = range_end(base, size);
	unsigned int i, nr = table->nr;
	unsigned int wanted = count_pieces(table, base, end, old);
	struct cut cut;

	if (wanted > table->max)
		return table_full(table, wanted);
	for (i = 0; i < nr; i++) {
		struct e820_entry *e = &table->entries[i];

		if (!cut_entry(e, base, end, old, &cut))
			continue;
		split_at(table, e, &cut);
		e->type = new;
		if (!keep)
			e->size = 0;
	}
	return 0;
}

int e820_range_update(struct e820_table *table, u64 base, u64 size, u32 old,
		      u32 new)
{
	return change_range(table, base, size, old, new, true);
}

static void drop_empty(struct e820_table *table)
{
	unsigned int i, nr = 0;

	for (i = 0; i < table->nr; i++)
		if (table->entries[i].size)
			table->entries[nr++] = table->entries[i];
	table->nr = nr;
}

int e820_range_remove(struct e820_table *table, u64 base, u64 size, u32 old)
{
	int err = change_range(table, base, size, old, old, false);

	if (!err)
		drop_empty(table);
	return err;
}

bool e820_usable_pfns(const struct e820_entry *entry, u64 *start_pfn,
		      u64 *end_pfn)
{
	u64 end;

	if (entry->type != E820_TYPE_RAM || !entry_end(entry, &end))
		return false;
	/* PFN_UP() has as many bits as a kernel's frames, firmware has 64. */
	*start_pfn = (entry->base >> PAGE_SHIFT) +
		     (entry->base % PAGE_SIZE != 0);
	*end_pfn = end >> PAGE_SHIFT;
	return *start_pfn < *end_pfn;
}

u64 e820_end_of_ram(const struct e820_table *table)
{
	unsigned int i = table->nr;

	while (i-- > 0)
		if (table->entries[i].type == E820_TYPE_RAM)
			return table->entries[i].base + table->entries[i].size;
	return 0;
}

const char *e820_validate(const struct e820_table *table)
{
	u64 last_end = 0, end;
	u32 last_type = 0;
	unsigned int i;

	if (table->nr > table->max)
		return "more entries than there is room for";
	for (i = 0; i < table->nr; i++) {
		const struct e820_entry *e = &table->entries[i];

		if (!entry_end(e, &end))
			return "an entry is empty or wraps";
		if (end > E820_ADDRESS_END)
			return "an entry reaches beyond 2^52";
		if (e->base < last_end)
			return "entries overlap or are not sorted";
		if (i && e->base == last_end && e->type == last_type)
			return "neighbours of one type are not joined";
		if (ranks[rank_of(e->type)].type != e->type)
			return "a type nobody knows";
		last_end = end;
		last_type = e->type;
	}
	return NULL;
}

static void print_entry(const struct e820_entry *e, const char *who)
{
	const char *name = e820_type_name(e->type);
	u64 end;

	if (!entry_end(e, &end)) {
		pr_info("%s: [mem 0x%016llx + 0x%llx] %s, ignored: %s\n", who,
			e->base, e->size, name, e->size ? "wraps" : "empty");
		return;
	}
	if (ranks[rank_of(e->type)].type != e->type) {
		pr_info("%s: [mem 0x%016llx-0x%016llx] %s (type %u)\n", who,
			e->base, end - 1, name, e->type);
		return;
	}
	pr_info("%s: [mem 0x%016llx-0x%016llx] %s\n", who, e->base, end - 1,
		name);
}

void e820_print(const struct e820_table *table, const char *who)
{
	unsigned int i;

	for (i = 0; i < table->nr; i++)
		print_entry(&table->entries[i], who);
}

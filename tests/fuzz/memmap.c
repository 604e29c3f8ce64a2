/*
 * Fuzz target: firmware's map, the user's corrections of it, what is left as
 * RAM (arch/x86/e820.c, memmap_param.c, and memblock behind them).
 *
 *	byte 0		number of entries; bit 7: no more room than entries
 *	entries		base (8 bytes), size (8), type (4)
 *	the rest	words of a command line: mem=... memmap=...
 *
 * The model does not sort: it asks all entries about one address. Answers can
 * only change where an entry or a correction begins or ends, so it asks there,
 * and next to it.
 */
#include <string.h>

#include <asm/e820.h>
#include <asm/memmap_param.h>
#include <asm/page.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

#include "../../kernel/cmdline_words.h"
#include "fuzz.h"

#define MAX_ENTRIES 24u
#define ROOM 512u
#define MAX_REGIONS 1024u

static struct e820_entry given[MAX_ENTRIES];
static unsigned int nr_given;
static struct memmap_changes changes;

/* ----- the model ----- */

static int strictness(u32 type)
{
	static const u32 order[] = { E820_TYPE_RAM, E820_TYPE_SOFT_RESERVED,
				     E820_TYPE_PMEM, E820_TYPE_ACPI,
				     E820_TYPE_NVS, E820_TYPE_RESERVED,
				     E820_TYPE_UNUSABLE };
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(order); i++)
		if (order[i] == type)
			return i + 1;
	return strictness(E820_TYPE_RESERVED);
}

static int stricter(int best, const struct e820_entry *e, u64 addr)
{
	u64 end = e->base + e->size;

	if (end < e->base || addr < e->base || addr >= end)
		return best;
	return max(best, strictness(e->type));
}

/* RAM and all else apart: the end of RAM is a matter of RAM alone. */
struct answer {
	int ram, other;
};

static void ask(struct answer *a, const struct e820_entry *e, u64 addr)
{
	if (e->type == E820_TYPE_RAM)
		a->ram = stricter(a->ram, e, addr);
	else
		a->other = stricter(a->other, e, addr);
}

/* 0 none, else the strictest that firmware and user say of an address. */
static int model_at(u64 addr)
{
	struct answer a = { 0, 0 };
	unsigned int i;

	for (i = 0; i < nr_given; i++)
		ask(&a, &given[i], addr);
	for (i = 0; i < changes.nr; i++) {
		const struct memmap_change *c = &changes.change[i];
		struct e820_entry e = { c->base, c->size, c->type };

		if (c->action == MEMMAP_EXACT)
			a = (struct answer){ 0, 0 };
		else if (c->action == MEMMAP_ADD)
			ask(&a, &e, addr);
		else if (addr >= c->base)
			a.ram = 0;
	}
	return addr < E820_ADDRESS_END ? max(a.ram, a.other) : 0;
}

static int table_at(const struct e820_table *table, u64 addr)
{
	unsigned int i;
	int best = 0;

	for (i = 0; i < table->nr; i++)
		best = stricter(best, &table->entries[i], addr);
	return best;
}

/* A page is RAM for memblock if all its bytes are. */
static bool table_has_page(const struct e820_table *table, u64 addr)
{
	u64 first = addr - addr % PAGE_SIZE, last = first + PAGE_SIZE - 1;
	const struct e820_entry *e = table->entries;

	for (; e < table->entries + table->nr; e++)
		if (e->type == E820_TYPE_RAM && first >= e->base &&
		    last < e->base + e->size)
			return true;
	return false;
}

static void compare_around(const struct e820_table *table, u64 addr)
{
	int d;

	for (d = -1; d <= 1; d++) {
		u64 at = addr + (u64)(s64)d;
		int model = model_at(at);

		if (table_at(table, at) != model)
			fuzz_fail("0x%llx: %d, not %d", at,
				  table_at(table, at), model);
		if (memblock_is_memory(at) != table_has_page(table, at))
			fuzz_fail("memblock about 0x%llx", at);
	}
}

static void compare(const struct e820_table *table)
{
	unsigned int i;

	for (i = 0; i < nr_given; i++) {
		compare_around(table, given[i].base);
		compare_around(table, given[i].base + given[i].size);
	}
	for (i = 0; i < changes.nr; i++) {
		compare_around(table, changes.change[i].base);
		compare_around(table, changes.change[i].base +
			       changes.change[i].size);
	}
	for (i = 0; i < table->nr; i++) {
		compare_around(table, table->entries[i].base);
		compare_around(table, table->entries[i].base +
			       table->entries[i].size);
	}
}

/* ----- the input ----- */

static int set_mem(const char *value)
{
	return memmap_parse_mem(&changes, value);
}

static int set_memmap(const char *value)
{
	return memmap_parse_memmap(&changes, value);
}

static const struct cmdline_param params[] = {
	{ "mem", set_mem },
	{ "memmap", set_memmap },
};

static void read_words(struct input *in)
{
	size_t n = input_left(in);
	char *line = guard_open(0, n + 1, 1);

	memcpy(line, in->next, n);
	line[n] = 0;
	changes.nr = 0;
	cmdline_apply(line, params, params + ARRAY_SIZE(params));
	if (changes.nr > MEMMAP_MAX_CHANGES)
		fuzz_fail("more changes than there is room for");
}

static void read_entries(struct input *in, unsigned int nr)
{
	for (nr_given = 0; nr_given < nr; nr_given++) {
		struct e820_entry *e = &given[nr_given];

		e->base = take(in, 8);
		e->size = take(in, 8);
		e->type = (u32)take(in, 4);
	}
}

/* As it is at power-on, with room for everything. */
static void fill_memblock(const struct e820_table *table)
{
	static struct memblock_region memory[MAX_REGIONS];
	u64 start, end, pages = 0;
	unsigned int i;

	memset(memory, 0, sizeof(memory));
	memblock.memory.regions = memory;
	memblock.memory.max = MAX_REGIONS;
	memblock.memory.cnt = 0;
	memblock.memory.total_size = 0;
	for (i = 0; i < table->nr; i++) {
		if (!e820_usable_pfns(&table->entries[i], &start, &end))
			continue;
		memblock_add(PFN_PHYS(start), PFN_PHYS(end - start));
		pages += end - start;
	}
	fuzz_valid(memblock_validate(&memblock.memory));
	if (memblock.memory.total_size != PFN_PHYS(pages))
		fuzz_fail("memblock counts %llu bytes of %llu pages",
			  memblock.memory.total_size, pages);
}

/*
 * Twice as many entries less one are always enough, and scratch for just so
 * many. Where there is only as much room as entries it may be too little: then
 * nothing has changed.
 */
static bool clean(struct e820_table *table, const struct e820_table *raw,
		  bool tight)
{
	unsigned int nr = raw->nr;
	size_t size = nr * sizeof(*raw->entries);
	struct e820_point *scratch;
	int err;

	*table = (struct e820_table){ .nr = nr };
	table->max = tight || !nr ? nr : 2 * nr - 1;
	table->entries = guard_open(1, table->max * sizeof(*raw->entries), 8);
	memcpy(table->entries, raw->entries, size);
	scratch = guard_open(2, 2 * nr * sizeof(*scratch), 8);
	err = e820_sanitize(table, scratch, 2 * nr);
	if (err && (!tight || err != -ENOSPC || table->nr != nr ||
		    memcmp(table->entries, raw->entries, size)))
		fuzz_fail("error %d", err);
	return !err;
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	E820_TABLE(raw, ROOM);
	struct e820_table table;
	u8 how = take_byte(in);

	read_entries(in, min(how & 0x7fu, MAX_ENTRIES));
	read_words(in);
	memcpy(raw.entries, given, nr_given * sizeof(*given));
	raw.nr = nr_given;
	if (memmap_apply(&changes, &raw) || !clean(&table, &raw, how & 0x80))
		return;
	fuzz_valid(e820_validate(&table));
	fill_memblock(&table);
	compare(&table);
}

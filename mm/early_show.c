/*
 * Are the memblock lists sound, and what do they say? The rules as code, and
 * the shell's `memblock`: both lists as they were at the hand-over.
 */
#include <asm/page.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/kernel.h>
#include <mm/early.h>
#include <mm/memblock.h>

static bool alike(const struct memblock_region *a,
		  const struct memblock_region *b)
{
	return a->flags == b->flags && memblock_get_region_node(a) ==
				       memblock_get_region_node(b);
}

/* What is wrong between an entry and the one before it, or NULL. */
static const char *check_neighbours(const struct memblock_region *prev,
				    const struct memblock_region *r)
{
	if (prev->base + prev->size > r->base)
		return "entries overlap or are out of order";
	if (prev->base + prev->size == r->base && alike(prev, r))
		return "entries that touch and are alike";
	return NULL;
}

const char *memblock_validate(const struct memblock_type *type)
{
	const struct memblock_region *r = type->regions;
	const char *wrong = NULL;
	phys_addr_t sum = 0;
	unsigned long i;

	if (type->cnt > type->max)
		return "more entries than the array holds";
	if (!type->cnt && (r->base || r->size))
		return "empty list whose slot 0 is not clear";
	for (i = 0; i < type->cnt && !wrong; sum += r[i++].size) {
		if (!r[i].size || r[i].size > PHYS_ADDR_MAX - r[i].base)
			wrong = "entry is empty or wraps";
		else if (i)
			wrong = check_neighbours(&r[i - 1], &r[i]);
	}
	if (!wrong && sum != type->total_size)
		wrong = "total_size is not the sum";
	return wrong;
}

static void show_flags(enum memblock_flags flags)
{
	static const char *const names[] = {
		"hotplug", "mirror", "nomap", "driver", "noinit"
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & 1U << i)
			printk(" %s", names[i]);
}

static void show_size(phys_addr_t size)
{
	if (size % SZ_1K)
		printk("%13llu B  ", (u64)size);
	else
		printk("%13llu KiB", (u64)size / SZ_1K);
}

/* Who has what of an entry: touching reservations are one entry. */
static void show_owners(const struct memblock_region *r)
{
	unsigned long pfn = PFN_DOWN(r->base), end = PFN_UP(r->base + r->size);
	unsigned long next;

	for (; pfn < end; pfn = next) {
		enum early_owner owner = early_owner_of(PFN_PHYS(pfn));

		next = min(end, early_owner_end(pfn));
		while (next < end && early_owner_of(PFN_PHYS(next)) == owner)
			next = min(end, early_owner_end(next));
		printk("    %lu pages from %#lx: %s\n", next - pfn, pfn,
		       early_owner_name(owner));
	}
}

/* One line per entry: range, size, node where there are several, what for. */
static void show_list(const struct memblock_type *type, bool owners)
{
	unsigned long i;

	printk("%s: %lu of %lu entries, %llu KiB\n", type->name, type->cnt,
	       type->max, (u64)type->total_size / SZ_1K);
	for (i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		printk("  %012llx-%012llx ", (u64)r->base,
		       (u64)(r->base + r->size));
		show_size(r->size);
		if (r->nid != MAX_NUMNODES)
			printk(" node %d", r->nid);
		show_flags(r->flags);
		printk("\n");
		if (owners)
			show_owners(r);
	}
}

static int cmd_memblock(int argc, char **argv)
{
	const char *wrong = memblock_validate(&memblock.memory);

	if (!wrong)
		wrong = memblock_validate(&memblock.reserved);
	printk("early allocator: %s, %s\n", early_allocator_name(),
	       memblock.handed_over ? "handed over" : "in use");
	show_list(&memblock.memory, false);
	show_list(&memblock.reserved, true);
	if (wrong)
		printk("broken: %s\n", wrong);
	return wrong != NULL;
}

SHELL_COMMAND(memblock, "", "memory and reservations as of the hand-over",
	      cmd_memblock);

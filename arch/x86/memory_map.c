/*
 * From firmware's map to what memblock calls RAM.
 *
 *	firmware's entries --> user's changes --> cleaned table --> memblock
 *	(any order, overlaps)  (mem=, memmap=)    (sorted,          (whole
 *	                                           disjoint)         pages)
 *
 * Both ends are printed, and again by `map` in the shell. Bytes become pages
 * last: two usable halves of a page that touch are a page.
 *
 * Usable memory that the CPU has no address lines for, or the direct map no
 * room, is left out, with a word about it.
 */
#include <asm/cpufeature.h>
#include <asm/memmap_param.h>
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/shell.h>
#include <lib/kernel.h>
#include <mm/memblock.h>

#include "setup.h"

#define MAX_ENTRIES (BOOT_MAX_MMAP + MEMMAP_MAX_CHANGES)

/* Cleaning n entries gives at most 2n - 1. */
E820_TABLE(e820_table, 2 * MAX_ENTRIES);
static struct e820_point scratch[2 * MAX_ENTRIES] __initdata;

static void print_firmware_map(const struct boot_info *boot)
{
	unsigned int i;

	for (i = 0; i < boot->nr_mmap; i++) {
		const struct boot_mmap_entry *m = &boot->mmap[i];
		struct e820_entry e = { m->base, m->length, m->type };
		struct e820_table one = { &e, 1, 1 };

		e820_print(&one, "firmware");
	}
}

void __init memory_map_init(const struct boot_info *boot)
{
	unsigned int i;

	pr_info("Memory map as firmware gave it, %u entries:\n", boot->nr_mmap);
	print_firmware_map(boot);
	for (i = 0; i < boot->nr_mmap; i++)
		e820_add(&e820_table, boot->mmap[i].base, boot->mmap[i].length,
			 boot->mmap[i].type);
	if (memmap_apply(&memmap_cmdline, &e820_table))
		pr_err("memmap=: no room for all changes, the last are lost\n");
	if (e820_sanitize(&e820_table, scratch, ARRAY_SIZE(scratch)))
		panic("memory map: too many entries to clean");
	pr_info("Memory map%s, cleaned, %u entries:\n",
		memmap_cmdline.nr ? " with mem= and memmap=" : "",
		e820_table.nr);
	e820_print(&e820_table, "e820");
	if (!e820_end_of_ram(&e820_table))
		panic("memory map: no usable memory");
}

/* The first address that can not be RAM for us. */
static u64 __init address_limit(void)
{
	return 1ULL << min_t(unsigned int, MAX_PHYSMEM_BITS,
			     cpu_features.phys_bits);
}

static void __init add_ram(u64 base, u64 end, u64 limit)
{
	if (end > limit) {
		pr_warn("memory map: [mem 0x%016llx-0x%016llx] is beyond what "
			"can be addressed, left out\n",
			max(base, limit), end - 1);
		end = limit;
	}
	if (base < end)
		memblock_add(base, end - base);
}

/*
 * We run here, so it is RAM, whatever the map says: some loaders put an image
 * over a range that firmware keeps, and memmap= can take anything away.
 */
static void __init add_kernel_image(void)
{
	phys_addr_t start = __pa(_start), end = __pa(_end);

	if (memblock_is_region_memory(start, end - start))
		return;
	pr_warn("memory map: kernel image [mem 0x%016llx-0x%016llx] is not in "
		"usable memory\n", start, end - 1);
	memblock_add(start, end - start);
}

void __init memory_map_add_ram(void)
{
	u64 limit = address_limit();
	unsigned int i;

	for (i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *e = &e820_table.entries[i];

		if (e->type == E820_TYPE_RAM)
			add_ram(e->base, e->base + e->size, limit);
	}
	memblock_trim_memory(PAGE_SIZE);
	add_kernel_image();
	/* One node, until firmware's tables of nodes are read. */
	memblock_set_node(0, PHYS_ADDR_MAX, &memblock.memory, 0);
}

static int cmd_map(int argc, char **argv)
{
	printk("as firmware gave it:\n");
	print_firmware_map(setup_boot_info());
	printk("cleaned%s:\n",
	       memmap_cmdline.nr ? ", with mem= and memmap=" : "");
	e820_print(&e820_table, "e820");
	return 0;
}
SHELL_COMMAND(map, "", "map of physical memory, as given and as cleaned",
	      cmd_map);

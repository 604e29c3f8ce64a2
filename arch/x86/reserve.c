/*
 * What is in RAM already when the kernel starts?
 *
 *	kernel image	loaded by the loader; its init part is given back
 *	boot info	the loader's own block, wherever it put that
 *	modules		also loaded for us
 *	ELF sections	of our file that are not part of the image: symbols
 *	ACPI tables	mostly in memory of their own type, but not always
 *	first MiB	firmware writes there when it should not; in what is
 *			free of it other CPUs start (trampoline.c)
 *
 * Loaders put things into the gaps of the image, beside each other in one
 * page, anywhere. Reserving is by bytes; a frame is free only if no byte of
 * it is taken. Two that claim the same byte mean that one of them was already
 * written over: nothing can be done, but it is said loudly.
 *
 * The ranges are reserved twice. Once by address before memblock knows any
 * RAM: its lists may have to grow while RAM is added, into memory that must
 * be free. And again, with their owners, when the early allocator has been
 * started. The order is from the most to the least particular: a range keeps
 * its first owner.
 */
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/early.h>
#include <mm/memblock.h>

#include "acpi_tables.h"
#include "setup.h"
#include "trampoline.h"

#define LOW_MEMORY_END SZ_1M

typedef void (*range_fn)(const char *name, phys_addr_t base, phys_addr_t size,
			 enum early_owner owner);

static void __init visit_image(range_fn fn)
{
	phys_addr_t start = __pa(_start), end = __pa(_end);
	phys_addr_t init_start = __pa(__init_begin);
	phys_addr_t init_end = __pa(__init_end);

	fn("kernel init part", init_start, init_end - init_start, EARLY_INIT);
	fn("kernel image", start, init_start - start, EARLY_KERNEL);
	fn("kernel image", init_end, end - init_end, EARLY_KERNEL);
}

static void __init visit_loaded(const struct boot_info *boot, range_fn fn)
{
	unsigned int i;
	char name[32];

	fn("boot information", boot->info.base, boot->info.size, EARLY_BOOT);
	for (i = 0; i < boot->nr_modules; i++) {
		ksnprintf(name, sizeof(name), "module %u", i);
		fn(name, boot->modules[i].base, boot->modules[i].size,
		   EARLY_BOOT);
	}
	for (i = 0; i < boot->nr_sections; i++) {
		ksnprintf(name, sizeof(name), "ELF section %u", i);
		fn(name, boot->sections[i].base, boot->sections[i].size,
		   EARLY_BOOT);
	}
}

static void __init visit_acpi_table(const char *name, phys_addr_t pa,
				    unsigned long size, void *arg)
{
	range_fn *fn = arg;

	(*fn)(name, pa, size, EARLY_OTHER);
}

static void __init visit_acpi(const struct boot_info *boot, range_fn fn)
{
	acpi_for_each_table(boot, visit_acpi_table, &fn);
}

/* memblock holds only what was loaded so far: RAM is not known yet. */
static void __init tell_overlap(const char *name, phys_addr_t base,
				phys_addr_t size, enum early_owner owner)
{
	if (size && memblock_is_region_reserved(base, size))
		pr_err("%s [mem 0x%016llx-0x%016llx] overlaps what is loaded "
		       "elsewhere: one of the two is damaged\n",
		       name, base, base + size - 1);
}

static void __init mark_range(const char *name, phys_addr_t base,
			      phys_addr_t size, enum early_owner owner)
{
	if (memblock_reserve(base, size))
		panic("cannot reserve %s", name);
}

static void __init check_and_mark_range(const char *name, phys_addr_t base,
					phys_addr_t size,
					enum early_owner owner)
{
	tell_overlap(name, base, size, owner);
	mark_range(name, base, size, owner);
}

static void __init own_range(const char *name, phys_addr_t base,
			     phys_addr_t size, enum early_owner owner)
{
	if (size && early_reserve(base, size, owner))
		panic("no memory to reserve %s", name);
}

void __init reserve_boot_ranges(const struct boot_info *boot)
{
	visit_image(check_and_mark_range);
	visit_loaded(boot, check_and_mark_range);
	/* Two passes: firmware may list a table twice, which is no overlap. */
	visit_acpi(boot, tell_overlap);
	visit_acpi(boot, mark_range);
	trampoline_reserve();
	memblock_reserve(0, LOW_MEMORY_END);
}

void __init own_boot_ranges(const struct boot_info *boot)
{
	visit_image(own_range);
	visit_loaded(boot, own_range);
	visit_acpi(boot, own_range);
	trampoline_own();
	own_range("first MiB", 0, LOW_MEMORY_END, EARLY_OTHER);
}

/*
 * What does this machine know that others do not?
 *
 * Firmware's memory map and tables depend on the model, its memory, cards and
 * settings, some tables name the maker's serial numbers; the command line is
 * the owner's. None of it is a secret to who sits before the machine; to a
 * program that attacks it from far away most is.
 */
#include <asm/fixmap.h>
#include <kernel/init.h>
#include <kernel/random.h>
#include <lib/string.h>

#include "acpi_tables.h"
#include "setup.h"

static void __init add_table(const char *name, phys_addr_t pa,
			     unsigned long size, void *unused)
{
	const void *table = early_memremap(pa, size);

	if (table)
		add_device_randomness(table, size);
	early_memunmap(table);
}

void __init add_boot_randomness(const struct boot_info *boot)
{
	add_device_randomness(boot->mmap, boot->nr_mmap * sizeof(*boot->mmap));
	add_device_randomness(boot->cmdline, strlen(boot->cmdline));
	acpi_for_each_table(boot, add_table, NULL);
}

/* The places of firmware's ACPI tables. */
#ifndef ACPI_TABLES_H
#define ACPI_TABLES_H

#include <kernel/boot_info.h>

/* name: four characters; the table is not mapped for the call. */
typedef void (*acpi_table_fn)(const char *name, phys_addr_t pa,
			      unsigned long size, void *arg);

/*
 * Calls fn for the RSDP (if it is in memory and not only a copy), the RSDT or
 * XSDT, each table it lists, and the DSDT. At most four windows of the fixmap
 * are open meanwhile.
 */
void acpi_for_each_table(const struct boot_info *boot, acpi_table_fn fn,
			 void *arg);

/*
 * The first table of that name (four characters), mapped; NULL if there is
 * none, or none whose length and checksum are right. The caller gives it back
 * with early_memunmap(). *size: its length.
 */
const void *acpi_find_table(const struct boot_info *boot, const char *name,
			    unsigned long *size);

#endif

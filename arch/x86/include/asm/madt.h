/*
 * Which CPUs firmware tells of: the MADT among the ACPI tables. Counterpart:
 * acpi_parse_madt_lapic_entries(). The table is hostile input.
 */
#ifndef ASM_MADT_H
#define ASM_MADT_H

#include <lib/types.h>

struct madt_cpu {
	u32 apic_id;
};

struct madt_info {
	phys_addr_t apic_base;	/* of the APICs' registers; 0: not said */
	unsigned int nr_cpus;	/* in cpus[] */
	unsigned int nr_disabled;	/* not usable, maybe added later */
	unsigned int nr_left_out;	/* more than fit */
	unsigned int nr_bad;	/* entries that make no sense, passed over */
};

/*
 * Reads a table of size bytes, its header included, whose checksum was seen
 * to: CPUs that are enabled go to cpus[], in their order, no APIC twice. NULL,
 * or what is wrong with the table as a whole (static text); what was filled in
 * so far is worth nothing then. Pure: hosted tests and fuzzers call it.
 */
const char *madt_parse(const void *table, size_t size, struct madt_info *info,
		       struct madt_cpu *cpus, unsigned int max);

#endif

/* The CPUs there may be, and their APICs: arch/x86/cpu_list.c. */
#ifndef CPU_LIST_H
#define CPU_LIST_H

#include <kernel/boot_info.h>

/* Reads the MADT; arch_nr_cpus() and cpu_apic_id() work from then on. Boot. */
void cpu_list_init(const struct boot_info *boot);

/* The number of that CPU's APIC; cpu < arch_nr_cpus(). */
u32 cpu_apic_id(unsigned int cpu);

/* Where the MADT says the APICs' registers are; 0: it does not. */
phys_addr_t madt_apic_base(void);

#endif

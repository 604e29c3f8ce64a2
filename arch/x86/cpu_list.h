/* The CPUs there may be, and their APICs: arch/x86/cpu_list.c. */
#ifndef CPU_LIST_H
#define CPU_LIST_H

#include <asm/madt.h>
#include <kernel/boot_info.h>
#include <kernel/percpu.h>

/* 255 and all ones mean every APIC. */
#define XAPIC_ID_MAX 254U
#define X2APIC_ID_MAX 0xfffffffdU

struct cpu_list {
	u32 apic_ids[NR_CPUS];
	unsigned int nr;		/* 1 to NR_CPUS */
	unsigned int nr_left_out;	/* more than max */
	unsigned int nr_out_of_reach;	/* above highest */
};

/*
 * Gives numbers to the CPU that boots and to those of cpus[], at most max (1
 * to NR_CPUS) in all. Pure.
 */
void cpu_list_number(struct cpu_list *l, u32 boot_id, u32 highest,
		     unsigned int max, const struct madt_cpu *cpus,
		     unsigned int n);

/* Reads the MADT; arch_nr_cpus() and cpu_apic_id() work from then on. Boot. */
void cpu_list_init(const struct boot_info *boot);

/* The number of that CPU's APIC; cpu < arch_nr_cpus(). */
u32 cpu_apic_id(unsigned int cpu);

/* Where the MADT says the APICs' registers are; 0: it does not. */
phys_addr_t madt_apic_base(void);

#endif

/* What this CPU can do, as far as memory management cares. */
#ifndef ASM_CPUFEATURE_H
#define ASM_CPUFEATURE_H

#include <lib/types.h>

struct cpu_features {
	char vendor[13];
	char model[49];		/* brand string, "" if the CPU has none */
	bool nx, gbpages, pge;
	bool smep, smap, umip;
	bool rdrand, rdseed;
	u8 phys_bits;		/* physical address lines */
};

extern struct cpu_features cpu_features;

/*
 * Asks CPUID, then switches on what is there: write protection in ring 0, NX,
 * global pages, SMEP, SMAP, UMIP. Sets pte_supported_mask. On the boot CPU,
 * before any page table is built.
 */
void cpu_init_features(void);
/* Switches the same on in any other CPU. */
void cpu_init_secondary(void);

/* One line of what was found and switched on. */
void cpu_print_features(void);

#endif

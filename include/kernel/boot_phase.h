/*
 * Where the boot's time goes: start_kernel() says when a phase is over, and
 * `bench=boot*` tells. No counterpart in Linux.
 */
#ifndef KERNEL_BOOT_PHASE_H
#define KERNEL_BOOT_PHASE_H

#include <lib/types.h>

enum boot_phase {
	BOOT_ENTRY,		/* assembly, first page tables */
	BOOT_LOG,		/* log, loader's data, command line */
	BOOT_ARCH,		/* memory map, memblock, direct map */
	BOOT_MM,		/* zones, page allocator, slab caches */
	BOOT_TIME,		/* threads, interrupt controller, clock */
	BOOT_CPUS,		/* all other CPUs */
	BOOT_REST,
	NR_BOOT_PHASES
};

/* The first instruction was at that time. */
void boot_phase_begins(u64 when);
/* That phase is over, at get_cycles() == when. */
void boot_phase_over(enum boot_phase phase, u64 when);
/* Ticks of the clock it took. */
u64 boot_phase_cycles(enum boot_phase phase);

#endif

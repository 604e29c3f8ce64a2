/*
 * What the boot has cost, phase by phase, and what it has laid out for memory
 * that nobody has used yet. What depends on RAM is told by booting with more of
 * it: scripts/bench does.
 */
#include <kernel/bench.h>
#include <kernel/boot_phase.h>
#include <mm/census.h>
#include <mm/mm.h>

static void tell_cycles(struct bench *b, u64 cycles)
{
	bench_value(b, "insn", cycles * 1000000);
}

BENCH(boot_insn, 1)
{
	unsigned int phase;
	u64 sum = 0;

	for (phase = 0; phase < NR_BOOT_PHASES; phase++)
		sum += boot_phase_cycles(phase);
	tell_cycles(b, sum);
}

#define PHASE(name, phase) \
BENCH(boot_##name##_insn, 1) \
{ \
	tell_cycles(b, boot_phase_cycles(phase)); \
}

PHASE(entry, BOOT_ENTRY)
PHASE(log, BOOT_LOG)
PHASE(arch, BOOT_ARCH)
PHASE(mm, BOOT_MM)
PHASE(time, BOOT_TIME)
PHASE(cpus, BOOT_CPUS)
PHASE(rest, BOOT_REST)

/* Descriptors, in percent of RAM. */
BENCH(memmap_boot_percent, 1)
{
	static struct census c;

	census_take(&c);
	bench_value(b, "percent", 100 * 1000000ULL *
		    c.pages[CENSUS_MEMMAP] / c.ram);
}

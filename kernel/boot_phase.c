/* When was each phase of the boot over? The phases follow each other. */
#include <kernel/boot_phase.h>

static u64 began, over[NR_BOOT_PHASES];

void boot_phase_begins(u64 when)
{
	began = when;
}

void boot_phase_over(enum boot_phase phase, u64 when)
{
	over[phase] = when;
}

u64 boot_phase_cycles(enum boot_phase phase)
{
	return over[phase] - (phase ? over[phase - 1] : began);
}

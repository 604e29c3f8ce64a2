/* What CPUID says of the local APIC, before and without touching it. */
#ifndef APIC_CPUID_H
#define APIC_CPUID_H

#include <asm/control_regs.h>

static inline bool cpuid_has_apic(void)
{
	return cpuid(1, 0).edx >> 9 & 1;
}

static inline bool cpuid_has_x2apic(void)
{
	return cpuid_has_apic() && cpuid(1, 0).ecx >> 21 & 1;
}

/* All 32 bits where the CPU tells (leaf 11), else 8. */
static inline u32 cpuid_apic_id(void)
{
	struct cpuid_regs r;

	if (cpuid_has_x2apic() && cpuid(0, 0).eax >= 11) {
		r = cpuid(11, 0);
		if (r.ebx & 0xffff)
			return r.edx;
	}
	return cpuid(1, 0).ebx >> 24;
}

#endif

/* Control registers, model-specific registers, CPUID, single TLB entries. */
#ifndef ASM_CONTROL_REGS_H
#define ASM_CONTROL_REGS_H

#include <lib/types.h>

#define X86_CR0_WP (1UL << 16)		/* read-only holds in ring 0 too */
#define X86_CR4_PSE (1UL << 4)
#define X86_CR4_PAE (1UL << 5)
#define X86_CR4_PGE (1UL << 7)
#define X86_CR4_UMIP (1UL << 11)
#define X86_CR4_SMEP (1UL << 20)
#define X86_CR4_SMAP (1UL << 21)

#define MSR_EFER 0xc0000080U
#define MSR_GS_BASE 0xc0000101U
#define EFER_NX (1ULL << 11)

#define DEFINE_CONTROL_REG(reg) \
static inline unsigned long read_##reg(void) \
{ \
	unsigned long v; \
\
	__asm__ volatile("mov %%" #reg ", %0" : "=r"(v) : : "memory"); \
	return v; \
} \
\
static inline void write_##reg(unsigned long v) \
{ \
	__asm__ volatile("mov %0, %%" #reg : : "r"(v) : "memory"); \
}

DEFINE_CONTROL_REG(cr0)
DEFINE_CONTROL_REG(cr2)
DEFINE_CONTROL_REG(cr3)
DEFINE_CONTROL_REG(cr4)

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}

static inline void wrmsr(u32 msr, u64 v)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)v),
			 "d"((u32)(v >> 32)) : "memory");
}

struct cpuid_regs {
	u32 eax, ebx, ecx, edx;
};

static inline struct cpuid_regs cpuid(u32 leaf, u32 subleaf)
{
	struct cpuid_regs r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx),
			 "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

static inline void invlpg(unsigned long va)
{
	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

#endif

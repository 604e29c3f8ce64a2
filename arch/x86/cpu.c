/*
 * What can this CPU do, and which of its protections are on?
 *
 * Protections cost nothing while nobody breaks the rules, so each one the CPU
 * has is switched on: CR0.WP makes read-only pages read-only for the kernel
 * as well, NX keeps data from being run, SMEP and SMAP keep the kernel from
 * running and touching user pages by mistake, UMIP hides descriptor tables.
 */
#include <asm/control_regs.h>
#include <asm/cpufeature.h>
#include <asm/fixmap.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/string.h>

struct cpu_features cpu_features __ro_after_init;
pte_t pte_supported_mask __ro_after_init;

#define CPUID_EXTENDED 0x80000000U
/* Address lines of a CPU that does not tell: 36 if it has PAE, says Intel. */
#define PAE_PHYS_BITS 36

static bool bit(u32 reg, unsigned int n)
{
	return reg >> n & 1;
}

static void __init read_names(struct cpu_features *f, u32 max_ext)
{
	struct cpuid_regs r = cpuid(0, 0);
	u32 i;

	memcpy(f->vendor, &r.ebx, 4);
	memcpy(f->vendor + 4, &r.edx, 4);
	memcpy(f->vendor + 8, &r.ecx, 4);
	for (i = 0; max_ext >= CPUID_EXTENDED + 4 && i < 3; i++) {
		r = cpuid(CPUID_EXTENDED + 2 + i, 0);
		memcpy(f->model + 16 * i, &r, 16);
	}
}

static void __init read_features(struct cpu_features *f)
{
	u32 max = cpuid(0, 0).eax;
	u32 max_ext = cpuid(CPUID_EXTENDED, 0).eax;

	read_names(f, max_ext);
	f->pge = bit(cpuid(1, 0).edx, 13);
	f->rdrand = bit(cpuid(1, 0).ecx, 30);
	if (max >= 7) {
		struct cpuid_regs r = cpuid(7, 0);

		f->smep = bit(r.ebx, 7);
		f->rdseed = bit(r.ebx, 18);
		f->smap = bit(r.ebx, 20);
		f->umip = bit(r.ecx, 2);
	}
	if (max_ext >= CPUID_EXTENDED + 1) {
		u32 edx = cpuid(CPUID_EXTENDED + 1, 0).edx;

		f->nx = bit(edx, 20);
		f->gbpages = bit(edx, 26);
	}
	if (max_ext >= CPUID_EXTENDED + 8)
		f->phys_bits = (u8)cpuid(CPUID_EXTENDED + 8, 0).eax;
}

static void switch_on(const struct cpu_features *f)
{
	unsigned long cr4 = read_cr4();

	if (f->nx)
		wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NX);
	cr4 |= f->pge ? X86_CR4_PGE : 0;
	cr4 |= f->smep ? X86_CR4_SMEP : 0;
	cr4 |= f->smap ? X86_CR4_SMAP : 0;
	cr4 |= f->umip ? X86_CR4_UMIP : 0;
	write_cr4(cr4);
	write_cr0(read_cr0() | X86_CR0_WP);
}

void cpu_init_secondary(void)
{
	switch_on(&cpu_features);
}

/*
 * Not all that do not tell keep to it (QEMU's qemu32 has 32): trying shows. A
 * line that is not there is a reserved bit of a page table entry, and using
 * that faults.
 */
static u8 __init try_phys_bits(void)
{
	const void *p = early_memremap(1ULL << (PAE_PHYS_BITS - 1), 1);
	int error = probe_read(p);

	early_memunmap(p);
	return error ? 32 : PAE_PHYS_BITS;
}

void __init cpu_init_features(void)
{
	read_features(&cpu_features);
	pte_supported_mask = ~(pte_t)0;
	if (!cpu_features.nx)
		pte_supported_mask &= ~_PAGE_NX;
	if (!cpu_features.pge)
		pte_supported_mask &= ~_PAGE_GLOBAL;
	switch_on(&cpu_features);
	if (!cpu_features.phys_bits)
		cpu_features.phys_bits = try_phys_bits();
}

void __init cpu_print_features(void)
{
	const struct cpu_features *f = &cpu_features;

	pr_info("cpu: %s %s\n", f->vendor, f->model);
	pr_info("cpu: %u physical address bits%s%s%s%s%s%s%s%s\n",
		f->phys_bits, f->nx ? ", nx" : "",
		f->gbpages ? ", 1 GiB pages" : "",
		f->pge ? ", global pages" : "", f->smep ? ", smep" : "",
		f->smap ? ", smap" : "", f->umip ? ", umip" : "",
		f->rdrand ? ", rdrand" : "", f->rdseed ? ", rdseed" : "");
	if (!f->nx)
		pr_warn("cpu: no NX: data can be executed\n");
}

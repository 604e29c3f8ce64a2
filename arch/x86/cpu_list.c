/*
 * Which CPUs may run this kernel, and what are their numbers?
 *
 * The kernel counts CPUs from 0 without gaps, firmware names them by their
 * APICs' numbers, in any order and with gaps:
 *
 *	MADT:	 4  0  2  6 		booted on 2
 *	CPU:	 1  2  0  3
 *
 *	1. The CPU that boots is number 0, wherever it stands in the table, and
 *	   even if it does not stand there at all.
 *	2. The others follow in the table's order, as many as this build takes
 *	   and the command line allows.
 *
 * An APIC number that does not fit into 8 bits, or is 255, can only be spoken
 * to by an x2APIC. Without a table that can be trusted, or without an APIC,
 * there is one CPU.
 *
 *	nosmp		only the CPU that boots
 *	maxcpus=N	at most N (0: the same as nosmp)
 */
#include <asm/fixmap.h>
#include <asm/madt.h>
#include <asm/smp.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

#include "acpi_tables.h"
#include "apic_cpuid.h"
#include "cpu_list.h"

static struct cpu_list list __ro_after_init = { .nr = 1 };
static phys_addr_t told_base __ro_after_init;
static unsigned int wanted __initdata = NR_CPUS;
static struct madt_cpu found[NR_CPUS] __initdata;

static int __init set_nosmp(const char *value)
{
	if (*value)
		return -EINVAL;
	wanted = 1;
	return 0;
}
early_param("nosmp", set_nosmp);

static int __init set_maxcpus(const char *value)
{
	u64 n;

	if (kstrtou64(value, &n))
		return -EINVAL;
	wanted = (unsigned int)clamp(n, 1ULL, (u64)NR_CPUS);
	return 0;
}
early_param("maxcpus", set_maxcpus);

unsigned int arch_nr_cpus(void)
{
	return list.nr;
}

u32 cpu_apic_id(unsigned int cpu)
{
	return list.apic_ids[cpu];
}

phys_addr_t madt_apic_base(void)
{
	return told_base;
}

void cpu_list_number(struct cpu_list *l, u32 boot_id, u32 highest,
		     unsigned int max, const struct madt_cpu *cpus,
		     unsigned int n)
{
	unsigned int i;

	l->apic_ids[0] = boot_id;
	l->nr = 1;
	l->nr_left_out = l->nr_out_of_reach = 0;
	for (i = 0; i < n; i++) {
		if (cpus[i].apic_id == boot_id)
			continue;
		if (cpus[i].apic_id > highest)
			l->nr_out_of_reach++;
		else if (l->nr == max)
			l->nr_left_out++;
		else
			l->apic_ids[l->nr++] = cpus[i].apic_id;
	}
}

static bool __init is_listed(unsigned int n, u32 apic_id)
{
	while (n--)
		if (found[n].apic_id == apic_id)
			return true;
	return false;
}

static void __init use_madt(const struct madt_info *info)
{
	u32 boot_id = list.apic_ids[0];

	told_base = info->apic_base;
	if (!info->nr_left_out && !is_listed(info->nr_cpus, boot_id))
		pr_warn("MADT: the CPU that boots, APIC %u, is not in it\n",
			boot_id);
	cpu_list_number(&list, boot_id, cpuid_has_x2apic() ?
			X2APIC_ID_MAX : XAPIC_ID_MAX, wanted, found,
			info->nr_cpus);
	if (info->nr_bad)
		pr_warn("MADT: %u entries make no sense\n", info->nr_bad);
	if (list.nr_out_of_reach)
		pr_warn("CPUs: %u are left out that only an x2APIC reaches\n",
			list.nr_out_of_reach);
	if (list.nr_left_out + info->nr_left_out)
		pr_warn("CPUs: %u more are left out, limit %u\n",
			list.nr_left_out + info->nr_left_out, wanted);
}

/* False if nothing told us of other CPUs. */
static bool __init read_madt(const struct boot_info *boot)
{
	struct madt_info info;
	const char *error;
	unsigned long size;
	const void *madt = acpi_find_table(boot, "APIC", &size);

	if (!madt) {
		pr_warn("ACPI: no MADT: one CPU\n");
		return false;
	}
	error = madt_parse(madt, size, &info, found, NR_CPUS);
	early_memunmap(madt);
	if (error) {
		pr_err("ACPI: bad MADT, %s: one CPU\n", error);
		return false;
	}
	use_madt(&info);
	return true;
}

void __init cpu_list_init(const struct boot_info *boot)
{
	list.apic_ids[0] = cpuid_apic_id();
	if (!cpuid_has_apic())
		pr_warn("CPU: no local APIC: one CPU\n");
	else if (read_madt(boot))
		pr_info("CPUs: %u, this one has APIC %u\n", list.nr,
			list.apic_ids[0]);
}

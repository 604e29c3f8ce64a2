/*
 * What each CPU has for itself, what must be the same on all, and the place
 * where they start.
 */
#include <asm/apic.h>
#include <asm/control_regs.h>
#include <asm/desc.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/fault_inject.h>

#include "../../../arch/x86/cpu_list.h"
#include "../../../arch/x86/smpboot.h"
#include "../../../arch/x86/trampoline.h"
#include "../cpu_up.h"
#include "expect_name.h"

struct cpu_state {
	unsigned int number;
	unsigned long offset, gdt, idt;
	unsigned long cr0, cr3, cr4;
	u64 efer;
	u32 apic;
};

static struct cpu_state states[NR_CPUS];

struct table_pointer {
	u16 limit;
	unsigned long base;
} __packed;

static void note_state(void *info)
{
	struct cpu_state *s = &states[smp_processor_id()];
	struct table_pointer gdt, idt;

	__asm__ volatile("sgdt %0; sidt %1" : "=m"(gdt), "=m"(idt));
	*s = (struct cpu_state){
		.number = smp_processor_id(), .offset = this_cpu_offset(),
		.gdt = gdt.base, .idt = idt.base,
		.cr0 = read_cr0(), .cr3 = read_cr3(), .cr4 = read_cr4(),
		.apic = apic_present() ? apic_id() : 0,
	};
	if (sizeof(long) == 8)
		s->efer = rdmsr(MSR_EFER);
}

static void note_states(struct ktest *t)
{
	memset(states, 0, sizeof(states));
	on_each_cpu(note_state, NULL, true);
}

static void protections_are_the_same_everywhere(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		KTEST_EXPECT_EQ(t, states[cpu].cr0, states[0].cr0);
		KTEST_EXPECT_EQ(t, states[cpu].cr4, states[0].cr4);
		KTEST_EXPECT_EQ(t, states[cpu].efer, states[0].efer);
		KTEST_EXPECT_EQ(t, states[cpu].idt, states[0].idt);
		KTEST_EXPECT_EQ(t, states[cpu].cr3,
				__pa(kernel_pgtable.root));
	}
	KTEST_EXPECT_TRUE(t, states[0].cr0 & X86_CR0_WP);
}

static void each_cpu_has_its_own(struct ktest *t)
{
	unsigned int cpu, other;

	for_each_online_cpu(cpu) {
		KTEST_EXPECT_EQ(t, states[cpu].number, cpu);
		KTEST_EXPECT_EQ(t, states[cpu].offset, __per_cpu_offset[cpu]);
		if (apic_present())
			KTEST_EXPECT_EQ(t, states[cpu].apic, cpu_apic_id(cpu));
		for_each_online_cpu(other)
			if (other != cpu)
				KTEST_EXPECT_NE(t, states[cpu].gdt,
						states[other].gdt);
	}
}

static void exception_stacks_have_guards_and_names(struct ktest *t)
{
	unsigned long top, low, high;
	unsigned int cpu, i;
	enum pt_level level;
	char name[64];

	for_each_online_cpu(cpu) {
		for (i = 0; i < NR_IST; i++) {
			if (!exception_stack_names[i])
				continue;
			top = exception_stack_top(cpu, i);
			KTEST_ASSERT_TRUE(t, exception_stack_bounds(top - 1,
							&low, &high));
			KTEST_EXPECT_EQ(t, high, top);
			KTEST_EXPECT_NULL(t, pgtable_lookup(&kernel_pgtable,
							low - 1, &level));
			ksnprintf(name, sizeof(name), "%s stack of CPU %u",
				  exception_stack_names[i], cpu);
			EXPECT_NAME(t, low, name);
			EXPECT_NAME(t, low - 1, "guard page of the ");
			EXPECT_NAME(t, low - 1, name);
		}
	}
}

static void start_is_kept_and_never_writable_where_it_runs(struct ktest *t)
{
	phys_addr_t base = trampoline_phys();
	enum pt_level level;
	pte_t *e;

	if (!base) {
		ktest_skip(t, "no place below 1 MiB");
		return;
	}
	KTEST_EXPECT_LE(t, base + TRAMPOLINE_SIZE, SZ_1M);
	KTEST_EXPECT_EQ(t, early_owner_of(base), EARLY_TRAMPOLINE);
	KTEST_EXPECT_EQ(t, early_owner_of(base + PAGE_SIZE), EARLY_TRAMPOLINE);
	/* the kernel's tables show it as data, and not where it runs */
	KTEST_EXPECT_NULL(t, pgtable_lookup(&kernel_pgtable,
					    (unsigned long)base, &level));
	e = pgtable_lookup(&kernel_pgtable, (unsigned long)__va(base), &level);
	KTEST_ASSERT_NOT_NULL(t, e);
	KTEST_EXPECT_EQ(t, pte_read(e) & _PAGE_RW, 0);
	KTEST_EXPECT_EQ(t, pte_read(e) & _PAGE_NX,
			pte_supported_mask & _PAGE_NX);
}

/* A stopped CPU is sent to the trampoline, but the ticket is another's. */
static void cpu_that_is_not_expected_stays_in_the_trampoline(struct ktest *t)
{
	const u32 nobodys_apic = 0x00dead00;
	unsigned int cpu = num_online_cpus() - 1;

	if (cpu == 0 || !cpu_online(cpu) || cpu_down(cpu)) {
		ktest_skip(t, "needs a CPU that can be stopped");
		return;
	}
	if (!KTEST_EXPECT_EQ(t, trampoline_open(cpu, nobodys_apic, 0), 0)) {
		expect_cpu_up(t, cpu);
		return;
	}
	apic_send_init(cpu_apic_id(cpu));
	udelay(10000);
	apic_send_startup(cpu_apic_id(cpu),
			  (u8)(trampoline_phys() >> PAGE_SHIFT));
	udelay(100000);
	KTEST_EXPECT_FALSE(t, trampoline_taken());
	KTEST_EXPECT_TRUE(t, trampoline_revoke());
	trampoline_close();
	expect_cpu_up(t, cpu);
}

/* The page tables it starts with need a page. */
static void cpu_refused_memory_says_so_and_starts_later(struct ktest *t)
{
	unsigned int cpu = num_online_cpus() - 1;

	if (current->fail_nth || cpu == 0 || !cpu_online(cpu) ||
	    cpu_down(cpu)) {
		ktest_skip(t, "needs a CPU that can be stopped");
		return;
	}
	fault_injection_on();
	current->fail_nth = 1;
	KTEST_EXPECT_LOGGED(t, "no memory to start CPU",
			    KTEST_EXPECT_EQ(t, cpu_up(cpu), -ENOMEM));
	KTEST_EXPECT_EQ(t, current->fail_nth, 0);
	KTEST_EXPECT_FALSE(t, cpu_online(cpu));
	fault_injection_off();
	expect_cpu_up(t, cpu);
}

/* The CPU itself is there, and is called where it is the next time. */
static void cpu_that_does_not_come_is_left_out(struct ktest *t)
{
	unsigned int cpu = nr_cpu_ids - 1;
	unsigned long top = exception_stack_top(cpu, IST_DF), low, high;
	u64 patience = smpboot_patience;
	int err;

	if (cpu == 0 || !cpu_online(cpu) || cpu_down(cpu)) {
		ktest_skip(t, "needs a CPU that can be stopped");
		return;
	}
	smpboot_patience = 1000;
	smpboot_absent = cpu;
	KTEST_EXPECT_LOGGED(t, "does not come: left out", err = cpu_up(cpu));
	KTEST_EXPECT_EQ(t, err, -EIO);
	KTEST_EXPECT_FALSE(t, cpu_online(cpu));
	KTEST_EXPECT_EQ(t, smpboot_patience, 0);
	KTEST_EXPECT_FALSE(t, trampoline_taken());
	KTEST_EXPECT_FALSE(t, exception_stack_bounds(top - 1, &low, &high));
	smpboot_absent = NR_CPUS;
	smpboot_patience = patience;
	KTEST_ASSERT_TRUE(t, expect_cpu_up(t, cpu));
	KTEST_EXPECT_TRUE(t, cpu_online(cpu));
	KTEST_EXPECT_EQ(t, smpboot_patience, patience);
	memset(&states[cpu], 0, sizeof(states[cpu]));
	smp_call_function_single(cpu, note_state, NULL, true);
	KTEST_EXPECT_EQ(t, states[cpu].number, cpu);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(protections_are_the_same_everywhere),
	KTEST_CASE(each_cpu_has_its_own),
	KTEST_CASE(exception_stacks_have_guards_and_names),
	KTEST_CASE(start_is_kept_and_never_writable_where_it_runs),
	KTEST_CASE(cpu_that_is_not_expected_stays_in_the_trampoline),
	KTEST_CASE(cpu_that_does_not_come_is_left_out),
	KTEST_CASE(cpu_refused_memory_says_so_and_starts_later),
	{}
};
KTEST_SUITE_FIXTURE(smpboot, cases, note_states, NULL);

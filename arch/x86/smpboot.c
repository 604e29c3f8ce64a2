/*
 * How is another CPU brought to life?
 *
 *	boot CPU				CPU n
 *
 *	stacks, page tables, ticket		(waits for an interrupt
 *	INIT   ------------------------------>	 INIT resets it)
 *	10 ms
 *	SIPI   ------------------------------>	real mode, takes the ticket
 *	no ticket taken? SIPI again		long mode or PAE
 *	wait until it is alive			GDT, IDT, %gs, protections,
 *						APIC, idle thread
 *	tables of the trampoline given back  <-	alive
 *	cpu_online_mask  -------------------->	flush TLB, timer, interrupts
 *						idle
 *
 *  1. One CPU after the other: there is one trampoline. A CPU runs code the
 *     boot CPU could go wrong in, too, so each step it takes is bounded in
 *     time, by clocks that a heavily loaded emulator keeps up with.
 *  2. A CPU that has not taken its ticket in time finds none later
 *     (trampoline.c), is sent INIT, and all it was given is taken back. One
 *     that took it and then got lost is sent INIT as well; what it was given
 *     stays lost, it may still use it.
 *  3. Tables may name CPUs that are not there, dozens of them. So what was
 *     waited for one in vain is taken off what the next is waited for: 10 s
 *     for all together, and 0.2 s for each.
 *  4. What changed in the page tables while a CPU was on its way it was not
 *     told: it flushes its TLB once it is online and would be told.
 *  5. A CPU that stops (arch_cpu_die()) says so and halts with interrupts
 *     off, on its own stack, which it keeps. INIT wakes it: it starts from
 *     the beginning.
 *
 * Locks: the caller's (cpu_up(), cpu_down()), one CPU at a time.
 * Cost: about 10 ms each, as INIT wants.
 * Left out: starting them at the same time, as Linux can; so it may wait 10 s
 * for each.
 */
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/desc.h>
#include <asm/irqflags.h>
#include <asm/kernel_stack.h>
#include <asm/pgtable.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <mm/kasan.h>

#include "cpu_list.h"
#include "smp_stop.h"
#include "smpboot.h"
#include "trampoline.h"

/* Microseconds. The first two are Intel's; the others are for a busy host. */
#define INIT_DELAY 10000
#define SIPI_DELAY 200
#define PATIENCE 10000000		/* for all that do not come */
#define PATIENCE_LEAST 200000		/* for each */

u64 smpboot_patience = PATIENCE;
unsigned int smpboot_absent = NR_CPUS;

static struct task_struct *idle_of[NR_CPUS];

enum cpu_state {
	CPU_DEAD,		/* never started, or stopped for good */
	CPU_EXPECTED,
	CPU_ALIVE,		/* waits to be put online, or is */
};

/* Written by the CPU itself, and by who starts it before it can run. */
static enum cpu_state states[NR_CPUS];

static void set_state(unsigned int cpu, enum cpu_state state)
{
	__atomic_store_n(&states[cpu], state, __ATOMIC_RELEASE);
}

static enum cpu_state state_of(unsigned int cpu)
{
	return __atomic_load_n(&states[cpu], __ATOMIC_ACQUIRE);
}

static bool is_online(unsigned int cpu)
{
	return __atomic_load_n(&cpu_online_mask.bits[cpu / BITS_PER_LONG],
			       __ATOMIC_ACQUIRE) >> cpu % BITS_PER_LONG & 1;
}

void __noreturn secondary_start(unsigned int cpu);

/* CPU number cpu, on its idle thread's stack, interrupts off. */
void __noreturn secondary_start(unsigned int cpu)
{
	percpu_set_offset(cpu, __per_cpu_offset[cpu]);
	idt_load();
	cpu_init_secondary();
	apic_init_cpu();
	sched_init_cpu(cpu, idle_of[cpu]);

	set_state(cpu, CPU_ALIVE);
	while (!is_online(cpu))
		cpu_relax();
	flush_tlb_local_all();
	smp_stop_if_asked();
	apic_timer_start();
	local_irq_enable();
	cpu_idle_loop();
}

/* Spins until done(cpu), at most that long. */
static bool wait_until(bool (*done)(unsigned int cpu), unsigned int cpu,
		       u64 us)
{
	u64 end = ktime_get_us() + us;

	while (!done(cpu)) {
		if (ktime_get_us() >= end)
			return done(cpu);
		cpu_relax();
	}
	return true;
}

static bool wait_patiently(bool (*done)(unsigned int cpu), unsigned int cpu)
{
	u64 start = ktime_get_us(), waited;

	if (wait_until(done, cpu, max(smpboot_patience, (u64)PATIENCE_LEAST)))
		return true;
	waited = ktime_get_us() - start;
	smpboot_patience -= min(smpboot_patience, waited);
	return false;
}

static bool is_taken(unsigned int cpu)
{
	return trampoline_taken();
}

static bool is_alive(unsigned int cpu)
{
	return state_of(cpu) == CPU_ALIVE;
}

/* What a CPU needs before it can be sent for. */
static bool provide_for(unsigned int cpu)
{
	if (!idle_of[cpu])
		idle_of[cpu] = sched_make_idle(cpu);
	if (!idle_of[cpu])
		return false;
	/* it never returned from what it did when it was stopped */
	kasan_unpoison(idle_of[cpu]->stack, KERNEL_STACK_SIZE);
	return !exception_stacks_alloc(cpu);
}

static void send_start(u32 id)
{
	u8 page = (u8)(trampoline_phys() >> PAGE_SHIFT);

	apic_send_init(id);
	udelay(INIT_DELAY);
	apic_send_startup(id, page);
	if (!wait_until(is_taken, 0, SIPI_DELAY))
		apic_send_startup(id, page);
}

/* INIT keeps it from whatever it is doing. */
static void give_up(unsigned int cpu, u32 id)
{
	bool never_came = trampoline_revoke();

	apic_send_init(id);
	pr_err("smp: CPU %u (APIC %u) %s: left out\n", cpu, id,
	       never_came ? "does not come" : "got lost on its way");
	if (!never_came)
		return;
	trampoline_close();
	exception_stacks_free(cpu);
}

int arch_cpu_up(unsigned int cpu)
{
	u32 id = cpu == smpboot_absent ? XAPIC_ID_MAX : cpu_apic_id(cpu);
	unsigned long top;

	if (!apic_present() || !trampoline_phys())
		return -EIO;
	if (!provide_for(cpu)) {
		pr_err("smp: no memory to start CPU %u\n", cpu);
		return -ENOMEM;
	}
	top = (unsigned long)idle_of[cpu]->stack + KERNEL_STACK_SIZE;
	if (trampoline_open(cpu, id, top)) {
		pr_err("smp: no memory to start CPU %u\n", cpu);
		return -ENOMEM;
	}
	set_state(cpu, CPU_EXPECTED);
	send_start(id);
	if (!wait_patiently(is_taken, cpu) || !wait_patiently(is_alive, cpu)) {
		give_up(cpu, id);
		return -EIO;
	}
	trampoline_close();
	return 0;
}

void __noreturn arch_cpu_die(void)
{
	local_irq_disable();
	apic_timer_stop();
	set_state(smp_processor_id(), CPU_DEAD);
	cpu_halt();
}

bool arch_cpu_is_dead(unsigned int cpu)
{
	return state_of(cpu) == CPU_DEAD;
}

void __init arch_smp_init(void)
{
	exception_stacks_init();
	trampoline_init();
	smp_ipi_init();
}

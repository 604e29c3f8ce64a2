/*
 * How does a CPU get interrupts that are its own, and send some to others?
 *
 * Each CPU has an APIC, all at the same physical address (each CPU sees its
 * own there) or, as x2APIC, in model-specific registers; the registers are
 * the same, and apic_read() and apic_write() are all that differs but for the
 * command register, which is two words in memory and one MSR.
 *
 *	LVT timer  ----\
 *	LVT error  -----+--> IRR --> ISR --> CPU: vector; EOI clears ISR
 *	other CPUs ----/   (waits)  (is being handled)
 *
 *	1. Firmware may have left it off: the MSR switches it on, and to
 *	   x2APIC if the CPU has that. A CPU cannot go back without a reset,
 *	   so all must do the same: CPUID decides, for all alike.
 *	2. Everything the local vector table has is masked. The NMI pin stays
 *	   what it is on the CPU that boots: somebody may press the button.
 *	3. Any priority may come in; the spurious vector is set and with it the
 *	   APIC is on.
 *
 * An interrupt is sent by writing who and what to the command register. In
 * memory these are two writes, so interrupts are off in between, and the APIC
 * takes its time to deliver: before the next command we wait until it is idle
 * again, for a bounded time.
 *
 * Locks: none, every register is the CPU's own.
 */
#include <asm/apic.h>
#include <asm/control_regs.h>
#include <asm/fixmap.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>

#include "apic_cpuid.h"
#include "apic_regs.h"
#include "cpu_list.h"

#define MSR_APIC_BASE 0x1b
#define APIC_BASE_X2APIC (1ULL << 10)
#define APIC_BASE_ENABLE (1ULL << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ULL
#define MSR_X2APIC 0x800U
#define APIC_DEFAULT_BASE 0xfee00000ULL

#define ICR_ASSERT (1U << 14)
#define ICR_BUSY (1U << 12)
#define ICR_NMI (4U << 8)
#define ICR_INIT (5U << 8)
#define ICR_STARTUP (6U << 8)

/* Longer than any delivery, however slow reading is. */
#define IDLE_TRIES 1000000U

static struct {
	volatile u32 *regs;	/* NULL: x2APIC */
	bool x2apic;
	bool present;
} apic __ro_after_init;

u32 apic_read(unsigned int reg)
{
	if (apic.x2apic)
		return (u32)rdmsr(MSR_X2APIC + (reg >> 4));
	return apic.regs[reg / 4];
}

void apic_write(unsigned int reg, u32 value)
{
	if (apic.x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), value);
	else
		apic.regs[reg / 4] = value;
}

bool apic_present(void)
{
	return apic.present;
}

u32 apic_id(void)
{
	if (!apic.present)
		return cpuid_apic_id();
	return apic.x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

/* ----- sending ----- */

static void wait_until_idle(void)
{
	unsigned int tries = IDLE_TRIES;

	while (apic_read(APIC_ICR) & ICR_BUSY) {
		if (!--tries) {
			pr_err("APIC: an interrupt to another CPU is stuck\n");
			return;
		}
		cpu_relax();
	}
}

/*
 * What was stored before must be seen by who gets the interrupt. A write to
 * memory that is not cached waits for that; one to an x2APIC's MSR does not.
 */
static void send_x2apic(u32 to, u32 command)
{
	__asm__ volatile("mfence; lfence" : : : "memory");
	wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (u64)to << 32 | command);
}

static void send(u32 to, u32 command)
{
	unsigned long flags;

	if (!apic.present)
		return;
	if (apic.x2apic) {
		send_x2apic(to, command);
		return;
	}
	local_irq_save(flags);
	wait_until_idle();
	apic_write(APIC_ICR_HIGH, to << 24);
	apic_write(APIC_ICR, command);
	local_irq_restore(flags);
}

void apic_send_ipi(u32 to, u8 vector)
{
	send(to, ICR_ASSERT | vector);
}

void apic_send_nmi(u32 to)
{
	send(to, ICR_ASSERT | ICR_NMI);
}

void apic_send_init(u32 to)
{
	send(to, ICR_ASSERT | ICR_INIT);
}

void apic_send_startup(u32 to, u8 page)
{
	send(to, ICR_ASSERT | ICR_STARTUP | page);
}

/* ----- switching on ----- */

/* The APIC has seen something wrong: mostly a vector below 16. */
static void handle_error(struct pt_regs *regs)
{
	u32 errors;

	apic_write(APIC_ESR, 0);	/* makes the register show them */
	errors = apic_read(APIC_ESR);
	report_begin("local APIC error", "CPU %u, status %#x%s%s%s",
		     smp_processor_id(), errors,
		     errors & ESR_SEND_VECTOR ? ", sent a bad vector" : "",
		     errors & ESR_RECEIVED_VECTOR ? ", got a bad vector" : "",
		     errors & ESR_REGISTER ? ", no such register" : "");
	report_end();
}

static void mask_local_vectors(void)
{
	unsigned int nr = (apic_read(APIC_VERSION) >> 16 & 0xff) + 1;

	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	if (nr > 4)
		apic_write(APIC_LVT_PERF, LVT_MASKED);
	if (nr > 5)
		apic_write(APIC_LVT_THERMAL, LVT_MASKED);
	if (nr > 6)
		apic_write(APIC_LVT_CMCI, LVT_MASKED);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1,
		   smp_processor_id() ? LVT_MASKED : LVT_NMI);
}

static bool cpu_has_apic_msr(void)
{
	struct cpuid_regs r = cpuid(1, 0);

	return r.edx >> 5 & 1 && (r.eax >> 8 & 0xf) >= 6;
}

static void enable_by_msr(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	/* from off to x2APIC goes over on */
	if (!(base & APIC_BASE_ENABLE))
		wrmsr(MSR_APIC_BASE, base |= APIC_BASE_ENABLE);
	if (apic.x2apic && !(base & APIC_BASE_X2APIC))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
}

void apic_init_cpu(void)
{
	if (!apic.present)
		return;
	if (cpu_has_apic_msr())
		enable_by_msr();
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	mask_local_vectors();
	apic_write(APIC_TASK_PRIORITY, 0);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
}

/* The CPU itself knows best; firmware should say the same. */
static phys_addr_t __init find_base(void)
{
	phys_addr_t told = madt_apic_base(), real;

	if (!cpu_has_apic_msr())
		return told ?: APIC_DEFAULT_BASE;
	real = rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;
	if (told && told != real)
		pr_warn("APIC: at %#llx, not at %#llx as the MADT says\n", real,
			told);
	return real;
}

static bool __init find_registers(void)
{
	apic.x2apic = cpuid_has_x2apic();
	if (!apic.x2apic)
		apic.regs = fixmap_map_device(find_base());
	return apic.x2apic || apic.regs;
}

bool __init apic_init(void)
{
	if (!cpuid_has_apic()) {
		pr_warn("APIC: there is none: no tick, no second CPU\n");
		return false;
	}
	if (!find_registers()) {
		pr_err("APIC: cannot be mapped: no tick, no second CPU\n");
		return false;
	}
	apic.present = true;
	irq_set_handler(VECTOR_APIC_ERROR, handle_error);
	apic_init_cpu();
	pr_info("APIC: %s, number %u, version %#x\n",
		apic.x2apic ? "x2APIC" : "xAPIC", apic_id(),
		apic_read(APIC_VERSION) & 0xff);
	return true;
}

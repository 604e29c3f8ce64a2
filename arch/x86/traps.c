/*
 * What happens on an exception or interrupt.
 *
 *	fix-up known for this instruction	go on there (probe_read ...)
 *	page of a guarded object's pool		told, gone on (mm/kfence.c)
 *	breakpoint, debug, NMI			told, gone on
 *	any other exception			the kernel is wrong: report of
 *						cause, address, registers and
 *						call stack, then panic
 *	hardware interrupt			irq.c
 *
 * What a fault was about: fault_explain.c. A double fault is
 * nearly always a stack that ran into its guard page: the CPU could not push
 * the first fault's frame, and CR2 still has the address.
 */
#include <asm/control_regs.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/i8259.h>
#include <asm/irq.h>
#include <asm/kernel_stack.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/restart.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <mm/kfence.h>

#include "fault_explain.h"
#include "smp_stop.h"

static DEFINE_PER_CPU(unsigned long, counts[NR_EXCEPTIONS]);
static void (*nmi_handler)(struct pt_regs *regs);

static const char *const names[NR_EXCEPTIONS] = {
	[X86_TRAP_DE] = "divide error",
	[X86_TRAP_DB] = "debug",
	[X86_TRAP_NMI] = "NMI",
	[X86_TRAP_BP] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid opcode",
	[7] = "device not available",
	[X86_TRAP_DF] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[X86_TRAP_GP] = "general protection fault",
	[X86_TRAP_PF] = "page fault",
	[16] = "x87 floating point error",
	[17] = "alignment check",
	[X86_TRAP_MC] = "machine check",
	[19] = "SIMD floating point error",
	[21] = "control protection",
};

static void show_double_fault(const struct pt_regs *regs)
{
	char what[DESCRIBE_MAX];

	describe_address(regs->sp, what, sizeof(what));
	printk(KERN_ERR "stack pointer: %s\n", what);
	describe_address(read_cr2(), what, sizeof(what));
	printk(KERN_ERR "last page fault: %px, %s\n", (void *)read_cr2(),
	       what);
}

/*
 * The innermost caller may be missing in the call stack: what was called but
 * could not be fetched, and a function that calls nobody, have no frame. Then
 * the return address is on top of the stack.
 */
static void show_caller(const struct pt_regs *regs)
{
	const unsigned long *top = (const unsigned long *)regs->sp;

	if (!probe_read(top) && !probe_read((const char *)(top + 1) - 1) &&
	    is_kernel_text(*top))
		printk(KERN_ERR "perhaps called from %pB\n", (void *)*top);
}

static bool is_stack_overflow(const struct pt_regs *regs)
{
	unsigned long addr = read_cr2();

	return regs->vector == X86_TRAP_DF &&
	       (kernel_stack_is_guard(addr) ||
		(addr >= (unsigned long)boot_stack_guard &&
		 addr < (unsigned long)boot_stack));
}

static void __noreturn die(const struct pt_regs *regs)
{
	const char *name = names[regs->vector] ?: "reserved exception";

	panic_begin();
	printk(KERN_ERR "exception %lu (%s), error code %#lx\n", regs->vector,
	       name, regs->error_code);
	fault_show(regs);
	if (regs->vector == X86_TRAP_DF)
		show_double_fault(regs);
	show_regs(regs);
	show_caller(regs);
	if (is_stack_overflow(regs))
		panic("kernel stack overflow in thread %s at %pS",
		      current->name, (void *)regs->ip);
	panic("%s at %pS", name, (void *)regs->ip);
}

/* Nothing is wrong with the code that was interrupted. */
static bool is_harmless(unsigned long vector)
{
	return vector == X86_TRAP_BP || vector == X86_TRAP_DB ||
	       vector == X86_TRAP_NMI;
}

void trap_set_nmi_handler(void (*fn)(struct pt_regs *regs))
{
	WRITE_ONCE(nmi_handler, fn);
}

/* True if somebody waits for NMIs. */
static bool handle_nmi(struct pt_regs *regs)
{
	void (*fn)(struct pt_regs *regs) = READ_ONCE(nmi_handler);
	bool asked = flush_tlb_if_asked();

	smp_stop_if_asked();
	if (fn)
		fn(regs);
	return asked || fn;
}

static bool somebody_waits_for(struct pt_regs *regs)
{
	return (regs->vector == X86_TRAP_DB && breakpoint_exception(regs)) ||
	       (regs->vector == X86_TRAP_NMI && handle_nmi(regs));
}

/*
 * Nothing is mapped there because a guarded object begins or ends there, or
 * did. (Who was ready for a fault has had his fix-up.)
 */
static bool hit_guard(struct pt_regs *regs)
{
	const unsigned long other = X86_PF_PROT | X86_PF_USER | X86_PF_RSVD |
				    X86_PF_INSTR;

	return regs->vector == X86_TRAP_PF && !(regs->error_code & other) &&
	       kfence_handle_page_fault(read_cr2(),
					regs->error_code & X86_PF_WRITE, regs);
}

/* True if somebody is ready for it. */
static bool survive(struct pt_regs *regs)
{
	const struct pt_regs before = *regs;

	if (!fixup_exception(regs))
		return false;
	fault_survived(&before);
	return true;
}

static void handle_exception(struct pt_regs *regs)
{
	if (somebody_waits_for(regs))
		;
	else if (is_harmless(regs->vector))
		pr_debug("%s at %pS\n", names[regs->vector], (void *)regs->ip);
	else if (!survive(regs) && !hit_guard(regs))
		die(regs);
	this_cpu_inc(counts[regs->vector]);
}

void trap_dispatch(struct pt_regs *regs)
{
	restart_rewind(regs);
	if (regs->vector < NR_EXCEPTIONS)
		handle_exception(regs);
	else
		irq_dispatch(regs);
}

unsigned long trap_count(unsigned int vector)
{
	unsigned long sum = 0;
	unsigned int cpu;

	if (vector < NR_EXCEPTIONS)
		for_each_possible_cpu(cpu)
			sum += per_cpu(counts[vector], cpu);
	return sum;
}

void trap_init(void)
{
	gdt_init();
	idt_init();
	i8259_init();
}

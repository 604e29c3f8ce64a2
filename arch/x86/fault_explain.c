/*
 * Why could that address not be used?
 *
 *	page fault		CR2 has the address, the error code what was
 *				tried: what lies there is described
 *				(describe_address.c)
 *	general protection	the CPU keeps the address to itself. An address
 *				that no page table can map is the usual cause,
 *				and mostly still in a register: those that hold
 *				such a number are named
 *
 * This is part of the panic for a fault nobody is ready for. Where somebody is,
 * nothing is told, unless he asks (fault_explain()): then it is a report like
 * any other, and he goes on at his fix-up. Suites read it.
 */
#include <asm/control_regs.h>
#include <asm/machine.h>
#include <asm/pgtable.h>
#include <asm/traps.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <lib/kernel.h>

#include "fault_explain.h"

static DEFINE_PER_CPU(bool, explaining);

void fault_explain(bool on)
{
	this_cpu_write(explaining, on);
}

static const char *access_kind(unsigned long error)
{
	if (error & X86_PF_INSTR)
		return "execute";
	return error & X86_PF_WRITE ? "write" : "read";
}

static const char *fault_reason(unsigned long error)
{
	if (error & X86_PF_RSVD)
		return "reserved bit set in a page table";
	return error & X86_PF_PROT ? "not allowed there" : "nothing is mapped";
}

static void show_page_fault(const struct pt_regs *regs)
{
	unsigned long addr = read_cr2();
	char what[DESCRIBE_MAX];

	describe_address(addr, what, sizeof(what));
	printk(KERN_ERR "cannot %s%s %px: %s\n",
	       access_kind(regs->error_code),
	       regs->error_code & X86_PF_USER ? " as user" : "", (void *)addr,
	       fault_reason(regs->error_code));
	printk(KERN_ERR "the address: %s\n", what);
}

#ifdef __x86_64__
/* In the order of struct pt_regs. */
static const char *const general[] = {
	"r15", "r14", "r13", "r12", "bp", "bx", "r11", "r10", "r9", "r8",
	"ax", "cx", "dx", "si", "di",
};
#else
static const char *const general[] = {
	"di", "si", "bp", "sp", "bx", "dx", "cx", "ax",
};
#endif

static void show_wild_registers(const struct pt_regs *regs)
{
	const unsigned long *value = (const unsigned long *)regs;
	char what[DESCRIBE_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(general); i++) {
		if (va_is_canonical(value[i]))
			continue;
		describe_address(value[i], what, sizeof(what));
		printk(KERN_ERR "%s holds %px: %s\n", general[i],
		       (void *)value[i], what);
	}
}

void fault_show(const struct pt_regs *regs)
{
	if (regs->vector == X86_TRAP_PF)
		show_page_fault(regs);
	else if (regs->vector == X86_TRAP_GP)
		show_wild_registers(regs);
}

void fault_survived(const struct pt_regs *regs)
{
	if (!this_cpu_read(explaining))
		return;
	report_begin(regs->vector == X86_TRAP_PF ? "page fault" :
		     "general protection fault", "at %pS", (void *)regs->ip);
	fault_show(regs);
	report_end();
}

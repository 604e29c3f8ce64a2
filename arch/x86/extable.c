/*
 * Surviving a fault on purpose. An instruction that may fault has an entry
 * in the section __ex_table:
 *
 *	fault	where it is			both as distance from the
 *	fixup	where to go on if it faults	field itself, 32 bits each
 *
 * An instruction *fetch* faults at its target, which has no entry of its own;
 * the call that went there has one, under its return address. That is on top
 * of the stack, and its fix-up takes it off.
 */
#include <asm/control_regs.h>
#include <asm/machine.h>
#include <asm/traps.h>
#include <lib/compiler.h>
#include <lib/errno.h>

struct ex_entry {
	s32 fault, fixup;
};

extern const struct ex_entry __start___ex_table[], __stop___ex_table[];

#define EX_ENTRY(fault, fixup)				\
	".pushsection __ex_table, \"a\", @progbits\n\t"	\
	".balign 4\n\t"					\
	".long " #fault " - .\n\t"			\
	".long " #fixup " - .\n\t"			\
	".popsection\n\t"

/* Where to go on after a fault at ip; 0 if that is nowhere. */
static unsigned long find_fixup(unsigned long ip)
{
	const struct ex_entry *e;

	for (e = __start___ex_table; e < __stop___ex_table; e++)
		if ((unsigned long)&e->fault + (unsigned long)e->fault == ip)
			return (unsigned long)&e->fixup +
			       (unsigned long)e->fixup;
	return 0;
}

/* A CPU without NX does not say so, but what it could not read is at ip. */
static bool is_fetch_fault(const struct pt_regs *regs)
{
	return regs->vector == X86_TRAP_PF &&
	       (regs->error_code & X86_PF_INSTR || regs->ip == read_cr2());
}

bool fixup_exception(struct pt_regs *regs)
{
	unsigned long ip = regs->ip, fixup;

	if (regs->vector != X86_TRAP_PF && regs->vector != X86_TRAP_GP)
		return false;
	/* The stack is there: the CPU has just pushed regs just below sp. */
	if (is_fetch_fault(regs))
		ip = *(const unsigned long *)regs->sp;
	fixup = find_fixup(ip);
	if (!fixup)
		return false;
	regs->ip = fixup;
	return true;
}

int probe_read(const void *addr)
{
	int error = -EFAULT;

	__asm__ volatile("1:	movb %1, %b0\n\t"
			 "	xorl %0, %0\n"
			 "2:\n\t"
			 EX_ENTRY(1b, 2b)
			 : "+q"(error) : "m"(*(const char *)addr));
	return error;
}

/* Locked, so that nobody's write in between is lost. */
int probe_write(void *addr)
{
	int error = -EFAULT;

	__asm__ volatile("1:	lock orb $0, %1\n\t"
			 "	xorl %0, %0\n"
			 "2:\n\t"
			 EX_ENTRY(1b, 2b)
			 : "+r"(error), "+m"(*(char *)addr) : : "cc");
	return error;
}

int probe_exec(const void *addr)
{
	int error = -EFAULT;

	__asm__ volatile("	call *%1\n"
			 "1:	xorl %0, %0\n\t"
			 "	jmp 3f\n"
			 "2:	pop %1\n"
			 "3:\n\t"
			 EX_ENTRY(1b, 2b)
			 : "+&r"(error), "+r"(addr) : : "memory", "cc");
	return error;
}

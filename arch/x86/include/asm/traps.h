/*
 * Exceptions and interrupts of the CPU, and surviving one on purpose.
 * Counterparts: asm/traps.h, asm/extable.h.
 */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <asm/ptrace.h>
#include <lib/types.h>

/* Vectors the CPU itself raises, by Intel's names. */
enum {
	X86_TRAP_DE = 0,	/* divide error */
	X86_TRAP_DB = 1,	/* debug */
	X86_TRAP_NMI = 2,
	X86_TRAP_BP = 3,	/* breakpoint */
	X86_TRAP_DF = 8,	/* double fault */
	X86_TRAP_GP = 13,	/* general protection */
	X86_TRAP_PF = 14,	/* page fault */
	X86_TRAP_MC = 18,	/* machine check */
	NR_EXCEPTIONS = 32
};

/* Bits of a page fault's error code. */
#define X86_PF_PROT 0x01	/* the page is there, the access is forbidden */
#define X86_PF_WRITE 0x02
#define X86_PF_USER 0x04
#define X86_PF_RSVD 0x08	/* a reserved bit is set in a page table */
#define X86_PF_INSTR 0x10	/* instruction fetch */

/*
 * GDT, TSS, IDT and interrupt controller of this CPU. Called before any other
 * C code, so that the first wrong step is a report and no silent reset.
 */
void trap_init(void);

/* Called by entry_*.asm for every vector. */
void trap_dispatch(struct pt_regs *regs);

/* For every NMI that does not stop the CPU; NULL: it is told in the log. */
void trap_set_nmi_handler(void (*fn)(struct pt_regs *regs));

/* Prints all of an interrupted context's registers. */
void show_regs(const struct pt_regs *regs);

/*
 * Exceptions of a vector (< NR_EXCEPTIONS) that were survived since boot, on
 * all CPUs. Any context; those of this moment may be missing.
 */
unsigned long trap_count(unsigned int vector);

/* True if the fault has a fix-up: regs then continue there. */
bool fixup_exception(struct pt_regs *regs);

/*
 * From now on this CPU tells of faults that have a fix-up, too, in a report
 * for each. For suites.
 */
void fault_explain(bool on);

/*
 * Calls the code at addr, which must be a single return instruction: 0, or
 * -EFAULT if it could not be fetched. See also probe_read() in asm/machine.h.
 */
int probe_exec(const void *addr);

/*
 * Call stack from a given frame pointer on, e.g. of an interrupted context.
 * Stops at the first frame that is not on a kernel stack.
 */
unsigned int stack_trace_from(unsigned long bp, unsigned long *entries,
			      unsigned int max);

#endif

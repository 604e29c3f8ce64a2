/*
 * How does a test interrupt the kernel at an instruction of its choice?
 *
 * With a hardware breakpoint: the CPU compares the address of every
 * instruction with its debug registers and raises a debug exception before
 * the one that is found there. Code is not changed for it, so other CPUs run
 * on undisturbed.
 *
 *	DR0	the address
 *	DR7	bits 0,1: on (locally, globally); bits 16..19 = 0: execution
 *	DR6	bit 0: it was DR0
 *
 * The exception comes before the instruction, so going back there would raise
 * it again for ever. The resume flag (RF) lets one instruction pass: always
 * set, for a handler that moves regs->ip elsewhere loses nothing by it.
 *
 * Each CPU has its own registers; the handler is one for all.
 */
#include <asm/debugreg.h>
#include <lib/compiler.h>
#include <lib/kernel.h>

#define DR7_DR0_ON 0x3UL
#define DR6_DR0_HIT 0x1UL
#define X86_EFLAGS_RF (1UL << 16)

static breakpoint_handler_t handler;

void breakpoint_set_handler(breakpoint_handler_t fn)
{
	WRITE_ONCE(handler, fn);
}

void breakpoint_set(unsigned long addr)
{
	__asm__ volatile("mov %0, %%db0\n\t"
			 "mov %1, %%db7"
			 : : "r"(addr), "r"(DR7_DR0_ON) : "memory");
}

void breakpoint_clear(void)
{
	__asm__ volatile("mov %0, %%db7" : : "r"(0UL) : "memory");
}

static bool breakpoint_was_hit(void)
{
	unsigned long dr6;

	__asm__ volatile("mov %%db6, %0" : "=r"(dr6));
	if (!(dr6 & DR6_DR0_HIT))
		return false;
	/* The CPU sets bits there and never clears one. */
	__asm__ volatile("mov %0, %%db6" : : "r"(dr6 & ~DR6_DR0_HIT));
	return true;
}

bool breakpoint_exception(struct pt_regs *regs)
{
	breakpoint_handler_t fn = READ_ONCE(handler);

	if (!breakpoint_was_hit())
		return false;
	if (fn)
		fn(regs);
	regs->flags |= X86_EFLAGS_RF;
	return true;
}

/*
 * Debug registers: this CPU stops before the instruction at an address and
 * calls a function of ours. Counterparts: asm/debugreg.h,
 * linux/hw_breakpoint.h (6.12).
 */
#ifndef ASM_DEBUGREG_H
#define ASM_DEBUGREG_H

#include <asm/ptrace.h>
#include <lib/types.h>

/*
 * Called as exceptions are: interrupts off, wherever the CPU was. What was
 * interrupted goes on behind the breakpoint, or where regs then point.
 */
typedef void (*breakpoint_handler_t)(struct pt_regs *regs);

/* For all CPUs; NULL takes it away, with every CPU's breakpoint cleared. */
void breakpoint_set_handler(breakpoint_handler_t fn);

/* This CPU's one breakpoint is at addr, or nowhere. Any context. */
void breakpoint_set(unsigned long addr);
void breakpoint_clear(void);

/* traps.c, for a debug exception: true if that was our breakpoint. */
bool breakpoint_exception(struct pt_regs *regs);

#endif

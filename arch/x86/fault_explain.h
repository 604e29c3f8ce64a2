/* What a page fault or general protection fault was about, in print. */
#ifndef FAULT_EXPLAIN_H
#define FAULT_EXPLAIN_H

#include <asm/ptrace.h>

/* Lines about the addresses concerned, within a report or a panic. */
void fault_show(const struct pt_regs *regs);

/* A fault with a fix-up: told as a report, if this CPU is to tell it. */
void fault_survived(const struct pt_regs *regs);

#endif

/*
 * Registers of an interrupted context, as entry_64.asm and entry_32.asm leave
 * them on the stack; the lowest address first. sp is the interrupted stack
 * pointer; only read. Counterpart: asm/ptrace.h.
 */
#ifndef ASM_PTRACE_H
#define ASM_PTRACE_H

#ifdef __x86_64__
#include <asm/ptrace_64.h>
#else
#include <asm/ptrace_32.h>
#endif

#endif

/*
 * Restartable sequences: <kernel/cpu_stack.h> says what for, arch/x86/restart.c
 * how.
 */
#ifndef ASM_RESTART_H
#define ASM_RESTART_H

#include <asm/ptrace.h>
#include <lib/types.h>

/* One sequence: rewound if interrupted behind start and before end. */
struct restart_entry {
	unsigned long start, end;
};

extern const struct restart_entry __start_restart_table[];
extern const struct restart_entry __stop_restart_table[];
extern char __restart_text_begin[], __restart_text_end[];

/* First thing on every way into the kernel. True if regs was rewound. */
bool restart_rewind(struct pt_regs *regs);

/* Panics if a sequence lies where restart_rewind() does not look. Boot. */
void restart_check_table(void);

/* Sequences rewound on this CPU since boot. */
unsigned long restart_count(void);

#endif

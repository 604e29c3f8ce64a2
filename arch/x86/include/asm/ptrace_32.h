/* Registers of an interrupted context, i386; entry_32.asm relies on it. */
#ifndef ASM_PTRACE_32_H
#define ASM_PTRACE_32_H

struct pt_regs {
	/* pushed by the common stub */
	unsigned long di, si, bp, sp, bx, dx, cx, ax;
	/* pushed by the vector's own stub (the error code often by the CPU) */
	unsigned long vector, error_code;
	/* pushed by the CPU */
	unsigned long ip, cs, flags;
};

_Static_assert(sizeof(struct pt_regs) == 13 * 4, "entry_32.asm relies on it");

#endif

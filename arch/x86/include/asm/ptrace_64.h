/* Registers of an interrupted context, x86_64; entry_64.asm relies on it. */
#ifndef ASM_PTRACE_64_H
#define ASM_PTRACE_64_H

struct pt_regs {
	/* pushed by the common stub */
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	/* pushed by the vector's own stub (the error code often by the CPU) */
	unsigned long vector, error_code;
	/* pushed by the CPU */
	unsigned long ip, cs, flags, sp, ss;
};

_Static_assert(sizeof(struct pt_regs) == 22 * 8, "entry_64.asm relies on it");

#endif

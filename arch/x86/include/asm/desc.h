/*
 * Descriptor tables: segments (GDT), the task state (TSS) with the stacks for
 * exceptions that cannot trust the current one, interrupt gates (IDT).
 * Counterpart: asm/desc.h, asm/segment.h.
 */
#ifndef ASM_DESC_H
#define ASM_DESC_H

#include <lib/types.h>

#define __KERNEL_CS 0x08
#define __KERNEL_DS 0x10
#define __KERNEL_TSS 0x18	/* two entries */
#define GDT_ENTRIES 5

#define NR_VECTORS 256

/* Stacks of the interrupt stack table; 0 in a gate: stay on this stack. */
enum {
	IST_NONE,
	IST_DF,			/* double fault, e.g. no stack left */
	IST_NMI,
	IST_MC,
	NR_IST
};
#define IST_STACK_SIZE 8192

void gdt_init(void);
void idt_init(void);

/* Bounds of the exception stack that holds addr; false if none does. */
bool ist_stack_bounds(unsigned long addr, unsigned long *low,
		      unsigned long *high);

/* entry_64.asm: one stub for each vector, each of ENTRY_STUB_SIZE bytes. */
#define ENTRY_STUB_SIZE 16
extern const char entry_stubs[NR_VECTORS][ENTRY_STUB_SIZE];

#endif

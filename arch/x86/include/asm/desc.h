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
#define __KERNEL_TSS 0x18		/* x86_64: two entries */
#define __DOUBLE_FAULT_TSS 0x20		/* i386 */
#define __KERNEL_PERCPU 0x28		/* i386: data, based at our copies */
#define GDT_ENTRIES 6

#define NR_VECTORS 256

#define EXCEPTION_STACK_SIZE 8192

/* x86_64: stacks of the interrupt stack table; 0: stay on this stack. */
enum {
	IST_NONE,
	IST_DF,			/* double fault, e.g. no stack left */
	IST_NMI,
	IST_MC,
	NR_IST
};

void gdt_init(void);
void idt_init(void);
/* i386: where %gs points, on this CPU. */
void gdt_set_percpu_base(unsigned long base);

/* i386: the double fault is a task of its own, with page tables of its own. */
void double_fault_set_cr3(unsigned long cr3);
/* Called by entry_32.asm in that task. */
void double_fault_task(void);

/* Bounds of the exception stack that holds addr; false if none does. */
bool exception_stack_bounds(unsigned long addr, unsigned long *low,
			    unsigned long *high);

/* entry_*.asm: one stub for each vector, each of ENTRY_STUB_SIZE bytes. */
#define ENTRY_STUB_SIZE 16
extern const char entry_stubs[NR_VECTORS][ENTRY_STUB_SIZE];

#endif

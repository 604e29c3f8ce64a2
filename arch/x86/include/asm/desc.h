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

/* x86_64: stacks of the interrupt stack table; 0: stay on this stack. */
enum {
	IST_NONE,
	IST_DF,			/* double fault, e.g. no stack left */
	IST_NMI,
	IST_MC,
	NR_IST
};

/*
 * Segments and task state of the boot CPU, for the time before it has per-CPU
 * data of its own; and of CPU number cpu, which runs this, from then on. A
 * CPU's %gs has to be set anew behind either: percpu_set_offset() does both.
 */
void gdt_init(void);
void gdt_init_cpu(unsigned int cpu);
/* The gates are the same for all: made once, loaded by each CPU. */
void idt_init(void);
void idt_load(void);
/* i386: where %gs points, on this CPU. */
void gdt_set_percpu_base(unsigned long base);

/* i386: the double fault is a task of its own, with page tables of its own. */
void double_fault_set_cr3(unsigned long cr3);
/* Called by entry_32.asm in that task. */
void double_fault_task(void);

/*
 * Stacks for exceptions that cannot trust the current one, each above a guard
 * page. Numbered from IST_DF on; which there are, and their names, is up to
 * the target (gdt_64.c, gdt_32.c).
 */
extern const char *const exception_stack_names[NR_IST];	/* NULL: none */

/* For a CPU that will start; those it has are kept. 0 or -ENOMEM. */
int exception_stacks_alloc(unsigned int cpu);
/* CPU 0 leaves the stacks it booted with. Boot; panics without memory. */
void exception_stacks_init(void);
/* Of a CPU that never ran. */
void exception_stacks_free(unsigned int cpu);
/* Initial stack pointer; the boot's own stack if the CPU has no other yet. */
unsigned long exception_stack_top(unsigned int cpu, unsigned int ist);
/* Tells the task state of this CPU where they are now. */
void exception_stacks_use(unsigned int cpu);

/* Bounds of the exception stack that holds addr; false if none does. */
bool exception_stack_bounds(unsigned long addr, unsigned long *low,
			    unsigned long *high);
/* Says in buf which one holds addr, its guard page included; false: none. */
bool exception_stack_describe(unsigned long addr, char *buf, size_t size);

/* entry_*.asm: one stub for each vector, each of ENTRY_STUB_SIZE bytes. */
#define ENTRY_STUB_SIZE 16
extern const char entry_stubs[NR_VECTORS][ENTRY_STUB_SIZE];

#endif

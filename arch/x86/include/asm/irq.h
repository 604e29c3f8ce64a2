/*
 * Interrupt vectors and who handles them. Counterparts: asm/irq_vectors.h,
 * linux/interrupt.h.
 */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <asm/ptrace.h>

/* 32..47 are the PIC's lines (<asm/i8259.h>). The APIC's, by urgency: */
enum {
	VECTOR_TEST = 0xe0,		/* suites install their own handler */
	VECTOR_TIMER = 0xec,
	VECTOR_CALL_FUNCTION = 0xfb,
	VECTOR_RESCHEDULE = 0xfd,
	VECTOR_APIC_ERROR = 0xfe,
	VECTOR_SPURIOUS = 0xff,
};

/*
 * fn runs with interrupts off, counted as a handler (in_interrupt()); the
 * APIC is acknowledged for it. One handler per vector; NULL takes it away.
 */
typedef void (*irq_handler_t)(struct pt_regs *regs);
void irq_set_handler(unsigned int vector, irq_handler_t fn);

/* traps.c: all vectors that are no exceptions. */
void irq_dispatch(struct pt_regs *regs);

/* Interrupts of a vector on this CPU since boot. */
unsigned long irq_count(unsigned int vector);

#endif

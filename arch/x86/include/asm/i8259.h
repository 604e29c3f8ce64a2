/* The PC's two interrupt controllers, 8259A. Counterpart: asm/i8259.h. */
#ifndef ASM_I8259_H
#define ASM_I8259_H

#include <lib/types.h>

/* Hardware interrupt n comes in as vector IRQ_VECTOR_BASE + n. */
#define IRQ_VECTOR_BASE 0x20
#define NR_IRQS 16

/* Moves the interrupts away from the exceptions' vectors, masks them all. */
void i8259_init(void);
/* Keeps one interrupt from coming again. */
void i8259_mask(unsigned int irq);
/*
 * Called first by the handler of irq. True if it was a real one (it is then
 * acknowledged), false if spurious: a line that fell before it was looked at.
 */
bool i8259_acknowledge(unsigned int irq);

#endif

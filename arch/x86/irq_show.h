/* What irq.c has counted, for whoever shows it. */
#ifndef IRQ_SHOW_H
#define IRQ_SHOW_H

#include <lib/types.h>

bool irq_has_handler(unsigned int vector);
/* Interrupts of a vector on that CPU since boot. */
unsigned long irq_count_of(unsigned int vector, unsigned int cpu);

#endif

/* Inter-processor interrupts: their handlers, and the one that stops. */
#ifndef SMP_STOP_H
#define SMP_STOP_H

/* Handlers for the interrupts of <asm/smp.h>. Boot. */
void smp_ipi_init(void);

/* Does not return if arch_stop_others() was called by another CPU. */
void smp_stop_if_asked(void);

#endif

/*
 * Interrupts in a process: each thread has its flag, and takes the interrupts
 * that wait for its CPU where it turns them on.
 */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <lib/types.h>

extern __thread bool hosted_irqs_off;

/* Interrupts have come on. */
void hosted_irqs_came_on(void);

static inline unsigned long local_save_flags(void)
{
	return hosted_irqs_off;
}

static inline void local_irq_disable(void)
{
	hosted_irqs_off = true;
}

static inline void local_irq_enable(void)
{
	hosted_irqs_off = false;
	hosted_irqs_came_on();
}

static inline bool irqs_disabled(void)
{
	return hosted_irqs_off;
}

static inline unsigned long __local_irq_save(void)
{
	unsigned long flags = local_save_flags();

	local_irq_disable();
	return flags;
}

#define local_irq_save(flags) ((flags) = __local_irq_save())

static inline void local_irq_restore(unsigned long flags)
{
	if (flags)
		local_irq_disable();
	else
		local_irq_enable();
}

#endif

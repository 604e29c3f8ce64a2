/*
 * A process has no interrupts to turn off: the flag is kept so that code that
 * asks gets the answer it would get in the kernel.
 */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <lib/types.h>

extern bool hosted_irqs_off;

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
	hosted_irqs_off = flags;
}

#endif

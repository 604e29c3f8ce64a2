/*
 * What guarded objects (<mm/kfence.h>) ask of the machine. Part of the machine
 * contract: hosted tests protect pages of their process. Counterpart:
 * asm/kfence.h.
 */
#ifndef ASM_KFENCE_H
#define ASM_KFENCE_H

#include <lib/types.h>

struct pt_regs;

/*
 * Makes single pages of a range of the direct map protectable. Once per range;
 * thread context or boot. False: no memory.
 */
bool kfence_prepare_range(unsigned long addr, unsigned long size);

/*
 * Takes the page at addr away, so that any access faults, or gives it back.
 * Any context; never fails. A page given back is there for all CPUs at once;
 * of one taken away the other CPUs may use what they remember, until they call
 * kfence_forget_pages().
 */
void kfence_protect_page(unsigned long addr, bool protect);

/* This CPU forgets all it remembers. Any context. */
void kfence_forget_pages(void);

/* The instruction that faulted. regs is what the fault handler was given. */
unsigned long kfence_fault_ip(const struct pt_regs *regs);

#endif

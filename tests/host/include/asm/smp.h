/*
 * What the machine does for <kernel/smp.h>. Part of the machine contract:
 * hosted tests have threads that play CPUs.
 */
#ifndef ASM_SMP_H
#define ASM_SMP_H

#include <lib/types.h>

/* Makes that CPU call smp_call_function_interrupt() soon. Any context. */
void arch_send_call_function(unsigned int cpu);

/* Makes that CPU set need_resched for itself, and look. Any context. */
void arch_send_reschedule(unsigned int cpu);

/* CPUs that firmware tells of, 1 to NR_CPUS. Once boot data was parsed. */
unsigned int arch_nr_cpus(void);

/* Once, on the boot CPU, with its APIC and clock running; may sleep. Boot. */
void arch_smp_init(void);

/*
 * Starts CPU number cpu; 0 when it is there. It waits until the caller has put
 * it into cpu_online_mask and then runs its idle thread. -ENOMEM, or -EIO if it
 * does not come. May sleep.
 */
int arch_cpu_up(unsigned int cpu);
/* On a CPU going down, after it left cpu_online_mask: never returns. */
void arch_cpu_die(void) __attribute__((noreturn));
/* On another: is it really stopped? */
bool arch_cpu_is_dead(unsigned int cpu);

/* Stops all other CPUs at once, interrupts off or not (NMI). */
void arch_stop_others(void);
/* Another CPU is about to do that: waits for it, in any context. */
void arch_wait_for_stop(void) __attribute__((noreturn));

#endif

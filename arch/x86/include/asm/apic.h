/*
 * The local interrupt controller of each CPU (APIC): interrupts to other CPUs
 * and the CPU's own timer. Counterpart: asm/apic.h. As x2APIC where there is
 * one (registers are MSRs), else through memory.
 *
 * Any context unless something else is said.
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <lib/types.h>

/*
 * Finds and enables the APIC of the CPU that boots; false: there is none, and
 * with it no tick and no second CPU. Boot, once, interrupts off.
 */
bool apic_init(void);
/* The same for a CPU that has just started. Interrupts off. */
void apic_init_cpu(void);
/* True once apic_init() succeeded. */
bool apic_present(void);

/* Number of this CPU's APIC: what firmware's tables and IPIs call it. */
u32 apic_id(void);

/* Ends the handling of an interrupt that came through the APIC. */
void apic_eoi(void);

/* Interrupts to another CPU, by its APIC's number. */
void apic_send_ipi(u32 apic_id, u8 vector);
void apic_send_nmi(u32 apic_id);
void apic_send_init(u32 apic_id);
/* The CPU starts in real mode at page << 12. */
void apic_send_startup(u32 apic_id, u8 page);

/*
 * Timer: measured once against the PIT (or the HPET) by apic_timer_calibrate()
 * on the boot CPU; then each CPU starts its own, HZ interrupts a second, each
 * of which calls timer_tick(). Without a rate that can be believed, or with
 * "notick" on the command line, starting it does nothing.
 */
void apic_timer_calibrate(void);
void apic_timer_start(void);
void apic_timer_stop(void);
/* There is a rate, and so there can be a tick. */
bool apic_timer_usable(void);

#endif

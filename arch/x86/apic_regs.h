/* Registers of the local APIC, by their offset in memory. */
#ifndef APIC_REGS_H
#define APIC_REGS_H

#include <lib/types.h>

#define APIC_ID 0x20
#define APIC_VERSION 0x30
#define APIC_TASK_PRIORITY 0x80
#define APIC_EOI 0xb0
#define APIC_SPURIOUS 0xf0
#define SPURIOUS_ENABLE 0x100
#define APIC_ESR 0x280
#define ESR_SEND_VECTOR 0x20
#define ESR_RECEIVED_VECTOR 0x40
#define ESR_REGISTER 0x80
#define APIC_LVT_CMCI 0x2f0
#define APIC_ICR 0x300
#define APIC_ICR_HIGH 0x310	/* not in an x2APIC */
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF 0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define LVT_MASKED (1U << 16)
#define LVT_PERIODIC (1U << 17)
#define LVT_NMI (4U << 8)
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0
#define DIVIDE_BY_16 3U

/* apic_init() has succeeded. */
u32 apic_read(unsigned int reg);
void apic_write(unsigned int reg, u32 value);

#endif

/* The way of another CPU from real mode into the kernel. */
#ifndef TRAMPOLINE_H
#define TRAMPOLINE_H

#include <lib/compiler.h>
#include <lib/types.h>

/* One page of code, one of data: what both may be is different. */
#define TRAMPOLINE_SIZE (2 * PAGE_SIZE)

/* Who may come: the number of an APIC, or one of these. */
#define TICKET_NOBODY 0xffffffffU
#define TICKET_TAKEN 0xfffffffeU	/* he came */

/* trampoline.inc knows the offsets. Constant while a CPU is expected. */
struct trampoline_data {
	u32 ticket;		/* changed by compare-and-exchange */
	u32 cpu;
	u64 cr0, cr3, cr4, efer;
	u64 kernel_cr3;
	u64 stack;		/* its upper end */
	u64 entry;		/* secondary_entry() */
	struct {
		u16 limit;
		u32 base;
	} __packed gdt;
	u16 unused;
	struct far_pointer {
		u32 offset;
		u16 selector;
		u16 unused;
	} far32, far64;
};

/*
 * Finds and keeps a place for it: after firmware's and the loader's ranges
 * have been reserved, before anything else is. setup_arch(), in reserve.c.
 */
void trampoline_reserve(void);
/* Says who owns it; see own_boot_ranges(). */
void trampoline_own(void);
/* Where it is; 0: no place was found. */
phys_addr_t trampoline_phys(void);

/* Copies the code. Boot. */
void trampoline_init(void);

/*
 * Readies it for one CPU, which may come from now on: page tables, control
 * registers as this CPU's. 0 or -ENOMEM. May sleep.
 */
int trampoline_open(unsigned int cpu, u32 apic_id, unsigned long stack_top);
/* Has that CPU come? */
bool trampoline_taken(void);
/* Nobody may come any more; false: he has. */
bool trampoline_revoke(void);
/* The CPU is beyond it, or was revoked: gives its page tables back. */
void trampoline_close(void);

/* trampoline_*.asm */
extern const char trampoline_begin[], trampoline_end[];
extern const char trampoline_gdt[], trampoline_32[];
extern const char secondary_entry[];

/* What the targets have different: the rest of the way behind trampoline_32. */
void trampoline_set_last_mode(struct trampoline_data *data, phys_addr_t base);

#endif

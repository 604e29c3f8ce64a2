/*
 * Interrupt gates: which code runs for each of the 256 vectors. Every vector
 * has its stub, so that nothing can come in without a report; all go through
 * trap_dispatch().
 */
#include <asm/desc.h>
#include <asm/traps.h>
#include <lib/compiler.h>

struct gate {
	u16 offset_low;
	u16 selector;
	u8 ist;
	u8 type;
	u16 offset_middle;
	u32 offset_high;
	u32 reserved;
};

_Static_assert(sizeof(struct gate) == 16, "the CPU's layout");

#define GATE_INTERRUPT 0x8e	/* present, ring 0, interrupts off on entry */

static struct gate idt[NR_VECTORS] __aligned(16);

static struct gate make_gate(const void *entry, u8 ist)
{
	u64 addr = (u64)entry;

	return (struct gate){
		.offset_low = (u16)addr,
		.offset_middle = (u16)(addr >> 16),
		.offset_high = (u32)(addr >> 32),
		.selector = __KERNEL_CS,
		.ist = ist,
		.type = GATE_INTERRUPT,
	};
}

static u8 ist_of(unsigned int vector)
{
	switch (vector) {
	case X86_TRAP_DF:
		return IST_DF;
	case X86_TRAP_NMI:
		return IST_NMI;
	case X86_TRAP_MC:
		return IST_MC;
	default:
		return IST_NONE;
	}
}

void idt_load(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed pointer = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void idt_init(void)
{
	unsigned int i;

	for (i = 0; i < NR_VECTORS; i++)
		idt[i] = make_gate(entry_stubs[i], ist_of(i));
	idt_load();
}

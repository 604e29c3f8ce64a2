/*
 * Interrupt gates: which code runs for each of the 256 vectors. Every vector
 * has its stub, so that nothing can come in without a report; all go through
 * trap_dispatch(). A double fault is a switch to another task, with a stack
 * that is known to be good.
 */
#include <asm/desc.h>
#include <asm/traps.h>
#include <lib/compiler.h>

struct gate {
	u16 offset_low;
	u16 selector;
	u8 reserved;
	u8 type;
	u16 offset_high;
};

_Static_assert(sizeof(struct gate) == 8, "the CPU's layout");

#define GATE_INTERRUPT 0x8e	/* present, ring 0, interrupts off on entry */
#define GATE_TASK 0x85		/* present, ring 0 */

static struct gate idt[NR_VECTORS] __aligned(8);

static struct gate interrupt_gate(const void *entry)
{
	unsigned long addr = (unsigned long)entry;

	return (struct gate){
		.offset_low = (u16)addr,
		.offset_high = (u16)(addr >> 16),
		.selector = __KERNEL_CS,
		.type = GATE_INTERRUPT,
	};
}

void idt_load(void)
{
	struct {
		u16 limit;
		u32 base;
	} __packed pointer = { sizeof(idt) - 1, (u32)idt };

	__asm__ volatile("lidt %0" : : "m"(pointer));
}

void idt_init(void)
{
	unsigned int i;

	for (i = 0; i < NR_VECTORS; i++)
		idt[i] = interrupt_gate(entry_stubs[i]);
	idt[X86_TRAP_DF] = (struct gate){
		.selector = __DOUBLE_FAULT_TSS,
		.type = GATE_TASK,
	};
	idt_load();
}

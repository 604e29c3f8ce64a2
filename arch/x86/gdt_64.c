/*
 * Segments and task state. Long mode ignores base and limit of code and data;
 * what counts are the type bits, and the TSS for the exception stacks:
 *
 *	GDT	0x00 null  0x08 kernel code  0x10 kernel data  0x18 TSS (2)
 *	TSS	ist[1] -> double fault	  a full stack cannot take an exception,
 *		ist[2] -> NMI		  an NMI may hit before a stack is set,
 *		ist[3] -> machine check	  nor can either wait
 */
#include <asm/desc.h>
#include <lib/compiler.h>
#include <lib/kernel.h>

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];		/* the CPU counts these from 1 */
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

_Static_assert(sizeof(struct tss) == 104, "the CPU's layout");

struct table_pointer {
	u16 limit;
	u64 base;
} __packed;

static struct tss tss;
static char ist_stacks[NR_IST - 1][EXCEPTION_STACK_SIZE] __aligned(16);
static u64 gdt[GDT_ENTRIES] = {
	[__KERNEL_CS / 8] = 0x00af9b000000ffff,	/* 64-bit, ring 0, accessed */
	[__KERNEL_DS / 8] = 0x00cf93000000ffff,	/* writable, ring 0, accessed */
};

/* A TSS descriptor takes two entries: the base has 64 bits. */
static void set_tss_descriptor(u64 *entry, u64 base, u64 limit)
{
	const u64 present_available_tss = 0x89;

	entry[0] = (limit & 0xffff) | (base & 0xffffff) << 16 |
		   present_available_tss << 40 | (base >> 24 & 0xff) << 56;
	entry[1] = base >> 32;
}

static void load_segments(void)
{
	__asm__ volatile("push %0\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "mov %1, %%ds\n\t"
			 "mov %1, %%es\n\t"
			 "mov %1, %%ss\n\t"
			 "ltr %w2"
			 : : "i"(__KERNEL_CS), "r"(__KERNEL_DS),
			     "r"(__KERNEL_TSS) : "rax", "memory");
}

void gdt_init(void)
{
	struct table_pointer pointer = { sizeof(gdt) - 1, (u64)gdt };
	unsigned int i;

	for (i = 1; i < NR_IST; i++)
		tss.ist[i - 1] = (u64)(ist_stacks[i - 1] +
				       EXCEPTION_STACK_SIZE);
	tss.iomap_base = sizeof(tss);
	set_tss_descriptor(&gdt[__KERNEL_TSS / 8], (u64)&tss, sizeof(tss) - 1);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	load_segments();
}

bool exception_stack_bounds(unsigned long addr, unsigned long *low,
		      unsigned long *high)
{
	unsigned long base = (unsigned long)ist_stacks;

	if (addr < base || addr >= base + sizeof(ist_stacks))
		return false;
	*low = base + ALIGN_DOWN(addr - base, EXCEPTION_STACK_SIZE);
	*high = *low + EXCEPTION_STACK_SIZE;
	return true;
}

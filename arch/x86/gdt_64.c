/*
 * Segments and task state, of each CPU its own. Long mode ignores base and
 * limit of code and data; what counts are the type bits, and the TSS for the
 * exception stacks:
 *
 *	GDT	0x00 null  0x08 kernel code  0x10 kernel data  0x18 TSS (2)
 *	TSS	ist[1] -> double fault	  a full stack cannot take an exception,
 *		ist[2] -> NMI		  an NMI may hit before a stack is set,
 *		ist[3] -> machine check	  nor can either wait
 *
 * %gs is not loaded here: its base is a register of its own, and loading the
 * selector would clear it.
 */
#include <asm/desc.h>
#include <kernel/percpu.h>
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

/* What each CPU has for itself. */
struct cpu_desc {
	u64 gdt[GDT_ENTRIES];
	struct tss tss;
};

/* The boot CPU starts with the template. */
static DEFINE_PER_CPU_ALIGNED(struct cpu_desc, cpu_desc) = {
	.gdt = {
		/* 64-bit, ring 0, accessed */
		[__KERNEL_CS / 8] = 0x00af9b000000ffff,
		/* writable, ring 0, accessed */
		[__KERNEL_DS / 8] = 0x00cf93000000ffff,
	},
};

const char *const exception_stack_names[NR_IST] = {
	[IST_DF] = "double fault",
	[IST_NMI] = "NMI",
	[IST_MC] = "machine check",
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

static void set_stacks(struct cpu_desc *d, unsigned int cpu)
{
	unsigned int i;

	for (i = IST_DF; i < NR_IST; i++)
		d->tss.ist[i - 1] = exception_stack_top(cpu, i);
}

static void load_gdt(struct cpu_desc *d, unsigned int cpu)
{
	struct table_pointer pointer = { sizeof(d->gdt) - 1, (u64)d->gdt };

	set_stacks(d, cpu);
	d->tss.iomap_base = sizeof(d->tss);
	set_tss_descriptor(&d->gdt[__KERNEL_TSS / 8], (u64)&d->tss,
			   sizeof(d->tss) - 1);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	load_segments();
}

void gdt_init(void)
{
	load_gdt(&cpu_desc, 0);
}

void gdt_init_cpu(unsigned int cpu)
{
	load_gdt(per_cpu_ptr(&cpu_desc, cpu), cpu);
}

void exception_stacks_use(unsigned int cpu)
{
	set_stacks(per_cpu_ptr(&cpu_desc, cpu), cpu);
}

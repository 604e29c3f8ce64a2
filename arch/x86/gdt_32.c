/*
 * Segments and task state, of each CPU its own. Segments are flat but for %gs;
 * there are two tasks, because a double fault must not use the stack it may
 * come from:
 *
 *	GDT	0x00 null  0x08 kernel code  0x10 kernel data
 *		0x18 TSS of the kernel: where the CPU leaves its registers when
 *		     a double fault switches tasks
 *		0x20 TSS of the double fault: the registers it starts with
 *		0x28 %gs: from the template of per-CPU data to our copy
 *
 * The double fault's task never goes back. Other exceptions, NMI included,
 * stay on the interrupted stack: in ring 0 there is always one.
 */
#include <asm/control_regs.h>
#include <asm/desc.h>
#include <asm/traps.h>
#include <kernel/percpu.h>
#include <lib/compiler.h>
#include <lib/kernel.h>

struct tss {
	u32 back_link;
	u32 stacks[6];		/* esp0, ss0 ... esp2, ss2 */
	u32 cr3, eip, eflags;
	u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
	u32 es, cs, ss, ds, fs, gs;
	u32 ldt;
	u16 trap, iomap_base;
};

_Static_assert(sizeof(struct tss) == 104, "the CPU's layout");
_Static_assert(offsetof(struct tss, eip) == 32, "entry_32.asm relies on it");
_Static_assert(offsetof(struct tss, ebp) == 60, "entry_32.asm relies on it");

/* entry_32.asm: the double fault's first instruction. */
extern const char double_fault_entry[];

#define FLAT_CODE 0x00cf9b000000ffffULL		/* 32-bit, ring 0, accessed */
#define FLAT_DATA 0x00cf93000000ffffULL		/* writable */

/* What each CPU has for itself; the boot CPU starts with the template. */
extern struct tss kernel_tss;			/* entry_32.asm */
DEFINE_PER_CPU(struct tss, kernel_tss);
static DEFINE_PER_CPU(struct tss, double_fault_tss);
static DEFINE_PER_CPU_ALIGNED(u64, gdt[GDT_ENTRIES]) = {
	[__KERNEL_CS / 8] = FLAT_CODE,
	[__KERNEL_DS / 8] = FLAT_DATA,
	[__KERNEL_PERCPU / 8] = FLAT_DATA,	/* based at our copies */
};

const char *const exception_stack_names[NR_IST] = {
	[IST_DF] = "double fault",
};

/* The copy of CPU number cpu lies offset bytes behind the template. */
static void set_percpu_descriptor(unsigned long offset)
{
	u64 *entry = (u64 *)((unsigned long)gdt + offset) + __KERNEL_PERCPU / 8;
	u64 base = offset;

	*entry = FLAT_DATA | (base & 0xffffff) << 16 | (base >> 24) << 56;
}

void gdt_set_percpu_base(unsigned long base)
{
	set_percpu_descriptor(base);
	__asm__ volatile("mov %0, %%gs" : : "r"(__KERNEL_PERCPU) : "memory");
}

static void set_tss_descriptor(u64 *table, unsigned int selector,
			       const struct tss *tss)
{
	const u64 present_available_tss = 0x89;
	u64 base = (unsigned long)tss, limit = sizeof(*tss) - 1;

	table[selector / 8] = limit | (base & 0xffffff) << 16 |
			      present_available_tss << 40 | (base >> 24) << 56;
}

static void init_double_fault_tss(struct tss *tss, unsigned int cpu)
{
	*tss = (struct tss){
		.cr3 = read_cr3(),
		.eip = (unsigned long)double_fault_entry,
		.eflags = 0x2,		/* always one; interrupts off */
		.esp = exception_stack_top(cpu, IST_DF),
		.cs = __KERNEL_CS,
		.ss = __KERNEL_DS, .ds = __KERNEL_DS, .es = __KERNEL_DS,
		.gs = __KERNEL_PERCPU,
		.iomap_base = sizeof(struct tss),
	};
}

static void load_segments(void)
{
	__asm__ volatile("ljmp %0, $1f\n"
			 "1:\n\t"
			 "mov %1, %%ds\n\t"
			 "mov %1, %%es\n\t"
			 "mov %1, %%ss\n\t"
			 "mov %3, %%gs\n\t"
			 "ltr %w2"
			 : : "i"(__KERNEL_CS), "r"(__KERNEL_DS),
			     "r"(__KERNEL_TSS), "r"(__KERNEL_PERCPU)
			 : "memory");
}

static void load_gdt(unsigned long offset, unsigned int cpu)
{
	u64 *table = (u64 *)((unsigned long)gdt + offset);
	struct tss *tss = (struct tss *)((unsigned long)&kernel_tss + offset);
	struct tss *df = (struct tss *)((unsigned long)&double_fault_tss +
					offset);
	struct {
		u16 limit;
		u32 base;
	} __packed pointer = { sizeof(gdt) - 1, (u32)table };

	tss->iomap_base = sizeof(*tss);
	init_double_fault_tss(df, cpu);
	set_tss_descriptor(table, __KERNEL_TSS, tss);
	set_tss_descriptor(table, __DOUBLE_FAULT_TSS, df);
	set_percpu_descriptor(offset);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	load_segments();
}

void gdt_init(void)
{
	load_gdt(0, 0);
}

void gdt_init_cpu(unsigned int cpu)
{
	load_gdt(__per_cpu_offset[cpu], cpu);
}

void exception_stacks_use(unsigned int cpu)
{
	per_cpu(double_fault_tss, cpu).esp = exception_stack_top(cpu, IST_DF);
}

void double_fault_set_cr3(unsigned long cr3)
{
	this_cpu_ptr(&double_fault_tss)->cr3 = cr3;
}

void double_fault_task(void)
{
	const struct tss *t = this_cpu_ptr(&kernel_tss);
	struct pt_regs regs = {
		.di = t->edi, .si = t->esi, .bp = t->ebp, .sp = t->esp,
		.bx = t->ebx, .dx = t->edx, .cx = t->ecx, .ax = t->eax,
		.vector = X86_TRAP_DF,
		.ip = t->eip, .cs = t->cs, .flags = t->eflags,
	};

	trap_dispatch(&regs);
}

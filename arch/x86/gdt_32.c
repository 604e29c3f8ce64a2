/*
 * Segments and task state. Segments are flat; there are two tasks, because a
 * double fault must not use the stack it may come from:
 *
 *	GDT	0x00 null  0x08 kernel code  0x10 kernel data
 *		0x18 TSS of the kernel: where the CPU leaves its registers when
 *		     a double fault switches tasks
 *		0x20 TSS of the double fault: the registers it starts with
 *
 * The double fault's task never goes back. Other exceptions, NMI included,
 * stay on the interrupted stack: in ring 0 there is always one.
 */
#include <asm/control_regs.h>
#include <asm/desc.h>
#include <asm/traps.h>
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

extern struct tss kernel_tss;
struct tss kernel_tss;
static struct tss double_fault_tss;
static char double_fault_stack[EXCEPTION_STACK_SIZE] __aligned(16);

static u64 gdt[GDT_ENTRIES] = {
	[__KERNEL_CS / 8] = 0x00cf9b000000ffff,	/* 32-bit, ring 0, accessed */
	[__KERNEL_DS / 8] = 0x00cf93000000ffff,	/* writable, ring 0, accessed */
	[__KERNEL_PERCPU / 8] = 0x00cf93000000ffff,	/* base 0 at first */
};

void gdt_set_percpu_base(unsigned long base)
{
	u64 b = base;

	gdt[__KERNEL_PERCPU / 8] = 0x00cf93000000ffff |
				   (b & 0xffffff) << 16 | (b >> 24) << 56;
	__asm__ volatile("mov %0, %%gs" : : "r"(__KERNEL_PERCPU) : "memory");
}

static void set_tss_descriptor(unsigned int selector, const struct tss *tss)
{
	const u64 present_available_tss = 0x89;
	u64 base = (unsigned long)tss, limit = sizeof(*tss) - 1;

	gdt[selector / 8] = limit | (base & 0xffffff) << 16 |
			    present_available_tss << 40 | (base >> 24) << 56;
}

static void init_double_fault_tss(void)
{
	unsigned long top = (unsigned long)double_fault_stack +
			    sizeof(double_fault_stack);

	double_fault_tss = (struct tss){
		.cr3 = read_cr3(),
		.eip = (unsigned long)double_fault_entry,
		.eflags = 0x2,		/* always one; interrupts off */
		.esp = top,
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
			 "ltr %w2"
			 : : "i"(__KERNEL_CS), "r"(__KERNEL_DS),
			     "r"(__KERNEL_TSS) : "memory");
}

void gdt_init(void)
{
	struct {
		u16 limit;
		u32 base;
	} __packed pointer = { sizeof(gdt) - 1, (u32)gdt };

	kernel_tss.iomap_base = sizeof(kernel_tss);
	init_double_fault_tss();
	set_tss_descriptor(__KERNEL_TSS, &kernel_tss);
	set_tss_descriptor(__DOUBLE_FAULT_TSS, &double_fault_tss);
	__asm__ volatile("lgdt %0" : : "m"(pointer));
	load_segments();
}

void double_fault_set_cr3(unsigned long cr3)
{
	double_fault_tss.cr3 = cr3;
}

void double_fault_task(void)
{
	const struct tss *t = &kernel_tss;
	struct pt_regs regs = {
		.di = t->edi, .si = t->esi, .bp = t->ebp, .sp = t->esp,
		.bx = t->ebx, .dx = t->edx, .cx = t->ecx, .ax = t->eax,
		.vector = X86_TRAP_DF,
		.ip = t->eip, .cs = t->cs, .flags = t->eflags,
	};

	trap_dispatch(&regs);
}

bool exception_stack_bounds(unsigned long addr, unsigned long *low,
			    unsigned long *high)
{
	*low = (unsigned long)double_fault_stack;
	*high = *low + sizeof(double_fault_stack);
	return addr >= *low && addr < *high;
}

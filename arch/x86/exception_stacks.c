/*
 * Where do exceptions go that cannot trust the stack they interrupt?
 *
 * To stacks of their own, one for each kind and CPU, each above a page that is
 * never mapped: an exception that needs too much of one faults, instead of
 * writing into what lies below.
 *
 *	CPU 2	| guard | double fault | guard | NMI | guard | machine check |
 *
 * They are kernel stacks like those of threads (<asm/kernel_stack.h>). The
 * boot CPU needs them before there is memory to ask for: until
 * exception_stacks_init() it uses some in the image, which are given back
 * with the rest of its init part.
 *
 * A CPU that stops keeps its stacks for the next time.
 */
#include <asm/desc.h>
#include <asm/kernel_stack.h>
#include <asm/page.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#define BOOT_STACK_SIZE 8192UL

static char boot_stacks[NR_IST][BOOT_STACK_SIZE] __initdata __aligned(16);
/* Lowest address, 0: none. Written while the CPU does not run, and by boot. */
static unsigned long stacks[NR_CPUS][NR_IST];

void exception_stacks_free(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < NR_IST; i++) {
		if (stacks[cpu][i])
			kernel_stack_free((void *)stacks[cpu][i]);
		stacks[cpu][i] = 0;
	}
}

int exception_stacks_alloc(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < NR_IST; i++) {
		if (!exception_stack_names[i] || stacks[cpu][i])
			continue;
		stacks[cpu][i] = (unsigned long)kernel_stack_alloc();
		if (!stacks[cpu][i]) {
			exception_stacks_free(cpu);
			return -ENOMEM;
		}
	}
	return 0;
}

void __init exception_stacks_init(void)
{
	if (exception_stacks_alloc(0))
		panic("no memory for the exception stacks of the boot CPU");
	exception_stacks_use(0);
}

unsigned long exception_stack_top(unsigned int cpu, unsigned int ist)
{
	if (stacks[cpu][ist])
		return stacks[cpu][ist] + KERNEL_STACK_SIZE;
	return (unsigned long)boot_stacks[ist] + BOOT_STACK_SIZE;
}

/* True if addr is in [low - guard, high) of the stack, whose low it sets. */
static bool holds(unsigned int cpu, unsigned int ist, unsigned long addr,
		  unsigned long guard, unsigned long *low)
{
	*low = stacks[cpu][ist];
	return *low && addr - (*low - guard) < KERNEL_STACK_SIZE + guard;
}

static bool find(unsigned long addr, unsigned long guard, unsigned int *cpu,
		 unsigned int *ist, unsigned long *low)
{
	for_each_possible_cpu(*cpu)
		for (*ist = 0; *ist < NR_IST; (*ist)++)
			if (holds(*cpu, *ist, addr, guard, low))
				return true;
	return false;
}

static bool in_boot_stacks(unsigned long addr, unsigned long *low)
{
	unsigned long base = (unsigned long)boot_stacks;

	if (stacks[0][IST_DF] || addr - base >= sizeof(boot_stacks))
		return false;
	*low = base + ALIGN_DOWN(addr - base, BOOT_STACK_SIZE);
	return true;
}

bool exception_stack_bounds(unsigned long addr, unsigned long *low,
			    unsigned long *high)
{
	unsigned int cpu, ist;

	if (in_boot_stacks(addr, low)) {
		*high = *low + BOOT_STACK_SIZE;
		return true;
	}
	if (!find(addr, 0, &cpu, &ist, low))
		return false;
	*high = *low + KERNEL_STACK_SIZE;
	return true;
}

bool exception_stack_describe(unsigned long addr, char *buf, size_t size)
{
	unsigned int cpu, ist;
	unsigned long low;

	if (!find(addr, PAGE_SIZE, &cpu, &ist, &low))
		return false;
	ksnprintf(buf, size, "%s%s stack of CPU %u",
		  addr < low ? "guard page of the " : "",
		  exception_stack_names[ist], cpu);
	return true;
}

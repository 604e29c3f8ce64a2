/*
 * Shell command "crash": breaks the kernel in a way of the user's choice, to
 * see the report that comes of it. The suites show that faults are caught;
 * this shows what is said when nobody catches them.
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/page.h>
#include <asm/sections.h>
#include <kernel/kthread.h>
#include <kernel/panic.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

/* In assembler: the compiler must not know what it is asked to do. */
static void write_byte(unsigned long addr)
{
	__asm__ volatile("movb $0, (%0)" : : "r"(addr) : "memory");
}

static void crash_null(void)
{
	write_byte(0x18);
}

static void crash_text(void)
{
	write_byte((unsigned long)_stext);
}

static void crash_rodata(void)
{
	write_byte((unsigned long)__start_rodata);
}

static void crash_exec(void)
{
	((void (*)(void))(unsigned long)_sdata)();
}

static void crash_hole(void)
{
	unsigned long addr = PAGE_OFFSET + DIRECT_MAP_SIZE - 1;

	/* On i386 that may be RAM; the hole in front of vmalloc never is. */
	if (virt_addr_valid((const void *)addr))
		addr = VMALLOC_START - 1;
	write_byte(addr);
}

static void crash_user(void)
{
	write_byte(SZ_4M);
}

/* Not canonical; on i386, where any address is, a user's. */
static void crash_wild(void)
{
	write_byte(~0UL / 3);
}

static void crash_guard(void)
{
	char *p = vmalloc(SZ_64K);

	if (p)
		write_byte((unsigned long)p + SZ_64K);
}

static void crash_freed(void)
{
	char *p = vmalloc(SZ_1M);

	vfree(p);
	if (p)
		write_byte((unsigned long)p + 16);
}

static void crash_opcode(void)
{
	__asm__ volatile("ud2");
}

static void crash_divide(void)
{
	__asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : : "eax", "ecx",
			 "edx", "cc");
}

/* The barrier keeps this from becoming a loop; it ends, but much too late. */
static noinline unsigned long use_stack(unsigned long depth)
{
	volatile unsigned long frame[16];

	frame[0] = depth;
	if (depth)
		frame[0] += use_stack(depth - 1);
	barrier();
	return frame[0];
}

static void crash_stack(void)
{
	use_stack(SZ_1M);
}

static int overflow_thread(void *data)
{
	crash_stack();
	return 0;
}

static void crash_thread(void)
{
	struct task_struct *task = kthread_run_on(smp_processor_id(),
						  overflow_thread, NULL,
						  "glutton");

	if (task)
		kthread_stop(task);
}

static void crash_panic(void)
{
	panic("asked for at the prompt");
}

/* Until there is nothing that could be given. */
static void crash_nofail(void)
{
	while (alloc_page(GFP_KERNEL | __GFP_NOFAIL))
		;
}

/* One that its maker cannot do without. */
static void crash_cache(void)
{
	kmem_cache_create("needed", 0, 0, SLAB_PANIC, NULL);
}

/* The panic is about something else, and comes upon this. */
static void crash_current(void)
{
	local_irq_disable();
	this_cpu_write(current_task, (struct task_struct *)0x18);
	panic("nobody knows which thread this is");
}

static const struct {
	const char *name;
	void (*crash)(void);
} ways[] = {
	{ "null", crash_null },		{ "text", crash_text },
	{ "rodata", crash_rodata },	{ "exec", crash_exec },
	{ "hole", crash_hole },		{ "user", crash_user },
	{ "wild", crash_wild },		{ "guard", crash_guard },
	{ "freed", crash_freed },	{ "opcode", crash_opcode },
	{ "divide", crash_divide },	{ "stack", crash_stack },
	{ "thread", crash_thread },	{ "panic", crash_panic },
	{ "nofail", crash_nofail },	{ "cache", crash_cache },
	{ "current", crash_current },
};

static int cmd_crash(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; argc == 2 && i < ARRAY_SIZE(ways); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].crash();
	printk("crash how?");
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		printk(" %s", ways[i].name);
	printk("\n");
	return -EINVAL;
}
SHELL_COMMAND(crash, "HOW", "break the kernel on purpose, to see the report",
	      cmd_crash);

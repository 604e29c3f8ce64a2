/*
 * <asm/machine.h> for a process: console, end, call stack, faults. The memory
 * side of it is in simulate.c.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <kernel/gcov.h>
#include <kernel/kallsyms.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "ram.h"
#include "simulate.h"

void (*simulated_interrupt)(void);

void simulate_interrupt(void)
{
	void (*handler)(void) = simulated_interrupt;

	if (!handler || hosted_irqs_off)
		return;
	simulated_interrupt = NULL;
	hosted_irqs_off = true;
	handler();
	hosted_irqs_off = false;
	simulated_interrupt = handler;
}

static FILE *log_file;
static bool log_dropped;

void simulate_quietly(FILE *log)
{
	log_file = log;
	log_dropped = !log;
}

void console_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void console_write(const char *s, size_t n)
{
	if (!log_dropped)
		fwrite(s, 1, n, log_file ? log_file : stdout);
}

int console_trygetc(void)
{
	return -1;
}

int console_getc(void)
{
	return getchar();
}

static bool abort_if_bad;

void simulate_abort(void)
{
	abort_if_bad = true;
}

#ifdef CONFIG_GCOV
void __gcov_dump(void);

void gcov_dump(void)
{
	__gcov_dump();
}
#endif

/* 0, 1, 2: what scripts/qemu makes of the same verdicts. */
void __noreturn machine_exit(enum verdict verdict)
{
	fflush(NULL);
	gcov_dump();
	if (abort_if_bad && verdict != VERDICT_PASS)
		abort();
	_exit((int)verdict - VERDICT_PASS);
}

void __noreturn machine_reboot(void)
{
	machine_exit(VERDICT_PASS);
}

void __noreturn cpu_halt(void)
{
	fflush(NULL);
	abort();
}

u64 get_cycles(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

unsigned int stack_trace_save(unsigned long *entries, unsigned int max,
			      unsigned int skip)
{
	void *frames[64];
	int n = backtrace(frames, ARRAY_SIZE(frames));
	unsigned int i, nr = 0;

	for (i = 1 + skip; i < (unsigned int)n && nr < max; i++)
		entries[nr++] = (unsigned long)frames[i];
	return nr;
}

/* Exported symbols only: a static function goes by the one before it. */
const char *kallsyms_lookup(unsigned long addr, unsigned long *offset,
			    unsigned long *size)
{
	Dl_info info;

	if (!dladdr((void *)addr, &info) || !info.dli_sname)
		return NULL;
	*offset = addr - (unsigned long)info.dli_saddr;
	*size = *offset + 1;
	return info.dli_sname;
}

void describe_address(unsigned long addr, char *buf, size_t size)
{
	if (addr < PAGE_SIZE)
		ksnprintf(buf, size, "null page");
	else if (virt_addr_valid((void *)addr))
		ksnprintf(buf, size, "direct map of pfn 0x%lx",
			  PFN_DOWN(__pa(addr)));
	else if (__pa(addr) < ram_low_end())
		ksnprintf(buf, size, "hole in the direct map");
	else if (addr - VMEMMAP_START < VMEMMAP_SIZE)
		ksnprintf(buf, size, "vmemmap");
	else
		ksnprintf(buf, size, "outside of the simulated machine");
}

/*
 * The operating system touches the byte for us, and says EFAULT where we
 * would have died. Raw system calls: the sanitizer's wrappers would look at
 * the address first.
 */
static int probe(void *addr, bool write_too)
{
	static int ends[2] = { -1, -1 };

	if (ends[0] < 0 && pipe(ends))
		return -EFAULT;
	if (syscall(SYS_write, ends[1], addr, 1) != 1)
		return -EFAULT;
	if (write_too && syscall(SYS_read, ends[0], addr, 1) == 1)
		return 0;
	/* Read only, or not writable: the byte is still in the pipe. */
	return syscall(SYS_read, ends[0], &(char){ 0 }, 1) == 1 && !write_too ?
	       0 : -EFAULT;
}

int probe_read(const void *addr)
{
	return probe((void *)(unsigned long)addr, false);
}

int probe_write(void *addr)
{
	return probe(addr, true);
}

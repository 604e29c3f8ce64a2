/*
 * printk: one way in, a ring that keeps the text, a console that shows it.
 *
 *	printk() -> format on the stack -> [captured report?] -> log ring
 *	                                                      -> console
 *
 *  1. Text is formatted before any lock is taken: a bad pointer given to %s
 *     faults while the log is free to tell of it.
 *  2. Under log_lock the text goes into the ring (log.c) and, if its level
 *     says so, to the console. A line that is left open is continued only by
 *     the one who began it (a CPU, or the handlers of one): anybody else's
 *     text ends it. So lines of two writers never mix.
 *  3. A report holds the lock from its first line to its last (report.c).
 *
 * Locks: log_lock, interrupts off, innermost of all. A printk inside printk on
 * the same CPU (an NMI, a fault in the console driver, a line of a report)
 * goes on without the lock, as does everything after printk_break_lock():
 * lines may mix then, but nobody waits for himself.
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "capture.h"
#include "log.h"

#define LOG_SIZE (64 * 1024)
#define LINE_MAX 1024

int console_loglevel = 7;

static char log_buf[LOG_SIZE];
struct log kernel_log = { .buf = log_buf, .size = LOG_SIZE };

static DEFINE_SPINLOCK(log_lock, RANK_LOG);
static bool lock_broken;
/* Printing on this CPU, or about to. */
static DEFINE_PER_CPU(unsigned int, printing);

/* True: log_lock was taken. */
static bool lock_log(unsigned long *flags)
{
	local_irq_save(*flags);
	this_cpu_inc(printing);
	barrier();
	if (this_cpu_read(printing) > 1 ||
	    __atomic_load_n(&lock_broken, __ATOMIC_RELAXED))
		return false;
	spin_lock(&log_lock);
	return true;
}

/* Preemption is looked at when interrupts are what they were. */
static void unlock_log(bool locked, unsigned long flags)
{
	preempt_disable();
	if (locked)
		spin_unlock(&log_lock);
	barrier();
	this_cpu_dec(printing);
	local_irq_restore(flags);
	preempt_enable();
}

/* Who continues a line he left open. */
static unsigned int writer(void)
{
	return smp_processor_id() << 1 | in_interrupt();
}

int vprintk(const char *fmt, va_list args)
{
	static const char cut[] = " [cut]\n";
	char text[LINE_MAX];
	const char *s = text;
	int level = LOG_NO_LEVEL, n = kvsnprintf(text, sizeof(text), fmt, args);
	size_t len = strlen(text);
	unsigned long flags;
	bool locked;

	if (n >= LINE_MAX)
		memcpy(text + LINE_MAX - sizeof(cut), cut, sizeof(cut));
	if (s[0] == LOG_MARK && s[1] >= '0' && s[1] <= '7') {
		level = s[1] - '0';
		s += 2;
		len -= 2;
	}
	if (report_capture_write(s, len))
		return n;
	locked = lock_log(&flags);
	kernel_log.show_below = console_loglevel;
	log_add(&kernel_log, writer(), level, s, len);
	unlock_log(locked, flags);
	return n;
}

int printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

void printk_init(void)
{
	unsigned long flags;
	bool locked = lock_log(&flags);

	kernel_log.console = console_write;
	log_show(&kernel_log, console_loglevel);
	unlock_log(locked, flags);
}

void printk_show_log(void)
{
	unsigned long flags;
	bool locked = lock_log(&flags);

	log_show(&kernel_log, 8);
	unlock_log(locked, flags);
}

static DEFINE_PER_CPU(bool, held_locked);

void printk_hold(void)
{
	unsigned long flags;

	this_cpu_write(held_locked, lock_log(&flags));
}

void printk_release(void)
{
	unlock_log(this_cpu_read(held_locked), local_save_flags());
}

bool printk_busy(void)
{
	return this_cpu_read(printing) != 0;
}

void printk_break_lock(void)
{
	__atomic_store_n(&lock_broken, true, __ATOMIC_RELAXED);
	lock_debug_off();
}

/*
 * printk: one way in, a ring that keeps the text, a console that shows it.
 *
 *	printk() -> format on the stack -> [captured report?] -> log ring
 *	                                                      -> console
 *
 *  1. Text is formatted before any lock is taken: a bad pointer given to %s
 *     faults while the log is free to tell of it.
 *  2. Under log_lock the text goes into the ring (log.c) and, if its level
 *     says so, to the console: lines of two CPUs never mix.
 *
 * Locks: log_lock, interrupts off, innermost of all. A printk inside printk on
 * the same CPU (a fault in the console driver) goes on without the lock, as
 * does everything after printk_break_lock().
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
static struct log kernel_log = { .buf = log_buf, .size = LOG_SIZE };

static DEFINE_SPINLOCK(log_lock, RANK_LOG);
static int lock_cpu = -1;
static bool lock_broken;

static bool lock_log(unsigned long *flags)
{
	local_irq_save(*flags);
	if (lock_broken || lock_cpu == (int)smp_processor_id())
		return false;
	spin_lock(&log_lock);
	lock_cpu = (int)smp_processor_id();
	return true;
}

static void unlock_log(bool locked, unsigned long flags)
{
	if (locked) {
		lock_cpu = -1;
		spin_unlock(&log_lock);
	}
	local_irq_restore(flags);
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
	log_add(&kernel_log, level, s, len);
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

void printk_break_lock(void)
{
	lock_broken = true;
	lock_debug_off();
}

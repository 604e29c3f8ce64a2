/*
 * Reports of a caller's mistake: printed in one piece, counted, survived; or
 * captured, by a test that made the mistake on purpose.
 *
 *	report_begin ---- printk ... printk ---- report_end
 *	     |               |                       |
 *	"BUG: kind: ..."   details              call stack
 *
 * Whoever opens a report owns all of it: report_lock is held, interrupts off,
 * from begin to end, so what is printed meanwhile on this CPU is part of the
 * report. A report inside a report (a detail line that finds the next thing
 * wrong) becomes part of the outer one and is counted for itself.
 *
 * While capturing, the text goes to a buffer instead of the log. The buffer
 * holds the last report; text beyond its end is dropped.
 *
 * Invariant: count == captured by anybody + uncaptured.
 */
#include <kernel/panic.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/spinlock.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "capture.h"

#define CAPTURE_SIZE 4096

static DEFINE_SPINLOCK(report_lock, RANK_REPORT);
static unsigned long saved_flags;
static int owner = -1;		/* CPU that has a report open */
static unsigned int depth;	/* reports open on it */

static unsigned long count, uncaptured;

static bool abandoned;		/* the kernel goes down, alone */
static bool capturing;
static unsigned long nr_captured;
static char capture_buf[CAPTURE_SIZE];
static size_t capture_len;

static bool report_is_mine(void)
{
	return READ_ONCE(owner) == (int)smp_processor_id();
}

static void open_report(void)
{
	unsigned long flags;

	if (report_is_mine()) {
		depth++;
		return;
	}
	if (READ_ONCE(abandoned))
		local_irq_save(flags);
	else
		spin_lock_irqsave(&report_lock, flags);
	saved_flags = flags;
	owner = (int)smp_processor_id();
	depth = 1;
	capture_len = 0;
	capture_buf[0] = 0;
}

static void count_report(void)
{
	__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(READ_ONCE(capturing) ? &nr_captured : &uncaptured, 1,
			   __ATOMIC_RELAXED);
}

void report_begin(const char *kind, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	open_report();
	count_report();
	printk(KERN_ERR "BUG: %s: %s\n", kind, text);
}

void report_count_bare(void)
{
	count_report();
}

void report_end(void)
{
	if (!report_is_mine() || !depth)
		panic("report_end() without report_begin()");
	if (depth == 1)
		dump_stack();
	if (--depth)
		return;
	owner = -1;
	if (READ_ONCE(abandoned))
		local_irq_restore(saved_flags);
	else
		spin_unlock_irqrestore(&report_lock, saved_flags);
}

bool report_capture_write(const char *text, size_t n)
{
	size_t room = CAPTURE_SIZE - 1 - capture_len;

	if (!capturing || !report_is_mine())
		return false;
	n = min(n, room);
	memcpy(capture_buf + capture_len, text, n);
	capture_len += n;
	capture_buf[capture_len] = 0;
	return true;
}

void report_abandon(void)
{
	abandoned = true;
	capturing = false;
}

void report_capture_start(void)
{
	nr_captured = 0;
	capture_len = 0;
	capture_buf[0] = 0;
	capturing = true;
}

unsigned int report_capture_stop(void)
{
	capturing = false;
	return (unsigned int)nr_captured;
}

const char *report_capture_text(void)
{
	return capture_buf;
}

bool report_capturing(void)
{
	return capturing;
}

unsigned long report_count(void)
{
	return count;
}

unsigned long report_uncaptured(void)
{
	return uncaptured;
}

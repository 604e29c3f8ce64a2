/*
 * Reports of a caller's mistake: printed in one piece, counted, survived; or
 * captured, by a test that made the mistake on purpose.
 *
 *	report_begin ---- printk ... printk ---- report_end
 *	     |               |                       |
 *	"BUG: kind: ..."   details              call stack
 *
 * 1. Whoever opens a report owns all of it: interrupts are off and report_lock
 *    is held from begin to end, so what this CPU prints meanwhile is part of
 *    it, and the report of another CPU begins when this one has ended.
 * 2. A report inside a report (a detail line that finds the next thing wrong)
 *    becomes part of the outer one and is counted for itself.
 * 3. While capturing, the text of reports, of whichever CPU, goes to a buffer
 *    instead of the log; it holds the last report, and text beyond its end is
 *    dropped. Otherwise the log is held too, so that no line of another CPU
 *    comes between.
 * 4. Capturing begins and ends under report_lock: a report is captured as a
 *    whole or not at all.
 *
 * What each CPU is at:	IDLE -> OPENING -> OPEN -> IDLE
 *
 * An NMI may come between the first two, when waiting for the lock would be
 * waiting for oneself; and something may go wrong within printk, whose lock
 * comes after this one. A report then is one printed line, and counted.
 * After a panic nobody takes the lock, for its holder may have been stopped.
 *
 * Locks: report_lock, above all but the log's: a report may be made with any
 * other held. Invariant: count == captured by anybody + uncaptured.
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

enum { IDLE, OPENING, OPEN };

struct report_cpu {
	unsigned int state;
	unsigned int depth;	/* reports open, one in the other */
	unsigned int bare;	/* begun where none could be opened */
	bool has_lock, has_log;
	unsigned long flags;	/* interrupts, as they were */
};

static DEFINE_PER_CPU(struct report_cpu, report_cpu);
static DEFINE_SPINLOCK(report_lock, RANK_REPORT);

static unsigned long count, uncaptured, nr_captured;
static bool abandoned;		/* the kernel goes down */

/* Written under report_lock. */
static bool capturing;
static int log_captured = -1;	/* CPU whose other text is kept as well */
static char capture_buf[REPORT_CAPTURE_SIZE];
static size_t capture_len;
static unsigned long captures_cut;	/* writes that did not fit */

static bool is_capturing(void)
{
	return __atomic_load_n(&capturing, __ATOMIC_RELAXED);
}

static bool is_abandoned(void)
{
	return __atomic_load_n(&abandoned, __ATOMIC_RELAXED);
}

/* Interrupts off, and nobody else at it. False: this CPU is, already. */
static bool take_lock(struct report_cpu *r)
{
	unsigned long flags;

	local_irq_save(flags);
	if (r->state != IDLE) {
		local_irq_restore(flags);
		return false;
	}
	WRITE_ONCE(r->state, OPENING);
	r->has_lock = !is_abandoned();
	if (r->has_lock)
		spin_lock(&report_lock);
	r->flags = flags;
	WRITE_ONCE(r->state, OPEN);
	return true;
}

/* Preemption is looked at when interrupts are what they were. */
static void drop_lock(struct report_cpu *r)
{
	unsigned long flags = r->flags;

	preempt_disable();
	if (r->has_lock)
		spin_unlock(&report_lock);
	WRITE_ONCE(r->state, IDLE);
	local_irq_restore(flags);
	preempt_enable();
}

static void clear_buffer(void)
{
	capture_len = 0;
	capture_buf[0] = 0;
}

static bool open_report(struct report_cpu *r)
{
	if (r->state == OPEN)
		return true;
	if (printk_busy() || !take_lock(r))
		return false;
	if (!is_capturing()) {
		r->has_log = true;
		printk_hold();
	} else if (log_captured < 0) {
		clear_buffer();
	}
	return true;
}

static void close_report(struct report_cpu *r)
{
	if (r->has_log)
		printk_release();
	r->has_log = false;
	drop_lock(r);
}

void report_count_bare(void)
{
	__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(is_capturing() ? &nr_captured : &uncaptured, 1,
			   __ATOMIC_RELAXED);
}

void report_begin(const char *kind, const char *fmt, ...)
{
	struct report_cpu *r = this_cpu_ptr(&report_cpu);
	char text[256];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (open_report(r))
		r->depth++;
	else
		r->bare++;
	report_count_bare();
	printk(KERN_ERR "BUG: %s: %s\n", kind, text);
}

void report_end(void)
{
	struct report_cpu *r = this_cpu_ptr(&report_cpu);

	if (r->bare) {
		r->bare--;
		return;
	}
	if (!r->depth)
		panic("report_end() without report_begin()");
	if (r->depth == 1)
		dump_stack();
	if (!--r->depth)
		close_report(r);
}

static void keep(const char *text, size_t n)
{
	size_t room = REPORT_CAPTURE_SIZE - 1 - capture_len;

	if (n > room)
		captures_cut++;
	n = min(n, room);
	memcpy(capture_buf + capture_len, text, n);
	capture_len += n;
	capture_buf[capture_len] = 0;
}

/* Text of no report. */
static bool capture_log(struct report_cpu *r, const char *text, size_t n)
{
	int cpu = (int)smp_processor_id();
	bool wanted;

	if (__atomic_load_n(&log_captured, __ATOMIC_RELAXED) != cpu ||
	    printk_busy() || !take_lock(r))
		return false;
	wanted = log_captured == cpu;
	if (wanted)
		keep(text, n);
	drop_lock(r);
	return wanted;
}

bool report_capture_write(const char *text, size_t n)
{
	struct report_cpu *r = this_cpu_ptr(&report_cpu);

	if (!r->depth)
		return capture_log(r, text, n);
	if (!is_capturing())
		return false;
	keep(text, n);
	return true;
}

/* True if a test captures reports: the text is with them. */
static bool append_captured(struct report_cpu *r, const char *text)
{
	bool captured;

	if (!is_capturing() || printk_busy() || !take_lock(r))
		return false;
	captured = is_capturing();
	if (captured)
		keep(text, strlen(text));
	drop_lock(r);
	return captured;
}

void report_append(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!append_captured(this_cpu_ptr(&report_cpu), text))
		printk(KERN_ERR "%s", text);
}

void report_abandon(void)
{
	__atomic_store_n(&abandoned, true, __ATOMIC_RELAXED);
	__atomic_store_n(&capturing, false, __ATOMIC_RELAXED);
	__atomic_store_n(&log_captured, -1, __ATOMIC_RELAXED);
}

static void set_capture(bool on, int log_of)
{
	struct report_cpu *r = this_cpu_ptr(&report_cpu);
	bool locked = take_lock(r);

	__atomic_store_n(&capturing, on, __ATOMIC_RELAXED);
	__atomic_store_n(&log_captured, log_of, __ATOMIC_RELAXED);
	if (on) {
		__atomic_store_n(&nr_captured, 0, __ATOMIC_RELAXED);
		clear_buffer();
	}
	if (locked)
		drop_lock(r);
}

void report_capture_start(void)
{
	set_capture(true, -1);
}

void report_capture_log_start(void)
{
	set_capture(true, (int)smp_processor_id());
}

unsigned int report_capture_stop(void)
{
	set_capture(false, -1);
	return (unsigned int)__atomic_load_n(&nr_captured, __ATOMIC_RELAXED);
}

const char *report_capture_text(void)
{
	return capture_buf;
}

unsigned long report_captures_cut(void)
{
	return __atomic_exchange_n(&captures_cut, 0, __ATOMIC_RELAXED);
}

bool report_capturing(void)
{
	return is_capturing();
}

unsigned long report_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

unsigned long report_uncaptured(void)
{
	return __atomic_load_n(&uncaptured, __ATOMIC_RELAXED);
}

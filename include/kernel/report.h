/*
 * Reports of a caller's mistake (double free, wrong cache, bad page ...):
 * found, told, survived. One report is
 *
 *	report_begin("double free", "cache kmalloc-64, object %px", p);
 *	printk(...);				any number of detail lines
 *	report_end();				call stack
 *
 * A test that provokes reports captures them: nothing is printed, each is
 * counted, the text is kept. A report nobody captured fails the test that
 * was running. Any context, with any lock held but the log's. Interrupts are
 * off in between; no lock is taken there, and nothing allocated.
 */
#ifndef KERNEL_REPORT_H
#define KERNEL_REPORT_H

#include <lib/compiler.h>
#include <lib/types.h>

void report_begin(const char *kind, const char *fmt, ...) __printf(2, 3);
void report_end(void);
/*
 * A line more, to be read with the report that has ended: printed, or captured
 * where that was.
 */
void report_append(const char *fmt, ...) __printf(1, 2);

/* Reports since boot, captured ones included. */
unsigned long report_count(void);

/*
 * From start to stop, reports of all CPUs and what they print go to the
 * capture buffer; one test at a time.
 */
void report_capture_start(void);
/* So does all else that this CPU prints: for text that is no report. */
void report_capture_log_start(void);
/* Number of reports captured. The text of the last one stays. */
unsigned int report_capture_stop(void);
const char *report_capture_text(void);
bool report_capturing(void);

/* Bytes of text kept, the terminator included. */
#define REPORT_CAPTURE_SIZE 16384
/* Writes that did not fit whole, since this was asked last. */
unsigned long report_captures_cut(void);

/* Reports that nobody captured, since boot: each is a fault of the kernel. */
unsigned long report_uncaptured(void);

#endif

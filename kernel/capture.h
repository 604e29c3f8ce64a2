/* Between report.c and those who print: where does text go just now? */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <lib/types.h>

/* True if text belongs to a captured report and was put there. */
bool report_capture_write(const char *text, size_t n);

/* A mistake was told with printk alone: counts as a report. */
void report_count_bare(void);

/* The kernel is going down: nothing is captured any more. */
void report_abandon(void);

#endif

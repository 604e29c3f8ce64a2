/*
 * Between report.c and those who print: where does text go just now? Any
 * context.
 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <lib/types.h>

/* True if the text is captured: it does not go to the log. */
bool report_capture_write(const char *text, size_t n);

/* A mistake is told with printk alone: counts as a report. */
void report_count_bare(void);

/* In between, no other CPU's lines. With interrupts off; not nested. */
void printk_hold(void);
void printk_release(void);

/* This CPU is within printk, or holds the log. */
bool printk_busy(void);

/* The kernel is going down: nothing is captured any more. */
void report_abandon(void);

#endif

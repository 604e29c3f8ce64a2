/*
 * The kernel's log. Counterpart: linux/printk.h.
 *
 * printk() may be called from anywhere, interrupts included; it never sleeps
 * and never allocates. One call comes out in one piece. All text goes into a
 * ring of LOG_SIZE bytes; until printk_init() it waits there. The level is a
 * prefix "<n>" as below; lines below the console's level stay in the ring
 * (shell: dmesg). Text without a level was asked for by somebody (a command's
 * output, a test's result) and is always shown.
 */
#ifndef KERNEL_PRINTK_H
#define KERNEL_PRINTK_H

#include <lib/compiler.h>
#include <lib/types.h>
#include <stdarg.h>

#define KERN_EMERG "\0010"
#define KERN_ERR "\0013"
#define KERN_WARNING "\0014"
#define KERN_NOTICE "\0015"
#define KERN_INFO "\0016"
#define KERN_DEBUG "\0017"

int printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list args);

#define pr_err(...) printk(KERN_ERR __VA_ARGS__)
#define pr_warn(...) printk(KERN_WARNING __VA_ARGS__)
#define pr_notice(...) printk(KERN_NOTICE __VA_ARGS__)
#define pr_info(...) printk(KERN_INFO __VA_ARGS__)
#define pr_debug(...) printk(KERN_DEBUG __VA_ARGS__)

/*
 * Connects the log to the console and prints what waited. Once, after
 * console_init().
 */
void printk_init(void);

/* Lines of a level below this one are shown: 8 all, 0 only unlevelled text. */
extern int console_loglevel;

/* From now on no lock is taken: whoever holds it may never let go. */
void printk_break_lock(void);

/* Writes all that is still in the ring to the console, whatever its level. */
void printk_show_log(void);

/* Prints the call stack of the caller with symbols. */
void dump_stack(void);

#endif

/* What the run comes to. */
#ifndef KERNEL_VERDICT_H
#define KERNEL_VERDICT_H

#include <lib/compiler.h>
#include <lib/types.h>

/* Runs suites (see ktest_run); what they come to counts for the verdict. */
bool run_selftest(const char *glob);

/* The same with allocations failing, one by one (see ktest_failnth). */
bool run_failnth(const char *glob);

/* Measures (see bench_run); a run that could not counts, too. */
void run_bench(const char *glob, bool wall);

/* Reports from here on are a user's experiments and do not count. */
void verdict_leave_to_user(void);

/* Nothing has failed so far. */
bool verdict_is_pass(void);

/* Prints the verdict, as the last line there is, and ends the machine. */
void __noreturn kernel_poweroff(void);

#endif

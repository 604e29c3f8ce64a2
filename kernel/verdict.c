/*
 * The verdict, last line of every run that does not panic:
 * "strata: verdict pass" or "strata: verdict fail".
 *
 * Pass means: no self-test failed, and no report (a double free, a bad page)
 * came up that neither a test nor a user at the prompt had asked for.
 */
#include <asm/machine.h>
#include <kernel/bench.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <kernel/report.h>

#include "verdict.h"

static bool any_failed;
static bool hands_on;

bool run_selftest(const char *glob)
{
	bool ok = ktest_run(glob, NULL);

	any_failed |= !ok;
	return ok;
}

bool run_failnth(const char *glob)
{
	bool ok = ktest_failnth(glob, NULL);

	any_failed |= !ok;
	return ok;
}

void run_bench(const char *glob, bool wall)
{
	any_failed |= !bench_run(glob, wall);
}

void verdict_leave_to_user(void)
{
	any_failed |= report_uncaptured() != 0;
	hands_on = true;
}

bool verdict_is_pass(void)
{
	return !any_failed && (hands_on || !report_uncaptured());
}

void __noreturn kernel_poweroff(void)
{
	bool pass = verdict_is_pass();

	printk("strata: verdict %s\n", pass ? "pass" : "fail");
	machine_exit(pass ? VERDICT_PASS : VERDICT_FAIL);
}

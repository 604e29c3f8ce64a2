/*
 * The story of the boot, top to bottom, and what the command line asked for.
 *
 *	selftest[=GLOB]	run the suites that match, report, remember the result
 *	failnth[=GLOB]	run them with the 1st, 2nd, 3rd ... allocation failing
 *	bench[=GLOB]	measure the rows that match, in instructions
 *	bench_time[=GLOB]	in nanoseconds
 *	shell		then talk to whoever is on the serial line
 *	poweroff	then end with the verdict (after the shell, if both)
 *	loglevel=N	show messages of levels below N (7; 8 shows all)
 *	quiet		loglevel=4
 *
 * Without any of the first six: selftest and shell. More words show that a
 * bad end is seen as one by whoever watches the machine:
 *
 *	test_panic	panic after the self-test: verdict panic
 *	test_panic_all	the same on all CPUs at the same moment: one verdict
 *	test_hang	stop without a word: no verdict
 *	test_fail	the case verdict.passes_unless_told_to_fail fails
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <kernel/boot_info.h>
#include <kernel/boot_phase.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/kallsyms.h>
#include <kernel/ktest.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <kernel/version.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/fault_inject.h>
#include <mm/mm.h>

#include "cmdline_words.h"
#include "verdict.h"

static struct {
	const char *selftest;	/* glob, or NULL */
	const char *failnth;	/* glob, or NULL */
	const char *bench, *bench_time;	/* globs, or NULL */
	bool shell, poweroff;
	bool panic, panic_all, hang;
} wanted;

static int __init want_matching(const char **what, const char *glob)
{
	*what = *glob ? glob : "*";
	return 0;
}

static int __init want_selftest(const char *glob)
{
	return want_matching(&wanted.selftest, glob);
}
early_param("selftest", want_selftest);

static int __init want_failnth(const char *glob)
{
	return want_matching(&wanted.failnth, glob);
}
early_param("failnth", want_failnth);

static int __init want_bench(const char *glob)
{
	return want_matching(&wanted.bench, glob);
}
early_param("bench", want_bench);

static int __init want_bench_time(const char *glob)
{
	return want_matching(&wanted.bench_time, glob);
}
early_param("bench_time", want_bench_time);

static int __init want_nothing_more(bool *flag, const char *value)
{
	if (*value)
		return -EINVAL;
	*flag = true;
	return 0;
}

static int __init want_shell(const char *value)
{
	return want_nothing_more(&wanted.shell, value);
}
early_param("shell", want_shell);

static int __init want_poweroff(const char *value)
{
	return want_nothing_more(&wanted.poweroff, value);
}
early_param("poweroff", want_poweroff);

static int __init want_panic(const char *value)
{
	return want_nothing_more(&wanted.panic, value);
}
early_param("test_panic", want_panic);

static int __init want_panic_all(const char *value)
{
	return want_nothing_more(&wanted.panic_all, value);
}
early_param("test_panic_all", want_panic_all);

static int __init want_hang(const char *value)
{
	return want_nothing_more(&wanted.hang, value);
}
early_param("test_hang", want_hang);

static int __init set_loglevel(const char *value)
{
	u64 level;

	if (kstrtou64(value, &level) || level > 8)
		return -EINVAL;
	console_loglevel = (int)level;
	return 0;
}
early_param("loglevel", set_loglevel);

static int __init set_quiet(const char *value)
{
	console_loglevel = 4;
	return 0;
}
early_param("quiet", set_quiet);

/* The log before anything else: whatever goes wrong now can be told. */
static void __init start_log(void)
{
	console_init();
	sprintf_symbolize = kallsyms_lookup;
	printk_init();
	pr_notice("Strata %s\n", STRATA_VERSION);
}

/* Loader's data into our own form; a machine we know nothing of is no use. */
static void __init read_boot_info(u32 magic, u32 info_phys)
{
	const void *info = (const void *)(unsigned long)info_phys;
	const char *error = boot_info_read(&boot_info, magic, info);

	if (error)
		panic("boot information at %#x: %s", info_phys, error);
	pr_info("Booted by %s%s%s\n", boot_info.protocol,
		boot_info.loader[0] ? ": " : "", boot_info.loader);
	if (boot_info.remarks[0])
		pr_warn("boot information: %s\n", boot_info.remarks);
}

static void __init read_cmdline(void)
{
	pr_info("Command line: %s\n", boot_info.cmdline);
	if (boot_info.cmdline_cut) {
		pr_warn("command line: too long, the end is lost\n");
		cmdline_drop_last_word(boot_info.cmdline);
	}
	cmdline_parse(boot_info.cmdline);
	if (!wanted.selftest && !wanted.failnth && !wanted.bench &&
	    !wanted.bench_time && !wanted.shell && !wanted.poweroff) {
		wanted.selftest = "*";
		wanted.shell = true;
	}
}

/* Each CPU waits for all others before it panics. */
static void panic_together(void *info)
{
	unsigned int *to_come = info;

	__atomic_fetch_sub(to_come, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(to_come, __ATOMIC_SEQ_CST))
		cpu_relax();
	panic("all CPUs, as asked for on the command line");
}

static void __noreturn panic_all(void)
{
	static unsigned int to_come;

	to_come = num_online_cpus();
	smp_call_function(panic_together, &to_come, false);
	panic_together(&to_come);
	__builtin_unreachable();
}

static void __noreturn do_what_is_wanted(void)
{
	if (wanted.selftest)
		run_selftest(wanted.selftest);
	if (wanted.failnth)
		run_failnth(wanted.failnth);
	if (wanted.bench)
		run_bench(wanted.bench, false);
	if (wanted.bench_time)
		run_bench(wanted.bench_time, true);
	if (wanted.panic)
		panic("asked for on the command line");
	if (wanted.panic_all)
		panic_all();
	if (wanted.hang)
		cpu_halt();
	if (wanted.shell || !wanted.poweroff) {
		verdict_leave_to_user();
		shell_run();
	}
	kernel_poweroff();
}

static void over(enum boot_phase phase)
{
	boot_phase_over(phase, get_cycles());
}

void __noreturn start_kernel(u32 magic, u32 info_phys)
{
	boot_phase_begins(boot_entry_cycles);
	over(BOOT_ENTRY);

	start_log();
	read_boot_info(magic, info_phys);
	read_cmdline();
	over(BOOT_LOG);

	setup_arch(&boot_info);		/* memory map, memblock, direct map */
	over(BOOT_ARCH);
	mm_init();			/* zones, page allocator, slab caches */
	over(BOOT_MM);
	sched_init();			/* we are a thread from here on */
	time_init();			/* interrupt controller, clock, tick */
	local_irq_enable();
	over(BOOT_TIME);
	smp_init();			/* all other CPUs, idle */
	rcu_init();			/* who frees behind readers */
	over(BOOT_CPUS);
	free_initmem();			/* no __init code or data after this */
	might_sleep_enable();
	ktest_set_observer(&census_observer);
	fault_injection_init();		/* from here on memory may fail */
	over(BOOT_REST);

	do_what_is_wanted();
}

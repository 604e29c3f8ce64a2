/*
 * ktest [OPTIONS] [GLOB]: boots the simulated machine as start_kernel() boots
 * the real one, and runs the suites on it. KTAP on stdout; exit status 0 pass,
 * 1 a case failed, 2 panic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/machine.h>
#include <kernel/boot_info.h>
#include <kernel/cmdline.h>
#include <kernel/kallsyms.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/sprintf.h>
#include <mm/census.h>
#include <mm/fault_inject.h>
#include <mm/mm.h>
#include <mm/numa.h>

#include "mapfile.h"
#include "ram.h"
#include "simulate.h"
#include "start.h"

static const char usage[] =
	"usage: ktest [OPTIONS] [GLOB]\n"
	"  --mem=SIZE        a PC with that much RAM (K, M, G);\n"
	"                    default: 64 MiB in awkward pieces\n"
	"  --map=FILE        the machine of a memory map file\n"
	"  --nodes=N         its RAM dealt out to N nodes\n"
	"  --cpus=N          a machine of N CPUs\n"
	"  --lowmem=SIZE     end of low memory, where there is high memory\n"
	"  --cmdline=WORDS   kernel command line, e.g. early=bootmem\n"
	"  --failnth         each case with its 1st, 2nd, ... allocation failing\n"
	"  --quiet           no log, only KTAP\n";

static struct {
	const char *glob, *cmdline, *mem, *map;
	unsigned int nodes, cpus;
	bool quiet, failnth;
} options = { .glob = "*", .cmdline = "", .nodes = 1, .cpus = 1 };

static struct map_file map;

static void __noreturn wrong_usage(void)
{
	fputs(usage, stderr);
	exit(2);
}

/* "--name=value": the value; NULL if it is another option. */
static const char *value_of(const char *arg, const char *name)
{
	size_t n = strlen(name);

	return strncmp(arg, name, n) ? NULL : arg + n;
}

static void set_low_end(const char *size)
{
	const char *end;

	if (!ram_set_low_end(memparse(size, &end)) || *end)
		wrong_usage();
}

static void parse_arg(const char *arg)
{
	const char *value;

	if (arg[0] != '-')
		options.glob = arg;
	else if ((value = value_of(arg, "--mem=")))
		options.mem = value;
	else if ((value = value_of(arg, "--map=")))
		options.map = value;
	else if ((value = value_of(arg, "--cmdline=")))
		options.cmdline = value;
	else if ((value = value_of(arg, "--nodes=")))
		options.nodes = (unsigned int)atoi(value);
	else if ((value = value_of(arg, "--cpus=")))
		options.cpus = (unsigned int)atoi(value);
	else if ((value = value_of(arg, "--lowmem=")))
		set_low_end(value);
	else if (!strcmp(arg, "--quiet"))
		options.quiet = true;
	else if (!strcmp(arg, "--failnth"))
		options.failnth = true;
	else
		wrong_usage();
}

static void firmware_size(void)
{
	const char *end;
	u64 size = memparse(options.mem, &end);

	if (*end || size < 4 * SZ_1M)
		wrong_usage();
	simulate_firmware_size(&boot_info, size);
}

static void firmware(void)
{
	if (options.nodes < 1 || options.nodes > MAX_NUMNODES ||
	    options.cpus < 1 || options.cpus > NR_CPUS)
		wrong_usage();
	simulate_cpus(options.cpus);
	if (options.map) {
		if (!map_read(options.map, &map) ||
		    !simulate_firmware_map(&boot_info, &map))
			exit(2);
		simulate_node_table(&map);
	} else if (options.mem) {
		firmware_size();
	} else {
		simulate_firmware_default(&boot_info);
	}
	simulate_nodes(options.nodes);
	strncpy(boot_info.cmdline, options.cmdline,
		sizeof(boot_info.cmdline) - 1);
}

int main(int argc, char **argv)
{
	bool ok;
	int i;

	for (i = 1; i < argc; i++)
		parse_arg(argv[i]);
	simulate_address_space();
	if (options.quiet)
		simulate_quietly(NULL);
	console_init();
	sprintf_symbolize = kallsyms_lookup;
	printk_init();
	firmware();
	cmdline_parse(boot_info.cmdline);

	boot_simulated_machine(&boot_info);
	ktest_set_observer(&census_observer);
	fault_injection_init();

	simulate_quietly(stdout);
	ok = options.failnth ? ktest_failnth(options.glob, NULL) :
			       ktest_run(options.glob, NULL);
	ok = ok && !report_uncaptured();
	machine_exit(ok ? VERDICT_PASS : VERDICT_FAIL);
}

/*
 * The shell on the serial line. A layer adds its own commands:
 *
 *	static int cmd_meminfo(int argc, char **argv) { ...; return 0; }
 *	SHELL_COMMAND(meminfo, "", "memory in use, as in /proc/meminfo",
 *		      cmd_meminfo);
 *
 * A command prints with printk(); a non-zero result is shown to the user, and
 * -EINVAL as a reminder of its arguments. One whose second string is empty
 * takes none. One without a help text is for tests: it is not listed and not
 * completed.
 */
#ifndef KERNEL_SHELL_H
#define KERNEL_SHELL_H

#include <lib/compiler.h>

struct shell_command {
	const char *name, *args, *help;
	int (*run)(int argc, char **argv);
};

#define SHELL_COMMAND(name_, args_, help_, run_) \
	static const struct shell_command __used __aligned(sizeof(void *)) \
	__section("shell_commands") \
	shell_command_##name_ = { #name_, args_, help_, run_ }

/* Reads and runs commands until poweroff or reboot. */
void __noreturn shell_run(void);

/* Runs one line; -ENOENT if there is no such command. line is cut up. */
int shell_execute(char *line);

#endif

/*
 * The shell on the serial line: read a line, run it, say what came of it; and
 * the commands that belong to no other layer.
 */
#include <asm/machine.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "line_edit.h"
#include "shell_words.h"
#include "verdict.h"

/* As shell_next_command(), without those that are for tests only. */
static const struct shell_command *next_listed(const struct shell_command *c)
{
	do {
		c = shell_next_command(c);
	} while (c && !*c->help);
	return c;
}

static int synopsis_length(const struct shell_command *c)
{
	return (int)(strlen(c->name) + 1 + strlen(c->args));
}

static int cmd_help(int argc, char **argv)
{
	const struct shell_command *c;
	int width = 0;

	for (c = next_listed(NULL); c; c = next_listed(c))
		width = max(width, synopsis_length(c));
	for (c = next_listed(NULL); c; c = next_listed(c))
		printk("  %s %-*s  %s\n", c->name,
		       width - (int)strlen(c->name) - 1, c->args, c->help);
	return 0;
}
SHELL_COMMAND(help, "", "this list", cmd_help);

static int cmd_dmesg(int argc, char **argv)
{
	printk_show_log();
	return 0;
}
SHELL_COMMAND(dmesg, "", "the kernel's log, debug messages too", cmd_dmesg);

static int cmd_selftest(int argc, char **argv)
{
	if (argc > 2)
		return -EINVAL;
	run_selftest(argc > 1 ? argv[1] : NULL);
	return 0;
}
SHELL_COMMAND(selftest, "[GLOB]", "run the suites that match, as KTAP",
	      cmd_selftest);

static int cmd_failnth(int argc, char **argv)
{
	if (argc > 2)
		return -EINVAL;
	run_failnth(argc > 1 ? argv[1] : NULL);
	return 0;
}
SHELL_COMMAND(failnth, "[GLOB]",
	      "the same with the 1st, 2nd, 3rd ... allocation failing",
	      cmd_failnth);

static int cmd_poweroff(int argc, char **argv)
{
	kernel_poweroff();
}
SHELL_COMMAND(poweroff, "", "end with the verdict of all self-tests run",
	      cmd_poweroff);

static int cmd_reboot(int argc, char **argv)
{
	machine_reboot();
}
SHELL_COMMAND(reboot, "", "start again from the firmware", cmd_reboot);

static void write_console(void *arg, const char *s, size_t n)
{
	console_write(s, n);
}

static const char *command_name(void *arg, unsigned int i)
{
	const struct shell_command *c = next_listed(NULL);

	while (c && i--)
		c = next_listed(c);
	return c ? c->name : NULL;
}

static const char *error_text(int error)
{
	switch (-error) {
	case ENOMEM:
		return "no memory";
	case ENOENT:
		return "no such thing";
	case ENOSPC:
		return "no room";
	case EBUSY:
		return "busy";
	default:
		return "failed";
	}
}

static void run_line(char *line)
{
	int result = shell_execute(line);
	const struct shell_command *command = shell_find_command(line);

	if (!result)
		return;
	if (!command)
		printk("\"%s\": no such command; see help\n", line);
	else if (result == -EINVAL)
		printk("usage: %s %s\n", command->name, command->args);
	else
		printk("%s: %s (error %d)\n", command->name,
		       error_text(result), result);
}

void __noreturn shell_run(void)
{
	static struct line_editor editor = {
		.prompt = "strata> ",
		.write = write_console,
		.word = command_name,
	};

	printk("Type help for a list of commands.\n");
	for (;;) {
		enum line_event event = LINE_MORE;

		line_edit_start(&editor);
		while (event == LINE_MORE)
			event = line_edit_byte(&editor, (u8)console_getc());
		if (event == LINE_DONE)
			run_line(editor.line);
	}
}

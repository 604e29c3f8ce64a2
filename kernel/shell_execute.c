/*
 * What a line means: words, the first of which names the command.
 *
 * Commands lie in a linker section, one entry per SHELL_COMMAND anywhere in
 * the kernel. A command runs in its caller's context, on the caller's stack;
 * one that runs lines itself is stopped at a small depth. Blanks divide words,
 * double quotes keep blanks in one.
 */
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/string.h>

#include "shell_words.h"

static int depth;

/* Weak: a program may be linked without any. */
extern const struct shell_command __start_shell_commands[] __weak;
extern const struct shell_command __stop_shell_commands[] __weak;

int shell_split(char *line, char **argv, int max)
{
	char *from = line, *to = line;
	int argc = 0;
	bool quoted;

	for (;;) {
		while (*from == ' ' || *from == '\t')
			from++;
		if (!*from)
			break;
		if (argc == max)
			return -EINVAL;
		argv[argc++] = to;
		for (quoted = false; *from; from++) {
			if (*from == '"')
				quoted = !quoted;
			else if (!quoted && (*from == ' ' || *from == '\t'))
				break;
			else
				*to++ = *from;
		}
		/* from may be the byte that to is about to end */
		from += *from != 0;
		*to++ = 0;
	}
	argv[argc] = NULL;
	return argc;
}

const struct shell_command *shell_find_command(const char *name)
{
	const struct shell_command *c;

	for (c = __start_shell_commands; c < __stop_shell_commands; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int shell_depth(void)
{
	return depth;
}

int shell_execute(char *line)
{
	const struct shell_command *command;
	char *argv[SHELL_MAX_ARGS + 1];
	int argc = shell_split(line, argv, SHELL_MAX_ARGS), result;

	if (argc <= 0)
		return argc;
	command = shell_find_command(argv[0]);
	if (!command)
		return -ENOENT;
	if (argc > 1 && !*command->args)
		return -EINVAL;
	if (depth == SHELL_MAX_DEPTH)
		return -EBUSY;
	depth++;
	result = command->run(argc, argv);
	depth--;
	return result;
}

const struct shell_command *
shell_next_command(const struct shell_command *prev)
{
	const struct shell_command *c, *best = NULL;

	for (c = __start_shell_commands; c < __stop_shell_commands; c++) {
		if (prev && strcmp(c->name, prev->name) <= 0)
			continue;
		if (!best || strcmp(c->name, best->name) < 0)
			best = c;
	}
	return best;
}

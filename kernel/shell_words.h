/* The parts of shell_execute(), for the shell and for tests. */
#ifndef KERNEL_SHELL_WORDS_H
#define KERNEL_SHELL_WORDS_H

#include <kernel/shell.h>

#define SHELL_MAX_ARGS 16
/* Commands that run commands may be nested so deep. */
#define SHELL_MAX_DEPTH 4

/* Commands running right now: 1 in a command typed at the prompt. */
int shell_depth(void);

/*
 * Cuts line up in place; argv has room for max words and a NULL after them.
 * Returns the number of words, or -EINVAL if there are more.
 */
int shell_split(char *line, char **argv, int max);

/* NULL if there is none of that name. */
const struct shell_command *shell_find_command(const char *name);

/* The command whose name follows that of prev; the first for NULL. */
const struct shell_command *
shell_next_command(const struct shell_command *prev);

#endif

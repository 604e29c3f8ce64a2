/* The command line as words, apart from who takes them (for tests). */
#ifndef KERNEL_CMDLINE_WORDS_H
#define KERNEL_CMDLINE_WORDS_H

#include <kernel/cmdline.h>
#include <lib/types.h>

/*
 * Takes the next word off *rest, which it cuts up: *name and *value point into
 * it, quotes removed; value is "" for a bare word. False at the end.
 */
bool cmdline_next_word(char **rest, char **name, char **value);

/*
 * Hands the words of line (which is cut up) to the params in [begin, end).
 * A word nobody takes, or refused by its taker, is told in one line.
 * Returns the number of these.
 */
unsigned int cmdline_apply(char *line, const struct cmdline_param *begin,
			   const struct cmdline_param *end);

/* For a line that was cut short: drops its last word, which may be half. */
void cmdline_drop_last_word(char *line);

#endif

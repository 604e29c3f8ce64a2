/*
 * Command line: cut into words, hand each to those who asked for its name.
 *
 * Quotes are removed while cutting, in place (the word only gets shorter):
 *
 *	name="a b"  c        ->  n a m e 0 a b 0 ...   c
 *
 * The line is the loader's text: any byte may stand in it, quotes may not be
 * closed. An open quote ends with the line.
 */
#include <kernel/boot_info.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/string.h>

#include "cmdline_words.h"

/* Weak: a program may be linked without any. */
extern const struct cmdline_param __start_cmdline_params[] __weak;
extern const struct cmdline_param __stop_cmdline_params[] __weak;

/* Takers may keep their value: it points into this. */
static char cmdline_copy[BOOT_CMDLINE_SIZE];

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool cmdline_next_word(char **rest, char **name, char **value)
{
	char *p = *rest, *to;
	bool quoted = false, more;

	while (is_blank(*p))
		p++;
	if (!*p)
		return false;
	*name = to = p;
	*value = NULL;
	for (; *p && (quoted || !is_blank(*p)); p++) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (*p == '=' && !*value) {
			*to++ = 0;
			*value = to;
		} else {
			*to++ = *p;
		}
	}
	more = *p;
	*rest = p + more;
	*to = 0;
	if (!*value)
		*value = to;
	return true;
}

/* 0 if somebody took it, 1 if nobody asked for it, 2 if it was refused */
static int give(const char *name, const char *value,
		const struct cmdline_param *begin,
		const struct cmdline_param *end)
{
	const struct cmdline_param *p;
	int result = 1;

	for (p = begin; p < end; p++) {
		if (strcmp(p->name, name))
			continue;
		if (p->set(value) < 0)
			return 2;
		result = 0;
	}
	return result;
}

unsigned int cmdline_apply(char *line, const struct cmdline_param *begin,
			   const struct cmdline_param *end)
{
	char *name, *value;
	unsigned int bad = 0;

	while (cmdline_next_word(&line, &name, &value)) {
		int result = give(name, value, begin, end);

		if (!result)
			continue;
		pr_warn("command line: %s \"%s%s%s\"\n",
			result == 1 ? "nobody knows" : "bad value in",
			name, *value ? "=" : "", value);
		bad++;
	}
	return bad;
}

void cmdline_drop_last_word(char *line)
{
	size_t n = strlen(line);

	while (n && !is_blank(line[n - 1]))
		n--;
	line[n] = 0;
}

void __init cmdline_parse(const char *cmdline)
{
	strscpy(cmdline_copy, cmdline, sizeof(cmdline_copy));
	cmdline_apply(cmdline_copy, __start_cmdline_params,
		      __stop_cmdline_params);
}

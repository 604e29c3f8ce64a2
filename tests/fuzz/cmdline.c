/*
 * Fuzz target: the command line, with everybody who takes a word from it, and
 * the numbers and letters in their values (kernel/cmdline.c, lib/parse.c, all
 * early_param()).
 *
 * The input is the line. Words are compared with those of a model that keeps
 * no state but the place, numbers with what the C library makes of them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <asm/memmap_param.h>
#include <kernel/boot_info.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

#include "../../kernel/cmdline_words.h"
#include "../../mm/slub_debug.h"
#include "fuzz.h"

#define LINE_MAX_ 4096u

static bool blank(char c)
{
	return c && strchr(" \t\n\r", c);
}

/* Where the word at p ends; its name and value without quotes. */
static const char *model_word(const char *p, char *name, char *value)
{
	bool quoted = false, in_value = false;
	char *to = name;

	*value = 0;
	for (; *p && (quoted || !blank(*p)); p++) {
		if (*p == '"') {
			quoted = !quoted;
		} else if (*p == '=' && !in_value) {
			*to = 0;
			to = value;
			in_value = true;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return p;
}

static void check_words(const char *line)
{
	static char name[LINE_MAX_ + 1], value[LINE_MAX_ + 1];
	size_t size = strlen(line) + 1;
	char *rest = memcpy(guard_open(0, size, 1), line, size);
	char *got_name, *got_value;
	const char *p = line;

	for (;;) {
		while (blank(*p))
			p++;
		if (!cmdline_next_word(&rest, &got_name, &got_value))
			break;
		if (!*p)
			fuzz_fail("a word too many");
		p = model_word(p, name, value);
		if (strcmp(name, got_name) || strcmp(value, got_value))
			fuzz_fail("%s=%s, not %s=%s", got_name, got_value,
				  name, value);
	}
	if (*p)
		fuzz_fail("a word too few");
}

static void check_number(const char *value)
{
	unsigned long long model;
	char *model_end;
	u64 got;
	int err = kstrtou64(value, &got);

	if (!isdigit((unsigned char)*value)) {
		if (err != -EINVAL)
			fuzz_fail("no number: %d", err);
		return;
	}
	errno = 0;
	model = strtoull(value, &model_end, 0);
	if (*model_end ? err != -EINVAL :
	    errno == ERANGE ? err != -ERANGE : err || got != model)
		fuzz_fail("number %s: %d, %llu not %llu", value, err, got,
			  model);
}

/* What memparse() multiplies by stands where the C library stops. */
static void check_size(const char *value)
{
	static const char suffixes[] = "KMGTPE";
	const char *end, *suffix;
	char *model_end;
	unsigned int shift;
	u64 got = memparse(value, &end), model;

	if (!isdigit((unsigned char)*value)) {
		if (got || end != value)
			fuzz_fail("no size: %llu", got);
		return;
	}
	model = strtoull(value, &model_end, 0);
	suffix = *model_end ? strchr(suffixes, toupper(*model_end)) : NULL;
	if (suffix) {
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
		model = model >> (64 - shift) ? ~0ULL : model << shift;
		model_end++;
	}
	if (got != model || end != model_end)
		fuzz_fail("size %s: %llu", value, got);
}

static bool one_of(char c, const char *letters)
{
	return c && strchr(letters, c);
}

/* The first letter decides, of "on" and "off" the second. */
static void check_switch(const char *value)
{
	bool o = *value == 'o' || *value == 'O', got = false;
	char c = value[o];
	bool yes = one_of(c, o ? "nN" : "yYtT1");
	bool no = one_of(c, o ? "fF" : "nNfF0");
	int err = kstrtobool(value, &got);

	if (err != (yes || no ? 0 : -EINVAL) || got != yes)
		fuzz_fail("switch %s: %d, %d", value, err, got);
}

/* Every value is read in all the ways there are. */
static void check_values(const char *line)
{
	static char copy[LINE_MAX_ + 1];
	char *rest = strcpy(copy, line), *name, *value;
	bool flag;

	while (cmdline_next_word(&rest, &name, &value)) {
		size_t size = strlen(value) + 1;
		char *p = memcpy(guard_open(1, size, 1), value, size);

		check_number(p);
		check_size(p);
		check_switch(p);
		slab_debug_flags_in(p, "kmalloc-64");
		slab_debug_unknown(p, &flag);
	}
}

void fuzz_begin(void)
{
}

void fuzz_one(struct input *in)
{
	static char line[LINE_MAX_ + 1];
	size_t n = min_t(size_t, input_left(in), LINE_MAX_);

	memcpy(line, in->next, n);
	line[n] = 0;
	check_words(line);
	check_values(line);
	memmap_cmdline.nr = 0;
	cmdline_parse(line);
	slab_debug_flags("dentry", 0);
	if (memmap_cmdline.nr > MEMMAP_MAX_CHANGES)
		fuzz_fail("more changes than there is room for");
}

/*
 * How is fault injection set? The text of the command line and the shell into
 * a struct fault_attr, and back.
 *
 *	failslab=1,0.5,0,-1,cache=kmalloc-64,caller=kmem_cache_create
 *	         | |   |  |  `-- whom: keys that all know, or the place's own
 *	         | |   |  `----- times: -1 is without end
 *	         | |   `-------- space: so many bytes pass before
 *	         | `------------ percent
 *	         `-------------- of every so manieth
 *
 * The text is the user's: bounded, and refused as a whole. Locks: none; the
 * attr is not in use while it is set.
 */
#include <kernel/fault_inject.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/string.h>

#define WORD_SIZE 64
#define HUNDREDTHS 100
#define FAULT_NUMBER_MAX 0x7fffffffU

/* The next word up to a comma; false: none, or too long. */
static bool next_word(const char **text, char *word)
{
	const char *end = strchr(*text, ',');
	size_t n = end ? (size_t)(end - *text) : strlen(*text);

	if (!n || n >= WORD_SIZE)
		return false;
	memcpy(word, *text, n);
	word[n] = 0;
	*text += n + (end != NULL);
	return true;
}

static int parse_unsigned(const char *word, unsigned int *value)
{
	u64 v;

	if (kstrtou64(word, &v) || v > FAULT_NUMBER_MAX)
		return -EINVAL;
	*value = (unsigned int)v;
	return 0;
}

static int parse_int(const char *word, int *value)
{
	bool negative = *word == '-';
	unsigned int v;

	if (parse_unsigned(word + negative, &v))
		return -EINVAL;
	*value = negative ? -(int)v : (int)v;
	return 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12", "0.5", "0.25": in hundredths of a percent. */
static int parse_percent(const char *word, unsigned int *hundredths)
{
	unsigned int v = 0, decimals = 0;
	bool point = false;

	if (!is_digit(*word))
		return -EINVAL;
	for (; *word && decimals <= 2 && v <= 100 * HUNDREDTHS; word++) {
		if (*word == '.' && !point) {
			point = true;
			continue;
		}
		if (!is_digit(*word))
			return -EINVAL;
		v = v * 10 + (unsigned int)(*word - '0');
		decimals += point;
	}
	for (; decimals < 2; decimals++)
		v *= 10;
	if (*word || decimals > 2 || v > 100 * HUNDREDTHS)
		return -EINVAL;
	*hundredths = v;
	return 0;
}

static int parse_numbers(struct fault_attr *attr, const char **text)
{
	char word[4][WORD_SIZE];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(word); i++)
		if (!next_word(text, word[i]))
			return -EINVAL;
	attr->out_of = 100 * HUNDREDTHS;
	if (parse_unsigned(word[0], &attr->interval) ||
	    parse_percent(word[1], &attr->probability) ||
	    parse_int(word[2], &attr->space) ||
	    parse_int(word[3], &attr->times))
		return -EINVAL;
	return 0;
}

static int parse_key(struct fault_attr *attr, const char *key,
		     const char *value,
		     int (*own)(const char *key, const char *value))
{
	if (!strcmp(key, "seed"))
		return kstrtou64(value, &attr->seed);
	if (!strcmp(key, "verbose"))
		return parse_unsigned(value, &attr->verbose);
	if (!strcmp(key, "caller"))
		return *value && strscpy(attr->caller, value,
					 sizeof(attr->caller)) >= 0 ?
		       0 : -EINVAL;
	if (!strcmp(key, "task")) {
		attr->task_filter = true;
		return *value ? -EINVAL : 0;
	}
	return own ? own(key, value) : -EINVAL;
}

int setup_fault_attr(struct fault_attr *attr, const char *text,
		     int (*own)(const char *key, const char *value))
{
	struct fault_attr new = FAULT_ATTR_INITIALIZER(attr->name);
	char word[WORD_SIZE], *value;

	if (parse_numbers(&new, &text))
		return -EINVAL;
	while (*text) {
		if (!next_word(&text, word))
			return -EINVAL;
		value = strchr(word, '=');
		if (value)
			*value++ = 0;
		if (parse_key(&new, word, value ? value : "", own))
			return -EINVAL;
	}
	*attr = new;
	return 0;
}

void show_fault_attr(const struct fault_attr *attr)
{
	printk("%s: interval %u, probability %u of %u, space %d, times %d%s%s%s; asked %lu, failed %lu\n",
	       attr->name, attr->interval, attr->probability, attr->out_of,
	       attr->space, attr->times, attr->caller[0] ? ", caller " : "",
	       attr->caller, attr->task_filter ? ", marked threads" : "",
	       attr->count, attr->injected);
}

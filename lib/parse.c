/* Text to numbers. The text may come from the loader: nothing is trusted. */
#include <lib/errno.h>
#include <lib/overflow.h>
#include <lib/parse.h>

static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	return 255;
}

/* "0x" counts as a prefix only before a digit: "0xz" is the number 0. */
static unsigned int number_base(const char **s)
{
	const char *p = *s;

	if (p[0] != '0')
		return 10;
	if ((p[1] == 'x' || p[1] == 'X') && digit_value(p[2]) < 16) {
		*s += 2;
		return 16;
	}
	return 8;
}

/* Digits from s on; *end is s if there is none. True: more than 64 bits. */
static bool parse_digits(const char *s, const char **end, u64 *value)
{
	const char *start = s;
	unsigned int base = number_base(&s), digit;
	bool overflow = false;
	const char *digits = s;

	for (*value = 0; (digit = digit_value(*s)) < base; s++) {
		overflow |= check_mul_overflow(*value, base, value);
		overflow |= check_add_overflow(*value, digit, value);
	}
	*end = s == digits ? start : s;
	if (overflow)
		*value = ~0ULL;
	return overflow;
}

int kstrtou64(const char *s, u64 *value)
{
	const char *end;
	u64 v;
	bool overflow = parse_digits(s, &end, &v);

	if (end == s || *end)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*value = v;
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int kstrtobool(const char *s, bool *value)
{
	char c = lower(*s);

	if (c == 'o')
		c = lower(s[1]) == 'n' ? 'y' : lower(s[1]) == 'f' ? 'n' : 0;
	if (c != 'y' && c != 't' && c != '1' && c != 'n' && c != 'f' &&
	    c != '0')
		return -EINVAL;
	*value = c == 'y' || c == 't' || c == '1';
	return 0;
}

static unsigned int suffix_shift(char c)
{
	static const char upper[] = "KMGTPE", lower[] = "kmgtpe";
	unsigned int i;

	for (i = 0; upper[i]; i++)
		if (c == upper[i] || c == lower[i])
			return 10 * (i + 1);
	return 0;
}

u64 memparse(const char *s, const char **end)
{
	unsigned int shift;
	u64 v;

	parse_digits(s, end, &v);
	if (*end == s)
		return 0;
	shift = suffix_shift(**end);
	if (!shift)
		return v;
	++*end;
	return v > ~0ULL >> shift ? ~0ULL : v << shift;
}

/* The command line: cutting, quoting, who takes what, and what nobody takes. */
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../kernel/cmdline_words.h"

/* All words of a line as [name|value]... */
static const char *words(const char *line)
{
	static char copy[128], text[256];
	char *rest = copy, *name, *value;
	int n = 0;

	strscpy(copy, line, sizeof(copy));
	text[0] = 0;
	while (cmdline_next_word(&rest, &name, &value))
		n += kscnprintf(text + n, sizeof(text) - (size_t)n, "[%s|%s]",
				name, value);
	return text;
}

static void blanks_divide_words(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, words(""), "");
	KTEST_EXPECT_STREQ(t, words(" \t\r\n "), "");
	KTEST_EXPECT_STREQ(t, words("a"), "[a|]");
	KTEST_EXPECT_STREQ(t, words("  a\tb \n c "), "[a|][b|][c|]");
}

static void first_equals_sign_begins_the_value(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, words("a=b"), "[a|b]");
	KTEST_EXPECT_STREQ(t, words("a= b"), "[a|][b|]");
	KTEST_EXPECT_STREQ(t, words("a=b=c =d"), "[a|b=c][|d]");
	KTEST_EXPECT_STREQ(t, words("memmap=64K$0x100000"),
			   "[memmap|64K$0x100000]");
}

static void quotes_keep_blanks_and_disappear(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, words("a=\"b c\" d"), "[a|b c][d|]");
	KTEST_EXPECT_STREQ(t, words("\"a=b c\" d"), "[a|b c][d|]");
	KTEST_EXPECT_STREQ(t, words("a=b\" \"c d"), "[a|b c][d|]");
	KTEST_EXPECT_STREQ(t, words("a=\"\" b"), "[a|][b|]");
	KTEST_EXPECT_STREQ(t, words("\"\""), "[|]");
}

static void open_quote_ends_with_the_line(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, words("a=\"b c"), "[a|b c]");
	KTEST_EXPECT_STREQ(t, words("\""), "[|]");
}

static char taken[64];

static int take_one(const char *value)
{
	ksnprintf(taken + strlen(taken), sizeof(taken) - strlen(taken),
		  "one(%s)", value);
	return 0;
}

static int take_two(const char *value)
{
	ksnprintf(taken + strlen(taken), sizeof(taken) - strlen(taken),
		  "two(%s)", value);
	return *value ? 0 : -EINVAL;
}

static const struct cmdline_param params[] = {
	{ "two", take_two }, { "one", take_one },
	{ "all", take_one }, { "all", take_two }, { "all", take_one },
};

static unsigned int apply(const char *line, size_t nr_params)
{
	char copy[128];

	strscpy(copy, line, sizeof(copy));
	taken[0] = 0;
	return cmdline_apply(copy, params, params + nr_params);
}

static void takers_are_called_in_the_order_of_words(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, apply("one two=2 one=3", 2), 0);
	KTEST_EXPECT_STREQ(t, taken, "one()two(2)one(3)");
}

static void word_goes_to_all_who_ask_for_it(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, apply("all=3", ARRAY_SIZE(params)), 0);
	KTEST_EXPECT_STREQ(t, taken, "one(3)two(3)one(3)");
}

static void unknown_and_refused_words_are_told_and_survived(struct ktest *t)
{
	const char *text = report_capture_text();

	report_capture_log_start();
	KTEST_EXPECT_EQ(t, apply("on one= twox=\"1 2\" two one=4", 2), 3);
	KTEST_EXPECT_EQ(t, report_capture_stop(), 0);
	KTEST_EXPECT_STREQ(t, taken, "one()two()one(4)");
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "nobody knows \"on\"\n"));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "nobody knows \"twox=1 2\"\n"));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "bad value in \"two\"\n"));
	KTEST_EXPECT_NULL(t, strstr(text, "\"one"));
}

static void a_cut_line_loses_only_its_last_word(struct ktest *t)
{
	char line[] = "early=bootmem mem=12";

	cmdline_drop_last_word(line);
	KTEST_EXPECT_STREQ(t, line, "early=bootmem ");
	cmdline_drop_last_word(line);
	KTEST_EXPECT_STREQ(t, line, "early=bootmem ");
	line[13] = 0;
	cmdline_drop_last_word(line);
	KTEST_EXPECT_STREQ(t, line, "");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(blanks_divide_words),
	KTEST_CASE(first_equals_sign_begins_the_value),
	KTEST_CASE(quotes_keep_blanks_and_disappear),
	KTEST_CASE(open_quote_ends_with_the_line),
	KTEST_CASE(takers_are_called_in_the_order_of_words),
	KTEST_CASE(word_goes_to_all_who_ask_for_it),
	KTEST_CASE(unknown_and_refused_words_are_told_and_survived),
	KTEST_CASE(a_cut_line_loses_only_its_last_word),
	{}
};
KTEST_SUITE(cmdline, cases);

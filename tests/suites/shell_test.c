/*
 * The shell: cutting lines into words and running them; and the line editor,
 * which is played scripts of keys while its output is drawn on a toy screen,
 * so that what the user sees is compared and not how it came about.
 */
#include <kernel/ktest.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../kernel/line_edit.h"
#include "../../kernel/shell_words.h"

#define LEFT "\033[D"
#define RIGHT "\033[C"
#define UP "\033[A"
#define DOWN "\033[B"
#define HOME "\033[H"
#define END "\033[F"
#define DELETE "\033[3~"

/* ----- a terminal of one line ----- */

static struct {
	char text[LINE_EDIT_COLUMNS + 1];
	size_t column;
	unsigned int bells, feeds;
	bool overrun;		/* wrote past the right edge */
	char escape[16];	/* sequence being received */
} screen;

static void screen_clear(void)
{
	memset(screen.text, ' ', LINE_EDIT_COLUMNS);
	screen.text[LINE_EDIT_COLUMNS] = 0;
	screen.column = 0;
}

static void screen_escape(char c)
{
	size_t n = strlen(screen.escape), count = 0, i;

	if (n + 1 < sizeof(screen.escape)) {
		screen.escape[n] = c;
		screen.escape[n + 1] = 0;
	}
	if (c == '[' || (c >= '0' && c <= '9'))
		return;
	for (i = 2; i < n; i++)
		count = count * 10 + (size_t)(screen.escape[i] - '0');
	if (c == 'K')
		memset(screen.text + screen.column, ' ',
		       LINE_EDIT_COLUMNS - screen.column);
	else if (c == 'D')
		screen.column -= min(count, screen.column);
	else if (c == 'J')
		screen_clear();
	screen.escape[0] = 0;
}

static void screen_byte(char c)
{
	if (screen.escape[0]) {
		screen_escape(c);
	} else if (c == '\033') {
		strscpy(screen.escape, "\033", sizeof(screen.escape));
	} else if (c == '\r') {
		screen.column = 0;
	} else if (c == '\n') {
		screen.feeds++;
		screen_clear();
	} else if (c == '\a') {
		screen.bells++;
	} else if (screen.column >= LINE_EDIT_COLUMNS - 1) {
		screen.overrun = true;
	} else {
		screen.text[screen.column++] = c;
	}
}

static void screen_write(void *arg, const char *s, size_t n)
{
	while (n--)
		screen_byte(*s++);
}

/* Visible text, blanks at the end cut, cursor as '|'. */
static const char *picture(void)
{
	static char text[LINE_EDIT_COLUMNS + 2];
	size_t n = LINE_EDIT_COLUMNS;

	while (n > screen.column && screen.text[n - 1] == ' ')
		n--;
	memcpy(text, screen.text, screen.column);
	text[screen.column] = '|';
	memcpy(text + screen.column + 1, screen.text + screen.column,
	       n - screen.column);
	text[n + 1] = 0;
	return text;
}

/* ----- the editor on it ----- */

static const char *toy_word(void *arg, unsigned int i)
{
	static const char *const list[] = { "meminfo", "memblock", "map" };

	return i < ARRAY_SIZE(list) ? list[i] : NULL;
}

static struct line_editor ed;

static void start(struct ktest *t)
{
	memset(&screen, 0, sizeof(screen));
	screen_clear();
	memset(&ed, 0, sizeof(ed));
	ed.prompt = "> ";
	ed.write = screen_write;
	ed.word = toy_word;
	line_edit_start(&ed);
}

/* Plays keys; a finished or dropped line starts the next. Last event. */
static enum line_event play(const char *keys)
{
	enum line_event event = LINE_MORE;

	for (; *keys; keys++) {
		if (event != LINE_MORE)
			line_edit_start(&ed);
		event = line_edit_byte(&ed, (u8)*keys);
	}
	return event;
}

#define EXPECT_PICTURE(t, keys, what) do { \
	play(keys); \
	KTEST_EXPECT_STREQ(t, picture(), what); \
} while (0)

static void typed_text_is_echoed_and_returned(struct ktest *t)
{
	EXPECT_PICTURE(t, "hello you", "> hello you|");
	KTEST_EXPECT_EQ(t, play("\r"), LINE_DONE);
	KTEST_EXPECT_STREQ(t, ed.line, "hello you");
	KTEST_EXPECT_EQ(t, screen.feeds, 1);
}

static void cursor_moves_and_text_goes_in_there(struct ktest *t)
{
	EXPECT_PICTURE(t, "ac" LEFT "b", "> ab|c");
	EXPECT_PICTURE(t, HOME "0", "> 0|abc");
	EXPECT_PICTURE(t, RIGHT RIGHT, "> 0ab|c");
	EXPECT_PICTURE(t, END "d", "> 0abcd|");
	EXPECT_PICTURE(t, "\x01", "> |0abcd");
	EXPECT_PICTURE(t, "\x06\x06\x02", "> 0|abcd");
	EXPECT_PICTURE(t, "\x05", "> 0abcd|");
	EXPECT_PICTURE(t, "\033OH", "> |0abcd");
	EXPECT_PICTURE(t, "\033[4~", "> 0abcd|");
	EXPECT_PICTURE(t, "\033[1~", "> |0abcd");
}

static void deletions_take_out_the_right_part(struct ktest *t)
{
	EXPECT_PICTURE(t, "abcdef\x7f", "> abcde|");
	EXPECT_PICTURE(t, LEFT LEFT "\x08", "> ab|de");
	EXPECT_PICTURE(t, DELETE, "> ab|e");
	EXPECT_PICTURE(t, LEFT "\x04", "> a|e");
	EXPECT_PICTURE(t, END " two  three  \x17", "> ae two  |");
	EXPECT_PICTURE(t, LEFT LEFT LEFT LEFT "\x0b", "> ae t|");
	EXPECT_PICTURE(t, LEFT "\x15", "> |t");
}

static void keys_at_the_edges_ring_and_change_nothing(struct ktest *t)
{
	EXPECT_PICTURE(t, "\x7f" LEFT RIGHT DELETE UP DOWN "\x04", "> |");
	KTEST_EXPECT_EQ(t, screen.bells, 7);
	KTEST_EXPECT_EQ(t, ed.length, 0);
}

static void history_goes_back_and_returns_to_the_own_line(struct ktest *t)
{
	play("one\rtwo\rtwo\r\r");
	line_edit_start(&ed);
	EXPECT_PICTURE(t, "own" UP, "> two|");
	EXPECT_PICTURE(t, UP, "> one|");
	EXPECT_PICTURE(t, UP, "> one|");
	EXPECT_PICTURE(t, DOWN, "> two|");
	EXPECT_PICTURE(t, "!" DOWN, "> own|");
	EXPECT_PICTURE(t, "\x10\x10\x0e", "> two|");
	KTEST_EXPECT_EQ(t, play("\r"), LINE_DONE);
	KTEST_EXPECT_STREQ(t, ed.line, "two");
}

static void history_keeps_the_newest_lines(struct ktest *t)
{
	char line[8];
	int i;

	for (i = 0; i < LINE_EDIT_HISTORY + 5; i++) {
		ksnprintf(line, sizeof(line), "l%d\r", i);
		play(line);
		line_edit_start(&ed);
	}
	for (i = 0; i < LINE_EDIT_HISTORY; i++)
		play(UP);
	KTEST_EXPECT_STREQ(t, picture(), "> l5|");
	KTEST_EXPECT_EQ(t, screen.bells, 0);
	EXPECT_PICTURE(t, UP, "> l5|");
	KTEST_EXPECT_EQ(t, screen.bells, 1);
}

static void tab_completes_the_first_word_only(struct ktest *t)
{
	EXPECT_PICTURE(t, "ma\t", "> map |");
	EXPECT_PICTURE(t, "me\t", "> map me|");
	KTEST_EXPECT_EQ(t, screen.bells, 1);
	play("\x15m\t");
	KTEST_EXPECT_STREQ(t, picture(), "> m|");
	EXPECT_PICTURE(t, "e\t", "> mem|");
	EXPECT_PICTURE(t, "b\t", "> memblock |");
	EXPECT_PICTURE(t, "\x15x\t", "> x|");
	KTEST_EXPECT_EQ(t, screen.bells, 2);
}

static void clear_screen_keeps_the_line(struct ktest *t)
{
	EXPECT_PICTURE(t, "abc" LEFT "\x0c", "> ab|c");
}

static void ctrl_c_drops_the_line(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, play("abc\x03"), LINE_ABORTED);
	line_edit_start(&ed);
	EXPECT_PICTURE(t, UP, "> |");
}

static void cr_lf_ends_one_line_not_two(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, play("a\r"), LINE_DONE);
	line_edit_start(&ed);
	KTEST_EXPECT_EQ(t, play("\n"), LINE_MORE);
	KTEST_EXPECT_EQ(t, play("b\n"), LINE_DONE);
	KTEST_EXPECT_STREQ(t, ed.line, "b");
	line_edit_start(&ed);
	KTEST_EXPECT_EQ(t, play("\n"), LINE_DONE);
}

static void unknown_sequences_and_bytes_leave_no_trace(struct ktest *t)
{
	EXPECT_PICTURE(t, "a\033[99;5~\033[?25h\033Z\033OZ\x1c\x80\xff\x01\x05",
		       "> a|");
	EXPECT_PICTURE(t, "\033[12" "\x01" "b", "> ab|");
	line_edit_byte(&ed, 0);
	EXPECT_PICTURE(t, "c\033\033[D", "> ab|c");
}

static void long_lines_stop_at_the_limit(struct ktest *t)
{
	int i;

	for (i = 0; i < 300; i++)
		play("x");
	KTEST_EXPECT_EQ(t, ed.length, LINE_EDIT_SIZE - 1);
	KTEST_EXPECT_EQ(t, screen.bells, 300 - (LINE_EDIT_SIZE - 1));
	KTEST_EXPECT_FALSE(t, screen.overrun);
	KTEST_EXPECT_EQ(t, screen.feeds, 0);
	KTEST_EXPECT_EQ(t, play("\r"), LINE_DONE);
	KTEST_EXPECT_EQ(t, strlen(ed.line), LINE_EDIT_SIZE - 1);
}

static const char *line_is_broken(void)
{
	size_t i;

	if (ed.cursor > ed.length || ed.length >= LINE_EDIT_SIZE)
		return "cursor or length out of range";
	if (strlen(ed.line) != ed.length)
		return "line does not end at its length";
	for (i = 0; i < ed.length; i++)
		if (ed.line[i] < ' ' || ed.line[i] > '~')
			return "line has a control byte";
	return screen.overrun ? "wrote past the right edge" : NULL;
}

/* The picture must be what a fresh redraw would show. */
static bool picture_is_true(void)
{
	char before[LINE_EDIT_COLUMNS + 2];

	strscpy(before, picture(), sizeof(before));
	line_edit_byte(&ed, 0x0c);
	return !strcmp(before, picture());
}

static void random_bytes_keep_line_and_picture_whole(struct ktest *t)
{
	static const char keys[] = "ab \t\x01\x02\x04\x05\x06\x08\x0b\x0c"
				   "\x0e\x10\x15\x17\x7f\r\033[AOBCD3~";
	struct rng rng = rng_seed(11);
	int i;

	for (i = 0; i < 20000; i++) {
		u64 r = rng_next(&rng);
		u8 byte = r & 7 ? (u8)keys[(r >> 8) % (sizeof(keys) - 1)]
				: (u8)(r >> 8);

		/* mostly letters, so that lines become longer than a window */
		if (r >> 40 & 1)
			byte = 'y';
		if (line_edit_byte(&ed, byte) != LINE_MORE)
			line_edit_start(&ed);
		KTEST_ASSERT_NULL(t, line_is_broken());
		if (ed.escape == ESC_NONE)
			KTEST_ASSERT_TRUE(t, picture_is_true());
	}
}

/* ----- words and commands ----- */

static const char *split(const char *line, int max)
{
	static char copy[128], text[160];
	char *argv[SHELL_MAX_ARGS + 1];
	int i, argc, n;

	strscpy(copy, line, sizeof(copy));
	argc = shell_split(copy, argv, max);
	n = kscnprintf(text, sizeof(text), "%d", argc);
	for (i = 0; i < argc; i++)
		n += kscnprintf(text + n, sizeof(text) - (size_t)n, "[%s]",
				argv[i]);
	if (argc >= 0 && argv[argc])
		return "no NULL behind the last word";
	return text;
}

static void lines_are_cut_at_blanks_and_quotes(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, split("", 4), "0");
	KTEST_EXPECT_STREQ(t, split("  \t ", 4), "0");
	KTEST_EXPECT_STREQ(t, split(" a  b\tc ", 4), "3[a][b][c]");
	KTEST_EXPECT_STREQ(t, split("a \"b c\" d", 4), "3[a][b c][d]");
	KTEST_EXPECT_STREQ(t, split("a\"b c\"d", 4), "1[ab cd]");
	KTEST_EXPECT_STREQ(t, split("\"\" a", 4), "2[][a]");
	KTEST_EXPECT_STREQ(t, split("\"a b", 4), "1[a b]");
	KTEST_EXPECT_STREQ(t, split("a b c d", 4), "4[a][b][c][d]");
	KTEST_EXPECT_STREQ(t, split("a b c d e", 4), "-22");
}

static int calls, last_argc, nested_result;

static int cmd_shelltest(int argc, char **argv)
{
	char line[] = "shelltest again";

	calls++;
	last_argc = argc;
	if (argc > 1 && !strcmp(argv[1], "again")) {
		int result = shell_execute(line);

		if (result)
			nested_result = result;
		return 0;
	}
	return argc > 1 ? -ERANGE : 0;
}
SHELL_COMMAND(shelltest, "[again]", "", cmd_shelltest);

static int execute(const char *line)
{
	char copy[64];

	strscpy(copy, line, sizeof(copy));
	return shell_execute(copy);
}

static void commands_run_and_their_result_comes_back(struct ktest *t)
{
	calls = 0;
	KTEST_EXPECT_EQ(t, execute("shelltest"), 0);
	KTEST_EXPECT_EQ(t, execute(" shelltest  \"a b\" c"), -ERANGE);
	KTEST_EXPECT_EQ(t, last_argc, 3);
	KTEST_EXPECT_EQ(t, calls, 2);
	KTEST_EXPECT_EQ(t, execute(""), 0);
	KTEST_EXPECT_EQ(t, execute("shelltes"), -ENOENT);
	KTEST_EXPECT_EQ(t, execute("shelltest2"), -ENOENT);
	KTEST_EXPECT_EQ(t, execute("1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7"),
			-EINVAL);
	KTEST_EXPECT_EQ(t, calls, 2);
}

static void command_that_runs_itself_is_stopped(struct ktest *t)
{
	calls = nested_result = 0;
	KTEST_EXPECT_EQ(t, execute("shelltest again"), 0);
	KTEST_EXPECT_EQ(t, nested_result, -EBUSY);
	KTEST_EXPECT_EQ(t, calls, SHELL_MAX_DEPTH - shell_depth());
	KTEST_EXPECT_EQ(t, execute("shelltest"), 0);
}

static void commands_are_listed_once_by_name(struct ktest *t)
{
	const struct shell_command *c, *prev = NULL;
	bool found = false;

	for (c = shell_next_command(NULL); c; c = shell_next_command(c)) {
		if (prev)
			KTEST_EXPECT_LT(t, strcmp(prev->name, c->name), 0);
		KTEST_EXPECT_PTR_EQ(t, shell_find_command(c->name), c);
		found |= c->run == cmd_shelltest;
		prev = c;
	}
	KTEST_EXPECT_TRUE(t, found);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(typed_text_is_echoed_and_returned),
	KTEST_CASE(cursor_moves_and_text_goes_in_there),
	KTEST_CASE(deletions_take_out_the_right_part),
	KTEST_CASE(keys_at_the_edges_ring_and_change_nothing),
	KTEST_CASE(history_goes_back_and_returns_to_the_own_line),
	KTEST_CASE(history_keeps_the_newest_lines),
	KTEST_CASE(tab_completes_the_first_word_only),
	KTEST_CASE(clear_screen_keeps_the_line),
	KTEST_CASE(ctrl_c_drops_the_line),
	KTEST_CASE(cr_lf_ends_one_line_not_two),
	KTEST_CASE(unknown_sequences_and_bytes_leave_no_trace),
	KTEST_CASE(long_lines_stop_at_the_limit),
	KTEST_CASE(random_bytes_keep_line_and_picture_whole),
	KTEST_CASE(lines_are_cut_at_blanks_and_quotes),
	KTEST_CASE(commands_run_and_their_result_comes_back),
	KTEST_CASE(command_that_runs_itself_is_stopped),
	KTEST_CASE(commands_are_listed_once_by_name),
	{}
};
KTEST_SUITE_FIXTURE(shell, cases, start, NULL);

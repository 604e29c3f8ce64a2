/*
 * Line editing on a terminal that speaks VT100, as all of them do.
 *
 *	byte -> [escape state] -> key -> change of (line, cursor) -> redraw
 *
 * Every change but typing at the end redraws the whole line: back to column
 * 0, prompt, text, clear to the right, then step back to the cursor. At 256
 * bytes and terminal speed that is not seen, and there is no second picture of
 * the screen that could become wrong. Text longer than the terminal is wide
 * is shown through a window around the cursor, so the line never wraps:
 *
 *	line   | . . . . [ w i n d o w | c u r s o r ] . . . |
 *
 * Any byte may come in: unknown escape sequences are swallowed to their end,
 * control bytes without a meaning are dropped, bytes over 0x7e too (one byte
 * is one column). A full line rings the bell.
 *
 * Keys: arrows, Home, End, Delete, Backspace; ctrl-a e b f (move), k u w
 * (kill to end, to start, word), d (delete), l (clear screen), p n (history),
 * c (drop the line), Tab (complete the first word).
 *
 * Invariants: cursor <= length < LINE_EDIT_SIZE, line[length] == 0, line has
 * only bytes 0x20 to 0x7e.
 */
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "line_edit.h"

#define CTRL(c) ((c) & 0x1f)
#define ESC 0x1b
#define DEL 0x7f

static void put(struct line_editor *ed, const char *s)
{
	ed->write(ed->arg, s, strlen(s));
}

static void bell(struct line_editor *ed)
{
	put(ed, "\a");
}

/* Columns for text; the last one stays free, or the terminal would wrap. */
static size_t window_width(const struct line_editor *ed)
{
	return LINE_EDIT_COLUMNS - 1 - strlen(ed->prompt);
}

static size_t window_start(const struct line_editor *ed)
{
	size_t width = window_width(ed);

	return ed->cursor < width ? 0 : ed->cursor - width + 1;
}

static void redraw(struct line_editor *ed)
{
	size_t start = window_start(ed);
	size_t shown = min(ed->length - start, window_width(ed));
	size_t back = shown - (ed->cursor - start);
	char move[16];

	put(ed, "\r");
	put(ed, ed->prompt);
	ed->write(ed->arg, ed->line + start, shown);
	put(ed, "\033[K");
	if (back) {
		ksnprintf(move, sizeof(move), "\033[%zuD", back);
		put(ed, move);
	}
}

static void insert(struct line_editor *ed, char c)
{
	if (ed->length + 1 >= LINE_EDIT_SIZE) {
		bell(ed);
		return;
	}
	memmove(ed->line + ed->cursor + 1, ed->line + ed->cursor,
		ed->length - ed->cursor + 1);
	ed->line[ed->cursor++] = c;
	ed->length++;
	if (ed->cursor == ed->length && ed->length < window_width(ed))
		ed->write(ed->arg, &c, 1);
	else
		redraw(ed);
}

/* Takes out [from, to); the cursor goes to from. */
static void cut(struct line_editor *ed, size_t from, size_t to)
{
	memmove(ed->line + from, ed->line + to, ed->length - to + 1);
	ed->length -= to - from;
	ed->cursor = from;
	redraw(ed);
}

static void move_to(struct line_editor *ed, size_t cursor)
{
	ed->cursor = cursor;
	redraw(ed);
}

static void set_line(struct line_editor *ed, const char *text)
{
	strscpy(ed->line, text, sizeof(ed->line));
	ed->length = ed->cursor = strlen(ed->line);
	redraw(ed);
}

static size_t word_start(const struct line_editor *ed)
{
	size_t i = ed->cursor;

	while (i && ed->line[i - 1] == ' ')
		i--;
	while (i && ed->line[i - 1] != ' ')
		i--;
	return i;
}

static char *history_line(struct line_editor *ed, unsigned int back)
{
	return ed->history[(ed->nr_history - back) % LINE_EDIT_HISTORY];
}

static void look_back(struct line_editor *ed, unsigned int back)
{
	if (back > min(ed->nr_history, (unsigned int)LINE_EDIT_HISTORY)) {
		bell(ed);
		return;
	}
	if (!ed->back)
		strscpy(ed->own, ed->line, sizeof(ed->own));
	ed->back = back;
	set_line(ed, back ? history_line(ed, back) : ed->own);
}

static void look_forward(struct line_editor *ed)
{
	if (ed->back)
		look_back(ed, ed->back - 1);
	else
		bell(ed);
}

/* Keeps the line unless it is empty or was just kept. */
static void remember(struct line_editor *ed)
{
	if (!ed->length)
		return;
	if (ed->nr_history && !strcmp(history_line(ed, 1), ed->line))
		return;
	ed->nr_history++;
	strscpy(history_line(ed, 1), ed->line, LINE_EDIT_SIZE);
}

static bool is_candidate(const struct line_editor *ed, const char *word)
{
	return !strncmp(word, ed->line, ed->cursor);
}

/* Length of what all candidates have in common; *n is how many there are. */
static size_t common_prefix(const struct line_editor *ed, unsigned int *n,
			    const char **first)
{
	const char *word;
	size_t common = 0;
	unsigned int i;

	*n = 0;
	for (i = 0; (word = ed->word(ed->arg, i)); i++) {
		size_t same = 0;

		if (!is_candidate(ed, word))
			continue;
		if (!(*n)++) {
			*first = word;
			common = strlen(word);
		}
		while (same < common && word[same] == (*first)[same])
			same++;
		common = same;
	}
	return common;
}

static void list_candidates(struct line_editor *ed)
{
	const char *word;
	unsigned int i;

	put(ed, "\n");
	for (i = 0; (word = ed->word(ed->arg, i)); i++) {
		if (!is_candidate(ed, word))
			continue;
		put(ed, word);
		put(ed, "  ");
	}
	put(ed, "\n");
	redraw(ed);
}

/* Completes the first word, which the cursor must be in or right behind. */
static void complete(struct line_editor *ed)
{
	const char *first = NULL;
	unsigned int n;
	size_t common, i;

	if (!ed->word || memchr(ed->line, ' ', ed->cursor)) {
		bell(ed);
		return;
	}
	common = common_prefix(ed, &n, &first);
	if (!n) {
		bell(ed);
	} else if (n > 1 && common == ed->cursor) {
		list_candidates(ed);
	} else {
		for (i = ed->cursor; i < common; i++)
			insert(ed, first[i]);
		if (n == 1)
			insert(ed, ' ');
	}
}

static void delete_at_cursor(struct line_editor *ed)
{
	if (ed->cursor < ed->length)
		cut(ed, ed->cursor, ed->cursor + 1);
	else
		bell(ed);
}

static void delete_before_cursor(struct line_editor *ed)
{
	if (ed->cursor)
		cut(ed, ed->cursor - 1, ed->cursor);
	else
		bell(ed);
}

static void step_left(struct line_editor *ed)
{
	if (ed->cursor)
		move_to(ed, ed->cursor - 1);
	else
		bell(ed);
}

static void step_right(struct line_editor *ed)
{
	if (ed->cursor < ed->length)
		move_to(ed, ed->cursor + 1);
	else
		bell(ed);
}

/* The last byte of ESC [ ... or of ESC O. */
static void escape_key(struct line_editor *ed, u8 byte)
{
	switch (byte == '~' ? ed->csi_number + 1000 : byte) {
	case 'A':
		look_back(ed, ed->back + 1);
		break;
	case 'B':
		look_forward(ed);
		break;
	case 'C':
		step_right(ed);
		break;
	case 'D':
		step_left(ed);
		break;
	case 'H':
	case 1001:
	case 1007:
		move_to(ed, 0);
		break;
	case 'F':
	case 1004:
	case 1008:
		move_to(ed, ed->length);
		break;
	case 1003:
		delete_at_cursor(ed);
		break;
	}
}

/*
 * ESC [ numbers ; ... final byte 0x40 to 0x7e, or ESC O one byte. A byte that
 * cannot be part of a sequence ends it and is dropped with it.
 */
static void escape_byte(struct line_editor *ed, u8 byte)
{
	enum line_escape state = ed->escape;

	ed->escape = ESC_NONE;
	if (byte == ESC) {
		ed->escape = ESC_SEEN;
	} else if (state == ESC_SEEN) {
		ed->csi_number = 0;
		if (byte == '[')
			ed->escape = ESC_CSI;
		else if (byte == 'O')
			ed->escape = ESC_SS3;
	} else if (state == ESC_SS3 || (byte >= 0x40 && byte <= 0x7e)) {
		escape_key(ed, byte);
	} else if (byte >= 0x20 && byte < 0x40) {
		if (byte >= '0' && byte <= '9' && ed->csi_number < 100)
			ed->csi_number = ed->csi_number * 10 + (byte - '0');
		ed->escape = ESC_CSI;
	}
}

static void control_key(struct line_editor *ed, u8 byte)
{
	switch (byte) {
	case CTRL('a'):
		move_to(ed, 0);
		break;
	case CTRL('b'):
		step_left(ed);
		break;
	case CTRL('d'):
		delete_at_cursor(ed);
		break;
	case CTRL('e'):
		move_to(ed, ed->length);
		break;
	case CTRL('f'):
		step_right(ed);
		break;
	case CTRL('h'):
	case DEL:
		delete_before_cursor(ed);
		break;
	case CTRL('i'):
		complete(ed);
		break;
	case CTRL('k'):
		cut(ed, ed->cursor, ed->length);
		break;
	case CTRL('l'):
		put(ed, "\033[H\033[2J");
		redraw(ed);
		break;
	case CTRL('n'):
		look_forward(ed);
		break;
	case CTRL('p'):
		look_back(ed, ed->back + 1);
		break;
	case CTRL('u'):
		cut(ed, 0, ed->cursor);
		break;
	case CTRL('w'):
		cut(ed, word_start(ed), ed->cursor);
		break;
	}
}

void line_edit_start(struct line_editor *ed)
{
	ed->length = ed->cursor = 0;
	ed->line[0] = 0;
	ed->escape = ESC_NONE;
	ed->back = 0;
	put(ed, ed->prompt);
}

enum line_event line_edit_byte(struct line_editor *ed, u8 byte)
{
	bool after_cr = ed->after_cr;

	ed->after_cr = byte == '\r';
	if (byte == '\n' && after_cr)
		return LINE_MORE;
	if (byte == '\r' || byte == '\n') {
		put(ed, "\n");
		remember(ed);
		return LINE_DONE;
	}
	if (byte == CTRL('c')) {
		put(ed, "^C\n");
		return LINE_ABORTED;
	}
	if (ed->escape != ESC_NONE)
		escape_byte(ed, byte);
	else if (byte == ESC)
		ed->escape = ESC_SEEN;
	else if (byte < 0x20 || byte == DEL)
		control_key(ed, byte);
	else if (byte < DEL)
		insert(ed, (char)byte);
	return LINE_MORE;
}

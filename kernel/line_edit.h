/*
 * A line editor as a state machine: bytes from a terminal in, bytes for the
 * terminal out. It knows no console and waits for nothing, so a test can talk
 * to it.
 */
#ifndef KERNEL_LINE_EDIT_H
#define KERNEL_LINE_EDIT_H

#include <lib/types.h>

#define LINE_EDIT_SIZE 256	/* longest line, final 0 included */
#define LINE_EDIT_HISTORY 16
#define LINE_EDIT_COLUMNS 80

enum line_event {
	LINE_MORE,		/* the line is not finished */
	LINE_DONE,		/* Enter: ed->line is the line */
	LINE_ABORTED,		/* ctrl-c: the line is dropped */
};

enum line_escape { ESC_NONE, ESC_SEEN, ESC_CSI, ESC_SS3 };

struct line_editor {
	/* set by the user before line_edit_start() */
	const char *prompt;
	void (*write)(void *arg, const char *s, size_t n);
	/* i-th word that may be completed, NULL past the end; may be NULL */
	const char *(*word)(void *arg, unsigned int i);
	void *arg;

	char line[LINE_EDIT_SIZE];	/* line[length] == 0 */
	size_t length, cursor;		/* cursor <= length */

	enum line_escape escape;
	unsigned int csi_number;	/* of ESC [ 3 ~ */
	bool after_cr;			/* a line feed now belongs to it */

	/* newest is history[(nr_history - 1) % LINE_EDIT_HISTORY] */
	char history[LINE_EDIT_HISTORY][LINE_EDIT_SIZE];
	unsigned int nr_history;	/* lines ever kept */
	unsigned int back;		/* 0: own line; n: n-th newest */
	char own[LINE_EDIT_SIZE];	/* own line while looking back */
};

/* Begins a line: prompt, empty line. The history stays. */
void line_edit_start(struct line_editor *ed);

/* Takes one byte. After DONE or ABORTED call line_edit_start(). */
enum line_event line_edit_byte(struct line_editor *ed, u8 byte);

#endif

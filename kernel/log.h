/* A ring of text lines with levels. */
#ifndef KERNEL_LOG_H
#define KERNEL_LOG_H

#include <lib/types.h>

#define LOG_MARK '\001'		/* begins a line in the ring, and a level */
#define LOG_NO_LEVEL (-1)	/* text without a level: always shown */

struct log {
	char *buf;
	size_t size;
	size_t head;		/* bytes ever written; next at head % size */
	bool in_line;		/* the last byte was not a line feed */
	int open_level;		/* of the line that head is in */
	unsigned int open_writer;
	int show_below;		/* levels below this go to the console */
	void (*console)(const char *s, size_t n);	/* NULL: not yet */
};

/*
 * Adds text. LOG_NO_LEVEL continues an open line of the same writer (any
 * number), with its level; anything else ends it and begins a new one.
 */
void log_add(struct log *log, unsigned int writer, int level, const char *s,
	     size_t n);

/* Writes the lines still in the ring, of levels below this, to the console. */
void log_show(const struct log *log, int below);

/* The one that printk uses; for tests. */
extern struct log kernel_log;

#endif

/*
 * The ring that keeps the log.
 *
 * Each line in it begins with a mark and its level:
 *
 *	\001 6 M e m o r y : ... \n \001 c o k   1 ...
 *
 * (c: no level) so that lines can be chosen by level later. The text that is
 * still there is buf[pos % size] for pos in [max(0, head - size), head); its
 * first line may have lost its beginning and is left out.
 *
 * Marks inside the text are dropped. No locks: printk.c brings its own.
 */
#include <lib/types.h>

#include "log.h"

static void ring_put(struct log *log, char c)
{
	log->buf[log->head++ % log->size] = c;
}

static char ring_get(const struct log *log, size_t pos)
{
	return log->buf[pos % log->size];
}

static void keep(struct log *log, int level, const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (*s == LOG_MARK)
			continue;
		if (!log->in_line) {
			ring_put(log, LOG_MARK);
			ring_put(log, level < 0 ? 'c' : (char)('0' + level));
		}
		ring_put(log, *s);
		log->in_line = *s != '\n';
	}
}

static void keep_and_show(struct log *log, int level, const char *s, size_t n)
{
	keep(log, level, s, n);
	if (log->console && level < log->show_below)
		log->console(s, n);
}

void log_add(struct log *log, unsigned int writer, int level, const char *s,
	     size_t n)
{
	if (log->in_line && level == LOG_NO_LEVEL && writer == log->open_writer)
		level = log->open_level;
	else if (log->in_line)
		keep_and_show(log, log->open_level, "\n", 1);
	log->open_level = level;
	log->open_writer = writer;
	keep_and_show(log, level, s, n);
}

void log_show(const struct log *log, int below)
{
	size_t pos = log->head > log->size ? log->head - log->size : 0;
	bool show = false;
	char c;

	while (pos < log->head) {
		c = ring_get(log, pos++);
		if (c == LOG_MARK) {
			c = ring_get(log, pos++);
			show = (c == 'c' ? LOG_NO_LEVEL : c - '0') < below;
		} else if (show) {
			log->console(&c, 1);
		}
	}
}

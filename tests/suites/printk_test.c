/*
 * The log ring, by a small one of its own; and reports: what is captured,
 * what is counted.
 */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../kernel/log.h"

static char ring[32], seen[128];
static size_t nr_seen;
static struct log small;

static void see(const char *s, size_t n)
{
	n = min(n, sizeof(seen) - 1 - nr_seen);
	memcpy(seen + nr_seen, s, n);
	nr_seen += n;
	seen[nr_seen] = 0;
}

static void fresh_log(struct ktest *t)
{
	nr_seen = 0;
	seen[0] = 0;
	small = (struct log){ .buf = ring, .size = sizeof(ring),
			      .show_below = 7, .console = see };
}

static void add_by(unsigned int writer, int level, const char *s)
{
	log_add(&small, writer, level, s, strlen(s));
}

static void add(int level, const char *s)
{
	add_by(0, level, s);
}

/* What log_show() gives for levels below this. */
static const char *shown(int below)
{
	nr_seen = 0;
	seen[0] = 0;
	small.console = see;
	log_show(&small, below);
	return seen;
}

static void console_shows_levels_below_its_own(struct ktest *t)
{
	add(6, "i\n");
	add(7, "d\n");
	add(LOG_NO_LEVEL, "n\n");
	KTEST_EXPECT_STREQ(t, seen, "i\nn\n");
	small.show_below = 0;
	add(0, "e\n");
	add(LOG_NO_LEVEL, "m\n");
	KTEST_EXPECT_STREQ(t, seen, "i\nn\nm\n");
	KTEST_EXPECT_STREQ(t, shown(8), "i\nd\nn\ne\nm\n");
}

static void text_waits_for_the_console(struct ktest *t)
{
	small.console = NULL;
	add(7, "debug\n");
	add(3, "error\n");
	KTEST_EXPECT_STREQ(t, seen, "");
	KTEST_EXPECT_STREQ(t, shown(7), "error\n");
	KTEST_EXPECT_STREQ(t, shown(8), "debug\nerror\n");
}

static void text_without_level_continues_its_line(struct ktest *t)
{
	add(7, "de");
	add(LOG_NO_LEVEL, "bug\n");
	KTEST_EXPECT_STREQ(t, seen, "");
	add(LOG_NO_LEVEL, "n\n");
	KTEST_EXPECT_STREQ(t, seen, "n\n");
	KTEST_EXPECT_STREQ(t, shown(7), "n\n");
	KTEST_EXPECT_STREQ(t, shown(8), "debug\nn\n");
}

static void a_level_ends_an_open_line(struct ktest *t)
{
	add(LOG_NO_LEVEL, "open");
	add(3, "error\n");
	KTEST_EXPECT_STREQ(t, seen, "open\nerror\n");
	KTEST_EXPECT_STREQ(t, shown(8), "open\nerror\n");
}

static void another_writer_ends_an_open_line(struct ktest *t)
{
	add_by(1, LOG_NO_LEVEL, "one ");
	add_by(2, LOG_NO_LEVEL, "two\n");
	KTEST_EXPECT_STREQ(t, seen, "one \ntwo\n");
	add_by(1, 6, "three ");
	add_by(1, LOG_NO_LEVEL, "four\n");
	KTEST_EXPECT_STREQ(t, seen, "one \ntwo\nthree four\n");
}

static void ring_keeps_the_newest_whole_lines(struct ktest *t)
{
	unsigned int i;
	char line[] = "line 0\n";	/* 9 bytes with mark and level */

	for (i = 0; i < 10; i++) {
		line[5] = (char)('0' + i);
		add(6, line);
	}
	KTEST_EXPECT_STREQ(t, shown(8), "line 7\nline 8\nline 9\n");
}

static void marks_inside_text_cannot_forge_a_level(struct ktest *t)
{
	add(7, "a\0010b\n");
	KTEST_EXPECT_STREQ(t, shown(7), "");
	KTEST_EXPECT_STREQ(t, shown(8), "a0b\n");
}

static void one_report(void)
{
	report_begin("test kind", "object %d", 5);
	printk(KERN_ERR "detail %s\n", "line");
	report_end();
}

static void captured_report_holds_kind_and_details(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "BUG: test kind: object 5\n", one_report());
	KTEST_EXPECT_REPORTS(t, 1, "\ndetail line\ncall stack:", one_report());
}

static void reports_are_counted_exactly(struct ktest *t)
{
	unsigned long before = report_count();
	unsigned long uncaptured = report_uncaptured();

	report_capture_start();
	KTEST_EXPECT_TRUE(t, report_capturing());
	one_report();
	one_report();
	one_report();
	KTEST_EXPECT_EQ(t, report_capture_stop(), 3);
	KTEST_EXPECT_FALSE(t, report_capturing());
	KTEST_EXPECT_EQ(t, report_count(), before + 3);
	KTEST_EXPECT_EQ(t, report_uncaptured(), uncaptured);
	report_capture_start();
	report_begin("first kind", "a");
	report_end();
	one_report();
	report_capture_stop();
	KTEST_EXPECT_NULL(t, strstr(report_capture_text(), "first kind"));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "test kind"));
	report_capture_start();
	KTEST_EXPECT_STREQ(t, report_capture_text(), "");
	KTEST_EXPECT_EQ(t, report_capture_stop(), 0);
}

static void report_inside_report_counts_and_joins_it(struct ktest *t)
{
	report_capture_start();
	report_begin("outer", "1");
	one_report();
	printk("still outer\n");
	report_end();
	KTEST_EXPECT_EQ(t, report_capture_stop(), 2);
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(),
					"BUG: outer: 1\nBUG: test kind"));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "still outer"));
}

static void report_restores_the_interrupt_state(struct ktest *t)
{
	unsigned long flags;

	KTEST_EXPECT_FALSE(t, irqs_disabled());
	KTEST_EXPECT_REPORTS(t, 1, NULL, one_report());
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	local_irq_save(flags);
	KTEST_EXPECT_REPORTS(t, 1, NULL, one_report());
	KTEST_EXPECT_TRUE(t, irqs_disabled());
	local_irq_restore(flags);
}

static void captured_text_is_bounded(struct ktest *t)
{
	unsigned int i;

	report_capture_start();
	report_begin("long", "x");
	for (i = 0; i < REPORT_CAPTURE_SIZE / 16; i++)
		printk("0123456789abcdef\n");
	report_end();
	KTEST_EXPECT_EQ(t, report_capture_stop(), 1);
	KTEST_EXPECT_EQ(t, strlen(report_capture_text()),
			REPORT_CAPTURE_SIZE - 1);
	KTEST_EXPECT_GT(t, report_captures_cut(), 0);
	KTEST_EXPECT_EQ(t, report_captures_cut(), 0);
	KTEST_EXPECT_REPORTS(t, 1, "BUG: test kind", one_report());
}

static const struct ktest_case cases[] = {
	KTEST_CASE(console_shows_levels_below_its_own),
	KTEST_CASE(text_waits_for_the_console),
	KTEST_CASE(text_without_level_continues_its_line),
	KTEST_CASE(a_level_ends_an_open_line),
	KTEST_CASE(another_writer_ends_an_open_line),
	KTEST_CASE(ring_keeps_the_newest_whole_lines),
	KTEST_CASE(marks_inside_text_cannot_forge_a_level),
	KTEST_CASE(captured_report_holds_kind_and_details),
	KTEST_CASE(reports_are_counted_exactly),
	KTEST_CASE(report_inside_report_counts_and_joins_it),
	KTEST_CASE(report_restores_the_interrupt_state),
	KTEST_CASE(captured_text_is_bounded),
	{}
};
KTEST_SUITE_FIXTURE(printk, cases, fresh_log, NULL);

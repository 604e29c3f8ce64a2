/* Reports and lines of several CPUs: whole, each of them, and counted. */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "../../kernel/capture.h"
#include "../../kernel/log.h"

#define ROUNDS 40
#define MAX_AT_ONCE 8

static void report_of_this_cpu(void *unused)
{
	unsigned int cpu = smp_processor_id(), i;

	report_begin("toy", "of CPU %u", cpu);
	for (i = 0; i < 4; i++)
		printk(KERN_ERR "detail %u of CPU %u\n", i, cpu);
	report_end();
}

/*
 * Who takes part: of many CPUs a few at a time, so that a machine that has 64
 * of them on few of its host's does not wait for minutes. Each round begins
 * with the one after the last of the round before, so that all get a turn.
 */
static struct cpumask chosen;
static unsigned int next_cpu;

static unsigned int nr_at_once(void)
{
	return min(num_online_cpus(), (unsigned int)MAX_AT_ONCE);
}

static void choose_cpus(void)
{
	unsigned int n = nr_at_once();

	memset(&chosen, 0, sizeof(chosen));
	while (n) {
		next_cpu = (next_cpu + 1) % nr_cpu_ids;
		if (!cpu_online(next_cpu))
			continue;
		__set_bit(next_cpu, chosen.bits);
		n--;
	}
}

static bool is_chosen(unsigned int cpu, void *unused)
{
	return cpumask_test_cpu(cpu, &chosen);
}

/* All of them at the same moment. */
static unsigned int arrived;

static void report_together(void *unused)
{
	__atomic_fetch_add(&arrived, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&arrived, __ATOMIC_RELAXED) < nr_at_once())
		cpu_relax();
	report_of_this_cpu(NULL);
}

/* Is it one CPU's report, from its first line to its last? */
static bool is_whole(const char *text)
{
	char expected[256];
	unsigned int cpu, i, n;

	for_each_online_cpu(cpu) {
		n = (unsigned int)ksnprintf(expected, sizeof(expected),
					    "BUG: toy: of CPU %u\n", cpu);
		for (i = 0; i < 4; i++)
			n += (unsigned int)ksnprintf(expected + n,
					sizeof(expected) - n,
					"detail %u of CPU %u\n", i, cpu);
		if (!strncmp(text, expected, n))
			return !strstr(text + n, "CPU") &&
			       strstr(text + n, "call stack:");
	}
	return false;
}

static void reports_of_all_cpus_are_whole_and_counted(struct ktest *t)
{
	unsigned long count = report_count(), uncaptured = report_uncaptured();
	unsigned int i, broken = 0, captured = 0;

	for (i = 0; i < ROUNDS; i++) {
		report_capture_start();
		arrived = 0;
		choose_cpus();
		on_each_cpu_cond(is_chosen, report_together, NULL);
		captured += report_capture_stop();
		broken += !is_whole(report_capture_text());
	}
	KTEST_EXPECT_EQ(t, broken, 0);
	KTEST_EXPECT_EQ(t, captured, ROUNDS * nr_at_once());
	KTEST_EXPECT_EQ(t, report_count(), count + captured);
	KTEST_EXPECT_EQ(t, report_uncaptured(), uncaptured);
}

static void other_text_is_captured_where_asked_for(struct ktest *t)
{
	report_capture_log_start();
	printk(KERN_ERR "text of no report\n");
	report_of_this_cpu(NULL);
	KTEST_EXPECT_EQ(t, report_capture_stop(), 1);
	KTEST_EXPECT_EQ(t, strncmp(report_capture_text(),
				   "text of no report\nBUG: toy: of CPU ", 35),
			0);
}

/* Within printk nobody may wait for another report to end. */
static void report_within_printk_is_a_line_and_counted(struct ktest *t)
{
	int loglevel = console_loglevel;
	unsigned long flags;

	console_loglevel = 0;
	KTEST_EXPECT_REPORTS(t, 1, NULL, {
		local_irq_save(flags);
		KTEST_EXPECT_FALSE(t, printk_busy());
		printk_hold();
		KTEST_EXPECT_TRUE(t, printk_busy());
		report_of_this_cpu(NULL);
		printk_release();
		KTEST_EXPECT_TRUE(t, irqs_disabled());
		local_irq_restore(flags);
	});
	console_loglevel = loglevel;
	KTEST_EXPECT_FALSE(t, printk_busy());
	KTEST_EXPECT_REPORTS(t, 1, "BUG: toy", report_of_this_cpu(NULL));
}

/* Lines that each CPU writes in two halves. */
static void print_halves(void *unused)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		printk(KERN_DEBUG "half %u ", smp_processor_id());
		printk("other %u\n", smp_processor_id());
	}
}

static char line[80];
static size_t line_len;
static unsigned int halves, others, mixed;

static void see_line(void)
{
	const char *second = strstr(line, "other ");

	if (!strncmp(line, "half ", 5)) {
		halves++;
		mixed += second && line[5] != second[6];
	}
	if (second)
		others++;
	mixed += second && strstr(second + 1, "half ");
}

static void see_text(const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (*s != '\n') {
			if (line_len < sizeof(line) - 1)
				line[line_len++] = *s;
			continue;
		}
		line[line_len] = 0;
		see_line();
		line_len = 0;
	}
}

static void lines_of_cpus_do_not_mix(struct ktest *t)
{
	struct log log;

	choose_cpus();
	on_each_cpu_cond(is_chosen, print_halves, NULL);
	log = kernel_log;
	log.console = see_text;
	line_len = 0;
	halves = others = mixed = 0;
	log_show(&log, 8);
	KTEST_EXPECT_EQ(t, mixed, 0);
	KTEST_EXPECT_GE(t, halves, 8 * nr_at_once());
	KTEST_EXPECT_GE(t, others, 8 * nr_at_once());
}

/* It goes where its report went, and is none itself. */
static void appended_line_stays_with_its_report(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "toy", ({
		report_of_this_cpu(NULL);
		report_append("mended %d\n", 7);
	}));
	KTEST_EXPECT_NOT_NULL(t, strstr(report_capture_text(), "\nmended 7\n"));
	KTEST_EXPECT_REPORTS(t, 1, "within 8\n", ({
		report_begin("toy", "open");
		report_append("within %d\n", 8);
		report_end();
	}));
	KTEST_EXPECT_LOGGED(t, "alone 9\n", report_append("alone %d\n", 9));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reports_of_all_cpus_are_whole_and_counted),
	KTEST_CASE(other_text_is_captured_where_asked_for),
	KTEST_CASE(report_within_printk_is_a_line_and_counted),
	KTEST_CASE(lines_of_cpus_do_not_mix),
	KTEST_CASE(appended_line_stays_with_its_report),
	{}
};
KTEST_SUITE(report, cases);

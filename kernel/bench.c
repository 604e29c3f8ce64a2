/*
 * What does a call cost?
 *
 * Time is no good answer: it is another one on each machine and in each run.
 * QEMU with -icount shift=0,sleep=off has a time stamp counter that goes on by
 * one per instruction, so what is measured is a number of instructions,
 * exactly, and the same for everybody.
 *
 *  1. *Calibration.* A loop of two instructions, written in assembly, a million
 *     turns: it has to read 2.00 per turn, or nothing else is told and the run
 *     has failed.
 *  2. What two looks at the clock cost without anything between, and what a
 *     turn of an empty loop in C costs, are measured in the same way as rows.
 *  3. A row takes BENCH_SAMPLES samples. Of each are taken off: for each timed
 *     loop the first of these, for each turn the second.
 *  4. The median is told. The first samples still fill arrays and lists; the
 *     median is what goes on and on.
 *
 * Rows are called one by one through their pointer; inside a timed loop there
 * is nothing of ours. might_sleep() is silent meanwhile: rows ask as everybody
 * asks, with GFP_KERNEL, and have interrupts off all the same, so that no tick
 * is counted.
 *
 * Instructions are not time: a cache miss, a TLB miss and a locked instruction
 * count one. So the same rows can be had in nanoseconds of a clock (wall), as
 * the median of samples, to be looked at with the usual doubt.
 *
 * scripts/count_locked.c, a plugin of QEMU's, knows the functions bench_begin,
 * bench_start and bench_stop by their names.
 */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/bench.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/time.h>
#include <lib/sort.h>

#include "ktest_run.h"

/* Weak: a program may be linked without any. */
extern const struct bench_row __start_bench_rows[] __weak;
extern const struct bench_row __stop_bench_rows[] __weak;

#define CALIBRATION_TURNS 1000000U

/* Figures are one build's. */
#ifdef CONFIG_DEBUG
#define DEBUG_BUILD " DEBUG"
#else
#define DEBUG_BUILD ""
#endif
#ifdef CONFIG_FASTPATH_IRQSAVE
#define IRQSAVE_BUILD " FASTPATH=irqsave"
#else
#define IRQSAVE_BUILD ""
#endif
#ifdef CONFIG_KASAN
#define KASAN_BUILD " SANITIZE=kasan"
#else
#define KASAN_BUILD ""
#endif

/* Thousandths of a tick. */
static u64 loop_cost, turn_cost;
/* Picoseconds of a tick; 0: figures are in ticks, which are instructions. */
static u64 tick_ps;

void __weak bench_settle(void)
{
}

noinline void bench_start(struct bench *b, unsigned int n)
{
	b->turns += n;
	b->loops++;
	local_irq_save(b->flags);
	b->started = get_cycles();
}

noinline bool bench_stop(struct bench *b)
{
	b->spent += get_cycles() - b->started;
	local_irq_restore(b->flags);
	return false;
}

static u64 net(const struct bench *b)
{
	u64 gross = b->spent * 1000;
	u64 own = b->loops * loop_cost + b->turns * turn_cost;

	return gross > own ? gross - own : 0;
}

bool bench_sample(struct bench *b)
{
	if (b->loops)
		b->samples[b->taken++] = net(b);
	b->spent = b->turns = b->loops = 0;
	return b->taken < BENCH_SAMPLES && !b->problem;
}

void bench_fail(struct bench *b, const char *why)
{
	b->problem = why;
}

void bench_skip(struct bench *b, const char *why)
{
	b->problem = why;
	b->skipped = true;
}

void bench_value(struct bench *b, const char *unit, u64 millionths)
{
	b->unit = unit;
	b->value = millionths;
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static u64 median(struct bench *b)
{
	sort(b->samples, b->taken, sizeof(b->samples[0]), by_value);
	return b->samples[b->taken / 2];
}

/* One figure behind the point; of small numbers more. */
static unsigned int decimals(u64 millionths)
{
	return millionths >= 10000000 ? 1 : millionths >= 100000 ? 2 : 5;
}

static void tell(const char *name, const char *unit, u64 millionths,
		 unsigned int n)
{
	unsigned int digits = decimals(millionths), i;
	u64 unit_steps = 1, step = 1000000, steps;

	for (i = 0; i < digits; i++) {
		unit_steps *= 10;
		step /= 10;
	}
	steps = (millionths + step / 2) / step;
	printk("BENCH name=%s unit=%s value=%llu.%0*llu n=%u\n", name, unit,
	       (unsigned long long)(steps / unit_steps), (int)digits,
	       (unsigned long long)(steps % unit_steps), n);
}

/* ----- the clock ---------------------------------------------------------- */

static void two_looks(struct bench *b)
{
	while (bench_sample(b)) {
		bench_start(b, 0);
		bench_stop(b);
	}
}

static void empty_loop(struct bench *b)
{
	unsigned int i;

	while (bench_sample(b))
		bench_each(b, i, CALIBRATION_TURNS)
			barrier();
}

static void two_instructions(struct bench *b)
{
	while (bench_sample(b)) {
		bench_start(b, 0);
		cpu_count_down(CALIBRATION_TURNS);
		bench_stop(b);
	}
}

static u64 measure(void (*run)(struct bench *b))
{
	struct bench b = { .n = 1 };

	run(&b);
	return median(&b);
}

/* Ticks against the machine's clock, over a twentieth of a second. */
static u64 picoseconds_per_tick(void)
{
	u64 us = ktime_get_us(), ticks;

	while (us == ktime_get_us())
		cpu_relax();
	ticks = get_cycles();
	us = ktime_get_us();
	udelay(50000);
	ticks = get_cycles() - ticks;
	return (ktime_get_us() - us) * 1000000 / ticks;
}

/* Thousandths of a tick per turn of two instructions. */
static u64 calibrate(bool wall)
{
	loop_cost = turn_cost = 0;
	loop_cost = measure(two_looks);
	turn_cost = measure(empty_loop) / CALIBRATION_TURNS;
	tick_ps = wall ? picoseconds_per_tick() : 0;
	return measure(two_instructions) / CALIBRATION_TURNS;
}

/* ----- the rows ----------------------------------------------------------- */

/* The plugin's mark between rows. */
noinline void bench_begin(const struct bench_row *row)
{
	__asm__ volatile("" : : "r"(row) : "memory");
}

static void tell_time(struct bench *b)
{
	u64 thousandths = median(b) / b->n;

	if (tick_ps)
		tell(b->name, "ns/op", thousandths * tick_ps, b->n);
	else
		tell(b->name, "insn/op", thousandths * 1000, b->n);
}

static bool tell_row(struct bench *b)
{
	if (!b->problem && !b->unit && !b->taken)
		b->problem = "took no sample";
	if (b->problem)
		printk("# bench: %s: %s%s\n", b->name,
		       b->skipped ? "skipped, " : "", b->problem);
	else if (b->unit)
		tell(b->name, b->unit, b->value, b->n);
	else
		tell_time(b);
	return !b->problem || b->skipped;
}

static bool run_row(const struct bench_row *row)
{
	struct bench b = { .name = row->name, .n = row->n };

	bench_settle();
	bench_begin(row);
	row->run(&b);
	return tell_row(&b);
}

static unsigned int run_rows(const char *glob, unsigned int *failed)
{
	const struct bench_row *row;
	unsigned int n = 0;

	for (row = __start_bench_rows; row < __stop_bench_rows; row++) {
		if (!ktest_selects(glob, row->name, NULL))
			continue;
		n++;
		*failed += !run_row(row);
	}
	return n;
}

bool bench_run(const char *glob, bool wall)
{
	unsigned int n, failed = 0;
	u64 two;

	printk("# bench: built by %s%s%s%s\n", __VERSION__, DEBUG_BUILD,
	       IRQSAVE_BUILD, KASAN_BUILD);
	might_sleep_disable();
	two = calibrate(wall);
	tell("calibration", wall ? "ticks/turn" : "insn/turn", two * 1000,
	     CALIBRATION_TURNS);
	if (!wall && two != 2000) {
		printk("# bench: the clock does not count instructions (QEMU: -icount shift=0,sleep=off)\n");
		might_sleep_enable();
		return false;
	}
	n = run_rows(glob, &failed);
	might_sleep_enable();
	printk("# bench: rows:%u failed:%u\n", n, failed);
	return n && !failed;
}

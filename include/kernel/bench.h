/*
 * Benchmarks: what a call costs, in instructions. No counterpart in Linux.
 *
 *	BENCH(slab_pair_64, 10000)
 *	{
 *		unsigned int i;
 *
 *		while (bench_sample(b))
 *			bench_each(b, i, 10000)
 *				kmem_cache_free(s, kmem_cache_alloc(s, ...));
 *	}
 *
 * The loop of bench_each() is timed, with interrupts off; several of them in
 * one sample add up, and what stands between them is not counted. What an
 * empty one costs is taken off, so a figure is the calls, their arguments and
 * what the loop itself does with the results. The median of BENCH_SAMPLES
 * samples, divided by the operations per sample (the second argument), is told:
 *
 *	BENCH name=slab_pair_64 unit=insn/op value=23.0 n=10000
 *
 * Under QEMU's -icount shift=0,sleep=off the clock counts instructions, which
 * each run proves before anything else: see kernel/bench.c.
 */
#ifndef KERNEL_BENCH_H
#define KERNEL_BENCH_H

#include <lib/compiler.h>
#include <lib/types.h>

#define BENCH_SAMPLES 9

struct bench {
	const char *name;
	unsigned int n;			/* operations per sample */
	unsigned int taken;		/* samples */
	u64 samples[BENCH_SAMPLES];	/* thousandths of a tick */
	u64 started, spent;		/* ticks; of this sample */
	u64 turns, loops;		/* of timed loops; of this sample */
	unsigned long flags;
	const char *problem;		/* no figure, because of that */
	bool skipped;			/* and that is all right */
	const char *unit;		/* of a figure that is no time */
	u64 value;			/* millionths */
};

struct bench_row {
	const char *name;
	unsigned int n;
	void (*run)(struct bench *b);
};

/* Followed by a function's body; b is the figure to be. Thread context. */
#define BENCH(name_, n_) \
	static void bench_##name_(struct bench *b); \
	static const struct bench_row __used __aligned(sizeof(void *)) \
	__section("bench_rows") \
	bench_row_##name_ = { #name_, n_, bench_##name_ }; \
	static void bench_##name_(struct bench *b)

/* True while another sample is wanted. Ends the one before. */
bool bench_sample(struct bench *b);

/* A timed loop: i from 0 to n - 1. Not to be left by break or return. */
#define bench_each(b, i, n) \
	for (bench_start(b, n), (i) = 0; (i) < (n) || bench_stop(b); (i)++)

/* Interrupts off, the clock runs: n turns of a loop follow. */
void bench_start(struct bench *b, unsigned int n);
/* The clock stands, interrupts as before. False. */
bool bench_stop(struct bench *b);

/* The row has no figure: a failure of the run / for want of something. */
void bench_fail(struct bench *b, const char *why);
void bench_skip(struct bench *b, const char *why);
/* A figure that needs no clock, in millionths of the unit. */
void bench_value(struct bench *b, const char *unit, u64 millionths);

/*
 * Runs the rows whose name matches (a list of globs with commas between; NULL
 * or "" are all) and tells a line for each. False: the clock is not what it
 * should be, a row failed, or none matched. wall: the clock need not count
 * instructions, and figures are in nanoseconds. Thread context.
 */
bool bench_run(const char *glob, bool wall);

/* Each row begins with it, for scripts/count_locked.c to see. Does nothing. */
void bench_begin(const struct bench_row *row);

/*
 * Called before each row, so that it finds allocators as little used as the
 * others did. Weak, does nothing: whoever brings rows brings it.
 */
void bench_settle(void);

#endif

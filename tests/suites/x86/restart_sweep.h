/* Interrupts at every instruction of the restartable sequences. */
#ifndef RESTART_SWEEP_H
#define RESTART_SWEEP_H

#include <asm/restart.h>
#include <kernel/ktest.h>
#include <lib/random.h>

/*
 * What is swept. All functions draw their choices from *rng.
 *
 * op: one operation as a thread does it, e.g. one alloc or one free. Over
 * many of them it goes through all the sequences it is here for.
 * interrupt: what a handler does to the same data; interrupts are off.
 * check: after each operation; what is broken, or NULL.
 */
struct sweep_target {
	void (*op)(struct rng *rng);
	void (*interrupt)(struct rng *rng);
	const char *(*check)(void);
};

struct sweep_result {
	unsigned long points;		/* instruction boundaries reached */
	unsigned long interrupts;	/* at these, each with interrupt() */
	unsigned long rewound;		/* sequences that began again */
};

/*
 * Finds the boundaries target reaches, then interrupts at one after the
 * other, restart_rounds= times in all. Fails t at the first broken check.
 * False: failed, or skipped because this kernel has no such sequences.
 */
bool restart_sweep(struct ktest *t, const struct sweep_target *target,
		   struct sweep_result *result);

/* With FASTPATH=irqsave there are none: skips t. */
bool restart_sequences_exist(struct ktest *t);

/* True if a sweep since boot was interrupted between e's first and last. */
bool restart_was_swept(const struct restart_entry *e);

#endif

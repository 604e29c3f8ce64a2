/*
 * A message that may come in floods: so many are told in a while, the others
 * are counted. Counterpart: linux/ratelimit.h.
 */
#ifndef KERNEL_RATELIMIT_H
#define KERNEL_RATELIMIT_H

#include <lib/types.h>

/* All under no lock: with several CPUs at it, a message more may be told. */
struct ratelimit_state {
	unsigned long interval;		/* microseconds */
	unsigned int burst;		/* told in one interval */
	unsigned long begin;		/* of the interval; 0: none yet */
	unsigned int printed, missed;	/* in this interval; atomic */
};

/* Ten in five seconds. */
#define DEFAULT_RATELIMIT_INTERVAL 5000000UL
#define DEFAULT_RATELIMIT_BURST 10U

#define DEFINE_RATELIMIT_STATE(name, interval_us, burst_) \
	struct ratelimit_state name = { \
		.interval = (interval_us), .burst = (burst_), \
	}

/*
 * May it be told now? The first of an interval says how many of caller's the
 * one before has kept back. Any context.
 */
bool ___ratelimit(struct ratelimit_state *rs, const char *caller);
#define __ratelimit(rs) ___ratelimit(rs, __func__)

#endif

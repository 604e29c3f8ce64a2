/*
 * Making fail what hardly ever does, so that the code for it runs. Counterpart:
 * linux/fault-inject.h (6.12), with the same fields; those of debugfs are set
 * from the command line, the shell or a test.
 *
 * A place that can fail has a struct fault_attr and asks should_fail() each
 * time. Two ways lead to "yes":
 *
 *  - current->fail_nth = n: the nth time this thread asks, of any attr, from
 *    now on. Handlers that interrupt it, and other threads, do not count.
 *  - the attr: of all who ask, and whom its filters let through, every
 *    interval-th, and of those a share.
 */
#ifndef KERNEL_FAULT_INJECT_H
#define KERNEL_FAULT_INJECT_H

#include <kernel/sched.h>
#include <lib/types.h>

#define FAULT_CALLER_SIZE 48
/* Callers that are kept of a failure, and looked at at most for filters. */
#define FAULT_STACK_KEPT 12
#define FAULT_STACK_MAX 32

struct fault_attr {
	const char *name;
	/* how often */
	unsigned int probability;	/* so many of out_of; 0: never */
	unsigned int out_of;		/* 100: probability is in percent */
	unsigned int interval;		/* every so manieth; 0 is as 1 */
	int times;			/* failures to come; -1: no end */
	int space;			/* size that still passes before */
	u64 seed;			/* settles the choices of a share */
	/* for whom */
	bool task_filter;		/* threads with make_it_fail alone */
	unsigned int stacktrace_depth;	/* callers that are looked at */
	unsigned long require_start, require_end; /* one returns to there */
	unsigned long reject_start, reject_end;	/* none returns to there */
	char caller[FAULT_CALLER_SIZE];	/* or to this function; "": any */
	/* 0: in silence; 1: a line with callers, seldom when there are many */
	unsigned int verbose;
	/* what came of it */
	unsigned long count;		/* asked, and let through by filters */
	unsigned long injected;
	unsigned long told;
};

#define FAULT_ATTR_INITIALIZER(name_) {			\
	.name = (name_),				\
	.out_of = 100,					\
	.interval = 1,					\
	.times = 1,					\
	.stacktrace_depth = FAULT_STACK_MAX,		\
	.require_end = ~0UL,				\
	.verbose = 1,					\
	.seed = 1,					\
}

#define FAULT_NOWARN 1u		/* whoever asked wants to hear of no failure */

/*
 * Shall this one fail? size is taken off attr->space. Any context. False
 * before fault_inject_start().
 */
bool should_fail_ex(struct fault_attr *attr, long size, unsigned int flags);
static inline bool should_fail(struct fault_attr *attr, long size)
{
	return should_fail_ex(attr, size, 0);
}

/* Whether the attr's own filters and its share can ever say yes. */
static inline bool fault_attr_active(const struct fault_attr *attr)
{
	return attr->probability && attr->times;
}

/*
 * From text: "INTERVAL,PROBABILITY,SPACE,TIMES[,KEY=VALUE...]". PROBABILITY is
 * in percent, with up to two decimals. Keys: caller=FUNCTION, seed=N,
 * verbose=N, task (bare); others go to own(), which may be NULL. 0 or
 * -EINVAL: attr is as it was, what own() was told is not. May not be in use.
 */
int setup_fault_attr(struct fault_attr *attr, const char *text,
		     int (*own)(const char *key, const char *value));

/* One line: how it is set, what came of it. */
void show_fault_attr(const struct fault_attr *attr);

/*
 * Boot ends: until now nothing failed, for without memory there is no kernel.
 */
void fault_inject_start(void);

/*
 * Who had asked when a thread's fail_nth came last: up to max return
 * addresses, innermost first. For a runner that wants to tell.
 */
unsigned int fail_nth_stack(unsigned long *entries, unsigned int max);

#endif

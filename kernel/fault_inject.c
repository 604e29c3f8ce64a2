/*
 * Fault injection: who is told that there is nothing, although there is?
 *
 * The problem: memory runs out once in a blue moon, and then all the code
 * that was written for that moment runs for the first time. It should run
 * before: at each place, one at a time, again and again.
 *
 *	allocator --> should_fail(attr, size)
 *	                |
 *	                | in a thread with fail_nth?
 *	                |   yes: callers as asked for?  --fail_nth == 0: FAIL
 *	                | no
 *	                | probability, times, thread, callers
 *	                | space:     size is taken off until it is used up
 *	                | count++    every interval-th
 *	                | hash(seed, count) below probability: FAIL, times--
 *
 *  1. fail_nth belongs to one thread, and is counted down by it alone, so that
 *     the same n means the same place again, whatever other CPUs do. It is the
 *     way to fail each allocation of a test in turn (kernel/ktest_failnth.c).
 *  2. A share is not drawn from a generator that all CPUs would have to
 *     share, but made of the seed and the number of the question: the kth
 *     question has the same answer in each run.
 *  3. A failure is told with those who led to it, seldom when there are many.
 *
 * Locks: none. Fields that change are changed by one atomic step each; two
 * CPUs may both use up the last of space, and neither is harmed.
 * Invariant: injected <= count + failures by fail_nth; times never falls
 * below 0 when it was not.
 * Cost: callers are looked at only for a filter, and for a failure.
 * Left out: debugfs; Linux's fault points outside of memory.
 */
#include <asm/machine.h>
#include <kernel/fault_inject.h>
#include <kernel/kallsyms.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/random.h>
#include <lib/sprintf.h>
#include <lib/string.h>

/* Failures told one by one; of later ones each power of two. */
#define FAULTS_TOLD 10
/* Callers in the line that tells, and those left out: should_fail() itself. */
#define CALLERS_TOLD 5
#define OUR_FRAMES 2

static bool started;

static struct {
	unsigned long entries[FAULT_STACK_KEPT];
	unsigned int nr;
} nth_stack;

void fault_inject_start(void)
{
	__atomic_store_n(&started, true, __ATOMIC_RELEASE);
}

unsigned int fail_nth_stack(unsigned long *entries, unsigned int max)
{
	unsigned int nr = min(nth_stack.nr, max);

	memcpy(entries, nth_stack.entries, nr * sizeof(entries[0]));
	return nr;
}

/* ----- filters ------------------------------------------------------------ */

static bool in_function(unsigned long addr, const char *name)
{
	unsigned long offset, size;
	const char *symbol = kallsyms_lookup(addr - 1, &offset, &size);

	return symbol && !strcmp(symbol, name);
}

static bool filters_callers(const struct fault_attr *attr)
{
	return attr->caller[0] || attr->require_start ||
	       attr->require_end != ~0UL || attr->reject_end;
}

/* Reject outweighs require. */
static noinline bool callers_as_asked(const struct fault_attr *attr)
{
	unsigned long entries[FAULT_STACK_MAX], addr;
	unsigned int i, nr;
	bool found = false;

	nr = stack_trace_save(entries, min(attr->stacktrace_depth +
					   OUR_FRAMES,
					   (unsigned int)FAULT_STACK_MAX), 0);
	for (i = 0; i < nr; i++) {
		addr = entries[i];
		if (addr >= attr->reject_start && addr < attr->reject_end)
			return false;
		if (attr->caller[0])
			found |= in_function(addr, attr->caller);
		else
			found |= addr >= attr->require_start &&
				 addr < attr->require_end;
	}
	return found;
}

static bool callers_pass(const struct fault_attr *attr)
{
	return !filters_callers(attr) || callers_as_asked(attr);
}

/* ----- how often ---------------------------------------------------------- */

/* True: there was room for it, and it passes. */
static bool space_takes(struct fault_attr *attr, long size)
{
	int space = __atomic_load_n(&attr->space, __ATOMIC_RELAXED);

	if (space <= 0 || space <= size)
		return false;
	__atomic_fetch_sub(&attr->space, (int)size, __ATOMIC_RELAXED);
	return true;
}

/* One off times, if there is one left; -1 is never used up. */
static bool take_one_time(struct fault_attr *attr)
{
	int times = __atomic_load_n(&attr->times, __ATOMIC_RELAXED);

	while (times > 0)
		if (__atomic_compare_exchange_n(&attr->times, &times,
						times - 1, false,
						__ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			return true;
	return times < 0;
}

/* The answer to the nth question depends on nothing but n and the seed. */
static bool in_share(const struct fault_attr *attr, unsigned long nth)
{
	struct rng rng = rng_seed(attr->seed +
				  nth * 0x9e3779b97f4a7c15ULL);

	return rng_below(&rng, attr->out_of) < attr->probability;
}

static bool attr_says_fail(struct fault_attr *attr, long size)
{
	unsigned long nth;

	if (!fault_attr_active(attr))
		return false;
	if (attr->task_filter && (in_interrupt() || !current->make_it_fail))
		return false;
	if (!callers_pass(attr) || space_takes(attr, size))
		return false;
	nth = __atomic_add_fetch(&attr->count, 1, __ATOMIC_RELAXED);
	if (attr->interval > 1 && nth % attr->interval)
		return false;
	return in_share(attr, nth) && take_one_time(attr);
}

/* Does the thread's own count come to its end here? */
static bool fail_nth_is_now(const struct fault_attr *attr)
{
	if (!callers_pass(attr))
		return false;
	WRITE_ONCE(current->fail_nth, current->fail_nth - 1);
	if (current->fail_nth)
		return false;
	nth_stack.nr = stack_trace_save(nth_stack.entries, FAULT_STACK_KEPT,
					OUR_FRAMES);
	return true;
}

/* ----- telling ------------------------------------------------------------ */

static noinline void tell(struct fault_attr *attr, long size, unsigned long nr)
{
	unsigned long entries[CALLERS_TOLD], told;
	char callers[256];
	unsigned int i, n;
	size_t len = 0;

	told = __atomic_add_fetch(&attr->told, 1, __ATOMIC_RELAXED);
	if (told > FAULTS_TOLD && !is_power_of_2(told))
		return;
	n = stack_trace_save(entries, CALLERS_TOLD, OUR_FRAMES);
	callers[0] = 0;
	for (i = 0; i < n; i++)
		len += (size_t)kscnprintf(callers + len, sizeof(callers) - len,
					  "%s%pS", i ? " < " : "",
					  (void *)entries[i]);
	pr_warn("%s: injected failure %lu, %ld bytes, %s\n", attr->name, nr,
		size, callers);
}

static noinline bool inject(struct fault_attr *attr, long size,
			    unsigned int flags)
{
	unsigned long nr;

	nr = __atomic_add_fetch(&attr->injected, 1, __ATOMIC_RELAXED);
	if (attr->verbose && !(flags & FAULT_NOWARN))
		tell(attr, size, nr);
	return true;
}

bool should_fail_ex(struct fault_attr *attr, long size, unsigned int flags)
{
	bool fail;

	if (!__atomic_load_n(&started, __ATOMIC_ACQUIRE))
		return false;
	if (!in_interrupt() && READ_ONCE(current->fail_nth))
		fail = fail_nth_is_now(attr);
	else
		fail = attr_says_fail(attr, size);
	return fail && inject(attr, size, flags);
}

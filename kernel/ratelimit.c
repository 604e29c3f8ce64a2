/*
 * How is a flood of messages kept from hiding everything else?
 *
 *	told	* * * * *		* *		*
 *	kept	      . . . . . .
 *		|---- interval ----|---- interval ----|
 *
 * The first message behind the end of an interval begins the next, and says
 * how many were kept back in the last one.
 *
 * Locks: none. Two CPUs that both find the interval over both begin it: one
 * burst more is told.
 */
#include <kernel/printk.h>
#include <kernel/ratelimit.h>
#include <kernel/time.h>
#include <lib/compiler.h>

static void begin_interval(struct ratelimit_state *rs, unsigned long now,
			   const char *caller)
{
	unsigned int missed = __atomic_exchange_n(&rs->missed, 0,
						  __ATOMIC_RELAXED);

	__atomic_store_n(&rs->begin, now, __ATOMIC_RELAXED);
	__atomic_store_n(&rs->printed, 0, __ATOMIC_RELAXED);
	if (missed)
		pr_warn("%s: %u messages kept back\n", caller, missed);
}

bool ___ratelimit(struct ratelimit_state *rs, const char *caller)
{
	unsigned long begin = __atomic_load_n(&rs->begin, __ATOMIC_RELAXED);
	unsigned long now = (unsigned long)ktime_get_us();

	if (!begin || now - begin > rs->interval)
		begin_interval(rs, now ? now : 1, caller);
	if (__atomic_fetch_add(&rs->printed, 1, __ATOMIC_RELAXED) < rs->burst)
		return true;
	__atomic_fetch_add(&rs->missed, 1, __ATOMIC_RELAXED);
	return false;
}

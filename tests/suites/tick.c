/* Waiting for a tick: tick.h. */
#include <asm/processor.h>
#include <kernel/time.h>

#include "tick.h"

static bool tick_comes(void)
{
	u64 start = ktime_get_us(), jiffies = get_jiffies();

	while (ktime_get_us() - start < TICK_COMES_WITHIN_US) {
		if (get_jiffies() != jiffies)
			return true;
		cpu_relax();
	}
	return false;
}

/* Where none came once, none is waited for again. */
bool has_tick(struct ktest *t)
{
	static bool none;

	if (!none)
		none = !tick_comes();
	if (none)
		ktest_skip(t, "no tick");
	return !none;
}

/*
 * Time on the simulated machine: the host's clock, in ticks.
 */
#include <asm/processor.h>
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/time.h>

u64 ktime_get_us(void)
{
	return get_cycles() / 1000;
}

u64 get_jiffies(void)
{
	return ktime_get_us() * HZ / 1000000;
}

u64 msecs_to_jiffies(u64 ms)
{
	return (ms * HZ + 999) / 1000;
}

void msleep(unsigned int ms)
{
	u64 left = msecs_to_jiffies(ms) + 1;

	might_sleep();
	while (left) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		left = schedule_timeout(left);
	}
}

void udelay(unsigned long us)
{
	u64 end = ktime_get_us() + us;

	while (ktime_get_us() < end)
		cpu_relax();
}

void (*timer_tick_hook)(void);

/* Sleepers have a clock of their own, and shares are dealt out by moments. */
void timer_tick(void)
{
	void (*hook)(void) = READ_ONCE(timer_tick_hook);

	timer_run_calls();
	if (hook)
		hook();
}

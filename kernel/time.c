/*
 * What is counted at each tick, and waiting without sleeping.
 *
 *	CPU 0's timer	CPU 1's timer	...
 *	     | HZ a second   |
 *	     v               v
 *	 jiffies + 1	     |
 *	     | <-------------/
 *	     v on each CPU, in its interrupt
 *	 sleepers whose time has come; the running thread's share
 *
 * Ticks are lost while interrupts are off for longer than one; the machine's
 * clock (ktime_get_us()) goes on. So a delay looks at the clock.
 *
 * jiffies has 64 bits, which not every CPU reads in one piece. CPU 0 alone
 * writes; the upper half is written before the lower and once more behind it,
 * and read the other way round: if both copies are the same, the lower half
 * belongs to them. They differ for a moment every 497 days.
 */
#include <asm/processor.h>
#include <kernel/percpu.h>
#include <kernel/sched.h>
#include <kernel/time.h>
#include <lib/compiler.h>

static struct {
	volatile u32 high_before, low, high_after;
} jiffies;

u64 get_jiffies(void)
{
	u32 high, low;

	do {
		high = jiffies.high_after;
		barrier();
		low = jiffies.low;
		barrier();
	} while (unlikely(high != jiffies.high_before));
	return (u64)high << 32 | low;
}

static void count_jiffy(void)
{
	u64 next = get_jiffies() + 1;

	jiffies.high_before = (u32)(next >> 32);
	barrier();
	jiffies.low = (u32)next;
	barrier();
	jiffies.high_after = (u32)(next >> 32);
}

u64 msecs_to_jiffies(u64 ms)
{
	return ms / 1000 * HZ + (ms % 1000 * HZ + 999) / 1000;
}

void (*timer_tick_hook)(void);

void timer_tick(void)
{
	void (*hook)(void) = READ_ONCE(timer_tick_hook);

	if (smp_processor_id() == 0)
		count_jiffy();
	timer_run_sleepers();
	sched_tick();
	timer_run_calls();
	if (unlikely(hook))
		hook();
}

void udelay(unsigned long us)
{
	u64 start = ktime_get_us();

	/* the first microsecond may have been nearly over */
	while (ktime_get_us() - start <= us)
		cpu_relax();
}

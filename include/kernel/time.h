/*
 * Time in ticks, and waiting for it. Counterparts: linux/jiffies.h,
 * linux/delay.h, schedule_timeout().
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <lib/compiler.h>
#include <lib/types.h>

/* Ticks per second, on every CPU. */
#define HZ 100U

/* Ticks since boot, counted by CPU 0; 64 bits, never wraps. Any context. */
u64 get_jiffies(void);
u64 msecs_to_jiffies(u64 ms);

/*
 * Sleeps until woken or that many ticks are over; what was left. The caller
 * has set its state, as for schedule().
 */
u64 schedule_timeout(u64 timeout);
/* Sleeps at least that long. */
void msleep(unsigned int ms);
/* Spins at least that long. Any context. */
void udelay(unsigned long us);

/*
 * Microseconds since boot, of the machine's own clock, which goes on whatever
 * happens to interrupts. Two CPUs may differ by a few. Any context. Machine.
 */
u64 ktime_get_us(void);

/* The clock, and this CPU's tick if there is one. Machine; boot, once. */
void time_init(void);

/*
 * For tests: each CPU calls it at each of its ticks, in the interrupt. NULL:
 * nothing. May be set at any time; who takes it away and must know that no CPU
 * is still in it has all of them interrupted once (on_each_cpu()).
 */
extern void (*timer_tick_hook)(void);

/*
 * Called by each CPU at each of its ticks, in the interrupt. What it does when
 * there is nothing to do costs every tick.
 */
typedef void (*tick_func_t)(void);
#define TICK_CALLBACK(fn) \
	static const tick_func_t __used __section("tick_calls") \
	tick_call_##fn = fn

/* From each CPU's timer interrupt. */
void timer_tick(void);
/* From timer_tick(): the calls above. */
void timer_run_calls(void);
/* From timer_tick(): wakes this CPU's sleepers whose time has come. */
void timer_run_sleepers(void);

#endif

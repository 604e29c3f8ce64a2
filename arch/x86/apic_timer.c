/*
 * Where does the tick come from, and what time is it?
 *
 * Each CPU's APIC has a timer that counts down at a rate nobody tells. So the
 * first CPU looks at it, at its time stamp counter and at a clock of known
 * rate twice, some time apart:
 *
 *	PIT	----|<---- elapsed ---->|---->
 *	TSC	----a-------------------b---->	(b - a) / elapsed
 *	APIC	----c-------------------d---->	(c - d) / elapsed
 *
 *	1. Several tries; what interrupts the machine (its owner has others to
 *	   run) makes some of them wrong, and the median is taken.
 *	2. A try is void if the PIT ran over, did not run, or the loop had its
 *	   number of turns: each loop ends.
 *	3. A rate outside of what was ever built is not believed. Then there is
 *	   no tick, and the time stamp counter is taken for so fast that a
 *	   delay is long enough rather than too short.
 *
 * The tick is the timer in periodic mode, HZ times a second, on every CPU that
 * asked for it. The clock is the time stamp counter: all CPUs' are taken to
 * run at one rate and to have been reset together, which is so in every
 * machine with several CPUs that is not older than this interface.
 *
 *	notick		no tick on any CPU: for exact measurements
 */
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sort.h>

#include "apic_regs.h"
#include "pit.h"

#define TRIES 5
#define TRY_TICKS (PIT_HZ / 200)	/* 5 ms */
/* Reading a port takes 1 us or so; this is seconds. */
#define TRY_TURNS 2000000U

#define TSC_KHZ_MIN 10000U
#define TSC_KHZ_MAX 10000000U
#define TIMER_KHZ_MIN 100U		/* behind the divider */
#define TIMER_KHZ_MAX 1000000U

/* Of one try, in kHz. */
struct rates {
	u64 tsc, timer;
};

static u64 tsc_khz __ro_after_init = TSC_KHZ_MAX;
static u64 tsc_at_start __ro_after_init;
static u32 timer_per_tick __ro_after_init;	/* 0: there is no tick */
static bool tick_unwanted __initdata;

static int __init set_notick(const char *value)
{
	if (*value)
		return -EINVAL;
	tick_unwanted = true;
	return 0;
}
early_param("notick", set_notick);

/* ----- measuring ----- */

struct sample {
	u64 tsc;
	u32 timer, pit;
};

static bool __init take_sample(struct sample *s)
{
	s->tsc = get_cycles();
	s->timer = apic_present() ? apic_read(APIC_TIMER_CURRENT) : 0;
	return pit_read(&s->pit);
}

/* From a first look until enough time is over. */
static bool __init measure_once(struct rates *r)
{
	unsigned int turns = TRY_TURNS;
	struct sample a, b;
	u32 elapsed;

	pit_start();
	if (!take_sample(&a))
		return false;
	do {
		if (!take_sample(&b) || !--turns)
			return false;
		elapsed = b.pit - a.pit;
	} while (elapsed < TRY_TICKS);
	r->tsc = (b.tsc - a.tsc) * PIT_HZ / elapsed / 1000;
	r->timer = (u64)(a.timer - b.timer) * PIT_HZ / elapsed / 1000;
	return true;
}

static int __init compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Medians of the tries that went well; false if hardly any did. */
static bool __init measure(struct rates *result)
{
	u64 tsc[TRIES], timer[TRIES];
	unsigned int n = 0, i;
	struct rates r;

	for (i = 0; i < TRIES; i++) {
		if (!measure_once(&r))
			continue;
		tsc[n] = r.tsc;
		timer[n++] = r.timer;
	}
	pit_stop();
	if (n < TRIES / 2)
		return false;
	sort(tsc, n, sizeof(tsc[0]), compare);
	sort(timer, n, sizeof(timer[0]), compare);
	*result = (struct rates){ tsc[n / 2], timer[n / 2] };
	return true;
}

static bool __init measure_quietly(struct rates *r)
{
	unsigned long flags;
	bool ok;

	if (apic_present()) {
		apic_write(APIC_LVT_TIMER, LVT_MASKED);
		apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
		apic_write(APIC_TIMER_INITIAL, ~0U);
	}
	local_irq_save(flags);
	ok = measure(r);
	local_irq_restore(flags);
	if (apic_present())
		apic_write(APIC_TIMER_INITIAL, 0);
	return ok;
}

static void __init use_tsc(u64 khz)
{
	if (khz < TSC_KHZ_MIN || khz > TSC_KHZ_MAX) {
		pr_warn("TSC: %llu kHz is not likely, taken for %llu\n", khz,
			tsc_khz);
		return;
	}
	tsc_khz = khz;
}

static void __init use_timer(u64 khz)
{
	if (!apic_present())
		return;
	if (khz < TIMER_KHZ_MIN || khz > TIMER_KHZ_MAX) {
		pr_err("APIC timer: %llu kHz is not likely: no tick\n", khz);
		return;
	}
	timer_per_tick = (u32)(khz * 1000 / HZ);
}

static void timer_interrupt(struct pt_regs *regs)
{
	timer_tick();
}

void __init apic_timer_calibrate(void)
{
	struct rates r;

	irq_set_handler(VECTOR_TIMER, timer_interrupt);
	if (!measure_quietly(&r)) {
		pr_err("PIT: does not count: no tick, and the clock is slow\n");
		return;
	}
	use_tsc(r.tsc);
	use_timer(r.timer);
	pr_info("TSC: %llu kHz, APIC timer: %llu kHz\n", tsc_khz, r.timer);
}

/* ----- the tick of this CPU ----- */

void apic_timer_start(void)
{
	if (!timer_per_tick)
		return;
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	apic_write(APIC_TIMER_INITIAL, timer_per_tick);
}

void apic_timer_stop(void)
{
	if (!timer_per_tick)
		return;
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	apic_write(APIC_TIMER_INITIAL, 0);
}

/* ----- the clock ----- */

/* In two steps: the product would not last for a year. */
u64 ktime_get_us(void)
{
	u64 cycles = get_cycles() - tsc_at_start;

	/* another CPU's counter may be behind by a hair */
	if ((s64)cycles < 0)
		return 0;
	return cycles / tsc_khz * 1000 + cycles % tsc_khz * 1000 / tsc_khz;
}

void __init time_init(void)
{
	tsc_at_start = get_cycles();
	apic_init();
	apic_timer_calibrate();
	if (tick_unwanted) {
		timer_per_tick = 0;
		pr_info("no tick: asked for on the command line\n");
	}
	apic_timer_start();
}

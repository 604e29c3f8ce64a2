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
 *	1. Firmware, or whoever runs this machine beside others, may stop us
 *	   between reading one clock and the next. So the TSC is read before
 *	   and after the others; a look that took long is taken again. What is
 *	   left over is wrong by less than a hundredth, and of several tries
 *	   the median counts.
 *	2. A try is void if the PIT ran over. If it does neither that nor count
 *	   far enough, it never will. So each loop ends.
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

#define WANTED 3		/* tries that go well, of */
#define TRIES 16
#define FIRST_SAMPLES 8
/* What reading the clocks may take, as part of the time measured. */
#define SHARPNESS 256
#define TRY_TICKS (PIT_HZ / 200)	/* 5 ms */
/* No try takes as long, the PIT runs over before: it does not count. */
#define TRY_CYCLES (TSC_KHZ_MAX * 60ULL)
#define TRY_TURNS 5000000U

#define TSC_KHZ_MIN 10000U
#define TSC_KHZ_MAX 10000000U
#define TIMER_KHZ_MIN 100U		/* behind the divider */
#define TIMER_KHZ_MAX 1000000U

enum outcome { VOID, MEASURED, HOPELESS };

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

/* All clocks at once, or nearly: tsc was read first, and once more last. */
struct sample {
	u64 tsc, tsc_after;
	u32 timer, pit;
};

static bool __init take_sample(struct sample *s)
{
	bool ok;

	s->tsc = get_cycles();
	s->timer = apic_present() ? apic_read(APIC_TIMER_CURRENT) : 0;
	ok = pit_read(&s->pit);
	s->tsc_after = get_cycles();
	return ok;
}

static u64 __init width(const struct sample *s)
{
	return s->tsc_after - s->tsc;
}

/* The sharpest of a few. */
static bool __init take_first_sample(struct sample *best)
{
	struct sample s;
	unsigned int i;

	if (!take_sample(best))
		return false;
	for (i = 0; i < FIRST_SAMPLES; i++) {
		if (!take_sample(&s))
			return false;
		if (width(&s) < width(best))
			*best = s;
	}
	return true;
}

/* Sharp enough for the time that lies between them? */
static bool __init are_sharp(const struct sample *a, const struct sample *b)
{
	u64 allowed = (b->tsc - a->tsc) / SHARPNESS;

	return width(a) <= allowed && width(b) <= allowed;
}

/* One try, until enough time is over. Void tries may be repeated. */
static enum outcome __init measure_once(struct rates *r)
{
	unsigned int turns = TRY_TURNS;
	struct sample a, b;
	u32 elapsed;

	pit_start();
	if (!take_first_sample(&a))
		return VOID;
	do {
		if (!take_sample(&b))
			return VOID;
		if (b.tsc - a.tsc > TRY_CYCLES || !--turns)
			return HOPELESS;
		elapsed = b.pit - a.pit;
	} while (elapsed < TRY_TICKS || !are_sharp(&a, &b));
	r->tsc = (b.tsc - a.tsc) * PIT_HZ / elapsed / 1000;
	r->timer = (u64)(a.timer - b.timer) * PIT_HZ / elapsed / 1000;
	return MEASURED;
}

static int __init compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Medians of the tries that went well; false if there was none. */
static bool __init measure(struct rates *result)
{
	u64 tsc[WANTED], timer[WANTED];
	unsigned int n = 0, i;
	enum outcome outcome = VOID;
	struct rates r;

	for (i = 0; i < TRIES && n < WANTED && outcome != HOPELESS; i++) {
		outcome = measure_once(&r);
		if (outcome == MEASURED) {
			tsc[n] = r.tsc;
			timer[n++] = r.timer;
		}
	}
	pit_stop();
	if (!n)
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

bool apic_timer_usable(void)
{
	return timer_per_tick != 0;
}

void apic_timer_start(void)
{
	if (!apic_timer_usable())
		return;
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, LVT_PERIODIC | VECTOR_TIMER);
	apic_write(APIC_TIMER_INITIAL, timer_per_tick);
}

void apic_timer_stop(void)
{
	if (!apic_timer_usable())
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

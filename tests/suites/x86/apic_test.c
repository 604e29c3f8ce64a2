/*
 * Does the tick come, at about the rate it should?
 *
 * The host runs other things too: a tick may be late, or lost, or come right
 * behind the last one. So of several stretches of ticks the shortest shows that
 * they are not too slow, the middle one that they are not too fast, both with
 * room to spare, and it is tried again.
 */
#include <asm/apic.h>
#include <asm/fixmap.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/smp.h>
#include <kernel/ktest.h>
#include <kernel/percpu.h>
#include <kernel/time.h>
#include <lib/sort.h>

#include "../../../arch/x86/cpu_list.h"

#define TICK_US (1000000 / HZ)
#define COMES_WITHIN_US 2000000
#define SAMPLES 9
#define TRIES 8

static bool skipped_without_tick(struct ktest *t)
{
	if (!apic_timer_usable())
		ktest_skip(t, "no tick on this machine");
	return !apic_timer_usable();
}

/* Waits for n more ticks of this CPU. */
static bool ticks_come(unsigned long n)
{
	unsigned long end = irq_count(VECTOR_TIMER) + n;
	u64 start = ktime_get_us();

	while (irq_count(VECTOR_TIMER) < end)
		if (ktime_get_us() - start > n * COMES_WITHIN_US)
			return false;
	return true;
}

static void number_is_what_the_table_says(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, apic_id(), cpu_apic_id(smp_processor_id()));
	KTEST_EXPECT_GE(t, arch_nr_cpus(), 1);
	KTEST_EXPECT_LE(t, arch_nr_cpus(), NR_CPUS);
}

struct devices {
	unsigned int pages, cached, executable;
};

static void look_at_range(const struct pgtable_range *r, void *arg)
{
	struct devices *d = arg;

	if (r->start < FIXMAP_START || r->start >= FIXMAP_START + FIXMAP_SIZE)
		return;
	d->pages++;
	d->cached += !(r->flags & _PAGE_PCD);
	d->executable += !(r->flags & _PAGE_NX & pte_supported_mask) &&
			 pte_supported_mask & _PAGE_NX;
}

static void registers_are_uncached_and_not_executable(struct ktest *t)
{
	struct devices d = { 0, 0, 0 };

	pgtable_for_each_range(&kernel_pgtable, look_at_range, &d);
	KTEST_EXPECT_EQ(t, d.cached, fixmap_windows_open());
	KTEST_EXPECT_EQ(t, d.executable, 0);
}

static void jiffies_go_on(struct ktest *t)
{
	u64 before = get_jiffies();

	if (skipped_without_tick(t))
		return;
	KTEST_EXPECT_TRUE(t, ticks_come(2));
	KTEST_EXPECT_GT(t, get_jiffies(), before);
}

static void no_tick_comes_while_interrupts_are_off(struct ktest *t)
{
	unsigned long flags, before;

	if (skipped_without_tick(t))
		return;
	local_irq_save(flags);
	before = irq_count(VECTOR_TIMER);
	udelay(3 * TICK_US);
	KTEST_EXPECT_EQ(t, irq_count(VECTOR_TIMER), before);
	local_irq_restore(flags);
	KTEST_EXPECT_TRUE(t, ticks_come(1));
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* us[]: from tick to tick, ascending. */
static void measure_ticks(u64 *us)
{
	u64 start, ticks;
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		ticks_come(1);
		start = ktime_get_us();
		ticks = get_jiffies();
		ticks_come(4);
		ticks = get_jiffies() - ticks;
		us[i] = (ktime_get_us() - start) / (ticks ?: 1);
	}
	sort(us, SAMPLES, sizeof(us[0]), compare);
}

static void tick_comes_hz_times_a_second(struct ktest *t)
{
	u64 us[SAMPLES] = { 0 };
	unsigned int tries = TRIES;

	if (skipped_without_tick(t))
		return;
	while (tries--) {
		measure_ticks(us);
		if (us[0] < TICK_US * 2 && us[SAMPLES / 2] > TICK_US * 3 / 4)
			return;
	}
	KTEST_EXPECT_LT(t, us[0], TICK_US * 2);
	KTEST_EXPECT_GT(t, us[SAMPLES / 2], TICK_US * 3 / 4);
}

static void stopped_timer_does_not_tick(struct ktest *t)
{
	unsigned long before;

	if (skipped_without_tick(t))
		return;
	apic_timer_stop();
	udelay(1000);		/* one may have been on its way */
	before = irq_count(VECTOR_TIMER);
	udelay(3 * TICK_US);
	KTEST_EXPECT_EQ(t, irq_count(VECTOR_TIMER), before);
	apic_timer_start();
	KTEST_EXPECT_TRUE(t, ticks_come(2));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(number_is_what_the_table_says),
	KTEST_CASE(registers_are_uncached_and_not_executable),
	KTEST_CASE(jiffies_go_on),
	KTEST_CASE(no_tick_comes_while_interrupts_are_off),
	KTEST_CASE(tick_comes_hz_times_a_second),
	KTEST_CASE(stopped_timer_does_not_tick),
	{}
};
KTEST_SUITE(apic, cases);

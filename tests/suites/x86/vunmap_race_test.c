/*
 * vunmap() while others purge: when it returns no CPU reaches the pages, even
 * if it was somebody else who took the area off the list.
 */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <mm/mm.h>
#include <mm/vmalloc.h>

#include "../stress.h"
#include "../tick.h"

#define MAPS 200U

static char *shown;		/* what the toucher touches */
static unsigned int nr_shown;	/* atomic; how often there was one */
static unsigned int nr_touched, nr_gone;	/* atomic; of which ... */
static bool stop;		/* atomic */
static unsigned int stale;

#define GET(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define SET(x, v) __atomic_store_n(&(x), v, __ATOMIC_RELEASE)

/* This CPU remembers the page, and hears of no flush for a while. */
static void touch_and_look(unsigned int nr)
{
	unsigned long flags;
	u64 end;

	local_irq_save(flags);
	probe_write(shown);
	SET(nr_touched, nr);
	end = ktime_get_us() + 3000;
	while (GET(nr_gone) != nr && ktime_get_us() < end)
		cpu_relax();
	if (GET(nr_gone) == nr && !probe_write(shown))
		stale++;
	local_irq_restore(flags);
}

static int toucher(void *data)
{
	unsigned int nr, last = 0;

	while (!GET(stop)) {
		nr = GET(nr_shown);
		if (nr != last)
			touch_and_look(nr);
		last = nr;
		cpu_relax();
	}
	return 0;
}

static int purger(void *data)
{
	while (!GET(stop))
		vm_unmap_aliases();
	return 0;
}

static void show_and_take_away(struct page *page)
{
	char *p = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	unsigned int nr = nr_shown + 1;

	if (!p)
		return;
	shown = p;
	SET(nr_shown, nr);
	while (GET(nr_touched) != nr)
		cpu_relax();
	vunmap(p);
	SET(nr_gone, nr);
	msleep(1);	/* leaves the host's CPU to the others */
}

static void vunmap_waits_for_a_flush_that_another_began(struct ktest *t)
{
	struct page *page;
	struct task_struct *a, *b;
	unsigned int i, maps = stress_rounds(MAPS);

	if (num_online_cpus() < 3 || !cpu_online(1) || !cpu_online(2)) {
		ktest_skip(t, "fewer than three CPUs");
		return;
	}
	if (!has_tick(t))
		return;
	if (t->fail_nth > 1)
		return;		/* hundreds of them: one is enough */
	page = alloc_page(GFP_KERNEL);
	KTEST_ASSERT_NOT_NULL(t, page);
	stop = false;
	stale = nr_shown = nr_touched = nr_gone = 0;
	a = kthread_run_on(1, purger, NULL, "purger");
	b = kthread_run_on(2, toucher, NULL, "toucher");
	for (i = 0; a && b && i < maps && !stale; i++)
		show_and_take_away(page);
	SET(stop, true);
	if (a)
		kthread_stop(a);
	if (b)
		kthread_stop(b);
	__free_page(page);
	KTEST_EXPECT_EQ(t, stale, 0);
	ktest_note(t, "%u maps", i);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(vunmap_waits_for_a_flush_that_another_began),
	{}
};
KTEST_SUITE(vunmap_race, cases);

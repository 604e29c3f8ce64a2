/*
 * Guarded objects: who is guarded, and when; and who must be told.
 *
 * The problem: there is room for few, and the fast path has no instruction to
 * spare. But it ends now and then, when a CPU's array is empty, or at once for
 * a cache without arrays; only there a gate is looked at.
 *
 *	kfence.sample_interval=MS	tick --opens--> gate
 *					first allocation to see it: guarded,
 *					the gate is shut
 *	kfence.sample=N			always open; every Nth that comes is
 *					guarded
 *
 * The first is for a system at work: the cost is bounded, whatever it does.
 * The second is for tests: all caches' arrays are put aside meanwhile, so that
 * each allocation comes, and with N = 1 every object that fits is guarded. If
 * the pool is full, an allocation is an ordinary one.
 *
 * The tick does a second thing. A page taken away is forgotten by the CPU that
 * did it; the others compare kfence_protections with what it was at their last
 * tick, and forget everything if it has changed. So a use after free is seen
 * on any CPU a tick later at most. (Linux leaves it to chance.)
 *
 * Locks: none; who sets the mode is alone. Cost: a load where the slow way
 * begins, two per tick.
 */
#include <asm/kfence.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/percpu.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/shell.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>

#include "kfence_internal.h"

unsigned int kfence_gate;

static unsigned int sample_every, sample_interval;
static unsigned long asked;		/* atomic: allocations with every set */
static unsigned int paused;		/* written by one thread at a time */
static bool arrays_are_off;		/* by us; likewise */
static u64 next_open;			/* CPU 0's tick only */

static DEFINE_PER_CPU(unsigned long, protections_seen);

/* With every set all allocations must come, and only then. */
static void arrays_follow(void)
{
	bool off = sample_every && !paused;

	if (off == arrays_are_off)
		return;
	arrays_are_off = off;
	if (off)
		slab_arrays_off();
	else
		slab_arrays_on();
}

static void set_mode(unsigned int every, unsigned int interval)
{
	__atomic_store_n(&asked, 0, __ATOMIC_RELAXED);
	WRITE_ONCE(sample_every, every);
	WRITE_ONCE(sample_interval, interval);
	WRITE_ONCE(kfence_gate, every != 0);
	arrays_follow();
}

int kfence_set_sample(unsigned int every)
{
	if (every && !kfence_pool_size)
		return -ENODEV;
	set_mode(every, 0);
	return 0;
}

int kfence_set_sample_interval(unsigned int ms)
{
	if (ms && !kfence_pool_size)
		return -ENODEV;
	set_mode(0, ms);
	return 0;
}

void kfence_sample_stats(struct kfence_stats *stats)
{
	stats->every = READ_ONCE(sample_every);
	stats->interval = READ_ONCE(sample_interval);
}

void kfence_pause(void)
{
	WRITE_ONCE(paused, paused + 1);
	arrays_follow();
}

void kfence_resume(void)
{
	if (!paused) {
		report_begin("kfence_resume: nothing is paused", "caller %pS",
			     __builtin_return_address(0));
		report_end();
		return;
	}
	WRITE_ONCE(paused, paused - 1);
	arrays_follow();
}

static bool its_turn(void)
{
	unsigned int every = READ_ONCE(sample_every);

	if (READ_ONCE(paused))
		return false;
	if (!every)
		return __atomic_exchange_n(&kfence_gate, 0, __ATOMIC_RELAXED);
	return __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) % every == 0;
}

void *__kfence_sample(struct kmem_cache *s, size_t size, gfp_t gfp)
{
	/* who cannot be guarded does not cost another one his turn */
	if (!kfence_suits(s, size, gfp) || !its_turn())
		return NULL;
	return kfence_alloc(s, size, gfp);
}

static void open_gate(void)
{
	unsigned int interval = READ_ONCE(sample_interval);
	u64 now = get_jiffies();

	if (!interval || now < next_open)
		return;
	next_open = now + msecs_to_jiffies(interval);
	WRITE_ONCE(kfence_gate, 1);
}

static void forget_what_is_gone(void)
{
	unsigned long now = __atomic_load_n(&kfence_protections,
					    __ATOMIC_ACQUIRE);

	if (this_cpu_read(protections_seen) == now)
		return;
	this_cpu_write(protections_seen, now);
	kfence_forget_pages();
}

static void kfence_tick(void)
{
	if (likely(!kfence_pool_size))
		return;
	if (smp_processor_id() == 0)
		open_gate();
	forget_what_is_gone();
}
TICK_CALLBACK(kfence_tick);

/* ----- what the command line asked for ----- */

static struct {
	unsigned int objects, every, interval;
	bool any;
} wanted __initdata = { .objects = KFENCE_DEFAULT_OBJECTS };

static int __init want_number(unsigned int *number, const char *value,
			      u64 least, u64 most)
{
	u64 n;

	if (kstrtou64(value, &n) || n < least || n > most)
		return -EINVAL;
	*number = (unsigned int)n;
	wanted.any |= n != 0;
	return 0;
}

static int __init want_objects(const char *value)
{
	return want_number(&wanted.objects, value, 1, KFENCE_MAX_OBJECTS);
}
early_param("kfence.num_objects", want_objects);

static int __init want_sample(const char *value)
{
	return want_number(&wanted.every, value, 0, ~0U);
}
early_param("kfence.sample", want_sample);

static int __init want_interval(const char *value)
{
	return want_number(&wanted.interval, value, 0, ~0U);
}
early_param("kfence.sample_interval", want_interval);

void __init kfence_init(void)
{
	if (!wanted.any)
		return;
#ifdef CONFIG_KASAN
	pr_warn("kfence: no guards in a build where every access is checked\n");
	return;
#endif
	if (!kfence_make_pool(wanted.objects))
		return;
	set_mode(wanted.every, wanted.every ? 0 : wanted.interval);
}

static int cmd_kfence(int argc, char **argv)
{
	struct kfence_stats stats;

	kfence_get_stats(&stats);
	printk("guarded objects: %u of %u in use, %u buried\n", stats.live,
	       stats.objects, stats.buried);
	printk("allocated %lu, freed %lu, refused %lu, bugs %lu\n",
	       stats.allocs, stats.frees, stats.full, stats.bugs);
	printk("sampled: 1 of %u, 1 in %u ms (0: none)\n",
	       stats.every, stats.interval);
	return 0;
}
SHELL_COMMAND(kfence, "", "guarded objects: how many, and what they found",
	      cmd_kfence);

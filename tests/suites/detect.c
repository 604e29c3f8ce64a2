/* The engine of the detect suites: detect.h. */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/errno.h>
#include <lib/parse.h>

#include "../../mm/slub_debug.h"
#include "detect.h"

#define DEBUG_MODE (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
		    SLAB_STORE_USER)

static u64 trials = 5;

static int __init set_trials(const char *value)
{
	return kstrtou64(value, &trials) || !trials ? -EINVAL : 0;
}
early_param("detect", set_trials);

static bool all_are_guarded(void)
{
	struct kfence_stats stats;

	kfence_get_stats(&stats);
	return stats.every == 1;
}

/* Not under slub_debug=O: large objects do without. */
static bool all_are_debugged(void)
{
	slab_flags_t flags = kmalloc_caches[KMALLOC_NORMAL][0]->flags;

	return slab_debug_may_grow() && (flags & DEBUG_MODE) == DEBUG_MODE;
}

enum detect_mode detect_mode(void)
{
#ifdef CONFIG_KASAN
	return DETECT_KASAN;
#endif
	if (all_are_guarded())
		return DETECT_GUARDED;
	return all_are_debugged() ? DETECT_DEBUG : DETECT_NORMAL;
}

const char *detect_mode_name(void)
{
	switch (detect_mode()) {
	case DETECT_DEBUG:
		return "debug";
	case DETECT_GUARDED:
		return "guarded";
	case DETECT_KASAN:
		return "KASAN";
	default:
		return "normal";
	}
}

static struct detect current_trial;	/* too large for a stack */

/* 1: told, 0: not told, -1: could not be made. */
static int one_trial(u64 seed, bool (*trial)(struct detect *d))
{
	struct detect *d = &current_trial;
	unsigned int told;
	bool made;

	d->rng = rng_seed(seed);
	d->s = NULL;
	d->p = NULL;
	d->nr = 0;
	report_capture_log_start();
	made = trial(d);
	exhume();
	told = report_capture_stop();
	report_captures_cut();	/* what is told is not asked for here */
	return told ? 1 : made ? 0 : -1;
}

void detect_run(struct ktest *t, const char *kind, unsigned int seen_by,
		bool (*trial)(struct detect *d))
{
	bool not_all_guarded = detect_mode() != DETECT_GUARDED;
	unsigned int made = 0, seen = 0;
	u64 seed;
	int hit;

	if (not_all_guarded)
		kfence_pause();
	for (seed = 1; made < trials && seed <= 4 * trials + 100; seed++) {
		hit = one_trial(seed, trial);
		if (hit < 0)
			continue;
		made++;
		seen += (unsigned int)hit;
	}
	if (not_all_guarded)
		kfence_resume();
	ktest_note(t, "DETECT mode=%s kind=%s seen=%u of=%u expected=%s",
		   detect_mode_name(), kind, seen, made,
		   seen_by & detect_mode() ? "all" : "any");
	KTEST_EXPECT_EQ(t, made, trials);
	if (seen_by & detect_mode())
		KTEST_EXPECT_EQ(t, seen, made);
}

unsigned int detect_below(struct detect *d, unsigned int bound)
{
	return (unsigned int)rng_below(&d->rng, bound);
}

unsigned int detect_size(struct detect *d, unsigned int most)
{
	unsigned int bits = detect_below(d, (unsigned int)__fls(most) + 1);

	return 1 + detect_below(d, min(2U << bits, most));
}

bool detect_begin(struct detect *d, unsigned int size, void (*ctor)(void *))
{
	unsigned int i;
	void *p;

	d->size = size;
	d->s = kmem_cache_create("detect", size, 0, SLAB_NO_MERGE, ctor);
	if (!d->s)
		return false;
	/* the first one is guarded if any is */
	d->p = kmem_cache_alloc(d->s, GFP_KERNEL);
	for (i = 0; d->p && i < d->s->objects; i++) {
		p = kmem_cache_alloc(d->s, GFP_KERNEL);
		if (p)
			d->objs[d->nr++] = p;
	}
	if (!d->p)
		detect_end(d);
	return d->p != NULL;
}

void detect_end(struct detect *d)
{
	if (d->p)
		kmem_cache_free(d->s, d->p);
	while (d->nr)
		kmem_cache_free(d->s, d->objs[--d->nr]);
	kmem_cache_shrink(d->s);
	kmem_cache_destroy(d->s);
}

bool detect_free_address(struct detect *d, const void *p)
{
	if (detect_below(d, 2)) {
		kfree(p);
		return true;
	}
	if (!detect_begin(d, detect_size(d, DETECT_MOST), NULL))
		return false;
	kmem_cache_free(d->s, (void *)p);
	detect_end(d);
	return true;
}

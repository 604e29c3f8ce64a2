/*
 * Telling that there was no memory: who asked for what, and what there was.
 *
 * A failure under load rarely comes alone. The first few are told in full;
 * after that only those whose number is a power of two, so that the log shows
 * how many there were without drowning in them. All are counted.
 */
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "internal.h"

#define FAILURES_TOLD 10

static unsigned long nr_failures;

static const struct {
	gfp_t mask;
	const char *name;
} gfp_names[] = {
	/* whole recipes first: each takes its bits away from what follows */
	{ GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
	{ GFP_HIGHUSER, "GFP_HIGHUSER" },
	{ GFP_USER, "GFP_USER" },
	{ GFP_KERNEL, "GFP_KERNEL" },
	{ GFP_NOFS, "GFP_NOFS" },
	{ GFP_NOIO, "GFP_NOIO" },
	{ GFP_ATOMIC, "GFP_ATOMIC" },
	{ GFP_NOWAIT, "GFP_NOWAIT" },
	{ __GFP_DMA, "GFP_DMA" },
	{ __GFP_DMA32, "GFP_DMA32" },
	{ __GFP_HIGHMEM, "__GFP_HIGHMEM" },
	{ __GFP_MOVABLE, "__GFP_MOVABLE" },
	{ __GFP_RECLAIMABLE, "__GFP_RECLAIMABLE" },
	{ __GFP_HIGH, "__GFP_HIGH" },
	{ __GFP_IO, "__GFP_IO" },
	{ __GFP_FS, "__GFP_FS" },
	{ __GFP_DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM" },
	{ __GFP_KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM" },
	{ __GFP_NORETRY, "__GFP_NORETRY" },
	{ __GFP_RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL" },
	{ __GFP_NOFAIL, "__GFP_NOFAIL" },
	{ __GFP_MEMALLOC, "__GFP_MEMALLOC" },
	{ __GFP_NOMEMALLOC, "__GFP_NOMEMALLOC" },
	{ __GFP_ZERO, "__GFP_ZERO" },
	{ __GFP_COMP, "__GFP_COMP" },
	{ __GFP_NOWARN, "__GFP_NOWARN" },
	{ __GFP_THISNODE, "__GFP_THISNODE" },
	{ __GFP_HARDWALL, "__GFP_HARDWALL" },
};

/* "GFP_KERNEL|__GFP_ZERO"; bits without a name in hex; "0x0" for none. */
void gfp_words(gfp_t gfp, char *buf, size_t size)
{
	size_t i, n = 0;

	buf[0] = 0;
	for (i = 0; i < ARRAY_SIZE(gfp_names); i++) {
		if ((gfp & gfp_names[i].mask) != gfp_names[i].mask)
			continue;
		n += (size_t)kscnprintf(buf + n, size - n, "%s%s",
					n ? "|" : "", gfp_names[i].name);
		gfp &= ~gfp_names[i].mask;
	}
	if (gfp || n == 0)
		kscnprintf(buf + n, size - n, "%s%#x", n ? "|" : "", gfp);
}

unsigned long alloc_failures(void)
{
	return nr_failures;
}

void warn_alloc_failed(gfp_t gfp, unsigned int order, unsigned long caller)
{
	unsigned long nr;
	char words[160];

	nr = __atomic_add_fetch(&nr_failures, 1, __ATOMIC_RELAXED);
	if ((gfp & __GFP_NOWARN) || (nr > FAILURES_TOLD && !is_power_of_2(nr)))
		return;
	gfp_words(gfp, words, sizeof(words));
	pr_warn("page allocation failure %lu: order %u%s, gfp %#x (%s), caller %pS\n",
		nr, order, order > MAX_PAGE_ORDER ? " (over the maximum)" : "",
		gfp, words, (void *)caller);
	show_free_areas();
}

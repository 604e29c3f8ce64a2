/*
 * Which questions does a page answer on its way out and back, and in which
 * order?
 *
 * Problem: the fast paths must not ask. So the modes come with zones whose
 * CPUs keep nothing at hand (mm/pcp_setup.c): every block then takes the long
 * way, and meets two hooks.
 *
 *	zone --> post_alloc_hook()		post_free_hook() --> zone
 *	         1. is the poison whole?	1. who frees it
 *	         2. clear, if wanted		2. poison, or clear
 *	         3. who has it now
 *
 * 1. Poison is checked before anything may write.
 * 2. __GFP_ZERO, or init_on_alloc=1. With init_on_free=1 and no poison the
 *    memory is zeroes already: see the invariant.
 * 3. The owner is written last on the way out and first on the way back, so
 *    that a report about the block in between names who freed it.
 *
 * Memory that comes to the free lists without having been freed gets the same
 * contents there: the ragged edges of RAM at the hand-over, and what is cut
 * off the untouched memory (mm/deferred.c), 4 MiB at a time, when it is first
 * needed. Untouched memory itself stays untouched, so a mode costs no boot
 * time per GiB: nobody had that memory, no stray pointer leads there.
 *
 * Locks: none of its own; the block is the caller's. debug_new_memory() runs
 * under zone->lock.
 * Invariant: with poison every byte of every block on a free list is 0xaa;
 * without, but with init_on_free, it is 0.
 * Cost: off: one test in paths that are not hot. On: a pass over the memory
 * per question, and no arrays.
 */
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/parse.h>
#include <mm/highmem.h>
#include <mm/init_on.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>

#include "page_debug.h"

unsigned int page_debug __ro_after_init;

int __init page_debug_param(const char *value, unsigned int bit, bool *also)
{
	bool on;
	int err = kstrtobool(value, &on);

	if (err)
		return err;
	page_debug = on ? page_debug | bit : page_debug & ~bit;
	if (also)
		*also = on;
	return 0;
}

/* What a free block holds, where it matters. */
static void fill_free_block(struct page *page, unsigned int order)
{
	if (page_debug & PAGE_DEBUG_POISON)
		page_poison_fill(page, order);
	else if (want_init_on_free())
		clear_pages(page, order);
}

static bool free_blocks_are_clear(void)
{
	return want_init_on_free() && !(page_debug & PAGE_DEBUG_POISON);
}

void post_alloc_hook(struct page *page, unsigned int order, gfp_t gfp,
		     unsigned long caller)
{
	if (page_debug & PAGE_DEBUG_POISON)
		page_poison_check(page, order);
	if (want_init_on_alloc(gfp) && !free_blocks_are_clear())
		clear_pages(page, order);
	if (page_debug & PAGE_DEBUG_OWNER)
		page_owner_alloc(page, order, gfp, caller);
}

void post_free_hook(struct page *page, unsigned int order)
{
	if (page_debug & PAGE_DEBUG_OWNER)
		page_owner_free(page, order);
	fill_free_block(page, order);
}

/* A zone that is no node's is a test's own: its memory is in use. */
void debug_new_memory(const struct zone *zone, struct page *page,
		      unsigned int order)
{
	if (zone == &zone->zone_pgdat->node_zones[zone_idx(zone)])
		fill_free_block(page, order);
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

/* One line about each mode that is on. */
void __init page_debug_init(void)
{
	if (page_debug & PAGE_DEBUG_OWNER && !page_owner_init())
		page_debug &= ~PAGE_DEBUG_OWNER;
	if (init_on_alloc || init_on_free)
		pr_info("mem auto-init: heap alloc:%s, heap free:%s%s\n",
			on_off(init_on_alloc), on_off(init_on_free),
			init_on_free && !free_blocks_are_clear() ?
			", free pages by poison" : "");
	if (page_debug & PAGE_DEBUG_POISON)
		pr_info("page_poison: free pages are %#x, checked when they leave\n",
			PAGE_POISON);
}

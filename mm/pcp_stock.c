/*
 * The zone's stock of single pages: what arrays have too many of, for those
 * that have none.
 *
 * Problem: to split pages off larger blocks, and to merge them again, costs ten
 * times what the rest does. A machine whose pages come and go in great number
 * does both for nothing: what is merged now is split again in a moment.
 *
 *	CPU arrays	| a b c d |			| . . . . |
 *			   | full: a batch		     ^ empty: a batch
 *			   v				     |
 *	stock		[c b] -> [. . .] -> [. . .] ---------+
 *			   | not packed, or enough of them
 *	zone		free lists, merged
 *
 *  1. A full array's batch becomes a chain through its own descriptors, and the
 *     chain goes on top of the stock of its type. Pages stay PAGE_PCP. An empty
 *     array takes the chain on top. Both under the zone's lock, once a batch.
 *  2. That is done only if it is likely to be of use: as many pages were taken
 *     from the free lists as there are in the stock, and QUIET more, since it
 *     was last emptied.
 *  3. And only with pages of the zone's packed part (mm/buddy.c), which is to
 *     be full of pages in use: below it blocks are to become whole.
 *  4. The stock holds an eighth of the zone at most.
 *  5. Whoever drains the arrays drains it too: before any request fails, before
 *     frames are counted.
 *
 * Only order 0. Watermarks: as for arrays, what is in the stock was taken from
 * above the low one, and is anybody's.
 *
 * A descriptor that was written over while its page lay here is found when its
 * turn comes. As its link cannot be believed, the rest of its chain is lost; or
 * all of its type, if it was a chain's first and says nonsense of the next.
 *
 * Locks: zone->lock. Invariant: nr_stock == pages of the chains.
 * Cost: per page a store and a load, and a look at its type.
 */
#include <kernel/report.h>
#include <lib/kernel.h>

#include "pcp.h"

#define QUIET 2048UL
#define STOCK_SHARE 8

bool stock_wants(const struct zone *zone)
{
	return zone->nr_stock + QUIET < zone->nr_asked &&
	       zone->nr_stock < zone->managed_pages / STOCK_SHARE &&
	       !pcp_is_disabled();
}

/* n pages of an array, as they lie there; those not packed go to the zone. */
void stock_put(struct zone *zone, enum migratetype mt, void *const *pages,
	       unsigned int n)
{
	struct page *chain = NULL;
	unsigned long length = 0;

	while (n--) {
		struct page *page = pages[n];

		if (unlikely(!pcp_block_intact(page, 0))) {
			report_damaged_pcp(page, 0);
		} else if (!is_packed(zone, page_to_pfn(page))) {
			free_to_zone(zone, page, 0);
		} else {
			page->next_in_chain = chain;
			chain = page;
			length++;
		}
	}
	if (!chain)
		return;
	chain->chain_length = length;
	chain->next_chain = zone->stock[mt];
	zone->stock[mt] = chain;
	WRITE_ONCE(zone->nr_stock, zone->nr_stock + length);
}

/* Any pointer may be asked about. */
static bool is_descriptor(const struct page *page)
{
	return likely(page_surely_backed(page)) || page_is_backed(page);
}

/* Is what a chain's first page says of it, and of the next, to be believed? */
static bool links_sound(const struct page *chain)
{
	return chain->chain_length - 1 < PCP_BATCH_MOST &&
	       (!chain->next_chain || is_descriptor(chain->next_chain));
}

static unsigned long count_stock(const struct zone *zone)
{
	const struct page *chain;
	unsigned long pages = 0;
	unsigned int mt;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (chain = zone->stock[mt]; chain && links_sound(chain);
		     chain = chain->next_chain)
			pages += chain->chain_length;
	return pages;
}

/* What follows the chain on top cannot be found: all of the type is lost. */
static noinline void abandon_stock(struct zone *zone, enum migratetype mt)
{
	report_damaged_pcp(zone->stock[mt], 0);
	zone->stock[mt] = NULL;
	WRITE_ONCE(zone->nr_stock, count_stock(zone));
}

/* page is damaged, or no descriptor: then it is before's link that was. */
static noinline void report_broken_chain(const struct page *page,
					 const struct page *before)
{
	report_damaged_pcp(is_descriptor(page) ? page : before, 0);
}

/* The chain on top, PCP_BATCH_MOST pages at most; how many. */
unsigned int stock_take(struct zone *zone, enum migratetype mt,
			struct page **pages)
{
	struct page *page = zone->stock[mt];
	unsigned int n = 0, length;

	if (!page)
		return 0;
	if (unlikely(!links_sound(page))) {
		abandon_stock(zone, mt);
		return 0;
	}
	length = (unsigned int)page->chain_length;
	WRITE_ONCE(zone->nr_stock, zone->nr_stock - length);
	zone->stock[mt] = page->next_chain;
	do {
		if (unlikely(!is_descriptor(page) ||
			     !pcp_block_intact(page, 0))) {
			report_broken_chain(page, n ? pages[n - 1] : page);
			break;
		}
		pages[n++] = page;
		page = page->next_in_chain;
	} while (n < length);
	return n;
}

/* The chain on top to the free lists; pages. */
static unsigned int drain_chain(struct zone *zone, enum migratetype mt)
{
	struct page *pages[PCP_BATCH_MOST];
	unsigned int i, n = stock_take(zone, mt, pages);

	for (i = 0; i < n; i++)
		free_to_zone(zone, pages[i], 0);
	return n;
}

/*
 * All of it to the free lists; pages. Any context. It may be an eighth of the
 * zone: others get the lock, and interrupts, between chains.
 */
unsigned long stock_drain(struct zone *zone)
{
	unsigned long flags, drained = 0;
	unsigned int mt;

	spin_lock_irqsave(&zone->lock, flags);
	zone->nr_asked = 0;
	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		while (zone->stock[mt]) {
			drained += drain_chain(zone, (enum migratetype)mt);
			spin_unlock_irqrestore(&zone->lock, flags);
			spin_lock_irqsave(&zone->lock, flags);
		}
	spin_unlock_irqrestore(&zone->lock, flags);
	return drained;
}

static const char *check_chain(const struct zone *zone,
			       const struct page *chain, unsigned long *pages)
{
	const struct page *page;
	unsigned long n = 0;

	for (page = chain; page; page = page->next_in_chain, n++) {
		if (!page_is_backed(page) || !pcp_block_intact(page, 0) ||
		    page->zone_id != zone->zone_id)
			return "pcp: the stock names no free page";
		if (n == PCP_BATCH_MOST)
			return "pcp: a chain of the stock is too long";
	}
	*pages += n;
	return n == chain->chain_length ? NULL :
	       "pcp: a chain of the stock says another length";
}

/* First broken rule as text, or NULL. */
const char *stock_validate(struct zone *zone)
{
	const struct page *chain;
	const char *bad = NULL;
	unsigned long flags, pages = 0;
	unsigned int mt;

	spin_lock_irqsave(&zone->lock, flags);
	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (chain = zone->stock[mt]; chain && !bad;
		     chain = chain->next_chain)
			bad = check_chain(zone, chain, &pages);
	if (!bad && pages != zone->nr_stock)
		bad = "pcp: nr_stock is not what is in the stock";
	spin_unlock_irqrestore(&zone->lock, flags);
	return bad;
}

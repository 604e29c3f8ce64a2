/*
 * Free blocks at hand for each CPU: the arrays in front of the zones.
 *
 * Problem: most requests are for single pages, most frees too, and what is
 * freed is asked for again soon, by the same CPU. The zone's lock, its lists
 * and watermarks should not be touched for each of them.
 *
 * 1. Per zone and CPU there is an array of free blocks for each migrate type
 *    and each order up to that of a pageblock (<kernel/cpu_stack.h>). An
 *    allocation pops from the array of the zone it would ask first, a free
 *    pushes to the array of the block's zone: no lock, no interrupts off.
 * 2. An empty array is filled by a *batch* under one hold of the zone's lock.
 *    One block that serves for the whole batch, or for a part of it, is cut
 *    into pieces at once: the smallest free block, as if each had been taken
 *    by itself.
 * 3. A full array gives the batch that has lain there longest back to the
 *    zone, or to its stock (mm/pcp_stock.c); the rest moves down.
 * 4. An allocation that would fail first has the arrays emptied: this CPU's
 *    always, those of the others if it may sleep. Blocks in an array cannot
 *    merge, so they may be what a large request lacks.
 *
 *	free:   | a b c d e f |	push g:	zone <- a b,  | c d e f g . |
 *	alloc:  | . . . . . . |	pop:	zone -> p q r s, | s r q . . . |, p
 *
 * How many: an array of order k holds high[k] = the lesser of 62, 14, 6, 6, 1,
 * 1 ... and
 *
 *	managed pages / (8 * CPUs * arrays) / 2^k
 *
 * blocks, so that all arrays of a zone together never hold more than an eighth
 * of it; in a zone too small for its CPUs that is nothing, and all goes to the
 * zone directly (mm/pcp_setup.c). A batch is the largest power of two up to
 * high/2 + 1: 32 of 62.
 *
 * Watermarks: a batch is taken from above the low watermark only. Below it
 * each block is taken by itself, against the mark the gfp is entitled to. So
 * what lies in the arrays was anybody's, and to pop it needs no check.
 *
 * Nothing is pushed back where it was popped from (cpu_stack_push_back()): what
 * a slot from top on holds does not matter.
 *
 * A block in an array is PAGE_PCP, with its order and the one reference that
 * the next owner finds. Its pageblock's type chooses the array when it comes;
 * when it leaves, the type is looked at again. Blocks of pageblocks with other
 * types (isolated, CMA, high-atomic) go to the zone at once.
 *
 * Locks: none for pop and push; what else changes an array runs with
 * interrupts off on its CPU, or for a CPU that has stopped (mm/pcp_drain.c),
 * and takes zone->lock.
 *
 * Invariants: frames of PAGE_PCP heads == frames in arrays, each once (the
 * census compares them); none of them counts in nr_free_pages.
 * Cost: per page 1/32 of a lock, and of a block's removal or merge.
 * Left out: Linux's tuning of batch and high under load.
 */
#include <kernel/report.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "page_debug.h"
#include "pcp.h"

/* ----- one array, interrupts off on its CPU ------------------------------ */

void report_damaged_pcp(const struct page *page, unsigned int order)
{
	report_begin("bad page state", "pfn %#lx in a CPU's array of order %u: type %u order %u",
		     page_to_pfn(page), order, page->type, page->order);
	report_end();
}

/*
 * How many blocks from the first on lie side by side, ascending, and are sound;
 * 0: the first is not.
 */
static unsigned int run_length(void *const *first, unsigned int n,
			       unsigned int order)
{
	const struct page *page = *first;
	unsigned int i;

	for (i = 0; i < n; i++, page += 1UL << order)
		if (first[i] != page || unlikely(!pcp_block_intact(page,
								   order)))
			break;
	return i;
}

/*
 * A block that up to n of those at page, side by side, are together; its order.
 * Its inside is nobody's.
 */
static unsigned int join(struct page *page, unsigned int n, unsigned int order)
{
	unsigned int whole = min(order + (unsigned int)__fls(n),
				 (unsigned int)__ffs(page_to_pfn(page) |
						     MAX_ORDER_NR_PAGES));
	unsigned int i;

	for (i = 1; i < 1U << (whole - order); i++)
		WRITE_ONCE(page[i << order].type, PAGE_NONE);
	return whole;
}

/*
 * One or more of n blocks, the first of an array, to the zone; how many. What
 * was freed one behind the other goes as one block.
 */
static unsigned int give_run(struct zone *zone, void *const *first,
			     unsigned int n, unsigned int order)
{
	struct page *page = *first;
	unsigned int whole;

	n = run_length(first, n, order);
	if (unlikely(!n)) {
		report_damaged_pcp(page, order);
		return 1;
	}
	whole = join(page, n, order);
	free_to_zone(zone, page, whole);
	return 1U << (whole - order);
}

/* The n blocks at the bottom are gone, the others move down. */
static void move_down(struct cpu_stack *s, void **first, unsigned int n)
{
	memmove(first, first + n, (char *)s->top - (char *)(first + n));
	cpu_stack_move_top(s, -(long)n);
}

static void give_all(struct zone *zone, void *const *first, unsigned int n,
		     unsigned int order)
{
	unsigned int i;

	for (i = 0; i < n;)
		i += give_run(zone, first + i, n - i, order);
}

unsigned long pcp_give_back(struct zone *zone, struct cpu_stack *s,
			    unsigned int order, unsigned int n)
{
	void **first = pcp_first_slot(zone, s, order);
	unsigned long flags, before, pages;

	spin_lock_irqsave(&zone->lock, flags);
	before = zone->nr_free_pages;
	give_all(zone, first, n, order);
	pages = zone->nr_free_pages - before;
	spin_unlock_irqrestore(&zone->lock, flags);
	move_down(s, first, n);
	return pages;
}

/* The same for an array that is full; single pages may go to the stock. */
static void make_room(struct zone *zone, struct cpu_stack *s,
		      unsigned int order, enum migratetype mt)
{
	void **first = pcp_first_slot(zone, s, order);
	unsigned int n = pcp_batch(pcp_room(zone, s, order));
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	if (!order && stock_wants(zone))
		stock_put(zone, mt, first, n);
	else
		give_all(zone, first, n, order);
	spin_unlock_irqrestore(&zone->lock, flags);
	move_down(s, first, n);
}

/* ----- free --------------------------------------------------------------- */

/*
 * Past the arrays. By itself: in one with the hook, registers would be saved
 * for the hook's sake.
 */
static void put_back(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	free_to_zone(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* The same, seen by the modes that look at each page. */
static void free_to_buddy(struct page *page, unsigned int order)
{
	if (unlikely(page_debug))
		post_free_hook(page, order);
	put_back(page, order);
}

void __slowpath pcp_free_full(struct page *page, unsigned int order,
			      enum migratetype mt)
{
	struct zone *zone = page_zone(page);
	struct cpu_stack *s;
	unsigned long flags;

	local_irq_save(flags);
	s = this_cpu_ptr(pcp_stack(page, order, mt));
	if (!pcp_room(zone, s, order)) {
		local_irq_restore(flags);
		free_to_buddy(page, order);
		return;
	}
	if (s->top == s->end)
		make_room(zone, s, order, mt);
	*s->top = page;
	cpu_stack_move_top(s, 1);
	local_irq_restore(flags);
}

static bool __restartable pcp_push(struct page *page, unsigned int order,
				   enum migratetype mt)
{
	return cpu_stack_push(pcp_stack(page, order, mt), page, NULL);
}

void free_unref_page(struct page *page, unsigned int order)
{
	enum migratetype mt = get_pageblock_migratetype(page);

	if (!order_has_pcp(order) || mt >= MIGRATE_PCPTYPES) {
		free_to_buddy(page, order);
		return;
	}
	WRITE_ONCE(page->type, PAGE_PCP);
	page->_refcount = 1;
	if (!pcp_push(page, order, mt))
		pcp_free_full(page, order, mt);
}

/* ----- allocation --------------------------------------------------------- */

static struct page * __restartable pop_block(struct cpu_stack *stack)
{
	return cpu_stack_pop(stack);
}

struct page *pcp_pop(struct zone *zone, unsigned int order,
		     enum migratetype mt)
{
	struct cpu_stack *stack = &zone->per_cpu_pageset->stack[order][mt];
	struct page *page;

	while ((page = pop_block(stack))) {
		if (likely(pcp_block_intact(page, order)))
			break;
		report_damaged_pcp(page, order);
	}
	return page;
}

/* A block of order from becomes blocks of order to, in ascending order. */
static unsigned int cut_piece(struct page *page, unsigned int from,
			      unsigned int to, struct page **blocks)
{
	u8 zone_id = page->zone_id;
	unsigned int i, n = 1U << (from - to);

	for (i = 0; i < n; i++, page += 1UL << to) {
		WRITE_ONCE(page->type, PAGE_PCP);
		page->order = (u8)to;
		page->zone_id = zone_id;
		page->_refcount = 1;
		blocks[i] = page;
	}
	return n;
}

/* Up to want blocks, at least one if there is any. Zone locked. */
static unsigned int rmqueue_batch(struct zone *zone, unsigned int order,
				  enum migratetype mt, unsigned int want,
				  struct page **blocks)
{
	unsigned int n = 0, got;

	do {
		unsigned int most = order + (unsigned int)__fls(want - n);
		struct page *page;

		got = order;
		page = __rmqueue_piece(zone, &got, most, mt);
		if (!page)
			break;
		n += cut_piece(page, got, order, blocks + n);
	} while (n < want);
	return n;
}

/* Blocks to take: a batch, as far as the zone has more than floor. */
static unsigned int batch_above(const struct zone *zone, unsigned int order,
				unsigned long floor)
{
	unsigned long free = zone->nr_free_pages;
	unsigned long room = (free - min(free, floor)) >> order;
	unsigned long batch = pcp_batch(zone->pageset_high[order]);

	if (unlikely(pcp_is_disabled()))
		return 1;
	return (unsigned int)max(min(room, batch), 1UL);
}

/*
 * All but the first into the array, so that the lowest comes first. A handler
 * may have filled it meanwhile. Zone locked.
 */
static void fill_array(struct zone *zone, struct cpu_stack *s,
		       struct page *const *blocks, unsigned int n,
		       unsigned int order)
{
	unsigned int room = (unsigned int)(s->end - s->top), i = n;
	void **slot = s->top;

	for (; i > 1 && n - i < room; i--)
		*slot++ = blocks[i - 1];
	cpu_stack_move_top(s, slot - s->top);
	while (i-- > 1)
		free_to_zone(zone, blocks[i], order);
}

struct page *pcp_refill(struct zone *zone, unsigned int order,
			enum migratetype mt, unsigned long floor)
{
	struct page *blocks[PCP_BATCH_MOST];
	unsigned long flags;
	unsigned int n;

	spin_lock_irqsave(&zone->lock, flags);
	n = rmqueue_batch(zone, order, mt, batch_above(zone, order, floor),
			  blocks);
	if (!order)
		zone->nr_asked += n;
	fill_array(zone, this_cpu_ptr(&zone->per_cpu_pageset->stack[order][mt]),
		   blocks, n, order);
	spin_unlock_irqrestore(&zone->lock, flags);
	return n ? blocks[0] : NULL;
}

struct page *pcp_refill_from_stock(struct zone *zone, enum migratetype mt)
{
	struct page *pages[PCP_BATCH_MOST];
	unsigned long flags;
	unsigned int n;

	if (!READ_ONCE(zone->nr_stock))
		return NULL;
	spin_lock_irqsave(&zone->lock, flags);
	n = stock_take(zone, mt, pages);
	fill_array(zone, this_cpu_ptr(&zone->per_cpu_pageset->stack[0][mt]),
		   pages, n, 0);
	spin_unlock_irqrestore(&zone->lock, flags);
	return n ? pages[0] : NULL;
}

/*
 * Free blocks at hand for each CPU: the arrays in front of the zones.
 *
 * Problem: most requests are for single pages, most frees too, and what is
 * freed is asked for again soon, by the same CPU. The zone's lock, its lists
 * and watermarks should not be touched for each of them.
 *
 * 1. Per zone and CPU there is an array of free blocks for each migrate type
 *    and each order up to PAGE_ALLOC_COSTLY_ORDER (<kernel/cpu_stack.h>). An
 *    allocation pops from the array of the zone it would ask first, a free
 *    pushes to the array of the block's zone: no lock, no interrupts off.
 * 2. An empty array is filled by a *batch* under one hold of the zone's lock.
 *    One block that serves for the whole batch, or for a part of it, is cut
 *    into pieces at once: the smallest free block, as if each had been taken
 *    by itself.
 * 3. A full array gives the batch that has lain there longest back to the
 *    zone; the rest moves down.
 * 4. An allocation that would fail first has the arrays emptied: this CPU's
 *    always, those of the others if it may sleep. Blocks in an array cannot
 *    merge, so they may be what a large request lacks.
 *
 *	free:   | a b c d e f |	push g:	zone <- a b,  | c d e f g . |
 *	alloc:  | . . . . . . |	pop:	zone -> p q r s, | s r q . . . |, p
 *
 * How many: an array of order k holds high[k] = the lesser of 62, 14, 6, 6 and
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

/* The n blocks at the bottom go back to the zone, the others move down. */
unsigned long pcp_give_back(struct zone *zone, struct cpu_stack *s,
			    unsigned int order, unsigned int n)
{
	void **first = pcp_first_slot(zone, s, order);
	unsigned long flags, pages = 0;
	unsigned int i;

	spin_lock_irqsave(&zone->lock, flags);
	for (i = 0; i < n; i++) {
		struct page *page = first[i];

		if (unlikely(!pcp_block_intact(page, order))) {
			report_damaged_pcp(page, order);
			continue;
		}
		free_to_zone(zone, page, order);
		pages += 1UL << order;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	memmove(first, first + n, (char *)s->top - (char *)(first + n));
	cpu_stack_move_top(s, -(long)n);
	*s->top = NULL;
	return pages;
}

/* ----- free --------------------------------------------------------------- */

/* Past the arrays; the block was not in use since it left its zone. */
static void put_back(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	spin_lock_irqsave(&zone->lock, flags);
	free_to_zone(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Past the arrays. */
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
	unsigned int room;

	local_irq_save(flags);
	s = this_cpu_ptr(pcp_stack(page, order, mt));
	room = pcp_room(zone, s, order);
	if (!room) {
		local_irq_restore(flags);
		free_to_buddy(page, order);
		return;
	}
	if (s->top == s->end)
		pcp_give_back(zone, s, order, pcp_batch(room));
	*s->top = page;
	cpu_stack_move_top(s, 1);
	*s->top = NULL;
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
	struct cpu_stack *stack = &zone->per_cpu_pageset->stack[mt][order];
	struct page *page;

	while ((page = pop_block(stack))) {
		if (likely(pcp_block_intact(page, order)))
			break;
		report_damaged_pcp(page, order);
	}
	return page;
}

/* Order of the smallest free block that can serve, without other types'. */
static unsigned int smallest_free(const struct zone *zone, unsigned int order,
				  enum migratetype mt)
{
	while (order < NR_PAGE_ORDERS &&
	       list_empty(&zone->free_area[order].free_list[mt]))
		order++;
	return order;
}

/*
 * Takes what the next removal of order would split anyway, but at most 2^more
 * blocks in one piece. Of other types' memory only what is needed.
 */
static struct page *take_piece(struct zone *zone, unsigned int order,
			       unsigned int more, enum migratetype mt,
			       unsigned int *got)
{
	unsigned int o = smallest_free(zone, order, mt);
	struct page *page = NULL;

	if (o == NR_PAGE_ORDERS && !zone->nr_deferred)
		o = order;
	*got = min(o, order + more);
	if (*got > order)
		page = __rmqueue(zone, *got, mt);
	if (!page) {
		*got = order;
		page = __rmqueue(zone, order, mt);
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
		struct page *page = take_piece(zone, order,
					       (unsigned int)__fls(want - n),
					       mt, &got);

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
	unsigned long room = free > floor ? (free - floor) >> order : 0;
	unsigned long batch = pcp_batch(zone->pageset_high[order]);

	if (unlikely(pcp_is_disabled()))
		return 1;
	return (unsigned int)max(min(room, batch), 1UL);
}

struct page *pcp_refill(struct zone *zone, unsigned int order,
			enum migratetype mt, unsigned long floor)
{
	struct page *blocks[PCP_BATCH_MOST];
	unsigned long flags;
	unsigned int n, i;

	spin_lock_irqsave(&zone->lock, flags);
	n = rmqueue_batch(zone, order, mt, batch_above(zone, order, floor),
			  blocks);
	spin_unlock_irqrestore(&zone->lock, flags);
	/* the lowest comes first; a handler may have filled the array */
	for (i = n; i-- > 1;)
		if (!pcp_push(blocks[i], order, mt))
			put_back(blocks[i], order);
	return n ? blocks[0] : NULL;
}

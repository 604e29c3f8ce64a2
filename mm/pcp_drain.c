/*
 * How do the free blocks that CPUs keep at hand come back?
 *
 * Problem: a block in an array (mm/pcp.c) serves nobody but its CPU, and does
 * not merge with its buddy. Who needs memory badly, or counts it, or has
 * stopped a CPU, wants all of them in the zones.
 *
 * 1. drain_local_pages(): with interrupts off, array by array; and the zones'
 *    stocks, which are nobody's in particular.
 * 2. drain_all_pages(): asks each CPU that has anything to do the same, in an
 *    interrupt, and waits. A CPU without blocks is left in peace. One at a
 *    time; who had to wait, and sees that a drain began after he came, has
 *    what he wanted: when all CPUs run out of memory at once, one drain
 *    serves many.
 * 3. A CPU that was taken out of service has its arrays emptied by the one
 *    who did that.
 *
 *	CPU 0   drain_all_pages() ---- interrupt ---> CPU 2: | a b c | -> zone
 *	        waits ........................ <----- done   | . . . |
 *
 * An interrupt never finds an array half changed: a pop or push that it
 * interrupted begins again (<kernel/cpu_stack.h>).
 *
 * Locks: drain_mutex, then zone->lock. Cost: one lock hold per array that
 * holds something.
 */
#include <kernel/mutex.h>
#include <kernel/smp.h>
#include <lib/kernel.h>

#include "pcp.h"

static DEFINE_MUTEX(drain_mutex, RANK_PCP_DRAIN);
static unsigned long drains_begun;	/* drain_mutex */

unsigned int pcp_count(const struct zone *zone, unsigned int cpu,
		       enum migratetype mt, unsigned int order)
{
	const struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset,
						      cpu);
	const struct cpu_stack *s = &pcp->stack[order][mt];
	void **first = pcp_first_slot(zone, s, order);
	unsigned long bytes = (unsigned long)READ_ONCE(s->top) -
			      (unsigned long)first;

	/* more: its CPU is parking it, empty */
	return bytes <= zone->pageset_high[order] * sizeof(void *) ?
	       (unsigned int)(bytes / sizeof(void *)) : 0;
}

unsigned long zone_pcp_pages(const struct zone *zone, unsigned int cpu)
{
	unsigned long pages = 0;
	unsigned int mt, order;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < NR_PCP_ORDERS; order++)
			pages += (unsigned long)
				 pcp_count(zone, cpu, (enum migratetype)mt,
					   order) << order;
	return pages;
}

static unsigned long cpu_pcp_pages(unsigned int cpu)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		pages += zone_pcp_pages(zone, cpu);
	return pages;
}

unsigned long nr_pcp_pages(void)
{
	unsigned long pages = 0;
	struct zone *zone;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		pages += cpu_pcp_pages(cpu);
	for_each_populated_zone(zone)
		pages += READ_ONCE(zone->nr_stock);
	return pages;
}

/* Interrupts are off on that CPU, or it has stopped. */
static unsigned long drain_zone(struct zone *zone, unsigned int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	unsigned long pages = 0;
	unsigned int mt, order, n;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < NR_PCP_ORDERS; order++) {
			n = pcp_count(zone, cpu, (enum migratetype)mt, order);
			if (n)
				pages += pcp_give_back(zone,
						       &pcp->stack[order][mt],
						       order, n);
		}
	return pages;
}

unsigned long drain_cpu(unsigned int cpu)
{
	unsigned long flags, pages = 0;
	struct zone *zone;

	local_irq_save(flags);
	for_each_populated_zone(zone)
		pages += drain_zone(zone, cpu);
	local_irq_restore(flags);
	return pages;
}

static unsigned long drain_stocks(void)
{
	unsigned long pages = 0;
	struct zone *zone;

	for_each_populated_zone(zone)
		pages += stock_drain(zone);
	return pages;
}

unsigned long drain_local_pages(void)
{
	return drain_cpu(smp_processor_id()) + drain_stocks();
}

static bool has_pages(unsigned int cpu, void *unused)
{
	return cpu_pcp_pages(cpu) != 0;
}

static void drain_this_cpu(void *unused)
{
	drain_cpu(smp_processor_id());
}

void drain_all_pages(void)
{
	unsigned long seen = READ_ONCE(drains_begun);

	mutex_lock(&drain_mutex);
	if (drains_begun == seen) {
		WRITE_ONCE(drains_begun, seen + 1);
		on_each_cpu_cond(has_pages, drain_this_cpu, NULL);
		drain_stocks();
	}
	mutex_unlock(&drain_mutex);
}

static void page_alloc_cpu_dead(unsigned int cpu)
{
	drain_cpu(cpu);
}
CPU_DEAD_CALLBACK(page_alloc_cpu_dead);

static const char *check_block(const struct zone *zone,
			       const struct page *page, unsigned int order)
{
	if (!page_is_backed(page) || !pcp_block_intact(page, order))
		return "pcp: a slot names no free block of its order";
	if (page->zone_id != zone->zone_id)
		return "pcp: a block of another zone";
	return page->_refcount == 1 ? NULL :
	       "pcp: a free block with references";
}

static const char *check_stack(const struct zone *zone,
			       const struct cpu_stack *s, unsigned int order)
{
	void **first = pcp_first_slot(zone, s, order), **slot;
	const char *bad = NULL;

	if (s->top < first || s->top > s->end)
		return "pcp: more blocks, or fewer, than an array can hold";
	if (first[-1])
		return "pcp: the slot below the first is not empty";
	for (slot = first; slot < s->top && !bad; slot++)
		bad = check_block(zone, *slot, order);
	return bad;
}

static const char *check_zone_pcp(const struct zone *zone)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->per_cpu_pageset);
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < MIGRATE_PCPTYPES * NR_PCP_ORDERS && !bad; i++)
		bad = check_stack(zone, &pcp->stack[0][0] + i,
				  i / MIGRATE_PCPTYPES);
	return bad;
}

const char *pcp_validate(void)
{
	const char *bad = NULL;
	unsigned long flags;
	struct zone *zone;

	local_irq_save(flags);
	for_each_populated_zone(zone) {
		bad = check_zone_pcp(zone);
		bad = bad ? bad : stock_validate(zone);
		if (bad)
			break;
	}
	local_irq_restore(flags);
	return bad;
}

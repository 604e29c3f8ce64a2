/*
 * How many free blocks may each CPU keep at hand, and where do they lie?
 *
 * A block in one CPU's array is of no use to the others, so what all arrays
 * of a zone may hold together is bounded by a share of the zone:
 *
 *	high[k] = min(62, 14, 6, 6, 1, 1, ...;
 *		      managed / (8 * CPUs * 30 arrays) >> k)
 *
 *	zone	CPUs	order 0	1	2	3	4 to	pages per CPU
 *	16 MiB	1	16	8	4	2	4	up to 240
 *		4	4	2	1	0	-	up to 36
 *		64	0	0	0	0	-	none
 *	1 GiB	1	62	14	6	6	9	3510
 *		4	62	14	6	6	8	1974
 *		64	17	8	4	2	4	243
 *
 * The arrays of a zone and CPU are one piece of per-CPU memory, 3.3 KiB on 64
 * bits at most; slots first to end, with NULL below and room for a seal above
 * (<kernel/cpu_stack.h>):
 *
 *	| 30 stacks: top, end | N s s s s s . | N s s s s s . | N s s . | ...
 *	                          ^first    ^end
 *
 * 1. Before the per-CPU areas are made: how much of them the zones there are
 *    will want. 2. When kmalloc works: ask for it and let the zones use it.
 * Until then, for zones for which there is no memory, and wherever each page
 * is asked questions (mm/page_debug.c), boot_pageset stands
 * in: arrays that have no room, so that everything goes to the zone. The same
 * is made of arrays that are parked for a while (mm/pcp_disable.c).
 *
 * Locks: none, boot. Left out: other sizes when memory or CPUs come or go.
 */
#include <kernel/init.h>
#include <lib/kernel.h>
#include <mm/percpu.h>

#include "page_debug.h"
#include "pcp.h"

#define PCP_SHARE 8
#define PCP_ARRAYS (MIGRATE_PCPTYPES * NR_PCP_ORDERS)
/* Where zones are many, what is beyond comes from the page allocator. */
#define PCP_RESERVE_MOST (16 * 1024UL)

static const u8 high_most[NR_PCP_ORDERS] = {
	62, 14, 6, 6, [4 ... PCP_MAX_ORDER] = 1
};

/* Nothing below top, top at its end. Nobody writes there. */
static void *no_slots[2];
void **const pcp_no_room = &no_slots[1];

#define NO_STACK { &no_slots[1], &no_slots[1] }

DEFINE_PER_CPU(struct per_cpu_pages, boot_pageset) = {
	{ [0 ... PCP_MAX_ORDER] = { NO_STACK, NO_STACK, NO_STACK } }
};

struct cpu_stack *pcp_stack_of_gfp[GFP_STACK_MASK + 1] __ro_after_init = {
	[0 ... GFP_STACK_MASK] = &boot_pageset.stack[0][0]
};
struct per_cpu_pages *pcp_of_zone_id[256] __ro_after_init = {
	[0 ... 255] = &boot_pageset
};

unsigned int pcp_high_for(unsigned long pages, unsigned int cpus,
			  unsigned int order)
{
	unsigned long share = pages / (PCP_SHARE * cpus * PCP_ARRAYS);

	return (unsigned int)min(share >> order,
				 (unsigned long)high_most[order]);
}

unsigned long pageset_size(unsigned long pages, unsigned int cpus)
{
	unsigned long slots = 0;
	unsigned int order;

	if (!pcp_high_for(pages, cpus, 0))
		return 0;
	for (order = 0; order < NR_PCP_ORDERS; order++)
		slots += CPU_STACK_SLOTS(pcp_high_for(pages, cpus, order));
	return sizeof(struct per_cpu_pages) +
	       MIGRATE_PCPTYPES * slots * sizeof(void *);
}

unsigned long zone_pagesets_size(unsigned int nr_cpus)
{
	unsigned long size = 0;
	struct zone *zone;

	if (page_debug)
		return 0;
	for_each_populated_zone(zone)
		size += ALIGN(pageset_size(zone->present_pages, nr_cpus), 64);
	return min(size, PCP_RESERVE_MOST);
}

/* Others may look on (pcp_count()): while top is new and end is not, at 0. */
void init_pageset(const struct zone *zone, struct per_cpu_pages *pcp)
{
	void **slot = (void **)(pcp + 1);
	unsigned int mt, order;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < NR_PCP_ORDERS; order++) {
			struct cpu_stack *s = &pcp->stack[order][mt];
			void **end = slot + 1 + zone->pageset_high[order];

			WRITE_ONCE(s->top, slot + 1);
			WRITE_ONCE(s->end, end);
			slot = end + 1;
		}
}

void pcp_park(struct cpu_stack *s)
{
	WRITE_ONCE(s->end, pcp_no_room);
	WRITE_ONCE(s->top, pcp_no_room);
}

static void __init setup_zone_pageset(struct zone *zone)
{
	unsigned long size = pageset_size(zone->managed_pages, nr_cpu_ids);
	struct per_cpu_pages *pcp;
	unsigned int order, cpu;

	pcp = size ? __alloc_percpu(size, 64) : NULL;
	if (!pcp)
		return;
	for (order = 0; order < NR_PCP_ORDERS; order++)
		zone->pageset_high[order] =
			(u8)pcp_high_for(zone->managed_pages, nr_cpu_ids,
					 order);
	for_each_possible_cpu(cpu)
		init_pageset(zone, per_cpu_ptr(pcp, cpu));
	zone->per_cpu_pageset = pcp;
	pcp_of_zone_id[zone->zone_id] = pcp;
}

void __init setup_zone_pagesets(void)
{
	struct zone *zone;
	gfp_t gfp;

	if (page_debug)
		return;
	for_each_populated_zone(zone)
		setup_zone_pageset(zone);
	for (gfp = 0; gfp <= GFP_STACK_MASK; gfp++) {
		zone = node_zonelist(NUMA_NO_NODE, gfp)->zones[0];
		if (zone)
			pcp_stack_of_gfp[gfp] =
				&zone->per_cpu_pageset->stack[0][
					gfp_migratetype(gfp)];
	}
}

/*
 * How do all CPUs do without their arrays of free blocks for a while?
 *
 * Problem: who wants to see every request and every free (fault injection,
 * the search for a stray write) cannot ask the fast paths: they look at
 * nothing but the array. So the arrays are made to look empty and full at the
 * same time, and all goes the long way, through the zone, where it can be
 * asked.
 *
 * 1. A count of those who want it so. The first parks, the last unparks.
 * 2. To park: each CPU, in an interrupt, gives its blocks back and points top
 *    and end of each array at a slot that nobody writes, with NULL below it.
 *    A pop finds NULL, a push finds top == end.
 * 3. To unpark: each CPU points them at its slots again, which are empty.
 * 4. For a CPU that does not run, the one who parks does it.
 *
 *	in use:	|N| a | b | c |  . |  . |	parked:	|N|.|  no_slots
 *	                       ^top      ^end		   ^top, end
 *
 * Nothing that other CPUs look at changes: neither zone->per_cpu_pageset nor
 * pageset_high. So whatever a CPU read before the interrupt is right after
 * it, and the sequence that was interrupted begins again and sees both new.
 *
 * Where arrays have no room from the start (mm/pcp_setup.c) there is nothing
 * to park.
 *
 * Locks: the mutex pcp_disable_lock, and cpu_hotplug: no CPU may come or go
 * while each is dealt with in its way. On each CPU: interrupts are off.
 * Invariant: pcp_disabled > 0 outside the mutex => no frame is PAGE_PCP for
 * longer than its way to the zone. Cost: an interrupt per CPU.
 */
#include <kernel/mutex.h>
#include <kernel/report.h>
#include <kernel/smp.h>
#include <lib/kernel.h>

#include "pcp.h"

static DEFINE_MUTEX(pcp_disable_lock, RANK_PCP_DISABLE);
unsigned int pcp_disabled;		/* written under pcp_disable_lock */

static void park_zone(const struct zone *zone, unsigned int cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->per_cpu_pageset, cpu);
	unsigned int mt, order;

	for (mt = 0; mt < MIGRATE_PCPTYPES; mt++)
		for (order = 0; order < NR_PCP_ORDERS; order++)
			pcp_park(&pcp->stack[order][mt]);
}

/* Interrupts are off on that CPU, or it does not run. */
static void park_or_unpark(unsigned int cpu, bool park)
{
	struct zone *zone;

	drain_cpu(cpu);
	for_each_populated_zone(zone) {
		if (!zone->pageset_high[0])
			continue;
		if (park)
			park_zone(zone, cpu);
		else
			init_pageset(zone, per_cpu_ptr(zone->per_cpu_pageset,
						       cpu));
	}
}

static void this_cpu_obeys(void *park)
{
	park_or_unpark(smp_processor_id(), *(const bool *)park);
}

/* No CPU comes or goes. */
static void all_cpus_obey(bool park)
{
	unsigned int cpu;

	on_each_cpu(this_cpu_obeys, &park, true);
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu))
			park_or_unpark(cpu, park);
}

/* The number changes first: refills then take one block. */
void pcp_disable(void)
{
	cpus_read_lock();
	mutex_lock(&pcp_disable_lock);
	WRITE_ONCE(pcp_disabled, pcp_disabled + 1);
	if (pcp_disabled == 1) {
		all_cpus_obey(true);
		drain_local_pages();	/* the stocks: nobody fills them now */
	}
	mutex_unlock(&pcp_disable_lock);
	cpus_read_unlock();
}

void pcp_enable(void)
{
	cpus_read_lock();
	mutex_lock(&pcp_disable_lock);
	if (pcp_disabled) {
		WRITE_ONCE(pcp_disabled, pcp_disabled - 1);
		if (!pcp_disabled)
			all_cpus_obey(false);
	} else {
		report_begin("pcp_enable: nothing is disabled", "caller %pS",
			     (void *)_RET_IP_);
		report_end();
	}
	mutex_unlock(&pcp_disable_lock);
	cpus_read_unlock();
}

/*
 * From memblock's list of RAM to nodes, zones and descriptors.
 *
 * 1. Each range of RAM is cut at the zones' ends. Every piece widens the span
 *    of its node's zone and adds to what is present there:
 *
 *	frames    0       4096 (16 MiB)       2^20 (4 GiB)
 *	zone      |  DMA  |       DMA32       |  Normal ...
 *	RAM       ###.####|########......####.|..########
 *	          <------> spanned (first to last), # present
 *
 * 2. Descriptors are made for every range, rounded outwards to blocks of
 *    MAX_PAGE_ORDER: a block and its buddy always both have one. They are
 *    zeroes, which says: nobody may free this frame.
 *
 *	spanned >= present >= managed, for each zone
 *
 * Nodes may interleave: then the spans of their zones overlap, and a
 * descriptor's zone_id tells whose a frame is.
 *
 * Locks: none, boot only. Cost: grows with the number of ranges, never with
 * frames or span.
 */
#include <asm/machine.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/kernel.h>

#include "pcp.h"

pg_data_t node_data[MAX_NUMNODES];

static const char *const zone_names[MAX_NR_ZONES] = {
	"DMA", "DMA32", "Normal", "HighMem"
};

/* First frame that is beyond each zone. */
static unsigned long zone_limit[MAX_NR_ZONES];

int next_online_node(int nid)
{
	for (nid++; nid < MAX_NUMNODES; nid++)
		if (nid == 0 || NODE_DATA(nid)->node_present_pages)
			break;
	return nid;
}

void zone_init(struct zone *zone, const char *name, u8 zone_id,
	       struct pglist_data *pgdat, unsigned long start_pfn,
	       unsigned long spanned)
{
	unsigned int order, mt;

	*zone = (struct zone){
		.name = name, .zone_id = zone_id, .zone_pgdat = pgdat,
		.zone_start_pfn = start_pfn, .spanned_pages = spanned,
		.lock = SPIN_LOCK_UNLOCKED(RANK_ZONE),
		.per_cpu_pageset = &boot_pageset,
	};
	INIT_LIST_HEAD(&zone->deferred);
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (mt = 0; mt < MIGRATE_TYPES; mt++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[mt]);
}

static void __init init_node(int nid)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	int z;

	pgdat->node_id = nid;
	for (z = 0; z < MAX_NR_ZONES; z++)
		zone_init(&pgdat->node_zones[z], zone_names[z],
			  ZONE_ID(nid, z), pgdat, 0, 0);
}

static enum zone_type zone_type_of(unsigned long pfn)
{
	int z = 0;

	while (z < MAX_NR_ZONES - 1 && pfn >= zone_limit[z])
		z++;
	return (enum zone_type)z;
}

struct zone *pfn_to_zone(unsigned long pfn, unsigned long *end)
{
	enum zone_type type = zone_type_of(pfn);
	struct pfn_range ram;
	int nid = early_pfn_to_nid(pfn);

	*end = pfn + 1;
	if (next_ram_range(pfn, &ram, NULL) && ram.start == pfn)
		*end = min(ram.end, zone_limit[type]);
	return &NODE_DATA(nid)->node_zones[type];
}

/* Widens [*start, *start + *spanned) to hold [from, to). */
static void __init widen(unsigned long *start, unsigned long *spanned,
			 unsigned long from, unsigned long to)
{
	unsigned long end = *start + *spanned;

	if (*spanned == 0) {
		*start = from;
		end = to;
	}
	*start = min(*start, from);
	*spanned = max(end, to) - *start;
}

/* Ranges come in ascending order, but nodes may interleave. */
static void __init account_range(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned long stop;
		struct zone *zone = pfn_to_zone(start, &stop);
		pg_data_t *pgdat = zone->zone_pgdat;

		stop = min(stop, end);
		widen(&zone->zone_start_pfn, &zone->spanned_pages, start, stop);
		widen(&pgdat->node_start_pfn, &pgdat->node_spanned_pages,
		      start, stop);
		zone->present_pages += stop - start;
		pgdat->node_present_pages += stop - start;
		start = stop;
	}
}

/* Descriptors for the blocks a range touches; *done: those made before. */
static void __init populate_range(unsigned long start, unsigned long end,
				  unsigned long *done)
{
	int nid = early_pfn_to_nid(start);

	start = max(ALIGN_DOWN(start, MAX_ORDER_NR_PAGES), *done);
	end = ALIGN(end, MAX_ORDER_NR_PAGES);
	if (vmemmap_populate(start, end, nid))
		panic("no memory for the descriptors of frames %#lx-%#lx",
		      start, end - 1);
	*done = end;
}

static void __init print_zones(void)
{
	struct zone *zone;

	pr_info("Zone ranges:\n");
	for_each_populated_zone(zone)
		pr_info("  node %d %-8s [mem 0x%016llx-0x%016llx] %lu pages, %lu in holes\n",
			zone->zone_pgdat->node_id, zone->name,
			(unsigned long long)PFN_PHYS(zone->zone_start_pfn),
			(unsigned long long)PFN_PHYS(zone_end_pfn(zone)) - 1,
			zone->present_pages,
			zone->spanned_pages - zone->present_pages);
}

/* max_zone_pfn[z]: first frame beyond zone z; ascending. */
void __init free_area_init(const unsigned long *max_zone_pfn)
{
	struct pfn_range ram;
	unsigned long pfn, done = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		zone_limit[i] = max_zone_pfn[i];
	for (i = 0; i < MAX_NUMNODES; i++)
		init_node(i);
	memory_model_init();
	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		account_range(ram.start, ram.end);
	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		populate_range(ram.start, ram.end, &done);
	print_zones();
}

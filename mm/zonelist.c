/*
 * Which zones may serve a request, and in which order.
 *
 * 1. The gfp names the highest zone allowed: DMA, DMA32, NORMAL or HIGHMEM.
 *    Every zone below it will do too; the reverse never holds, a device that
 *    cannot reach an address cannot be made to.
 * 2. Per node and highest zone there is a list of populated zones: own node
 *    from the highest down, then the other nodes by distance. Without a
 *    distance table the distance is the difference of the numbers, the lower
 *    number first. The list for __GFP_THISNODE holds the own node only.
 *
 *	node 0, NORMAL:  n0.Normal n0.DMA32 n0.DMA  n1.Normal n1.DMA32 ...
 *	node 0, DMA:     n0.DMA  n1.DMA ...
 *
 * High zones first: low memory is scarce and must last for those who need it
 * (lowmem_reserve, mm/watermark.c, does the rest).
 *
 * Locks: none; built at boot. Cost: the lists are ready when asked.
 * Counterpart: build_zonelists(), gfp_zone(), first_zones_zonelist(). Linux
 * keeps one list and skips zones that are too high; ours need no skipping.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <lib/kernel.h>

#include "internal.h"

struct zone *next_zone(struct zone *zone)
{
	pg_data_t *pgdat;
	int nid;

	if (!zone)
		return &NODE_DATA(next_online_node(-1))->node_zones[0];
	pgdat = zone->zone_pgdat;
	if (zone < &pgdat->node_zones[MAX_NR_ZONES - 1])
		return zone + 1;
	nid = next_online_node(pgdat->node_id);
	return nid < MAX_NUMNODES ? NODE_DATA(nid)->node_zones : NULL;
}

/* Contradictory modifiers: the lowest zone named satisfies all of them. */
enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	/* without that zone all low memory has 32 address lines or fewer */
	if (gfp & __GFP_DMA32)
		return MAX_DMA32_PFN > MAX_DMA_PFN ? ZONE_DMA32 : ZONE_NORMAL;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

enum migratetype gfp_migratetype(gfp_t gfp)
{
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE :
					 MIGRATE_UNMOVABLE;
}

/* The node the running CPU belongs to: with one CPU, the first. */
static int numa_node_id(void)
{
	return next_online_node(-1);
}

const struct zonelist *node_zonelist(int nid, gfp_t gfp)
{
	int which = gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK :
					   ZONELIST_FALLBACK;

	if ((unsigned int)nid >= MAX_NUMNODES)	/* NUMA_NO_NODE, too */
		nid = numa_node_id();
	return &NODE_DATA(nid)->node_zonelists[which][gfp_zone(gfp)];
}

/*
 * Appends the node's populated zones from highest down; the new length. What
 * ends the list is there: it is built once, of zeroes.
 */
static unsigned int add_node(struct zonelist *list, unsigned int n, int nid,
			     int highest)
{
	int z;

	for (z = highest; z >= 0; z--) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[z];

		if (populated_zone(zone))
			list->zones[n++] = zone;
	}
	return n;
}

static void __init build_lists(int nid, int highest)
{
	pg_data_t *pgdat = NODE_DATA(nid);
	struct zonelist *all, *own;
	unsigned int n;
	int d;

	own = &pgdat->node_zonelists[ZONELIST_NOFALLBACK][highest];
	all = &pgdat->node_zonelists[ZONELIST_FALLBACK][highest];
	add_node(own, 0, nid, highest);
	n = add_node(all, 0, nid, highest);
	for (d = 1; d < MAX_NUMNODES; d++) {
		if (nid - d >= 0)
			n = add_node(all, n, nid - d, highest);
		if (nid + d < MAX_NUMNODES)
			n = add_node(all, n, nid + d, highest);
	}
}

/* For every node, memory or not: a CPU may sit on an empty one. */
void __init build_all_zonelists(void)
{
	int nid, highest;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		for (highest = 0; highest < MAX_NR_ZONES; highest++)
			build_lists(nid, highest);
}

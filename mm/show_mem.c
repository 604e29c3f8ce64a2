/*
 * What the page allocator looks like from outside: the shell commands
 * `meminfo`, `zoneinfo` and `buddyinfo`, in the formats of Linux's /proc files
 * of these names (lines for what does not exist here are left out), `pcpinfo`
 * for what CPUs keep at hand, and the summary that goes with an allocation
 * failure. As in Linux, blocks at hand are not in MemFree.
 *
 * Numbers are read without locks: each is right by itself.
 */
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/census.h>
#include <mm/highmem.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "pcp.h"

#define KB(pages) ((pages) << (PAGE_SHIFT - 10))

void show_free_areas(void)
{
	struct zone *zone;
	unsigned int order;

	printk("free:%lukB, at hand for CPUs:%lukB\n", KB(nr_free_pages()),
	       KB(nr_pcp_pages()));
	for_each_populated_zone(zone) {
		printk("Node %d %s free:%lukB min:%lukB low:%lukB high:%lukB present:%lukB managed:%lukB blocks:",
		       zone->zone_pgdat->node_id, zone->name,
		       KB(zone->nr_free_pages), KB(min_wmark_pages(zone)),
		       KB(low_wmark_pages(zone)), KB(high_wmark_pages(zone)),
		       KB(zone->present_pages), KB(zone->managed_pages));
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			printk(" %lu", zone_nr_free(zone, order));
		printk("\n");
	}
}

/*
 * Free memory less what the watermarks and the lower zones' reserves keep
 * back. Counterpart: si_mem_available() without a page cache.
 */
static unsigned long available_pages(void)
{
	unsigned long kept = 0, free = nr_free_pages();
	struct zone *zone;

	for_each_populated_zone(zone) {
		unsigned long reserve = 0;
		int z;

		for (z = 0; z < MAX_NR_ZONES; z++)
			reserve = max(reserve, zone->lowmem_reserve[z]);
		kept += min(reserve + high_wmark_pages(zone),
			    zone->managed_pages);
	}
	return free > kept ? free - kept : 0;
}

void __init mem_init_print_info(void)
{
	static struct census c __initdata;
	const unsigned long *p = c.pages;

	census_walk(&c, NULL, NULL);
	pr_info("Memory: %luK/%luK available (%luK kernel, %luK init, %luK page tables, %luK memmap, %luK slab, %luK boot data, %luK reserved)\n",
		KB(p[CENSUS_FREE]), KB(c.ram), KB(p[CENSUS_KERNEL]),
		KB(p[CENSUS_INIT]), KB(p[CENSUS_PAGETABLE]),
		KB(p[CENSUS_MEMMAP]), KB(p[CENSUS_SLAB]), KB(p[CENSUS_BOOT]),
		KB(p[CENSUS_EARLY] + p[CENSUS_PAGE_OWNER] +
		   p[CENSUS_RESERVED]));
	if (totalhigh_pages())
		pr_info("High memory: %luK/%luK, not mapped for good\n",
			KB(nr_free_highpages()), KB(totalhigh_pages()));
	pr_info("Early allocator was %s; min_free_kbytes %lu\n",
		early_allocator_name(), min_free_kbytes);
}

static void print_kb(const char *name, unsigned long pages)
{
	printk("%-16s%8lu kB\n", name, KB(pages));
}

static void print_high_and_low(void)
{
	unsigned long high = totalhigh_pages(), free = nr_free_highpages();

	print_kb("HighTotal:", high);
	print_kb("HighFree:", free);
	print_kb("LowTotal:", totalram_pages() - high);
	print_kb("LowFree:", nr_free_pages() - free);
}

static int cmd_meminfo(int argc, char **argv)
{
	static struct census c;

	census_walk(&c, NULL, NULL);
	print_kb("MemTotal:", totalram_pages());
	print_kb("MemFree:", nr_free_pages());
	print_kb("MemAvailable:", available_pages());
	if (highmem_is_supported())
		print_high_and_low();
	print_kb("Slab:", c.pages[CENSUS_SLAB]);
	print_kb("PageTables:", c.pages[CENSUS_PAGETABLE]);
	print_kb("VmallocTotal:", VMALLOC_TOTAL >> PAGE_SHIFT);
	print_kb("VmallocUsed:", vmalloc_nr_pages());
	return 0;
}
SHELL_COMMAND(meminfo, "", "memory in use, as in /proc/meminfo", cmd_meminfo);

static int cmd_buddyinfo(int argc, char **argv)
{
	struct zone *zone;
	unsigned int order;

	for_each_populated_zone(zone) {
		printk("Node %d, zone %8s ", zone->zone_pgdat->node_id,
		       zone->name);
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			printk("%6lu ", zone_nr_free(zone, order));
		printk("\n");
	}
	return 0;
}
SHELL_COMMAND(buddyinfo, "", "free blocks per order, as in /proc/buddyinfo",
	      cmd_buddyinfo);

static void print_protection(const struct zone *zone)
{
	int z;

	printk("        protection: (");
	for (z = 0; z < MAX_NR_ZONES; z++)
		printk("%s%lu", z ? ", " : "", zone->lowmem_reserve[z]);
	printk(")\n");
}

static unsigned int pageset_blocks(const struct zone *zone, unsigned int cpu,
				   unsigned int order)
{
	return pcp_count(zone, cpu, MIGRATE_UNMOVABLE, order) +
	       pcp_count(zone, cpu, MIGRATE_MOVABLE, order) +
	       pcp_count(zone, cpu, MIGRATE_RECLAIMABLE, order);
}

/* Pages, as in Linux; high is what all arrays of the CPU hold together. */
static void print_pagesets(const struct zone *zone)
{
	unsigned int cpu, order, high = 0;

	for (order = 0; order < NR_PCP_ORDERS; order++)
		high += MIGRATE_PCPTYPES * zone->pageset_high[order] << order;
	printk("  pagesets\n");
	for_each_online_cpu(cpu) {
		printk("    cpu: %u\n", cpu);
		printk("              count: %lu\n", zone_pcp_pages(zone, cpu));
		printk("              high:  %u\n", high);
		printk("              batch: %u\n",
		       pcp_batch(zone->pageset_high[0]));
	}
}

static void print_zone(const struct zone *zone)
{
	printk("Node %d, zone %8s\n", zone->zone_pgdat->node_id, zone->name);
	printk("  pages free     %lu\n", zone->nr_free_pages);
	printk("        boost    0\n");
	printk("        min      %lu\n", min_wmark_pages(zone));
	printk("        low      %lu\n", low_wmark_pages(zone));
	printk("        high     %lu\n", high_wmark_pages(zone));
	printk("        spanned  %lu\n", zone->spanned_pages);
	printk("        present  %lu\n", zone->present_pages);
	printk("        managed  %lu\n", zone->managed_pages);
	print_protection(zone);
	print_pagesets(zone);
	printk("  start_pfn:           %lu\n", zone->zone_start_pfn);
	printk("  untouched:           %lu\n", deferred_pages(zone));
}

static int cmd_zoneinfo(int argc, char **argv)
{
	struct zone *zone;

	for_each_zone(zone)
		if (zone->managed_pages || populated_zone(zone))
			print_zone(zone);
	return 0;
}
SHELL_COMMAND(zoneinfo, "", "zones, watermarks, as in /proc/zoneinfo",
	      cmd_zoneinfo);

/* Blocks at hand, by order, of all types; and how many one type may have. */
static void print_pcp(const struct zone *zone)
{
	unsigned int cpu, order;

	printk("Node %d, zone %8s   at most", zone->zone_pgdat->node_id,
	       zone->name);
	for (order = 0; order < NR_PCP_ORDERS; order++)
		printk(" 3*%-3u", zone->pageset_high[order]);
	printk("\n");
	for_each_online_cpu(cpu) {
		printk("  cpu %2u%25s", cpu, "");
		for (order = 0; order < NR_PCP_ORDERS; order++)
			printk(" %5u", pageset_blocks(zone, cpu, order));
		printk(" = %lu pages\n", zone_pcp_pages(zone, cpu));
	}
}

static int cmd_pcpinfo(int argc, char **argv)
{
	struct zone *zone;

	for_each_populated_zone(zone)
		print_pcp(zone);
	return 0;
}
SHELL_COMMAND(pcpinfo, "", "free blocks that each CPU keeps at hand",
	      cmd_pcpinfo);

/*
 * Allocating by hand: the shell commands `alloc` and `free`.
 *
 *	alloc 3			a block of order 3
 *	alloc 0 dma		one page below 16 MiB
 *	alloc bytes 100		an object from kmalloc
 *	alloc			what is held
 *	free 2			gives number 2 back
 *	free all
 *
 * Each tells what it did to the free lists: blocks per order before and
 * after, in every zone where something changed.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

#define MAX_HELD 32
#define MAX_SHOWN_ZONES 16

/* One thing held: a block of pages, or (object set) bytes from kmalloc. */
static struct {
	struct page *page;
	void *object;
	size_t bytes;
	unsigned int order;
} held[MAX_HELD];

static unsigned long before[MAX_SHOWN_ZONES][NR_PAGE_ORDERS];

static void note_free_lists(void)
{
	struct zone *zone;
	unsigned int i = 0, order;

	for_each_populated_zone(zone) {
		for (order = 0; order < NR_PAGE_ORDERS && i < MAX_SHOWN_ZONES;
		     order++)
			before[i][order] = zone_nr_free(zone, order);
		i++;
	}
}

static bool zone_changed(struct zone *zone, const unsigned long *old)
{
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		if (zone_nr_free(zone, order) != old[order])
			return true;
	return false;
}

static void show_zone_change(struct zone *zone, const unsigned long *old)
{
	unsigned int order;

	printk("Node %d, zone %8s", zone->zone_pgdat->node_id, zone->name);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		unsigned long now = zone_nr_free(zone, order);

		if (now != old[order])
			printk("  order %u: %lu -> %lu", order, old[order],
			       now);
	}
	printk("\n");
}

static void show_change(void)
{
	struct zone *zone;
	unsigned int i = 0;
	bool any = false;

	for_each_populated_zone(zone) {
		if (i < MAX_SHOWN_ZONES && zone_changed(zone, before[i])) {
			show_zone_change(zone, before[i]);
			any = true;
		}
		i++;
	}
	if (!any)
		printk("free lists: no change\n");
}

static void show_held(unsigned int i)
{
	if (held[i].object)
		printk("%3u: %zu bytes at %px (%zu usable)\n", i,
		       held[i].bytes, held[i].object, ksize(held[i].object));
	else
		printk("%3u: order %u, pfn %#lx, zone %s, %lu pages at %px\n",
		       i, held[i].order, page_to_pfn(held[i].page),
		       page_zone(held[i].page)->name, 1UL << held[i].order,
		       page_address(held[i].page));
}

static bool is_held(unsigned int i)
{
	return i < MAX_HELD && (held[i].page || held[i].object);
}

static int list_held(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < MAX_HELD; i++) {
		if (!is_held(i))
			continue;
		show_held(i);
		n++;
	}
	printk("%u held\n", n);
	return 0;
}

static int free_slot(void)
{
	int i;

	for (i = 0; i < MAX_HELD; i++)
		if (!is_held((unsigned int)i))
			return i;
	printk("alloc: %u things are held, free some\n", MAX_HELD);
	return -ENOSPC;
}

static int parse_gfp(const char *word, gfp_t *gfp)
{
	static const struct {
		const char *word;
		gfp_t gfp;
	} words[] = {
		{ "kernel", GFP_KERNEL }, { "atomic", GFP_ATOMIC },
		{ "dma", GFP_KERNEL | GFP_DMA },
		{ "dma32", GFP_KERNEL | GFP_DMA32 },
		{ "movable", GFP_HIGHUSER_MOVABLE & ~__GFP_HIGHMEM },
		{ "zero", GFP_KERNEL | __GFP_ZERO },
		{ "comp", GFP_KERNEL | __GFP_COMP },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i].word) == 0) {
			*gfp = words[i].gfp;
			return 0;
		}
	printk("alloc: kernel, atomic, dma, dma32, movable, zero or comp\n");
	return -EINVAL;
}

/* 0 and slot i filled, or -ENOMEM. */
static int take(unsigned int i, bool object, u64 amount, gfp_t gfp)
{
	note_free_lists();
	if (object) {
		held[i].bytes = (size_t)amount;
		held[i].object = kmalloc((size_t)amount, gfp);
	} else {
		held[i].order = (unsigned int)amount;
		held[i].page = alloc_pages(gfp, (unsigned int)amount);
	}
	if (!is_held(i))
		return -ENOMEM;
	show_held(i);
	show_change();
	return 0;
}

static int cmd_alloc(int argc, char **argv)
{
	bool object = argc > 1 && strcmp(argv[1], "bytes") == 0;
	int arg = object ? 2 : 1, slot;
	gfp_t gfp = GFP_KERNEL;
	u64 amount;

	if (argc == 1)
		return list_held();
	if (argc <= arg || argc > arg + 2 || kstrtou64(argv[arg], &amount) ||
	    amount > SIZE_MAX || (object && amount == 0) ||
	    (!object && amount > MAX_PAGE_ORDER))
		return -EINVAL;
	if (argc == arg + 2 && parse_gfp(argv[arg + 1], &gfp))
		return -EINVAL;
	slot = free_slot();
	return slot < 0 ? slot : take((unsigned int)slot, object, amount, gfp);
}
SHELL_COMMAND(alloc, "[ORDER [GFP] | bytes N [GFP]]",
	      "takes pages or an object; alone: lists what is held", cmd_alloc);

static void give_back(unsigned int i)
{
	if (held[i].object)
		kfree(held[i].object);
	else
		__free_pages(held[i].page, held[i].order);
	held[i].object = NULL;
	held[i].page = NULL;
}

static int free_everything(void)
{
	unsigned int i;

	note_free_lists();
	for (i = 0; i < MAX_HELD; i++)
		if (is_held(i))
			give_back(i);
	show_change();
	return 0;
}

static int cmd_free(int argc, char **argv)
{
	u64 number;

	if (argc != 2)
		return -EINVAL;
	if (strcmp(argv[1], "all") == 0)
		return free_everything();
	if (kstrtou64(argv[1], &number) || number >= MAX_HELD)
		return -EINVAL;
	if (!is_held((unsigned int)number))
		return -ENOENT;
	note_free_lists();
	give_back((unsigned int)number);
	show_change();
	return 0;
}
SHELL_COMMAND(free, "NUMBER | all", "gives back what alloc took", cmd_free);

/*
 * Allocating by hand: the shell commands `alloc` and `free`.
 *
 *	alloc page 3		a block of order 3
 *	alloc page 0 dma	one page below 16 MiB
 *	alloc object 100	100 bytes from kmalloc
 *	alloc			what is held, by number
 *	free 2			gives number 2 back
 *	free all
 *	free page 0x1234 3	any block, by its frame number: right or wrong
 *	free object 0xffff...	any object, by its address
 *
 * Each tells what it did to the free lists: blocks per order before and
 * after, in every zone where something changed. The last two do not look at
 * what is held: free something twice, and read the report.
 */
#include <kernel/printk.h>
#include <kernel/shell.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

/* Numbered from 1. */
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

static void show_pages(unsigned int i, struct page *page)
{
	printk("%3u: order %u, pfn %#lx, zone %s, %lu pages", i + 1,
	       held[i].order, page_to_pfn(page), page_zone(page)->name,
	       1UL << held[i].order);
	if (page_address(page))
		printk(" at %px\n", page_address(page));
	else
		printk(", not mapped\n");
}

static void show_held(unsigned int i)
{
	if (held[i].object)
		printk("%3u: %zu bytes at %px (%zu usable)\n", i + 1,
		       held[i].bytes, held[i].object, ksize(held[i].object));
	else
		show_pages(i, held[i].page);
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
		{ "highuser", GFP_HIGHUSER },
		{ "zero", GFP_KERNEL | __GFP_ZERO },
		{ "comp", GFP_KERNEL | __GFP_COMP },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i].word) == 0) {
			*gfp = words[i].gfp;
			return 0;
		}
	printk("alloc: kernel, atomic, dma, dma32, movable, highuser, zero or comp\n");
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
	gfp_t gfp = GFP_KERNEL;
	bool object;
	u64 amount;
	int slot;

	if (argc == 1)
		return list_held();
	object = strcmp(argv[1], "object") == 0;
	if (argc < 3 || argc > 4 || kstrtou64(argv[2], &amount) ||
	    (!object && strcmp(argv[1], "page") != 0))
		return -EINVAL;
	if (object ? amount == 0 || amount > SIZE_MAX :
		     amount > MAX_PAGE_ORDER)
		return -EINVAL;
	if (argc == 4 && parse_gfp(argv[3], &gfp))
		return -EINVAL;
	if (object && (gfp & __GFP_HIGHMEM))
		return -EINVAL;		/* objects have addresses */
	slot = free_slot();
	return slot < 0 ? slot : take((unsigned int)slot, object, amount, gfp);
}
SHELL_COMMAND(alloc, "[page ORDER [GFP] | object BYTES [GFP]]",
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

static int free_held(const char *word)
{
	u64 number;

	if (strcmp(word, "all") == 0)
		return free_everything();
	if (kstrtou64(word, &number))
		return -EINVAL;
	if (number == 0 || number > MAX_HELD ||
	    !is_held((unsigned int)number - 1))
		return -ENOENT;
	note_free_lists();
	give_back((unsigned int)number - 1);
	show_change();
	return 0;
}

/* Whatever it is: the allocators say what they think of it. */
static int free_by_name(int argc, char **argv)
{
	bool object = strcmp(argv[1], "object") == 0;
	u64 what, order = 0;

	if ((!object && strcmp(argv[1], "page") != 0) ||
	    kstrtou64(argv[2], &what) || argc > (object ? 3 : 4) ||
	    (argc == 4 && (kstrtou64(argv[3], &order) ||
			   order > MAX_PAGE_ORDER)) ||
	    what > (object ? ~0UL : MAX_PFN - 1))
		return -EINVAL;
	note_free_lists();
	if (object)
		kfree((void *)(unsigned long)what);
	else
		__free_pages(pfn_to_page((unsigned long)what),
			     (unsigned int)order);
	show_change();
	return 0;
}

static int cmd_free(int argc, char **argv)
{
	if (argc == 2)
		return free_held(argv[1]);
	return argc < 3 ? -EINVAL : free_by_name(argc, argv);
}
SHELL_COMMAND(free, "NUMBER | all | page PFN [ORDER] | object ADDRESS",
	      "gives back what alloc took, or anything else", cmd_free);

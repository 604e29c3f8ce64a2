/*
 * The census: who owns each frame of RAM.
 *
 * Problem: a page lost, or owned twice, shows long after the mistake, far
 * from it. So the whole is counted and must come out even.
 *
 * 1. Walk RAM (memblock.memory, whole frames) from block to block. The head
 *    of a block says what it is and how long it is; untouched memory is
 *    skipped a range at a time.
 * 2. A frame where no block begins has no owner: lost. A block that runs past
 *    the end of its RAM, or into another zone's, or has a head where one of
 *    its halves, quarters ... begins, is owned twice.
 * 3. The free lists and the CPUs' arrays are counted too. What they hold must
 *    be what the walk over the frames called free, or some block is on no
 *    list, or on two.
 *
 *	ram == sum over owners of pages[owner] + lost
 *	pages[FREE] == sum over zones and orders of free << order
 *	pages[PCP] == sum over zones, CPUs and arrays of blocks << order
 *
 * Beside the sums stands the same by zone: high memory has an owner too, and
 * the kernel's own things are never there.
 *
 * Locks: interrupts are off while counting; other CPUs would be stopped.
 * Cost: one step per block, never per frame.
 */
#include <asm/irqflags.h>
#include <asm/kernel_stack.h>
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "pcp.h"

static const char *const owner_names[NR_CENSUS_OWNERS] = {
	[CENSUS_FREE] = "free",
	[CENSUS_PCP] = "per-CPU free",
	[CENSUS_SLAB] = "slab",
	[CENSUS_LARGE_KMALLOC] = "large kmalloc",
	[CENSUS_GUARDED] = "guarded objects",
	[CENSUS_GUARD] = "guard pages",
	[CENSUS_VMALLOC] = "vmalloc",
	[CENSUS_PAGETABLE] = "page tables",
	[CENSUS_MEMMAP] = "memmap",
	[CENSUS_KERNEL] = "kernel image",
	[CENSUS_INIT] = "init sections",
	[CENSUS_BOOT] = "boot data",
	[CENSUS_PERCPU] = "per-CPU areas",
	[CENSUS_PAGE_OWNER] = "page owner",
	[CENSUS_EARLY] = "early allocator",
	[CENSUS_RESERVED] = "reserved",
	[CENSUS_ALLOCATED] = "allocated",
};

const char *census_owner_name(enum census_owner owner)
{
	return owner < NR_CENSUS_OWNERS ? owner_names[owner] : "nobody";
}

static enum census_owner reserved_owner(unsigned long early)
{
	static const u8 owners[NR_EARLY_OWNERS] = {
		[EARLY_OTHER] = CENSUS_RESERVED,
		[EARLY_KERNEL] = CENSUS_KERNEL,
		[EARLY_INIT] = CENSUS_INIT,
		[EARLY_BOOT] = CENSUS_BOOT,
		[EARLY_PAGETABLE] = CENSUS_PAGETABLE,
		[EARLY_MEMMAP] = CENSUS_MEMMAP,
		[EARLY_PERCPU] = CENSUS_PERCPU,
		[EARLY_TRAMPOLINE] = CENSUS_RESERVED,
		[EARLY_PAGE_OWNER] = CENSUS_PAGE_OWNER,
		[EARLY_SHADOW] = CENSUS_RESERVED,
		[EARLY_ALLOCATOR] = CENSUS_EARLY,
	};

	return early < NR_EARLY_OWNERS ? (enum census_owner)owners[early] :
					 CENSUS_RESERVED;
}

/* Owner of the block that page heads; NR_CENSUS_OWNERS if it heads none. */
static enum census_owner owner_of(const struct page *page)
{
	switch (page->type) {
	case PAGE_RESERVED:
		return reserved_owner(page->owner);
	case PAGE_BUDDY:
		return CENSUS_FREE;
	case PAGE_PCP:
		return CENSUS_PCP;
	case PAGE_ALLOC:
		return CENSUS_ALLOCATED;
	case PAGE_SLAB:
		return CENSUS_SLAB;
	case PAGE_LARGE_KMALLOC:
		return CENSUS_LARGE_KMALLOC;
	case PAGE_GUARDED:
		return page->slab_cache ? CENSUS_GUARDED : CENSUS_GUARD;
	case PAGE_VMALLOC:
		return CENSUS_VMALLOC;
	case PAGE_TABLE:
		return CENSUS_PAGETABLE;
	default:
		return NR_CENSUS_OWNERS;
	}
}

/* What stays the same along a stretch of frames. */
struct stretch {
	struct census *c;
	const struct zone *zone;
	census_visit visit;
	void *arg;
};

static void count(const struct stretch *s, enum census_owner owner,
		  unsigned long nr)
{
	s->c->pages[owner] += nr;
	s->c->zone_pages[zone_idx(s->zone)][owner] += nr;
}

static void note_bad(struct census *c, unsigned long pfn)
{
	if (c->lost + c->double_owned == 0)
		c->first_bad_pfn = pfn;
}

/*
 * Does another block begin inside? Looks where blocks it could be made of
 * begin. Reserved blocks may lie over others: their ranges shared a page.
 */
static bool covers_another(const struct page *page, unsigned long nr)
{
	unsigned long i;

	if (page->type == PAGE_RESERVED)
		return false;
	for (i = 1; i < nr; i *= 2) {
		u8 type = page[i].type;

		if (type != PAGE_NONE && type != PAGE_TAIL &&
		    (type != PAGE_SLAB || page->type != PAGE_SLAB))
			return true;
	}
	return false;
}

/* Counts the block at pfn, inside [.., end); the first frame after it. */
static unsigned long count_block(const struct stretch *s, unsigned long pfn,
				 unsigned long end)
{
	struct page *page = pfn_to_page(pfn);
	struct census *c = s->c;
	enum census_owner owner = owner_of(page);
	unsigned long nr = 1;

	if (owner == NR_CENSUS_OWNERS) {
		note_bad(c, pfn);
		c->lost++;
		return pfn + 1;
	}
	if (page->order <= MAX_PAGE_ORDER)
		nr = 1UL << page->order;
	if (nr > end - pfn || !IS_ALIGNED(pfn, nr) ||
	    covers_another(page, nr)) {
		note_bad(c, pfn);
		c->double_owned += nr;
		nr = 1;
	}
	count(s, owner, nr);
	if (s->visit)
		s->visit(page, owner, nr, s->arg);
	return pfn + nr;
}

/* Frames of one zone, all of them RAM. */
static void count_run(const struct stretch *s, unsigned long pfn,
		      unsigned long end)
{
	while (pfn < end) {
		unsigned long next = pfn;

		if (IS_ALIGNED(pfn, MAX_ORDER_NR_PAGES))
			next = min(deferred_skip(s->zone, pfn), end);
		if (next != pfn) {
			count(s, CENSUS_FREE, next - pfn);
			s->c->untouched += next - pfn;
		} else {
			next = count_block(s, pfn, end);
		}
		pfn = next;
	}
}

/* No block crosses a zone's or node's edge, so the range is cut there. */
static void count_range(struct stretch *s, struct pfn_range ram)
{
	unsigned long pfn = ram.start, end;

	s->c->ram += ram.end - ram.start;
	while (pfn < ram.end) {
		s->zone = pfn_to_zone(pfn, &end);
		count_run(s, pfn, min(end, ram.end));
		pfn = min(end, ram.end);
	}
}

static void count_free_lists(struct census *c)
{
	struct zone *zone;
	unsigned int order;

	for_each_zone(zone)
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			c->free[zone->zone_pgdat->node_id][zone_idx(zone)]
			       [order] = zone_nr_free(zone, order);
}

static unsigned long free_list_pages(const struct census *c)
{
	unsigned long pages = 0;
	unsigned int nid, z, order;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		for (z = 0; z < MAX_NR_ZONES; z++)
			for (order = 0; order < NR_PAGE_ORDERS; order++)
				pages += c->free[nid][z][order] << order;
	return pages;
}

void census_walk(struct census *c, census_visit visit, void *arg)
{
	struct stretch s = { .c = c, .visit = visit, .arg = arg };
	struct pfn_range ram;
	unsigned long pfn, flags;

	memset(c, 0, sizeof(*c));
	local_irq_save(flags);
	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		count_range(&s, ram);
	count_free_lists(c);
	c->in_arrays = nr_pcp_pages();
	local_irq_restore(flags);
}

void census_take(struct census *c)
{
	kernel_stack_trim();
	vmalloc_trim();
	kmem_cache_shrink_all();
	drain_all_pages();
	census_walk(c, NULL, NULL);
}

const char *census_check(const struct census *c)
{
	unsigned long sum = c->lost;
	unsigned int i;

	if (c->lost)
		return "a frame of RAM has no owner";
	if (c->double_owned)
		return "a frame of RAM has two owners";
	for (i = 0; i < NR_CENSUS_OWNERS; i++)
		sum += c->pages[i];
	if (sum != c->ram)
		return "the owners' frames do not add up to RAM";
	if (free_list_pages(c) != c->pages[CENSUS_FREE])
		return "free frames are not what the free lists hold";
	if (c->in_arrays != c->pages[CENSUS_PCP])
		return "per-CPU free frames are not what the arrays hold";
	return NULL;
}

/*
 * Untouched memory that is used for the first time costs descriptors, for
 * good; they come out of free memory and nowhere else. When there is no more
 * of it, what was kept for them is free again: then it is less than before.
 */
unsigned long census_memmap_growth(const struct census *before,
				   const struct census *after)
{
	return after->untouched < before->untouched ?
	       after->pages[CENSUS_MEMMAP] - before->pages[CENSUS_MEMMAP] : 0;
}

static const char *compare_free(const struct census *before,
				const struct census *after, char *buf,
				size_t size)
{
	unsigned int nid, z, order;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		for (z = 0; z < MAX_NR_ZONES; z++)
			for (order = 0; order < NR_PAGE_ORDERS; order++) {
				unsigned long b = before->free[nid][z][order];
				unsigned long a = after->free[nid][z][order];

				if (a == b)
					continue;
				kscnprintf(buf, size, "free blocks of node %u zone %u order %u: %lu before, %lu after",
					   nid, z, order, b, a);
				return buf;
			}
	return NULL;
}

/* What the owner should have if descriptors took `grown` frames meanwhile. */
static unsigned long expected(const struct census *before, unsigned int owner,
			      unsigned long grown)
{
	unsigned long pages = before->pages[owner];

	if (owner == CENSUS_FREE)
		pages -= grown;
	return owner == CENSUS_MEMMAP ? pages + grown : pages;
}

const char *census_compare(const struct census *before,
			   const struct census *after)
{
	unsigned long grown = census_memmap_growth(before, after);
	static char buf[128];
	unsigned int i;

	if (before->ram != after->ram) {
		kscnprintf(buf, sizeof(buf), "RAM: %lu frames before, %lu after",
			   before->ram, after->ram);
		return buf;
	}
	for (i = 0; i < NR_CENSUS_OWNERS; i++) {
		unsigned long pages = expected(before, i, grown);

		if (pages == after->pages[i])
			continue;
		kscnprintf(buf, sizeof(buf), "%s: %lu frames before, %lu after",
			   owner_names[i], pages, after->pages[i]);
		return buf;
	}
	return grown ? NULL : compare_free(before, after, buf, sizeof(buf));
}

/* Kinds of zones that this machine has, on any node. */
static const char *zone_kind(int type)
{
	int nid;

	for_each_online_node(nid)
		if (populated_zone(&NODE_DATA(nid)->node_zones[type]))
			return NODE_DATA(nid)->node_zones[type].name;
	return NULL;
}

static void print_zone_names(void)
{
	int type;

	for (type = 0; type < MAX_NR_ZONES; type++)
		if (zone_kind(type))
			printk(" %10s", zone_kind(type));
	printk("\n");
}

/* The frames of owners [from, to), a column for each kind of zone. */
static void print_by_zone(const struct census *c, unsigned int from,
			  unsigned int to)
{
	int type;

	for (type = 0; type < MAX_NR_ZONES; type++) {
		unsigned long sum = 0;
		unsigned int i;

		for (i = from; i < to; i++)
			sum += c->zone_pages[type][i];
		if (zone_kind(type))
			printk(" %10lu", sum);
	}
	printk("\n");
}

void census_print(const struct census *c)
{
	const char *bad = census_check(c);
	unsigned int i;

	printk("%-16s %12s %12s", "owner", "frames", "KiB");
	print_zone_names();
	for (i = 0; i < NR_CENSUS_OWNERS; i++) {
		printk("%-16s %12lu %12lu", owner_names[i], c->pages[i],
		       c->pages[i] << (PAGE_SHIFT - 10));
		print_by_zone(c, i, i + 1);
	}
	printk("%-16s %12lu %12lu", "RAM", c->ram,
	       c->ram << (PAGE_SHIFT - 10));
	print_by_zone(c, 0, NR_CENSUS_OWNERS);
	if (bad)
		printk("census: %s (lost %lu, twice %lu, first at pfn %#lx)\n",
		       bad, c->lost, c->double_owned, c->first_bad_pfn);
}

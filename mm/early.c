/*
 * Which early allocator do we use, and who owns what it gave out?
 *
 * 1. memblock.memory says what RAM there is, whoever allocates. early=memblock
 *    (the default) allocates from memblock too; early=bootmem from a bitmap.
 * 2. The bitmap needs a place that is free, so it is made at the first
 *    allocation: until then reservations are entries of memblock.reserved.
 *    What is free changes hands, so that there is one truth at any time:
 *
 *	              early_reserve()...  early_alloc()...     hand-over
 *	memblock      free stretches   -> all reserved      -> free stretches
 *	bitmap        (none)           -> free runs         -> (none)
 *
 *    Should memblock's list have to grow in between, it takes memory it knows
 *    to be free, which is really free.
 * 3. At the hand-over both end alike: memblock.reserved lists what stays out
 *    of the page allocator, and memblock_free_all() does the rest. The pages
 *    of the bitmap are free again. bootmem's entries are whole pages.
 * 4. Who owns a reserved range is kept in a table beside the allocators, in
 *    the order of addresses, neighbours of one owner merged:
 *
 *	owned   [=kernel=)[=init=)     [==boot==)       [=memmap=)
 *	new            [~~~~~~~~~boot~~~~~~~~~)
 *	        [=kernel=)[=init=)[==boot======)        [=memmap=)
 *
 *    A range keeps its first owner. The table outlives the boot: reports and
 *    the census ask it. When it is full, what does not fit counts as
 *    EARLY_OTHER; a message says so once.
 *
 * Locks: none; one CPU, boot context; the table only read after the hand-over.
 * Invariant: owned[i].end <= owned[i + 1].base, equal only for other owners.
 * Cost: log n to look an owner up, n to record one.
 */
#include <asm/machine.h>
#include <asm/page.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/bootmem.h>
#include <mm/early.h>
#include <mm/memblock.h>
#include <mm/memory_model.h>
#include <mm/mm.h>

/* bootmem keeps off ISA's 16 MiB while there is something else. */
#define BOOTMEM_GOAL PFN_PHYS(MAX_DMA_PFN)

#define MAX_OWNED 256

struct owned_range {
	phys_addr_t base, end;
	enum early_owner owner;
};

struct early_ops {
	const char *name;
	int (*reserve)(phys_addr_t base, phys_addr_t size);
	phys_addr_t (*alloc)(phys_addr_t size, phys_addr_t align, int nid);
	void (*finish)(void);	/* memblock.reserved is right again */
};

bool movable_node_enabled;

static struct owned_range owned[MAX_OWNED];
static unsigned int nr_owned;
static bool owned_full;

/* bootmem's; map is NULL until the first allocation. */
static struct bootmem_data bootmem __initdata;

/* The table of owners */

/* Entries that end at addr or below. */
static unsigned int owned_ended_by(phys_addr_t addr)
{
	unsigned int lo = 0, hi = nr_owned;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (owned[mid].end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Records [base, end), which nobody owns, in front of entry i. */
static void __init insert_owned(unsigned int i, phys_addr_t base,
				phys_addr_t end, enum early_owner owner)
{
	struct owned_range *r = &owned[i];
	bool left = i && r[-1].end == base && r[-1].owner == owner;
	bool right = i < nr_owned && r->base == end && r->owner == owner;

	if (left && right) {
		r[-1].end = r->end;
		memmove(r, r + 1, (--nr_owned - i) * sizeof(*r));
	} else if (left) {
		r[-1].end = end;
	} else if (right) {
		r->base = base;
	} else if (nr_owned < MAX_OWNED) {
		memmove(r + 1, r, (nr_owned++ - i) * sizeof(*r));
		*r = (struct owned_range){ base, end, owner };
	} else if (!owned_full) {
		owned_full = true;
		pr_warn("early: over %u ranges have an owner, the rest counts as %s\n",
			MAX_OWNED, early_owner_name(EARLY_OTHER));
	}
}

/* Gives owner the parts of the range that nobody owns yet. */
static void __init record_owner(phys_addr_t base, phys_addr_t size,
				enum early_owner owner)
{
	phys_addr_t end = base + min(size, PHYS_ADDR_MAX - base);

	while (base < end) {
		unsigned int i = owned_ended_by(base);
		phys_addr_t stop = end, next = end;

		if (i < nr_owned && owned[i].base < end) {
			stop = max(base, owned[i].base);
			next = min(end, owned[i].end);
		}
		if (base < stop)
			insert_owned(i, base, stop, owner);
		base = next;
	}
}

enum early_owner early_owner_of(phys_addr_t addr)
{
	phys_addr_t frame = ALIGN_DOWN(addr, (phys_addr_t)PAGE_SIZE);
	unsigned int i;

	for (i = owned_ended_by(frame); i < nr_owned; i++) {
		if (owned[i].base > (frame | (PAGE_SIZE - 1)))
			break;
		if (owned[i].owner != EARLY_OTHER)
			return owned[i].owner;
	}
	return EARLY_OTHER;
}

unsigned long early_owner_end(unsigned long pfn)
{
	unsigned int i = owned_ended_by(PFN_PHYS(pfn));

	if (i == nr_owned)
		return MAX_PFN;
	if (PFN_DOWN(owned[i].base) > pfn)
		return PFN_DOWN(owned[i].base);
	/* the frame it ends in may be named after the next */
	return max(PFN_DOWN(owned[i].end), pfn + 1);
}

const char *early_owner_name(enum early_owner owner)
{
	static const char *const names[NR_EARLY_OWNERS] = {
		[EARLY_OTHER] = "other",
		[EARLY_KERNEL] = "kernel",
		[EARLY_INIT] = "init",
		[EARLY_BOOT] = "boot data",
		[EARLY_PAGETABLE] = "page tables",
		[EARLY_MEMMAP] = "memmap",
		[EARLY_PERCPU] = "per-CPU areas",
		[EARLY_TRAMPOLINE] = "CPU start",
		[EARLY_PAGE_OWNER] = "page owner",
		[EARLY_SHADOW] = "KASAN shadow",
		[EARLY_ALLOCATOR] = "early allocator",
	};

	return (unsigned int)owner < NR_EARLY_OWNERS ? names[owner] : "?";
}

/* memblock as the early allocator */

static phys_addr_t __init memblock_early_alloc(phys_addr_t size,
					       phys_addr_t align, int nid)
{
	return memblock_phys_alloc_try_nid(size, align, nid);
}

/* bootmem as the early allocator */

/* Whole pages: of one that is shared no frame would be free again. */
static size_t __init map_size(unsigned long start_pfn, unsigned long end_pfn)
{
	return PAGE_ALIGN(bootmem_map_size(start_pfn, end_pfn));
}

/* Makes the bitmap, and moves all that memblock knows as free into it. */
static int __init bootmem_start(void)
{
	unsigned long start = PFN_DOWN(memblock_start_of_DRAM());
	unsigned long end = PFN_DOWN(memblock_end_of_DRAM());
	phys_addr_t lo, hi, map;
	u64 i;

	map = memblock_phys_alloc(map_size(start, end), PAGE_SIZE);
	if (!map) {
		pr_err("bootmem: no place for a bitmap of %zu bytes\n",
		       map_size(start, end));
		return -ENOMEM;
	}
	bootmem_init(&bootmem, __va(map), start, end);
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &lo, &hi,
				NULL) {
		bootmem_free(&bootmem, lo, hi - lo);
		if (memblock_reserve(lo, hi - lo))
			return -ENOMEM;
	}
	return 0;
}

/* Of RAM memblock has all reserved by then; this adds what is not RAM. */
static int __init bootmem_early_reserve(phys_addr_t base, phys_addr_t size)
{
	int err = memblock_reserve(base, size);

	if (!err && bootmem.map)
		bootmem_reserve(&bootmem, base, size);
	return err;
}

/* Frames of a wanted node first, high goal first, then what there is. */
static phys_addr_t __init bootmem_early_alloc(phys_addr_t size,
					      phys_addr_t align, int nid)
{
	phys_addr_t limit = memblock.current_limit, addr;
	unsigned long start, end;
	int i;

	if (!bootmem.map && bootmem_start())
		return 0;
	for_each_mem_pfn_range(i, nid, &start, &end, NULL) {
		phys_addr_t goal = max(PFN_PHYS(start), BOOTMEM_GOAL);

		addr = bootmem_alloc(&bootmem, size, align, goal,
				     min(PFN_PHYS(end), limit));
		if (addr)
			return addr;
	}
	return bootmem_alloc(&bootmem, size, align, 0, limit);
}

static unsigned long __init unreserve(unsigned long start, unsigned long end)
{
	memblock_phys_free(PFN_PHYS(start), PFN_PHYS(end - start));
	return end - start;
}

/* Moves what is free back to memblock; the bitmap's own pages go last. */
static void __init bootmem_finish(void)
{
	struct bootmem_data *b = &bootmem;

	if (!b->map)
		return;
	bootmem_free_all(b, b->start_pfn, b->end_pfn, unreserve);
	memblock_phys_free(__pa(b->map), map_size(b->start_pfn, b->end_pfn));
	b->map = NULL;
}

/* The choice */

static struct early_ops memblock_ops __initdata = {
	"memblock", memblock_reserve, memblock_early_alloc, NULL
};
static struct early_ops bootmem_ops __initdata = {
	"bootmem", bootmem_early_reserve, bootmem_early_alloc, bootmem_finish
};
static struct early_ops *early __initdata = &memblock_ops;
static const char *early_name = "memblock";

static int __init set_early(const char *value)
{
	if (!strcmp(value, "memblock"))
		early = &memblock_ops;
	else if (!strcmp(value, "bootmem"))
		early = &bootmem_ops;
	else
		return -EINVAL;
	early_name = early->name;
	return 0;
}
early_param("early", set_early);

static int __init set_movable_node(const char *value)
{
	movable_node_enabled = true;
	return 0;
}
early_param("movable_node", set_movable_node);

const char *early_allocator_name(void)
{
	return early_name;
}

void __init early_init(void)
{
	memblock_allow_resize();
}

int __init early_reserve(phys_addr_t base, phys_addr_t size,
			 enum early_owner owner)
{
	int err = early->reserve(base, size);

	if (!err)
		record_owner(base, size, owner);
	return err;
}

phys_addr_t __init early_alloc_raw(phys_addr_t size, phys_addr_t align,
				   int nid, enum early_owner owner)
{
	phys_addr_t addr;

	do
		addr = early->alloc(size, align, nid);
	while (!addr && map_more_of_ram());
	if (addr)
		record_owner(addr, size, owner);
	return addr;
}

phys_addr_t __init early_alloc(phys_addr_t size, phys_addr_t align,
			       enum early_owner owner)
{
	phys_addr_t addr = early_alloc_raw(size, align, NUMA_NO_NODE, owner);

	if (addr)
		memset(__va(addr), 0, (size_t)size);
	return addr;
}

void __init early_set_limit(phys_addr_t limit)
{
	memblock_set_current_limit(limit);
}

/* A list that moved out of the kernel image lives in an array of its own. */
static void __init record_list(const struct memblock_type *type)
{
	if (type->max > INIT_MEMBLOCK_REGIONS)
		record_owner(__pa(type->regions),
			     PAGE_ALIGN(type->max * sizeof(*type->regions)),
			     EARLY_ALLOCATOR);
}

void __init early_free_all(void)
{
	if (early->finish)
		early->finish();
	early = &memblock_ops;
	memmap_back_boot();
	record_list(&memblock.memory);
	record_list(&memblock.reserved);
	memblock_hand_over(hand_over_range);
}

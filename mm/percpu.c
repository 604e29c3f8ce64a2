/*
 * Memory that every CPU has its own copy of.
 *
 * The problem: a CPU that counts, or keeps a few objects at hand, should not
 * share cache lines or locks with others for it. Each variable of that kind
 * exists once per CPU, and one pointer must name all copies.
 *
 *	chunk:    | unit of CPU 0      | unit of CPU 1      | unit of CPU 2 ...
 *		  | static | free |o|  | static | free |o|  |
 *	                    ^p           p + stride
 *
 *  1. Units of all CPUs lie at one fixed distance from each other, in every
 *     chunk. The per-CPU pointer is p minus what CPU 0 adds; a copy is found
 *     by adding __per_cpu_offset[cpu], whichever chunk it is in.
 *  2. The first chunk comes from the early allocator. Its units begin with a
 *     copy of the template, the section of DEFINE_PER_CPU() variables.
 *  3. A chunk has one bit per granule for "taken" and one for "an object
 *     begins here"; so a free needs no size, and a wrong one is noticed.
 *     Allocation is first fit over the chunks that may have room.
 *  4. When no chunk has room, another comes from the page allocator; when its
 *     last object is freed it goes back.
 *
 * Locks: percpu_lock, interrupts off; memory for a chunk is asked for and
 * given back without it.
 * Invariants: a granule where an object begins is taken; used == taken
 * granules of a chunk, without the static part; only the first has used == 0;
 * no run of free granules is longer than most.
 * Cost: a scan of the bits; objects are made rarely and kept long.
 * Left out: Linux's units of scattered pages in vmalloc space, so that a chunk
 * for many CPUs needs a large block.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/report.h>
#include <kernel/spinlock.h>
#include <lib/bitmap.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/early.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "percpu_internal.h"

extern char __start_percpu[], __stop_percpu[];

unsigned int nr_cpu_ids = 1;
unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(unsigned int, cpu_number);

static DEFINE_SPINLOCK(percpu_lock, RANK_PERCPU);
LIST_HEAD(pcpu_chunks);			/* percpu_lock */
static struct pcpu_chunk first_chunk;
static unsigned long unit_size;		/* bytes; the distance of units */
static unsigned long static_size;	/* bytes at the front of the first */

static unsigned long unit_granules(void)
{
	return unit_size / PCPU_GRANULE;
}

static void chunk_init(struct pcpu_chunk *c, unsigned long base)
{
	memset(c, 0, sizeof(*c));
	c->base = base;
	c->most = unit_granules();
}

/* First n free granules at a multiple of align; unit_granules(): none. */
static unsigned long find_room(const struct pcpu_chunk *c, unsigned long n,
			       unsigned long align)
{
	unsigned long limit = unit_granules(), at = 0, end;

	for (;;) {
		at = ALIGN(find_next_zero_bit(c->taken, limit, at), align);
		if (at + n > limit)
			return limit;
		end = find_next_bit(c->taken, at + n, at);
		if (end >= at + n)
			return at;
		at = end;
	}
}

/*
 * A run of n + align - 1 granules would do wherever it begins: who finds no
 * room knows that there is none. So chunks that are as good as full are not
 * searched again each time.
 */
static unsigned long take_from(struct pcpu_chunk *c, unsigned long n,
			       unsigned long align)
{
	unsigned long at;

	if (n > c->most)
		return 0;
	at = find_room(c, n, align);
	if (at == unit_granules()) {
		c->most = min(c->most, n + align - 2);
		return 0;
	}
	bitmap_set(c->taken, at, n);
	__set_bit(at, c->begins);
	c->used += n;
	return c->base + at * PCPU_GRANULE;
}

/* Address of CPU 0's copy, or 0. */
static unsigned long take(unsigned long n, unsigned long align)
{
	struct pcpu_chunk *c;
	unsigned long flags, addr = 0;

	spin_lock_irqsave(&percpu_lock, flags);
	list_for_each_entry(c, &pcpu_chunks, list) {
		addr = take_from(c, n, align);
		if (addr)
			break;
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
	return addr;
}

/*
 * The same from a new chunk. It is on the list only with something in it, so
 * that it always goes back with what it holds last.
 */
static unsigned long take_from_new_chunk(unsigned long n, unsigned long align)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	struct pcpu_chunk *c;
	unsigned long flags, addr;
	void *units;

	if (!slab_is_available())
		return 0;
	c = kmalloc(sizeof(*c), gfp);
	units = c ? alloc_pages_exact(nr_cpu_ids * unit_size, gfp) : NULL;
	if (!units) {
		kfree(c);
		return 0;
	}
	chunk_init(c, (unsigned long)units);
	addr = take_from(c, n, align);
	spin_lock_irqsave(&percpu_lock, flags);
	list_add_tail(&c->list, &pcpu_chunks);
	spin_unlock_irqrestore(&percpu_lock, flags);
	return addr;
}

static void clear_copies(const void *ptr, unsigned long bytes)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr((void *)ptr, cpu), 0, bytes);
}

void *__alloc_percpu(size_t size, size_t align)
{
	unsigned long n, addr;
	void *ptr;

	if (!size || size > PCPU_MAX_SIZE || !is_power_of_2(align) ||
	    align > PCPU_MAX_ALIGN) {
		report_begin("alloc_percpu", "size %zu, align %zu", size,
			     align);
		report_end();
		return NULL;
	}
	n = DIV_ROUND_UP(size, PCPU_GRANULE);
	align = DIV_ROUND_UP(align, PCPU_GRANULE);
	addr = take(n, align);
	if (!addr)
		addr = take_from_new_chunk(n, align);
	if (!addr)
		return NULL;
	ptr = (void *)(addr - __per_cpu_offset[0]);
	clear_copies(ptr, n * PCPU_GRANULE);
	return ptr;
}

static struct pcpu_chunk *chunk_of(unsigned long addr)
{
	struct pcpu_chunk *c;

	list_for_each_entry(c, &pcpu_chunks, list)
		if (addr - c->base < unit_size)
			return c;
	return NULL;
}

/* Frees what begins at granule at; it ends where the next begins or is free. */
static void give_to(struct pcpu_chunk *c, unsigned long at)
{
	unsigned long limit = unit_granules();
	unsigned long free = find_next_zero_bit(c->taken, limit, at);
	unsigned long end = min(free, find_next_bit(c->begins, limit, at + 1));

	bitmap_clear(c->taken, at, end - at);
	__clear_bit(at, c->begins);
	c->used -= end - at;
	c->most = unit_granules();
}

static void free_chunk(struct pcpu_chunk *c)
{
	free_pages_exact((void *)c->base, nr_cpu_ids * unit_size);
	kfree(c);
}

void free_percpu(void *ptr)
{
	unsigned long addr = (unsigned long)ptr + __per_cpu_offset[0], at;
	struct pcpu_chunk *c;
	unsigned long flags;
	bool found = false, empty = false;

	if (!ptr)
		return;
	spin_lock_irqsave(&percpu_lock, flags);
	c = chunk_of(addr);
	if (c && IS_ALIGNED(addr, PCPU_GRANULE)) {
		at = (addr - c->base) / PCPU_GRANULE;
		found = test_bit(at, c->begins);
		if (found)
			give_to(c, at);
		empty = found && !c->used && c != &first_chunk;
		if (empty)
			list_del(&c->list);
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
	if (empty)
		free_chunk(c);
	if (found)
		return;
	report_begin("free_percpu", "nothing was allocated at %px", ptr);
	report_end();
}

unsigned long percpu_used(void)
{
	struct pcpu_chunk *c;
	unsigned long flags, n = 0;

	spin_lock_irqsave(&percpu_lock, flags);
	list_for_each_entry(c, &pcpu_chunks, list)
		n += c->used;
	spin_unlock_irqrestore(&percpu_lock, flags);
	return n * PCPU_GRANULE;
}

unsigned long percpu_nr_pages(void)
{
	struct pcpu_chunk *c;
	unsigned long flags, n = 0;

	spin_lock_irqsave(&percpu_lock, flags);
	list_for_each_entry(c, &pcpu_chunks, list)
		n += c != &first_chunk;
	spin_unlock_irqrestore(&percpu_lock, flags);
	return n * nr_cpu_ids * (unit_size / PAGE_SIZE);
}

static bool has_longer_run(const struct pcpu_chunk *c, unsigned long n)
{
	unsigned long limit = unit_granules(), at, end = 0;

	do {
		at = find_next_zero_bit(c->taken, limit, end);
		end = find_next_bit(c->taken, limit, at);
	} while (at < limit && end - at <= n);
	return at < limit;
}

static const char *check_chunk(const struct pcpu_chunk *c)
{
	unsigned long limit = unit_granules(), at, taken;
	unsigned long fixed = c == &first_chunk ?
			      DIV_ROUND_UP(static_size, PCPU_GRANULE) : 0;

	for (at = find_next_bit(c->begins, limit, 0); at < limit;
	     at = find_next_bit(c->begins, limit, at + 1))
		if (!test_bit(at, c->taken))
			return "per-CPU: an object begins in free space";
	if (!c->used && c != &first_chunk)
		return "per-CPU: a chunk without objects was kept";
	if (has_longer_run(c, c->most))
		return "per-CPU: more room than the chunk believes";
	taken = bitmap_weight(c->taken, limit);
	return taken == c->used + fixed ? NULL :
	       "per-CPU: used is not the number of taken granules";
}

const char *percpu_validate(void)
{
	const char *bad = NULL;
	struct pcpu_chunk *c;
	unsigned long flags;

	spin_lock_irqsave(&percpu_lock, flags);
	list_for_each_entry(c, &pcpu_chunks, list) {
		bad = check_chunk(c);
		if (bad)
			break;
	}
	spin_unlock_irqrestore(&percpu_lock, flags);
	return bad;
}

static void __init init_unit(unsigned int cpu, unsigned long unit)
{
	memcpy((void *)unit, __start_percpu, static_size);
	__per_cpu_offset[cpu] = unit - (unsigned long)__start_percpu;
	per_cpu(cpu_number, cpu) = cpu;
}

void __init setup_per_cpu_areas(unsigned int nr_cpus, unsigned long reserve)
{
	unsigned long base;
	phys_addr_t pa;
	unsigned int cpu;

	static_size = (unsigned long)(__stop_percpu - __start_percpu);
	/* A chunk of its own has room for the largest object. */
	unit_size = ALIGN(max(static_size + reserve, PCPU_MAX_SIZE), PAGE_SIZE);
	if (unit_size > PCPU_UNIT_MAX)
		panic("per-CPU areas: %lu bytes per CPU are too many",
		      unit_size);
	pa = early_alloc(nr_cpus * unit_size, PAGE_SIZE, EARLY_PERCPU);
	if (!pa)
		panic("no memory for the areas of %u CPUs", nr_cpus);
	base = (unsigned long)__va(pa);
	nr_cpu_ids = nr_cpus;
	for_each_possible_cpu(cpu)
		init_unit(cpu, base + cpu * unit_size);
	chunk_init(&first_chunk, base);
	bitmap_set(first_chunk.taken, 0,
		   DIV_ROUND_UP(static_size, PCPU_GRANULE));
	list_add(&first_chunk.list, &pcpu_chunks);
	percpu_set_offset(0, __per_cpu_offset[0]);
	pr_info("percpu: %u CPUs, %lu bytes each, %lu of them static\n",
		nr_cpus, unit_size, static_size);
}

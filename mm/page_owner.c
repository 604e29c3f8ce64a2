/*
 * Who has this page, and who had it before?
 *
 * Problem: a page is lost, freed twice, or written to after it was freed. The
 * report names the place where that shows. The mistake was made by who
 * allocated or freed the page, long ago.
 *
 * 1. Beside each frame of RAM there is a record: its last allocation and its
 *    last free, each with time, CPU, thread and call stack. Call stacks are
 *    numbers (mm/stack_depot.c).
 * 2. Every frame of a block is written, not the head alone: the block will be
 *    split and merged, and each of its frames shall know what it was part of.
 * 3. Per call stack a count of pages held now: who holds most needs no walk.
 *
 *	RAM	|0 .......... 9f|   |100 ................ 7fdf|	frames
 *	ranges	[0, a0) ->|rec|...  [100, 7fe0) ->|rec|rec|...
 *
 * Records exist for RAM only, in one array per range; ranges are few and
 * sorted, a record is found by bisection.
 *
 * Locks: a record is written by who owns the block; counts are atomic. Others
 * (the shell) may read one half written: they show it, and rely on nothing.
 * Invariant: pages[stack] == frames held whose alloc.stack is that stack.
 * Cost: 56 bytes per frame (1.4 %), and two stack walks per block. Nothing
 * where the mode is off: the table is made only when asked for.
 */
#include <asm/machine.h>
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <mm/page_owner.h>

#include "page_debug.h"

/* Entries walked, of which the allocator's own in front are left out. */
#define WALK_DEPTH (STACK_DEPOT_DEPTH + 8)

struct owner_range {
	struct pfn_range ram;
	struct page_owner *records;	/* of ram.start and on */
};

static struct owner_range *ranges __ro_after_init;
static unsigned int nr_ranges __ro_after_init;
/* Pages held per stack, by its number; atomic. */
static unsigned int *held_pages __ro_after_init;

static int __init set_page_owner(const char *value)
{
	return page_debug_param(value, PAGE_DEBUG_OWNER, NULL);
}
early_param("page_owner", set_page_owner);

bool page_owner_enabled(void)
{
	return page_debug & PAGE_DEBUG_OWNER;
}

/* ----- the table ---------------------------------------------------------- */

static void *__init table_alloc(phys_addr_t size)
{
	phys_addr_t pa = early_alloc(size, PAGE_SIZE, EARLY_PAGE_OWNER);

	return pa ? phys_to_virt(pa) : NULL;
}

static unsigned int __init count_ranges(void)
{
	unsigned long pfn = 0;
	struct pfn_range ram;
	unsigned int n = 0;

	while (next_ram_range(pfn, &ram, NULL)) {
		pfn = ram.end;
		n++;
	}
	return n;
}

static bool __init add_range(const struct pfn_range *ram)
{
	struct owner_range *r = &ranges[nr_ranges];

	r->ram = *ram;
	r->records = table_alloc((phys_addr_t)(ram->end - ram->start) *
				 sizeof(*r->records));
	if (r->records)
		nr_ranges++;
	return r->records;
}

bool __init page_owner_init(void)
{
	unsigned long pfn = 0, pages = 0;
	struct pfn_range ram;

	ranges = table_alloc(count_ranges() * sizeof(*ranges));
	held_pages = table_alloc((STACK_DEPOT_STACKS + 1) *
				 sizeof(*held_pages));
	if (!ranges || !held_pages || !stack_depot_init(EARLY_PAGE_OWNER))
		goto out;
	while (next_ram_range(pfn, &ram, NULL)) {
		if (!add_range(&ram))
			goto out;
		pages += ram.end - ram.start;
		pfn = ram.end;
	}
	pr_info("page_owner: %lu pages have a record, %lu KiB\n", pages,
		pages * sizeof(struct page_owner) / 1024);
	return true;
out:
	pr_warn("page_owner: no memory for records, off\n");
	return false;
}

static struct page_owner *record_of(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int lo = 0, hi = nr_ranges;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct owner_range *r = &ranges[mid];

		if (pfn < r->ram.start)
			hi = mid;
		else if (pfn >= r->ram.end)
			lo = mid + 1;
		else
			return &r->records[pfn - r->ram.start];
	}
	return NULL;
}

const struct page_owner *page_owner_of(const struct page *page)
{
	return page_owner_enabled() && page_is_backed(page) ?
	       record_of(page) : NULL;
}

/* ----- what happens to pages ---------------------------------------------- */

/* Leaves out what is in front of the entry that is caller, if it is there. */
static depot_stack_handle_t save_stack(unsigned long caller)
{
	unsigned long entries[WALK_DEPTH];
	unsigned int n = stack_trace_save(entries, WALK_DEPTH, 1), i;

	for (i = 0; i < n && entries[i] != caller; i++)
		;
	if (i == n)
		i = 0;
	return stack_depot_save(entries + i, n - i);
}

static struct page_track track_now(unsigned long caller)
{
	return (struct page_track){
		.time_us = ktime_get_us(),
		.stack = save_stack(caller),
		.pid = current ? current->pid : 0,
		.cpu = (u16)smp_processor_id(),
		.known = true,
	};
}

static void count_held(depot_stack_handle_t stack, unsigned int order,
		       bool more)
{
	unsigned int nr = 1U << order;

	__atomic_fetch_add(&held_pages[stack], more ? nr : 0U - nr,
			   __ATOMIC_RELAXED);
}

void page_owner_alloc(struct page *page, unsigned int order, gfp_t gfp,
		      unsigned long caller)
{
	const struct page_track now = track_now(caller);
	struct page_owner *r = record_of(page);
	unsigned long i;

	if (!r)
		return;
	count_held(now.stack, order, true);
	for (i = 0; i < 1UL << order; i++, r++) {
		r->alloc = now;
		r->gfp = gfp & __GFP_BITS_MASK;
		r->order = (u8)order;
		r->held = true;
	}
}

void page_owner_free(struct page *page, unsigned int order)
{
	const struct page_track now = track_now(0);
	struct page_owner *r = record_of(page);
	unsigned long i;

	if (!r)
		return;
	if (r->held)
		count_held(r->alloc.stack, order, false);
	for (i = 0; i < 1UL << order; i++, r++) {
		r->free = now;
		r->held = false;
	}
}

void page_owner_split(struct page *page, unsigned int order)
{
	struct page_owner *r = page_owner_enabled() ? record_of(page) : NULL;
	unsigned long i;

	for (i = 0; r && i < 1UL << order; i++)
		r[i].order = 0;
}

/* ----- what is told ------------------------------------------------------- */

static void print_track(const char *what, const struct page_track *t)
{
	printk("  last %s by thread %d on CPU %u at %llu.%06llu s:\n", what,
	       t->pid, t->cpu, (unsigned long long)t->time_us / 1000000,
	       (unsigned long long)t->time_us % 1000000);
	stack_depot_print(t->stack);
}

void page_owner_print(const struct page *page)
{
	const struct page_owner *r = page_owner_of(page);
	char words[96];

	if (!r || !r->alloc.known)
		return;
	gfp_words(r->gfp, words, sizeof(words));
	printk("  pfn %#lx %s held, last as part of order %u, gfp %#x (%s)\n",
	       page_to_pfn(page), r->held ? "is" : "is not", r->order, r->gfp,
	       words);
	print_track("allocated", &r->alloc);
	if (r->free.known)
		print_track("freed", &r->free);
}

unsigned long page_owner_pages(depot_stack_handle_t stack)
{
	return held_pages && stack <= STACK_DEPOT_STACKS ?
	       __atomic_load_n(&held_pages[stack], __ATOMIC_RELAXED) : 0;
}

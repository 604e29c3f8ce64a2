/*
 * Giving a page of high memory an address that everybody can use.
 *
 * Problem: a mapping that outlives a moment, or is handed to somebody else,
 * cannot stand on a CPU's stack. And changing a page table that all CPUs see
 * costs each of them a flush of its TLB.
 *
 * 1. There are PKMAP_PAGES windows. A page has at most one of them, and a count
 *    of users: kmap() of a page that has one only counts.
 * 2. When the last user is gone the window keeps its page: perhaps the page
 *    is wanted again. Nothing is flushed.
 * 3. A new page takes the next window that is empty, in a circle. Each time
 *    the circle begins anew, all windows without users are emptied and the
 *    TLBs flushed, once for all of them.
 *
 *	window	   0     1     2     3     4   ...
 *	page	 | a   | b   |  -  | c   |  -  |
 *	users	   2     0           1
 *	                 ^ emptied at the start of the next circle
 *
 * 4. A page's window is found by a hash of its frame number.
 *
 * Locks: pkmap_lock, interrupts off; page_address() is for any context.
 * Invariants: a page is in one window at most, and in the chain of its hash
 * exactly if it is in a window; nr_users == windows with users != 0.
 * Cost: a chain of a few; a new page looks at one window mostly, and every
 * PKMAP_PAGES new pages there is one flush.
 * Counterpart: map_new_virtual(), kmap_high(), page_address_map. There a full
 * table puts the caller to sleep until somebody else unmaps; with one thread
 * nobody would, so it is reported and refused.
 */
#ifdef CONFIG_HIGHMEM

#include <asm/irqflags.h>
#include <kernel/report.h>
#include <kernel/spinlock.h>
#include <mm/highmem.h>

#include "pkmap.h"

#define PKMAP_BUCKETS 128

struct pkmap_window {
	struct page *page;		/* NULL: empty */
	void *addr;
	unsigned int users;
	struct pkmap_window *next;	/* of the same hash */
};

static DEFINE_SPINLOCK(pkmap_lock, RANK_PKMAP);

/* All under pkmap_lock. */
static struct pkmap_window windows[PKMAP_PAGES];
static struct pkmap_window *buckets[PKMAP_BUCKETS];
static unsigned int last_window;	/* where the search goes on */
static unsigned long nr_users;

static struct pkmap_window **bucket_of(const struct page *page)
{
	return &buckets[page_to_pfn(page) % PKMAP_BUCKETS];
}

/* The link that leads to the page's window, or to the end of its chain. */
static struct pkmap_window **find_link(const struct page *page)
{
	struct pkmap_window **link = bucket_of(page);

	while (*link && (*link)->page != page)
		link = &(*link)->next;
	return link;
}

static void empty_window(struct pkmap_window *w)
{
	*find_link(w->page) = w->next;
	pkmap_unmap((unsigned int)(w - windows));
	*w = (struct pkmap_window){ .page = NULL };
}

static void flush_unused(void)
{
	unsigned int i, emptied = 0;

	for (i = 0; i < PKMAP_PAGES; i++) {
		if (!windows[i].page || windows[i].users)
			continue;
		empty_window(&windows[i]);
		emptied++;
	}
	if (emptied)
		pkmap_flush();
}

/*
 * An empty window, or NULL. A whole circle is needed after the one flush that
 * falls into the search: what was passed before it may be empty now.
 */
static struct pkmap_window *next_empty(void)
{
	unsigned int i;

	for (i = 0; i < 2 * PKMAP_PAGES; i++) {
		last_window = (last_window + 1) % PKMAP_PAGES;
		if (last_window == 0)
			flush_unused();
		if (!windows[last_window].page)
			return &windows[last_window];
	}
	return NULL;
}

static struct pkmap_window *map_new(struct page *page)
{
	struct pkmap_window *w = next_empty(), **bucket = bucket_of(page);

	if (!w)
		return NULL;
	w->page = page;
	w->addr = pkmap_map((unsigned int)(w - windows), page_to_phys(page));
	w->next = *bucket;
	*bucket = w;
	return w;
}

static void *kmap_high(struct page *page)
{
	struct pkmap_window *w;
	unsigned long flags;
	void *addr = NULL;

	spin_lock_irqsave(&pkmap_lock, flags);
	w = *find_link(page);
	if (!w)
		w = map_new(page);
	if (w) {
		nr_users += w->users++ == 0;
		addr = w->addr;
	}
	spin_unlock_irqrestore(&pkmap_lock, flags);
	return addr;
}

static void report_kmap(const char *what, const struct page *page)
{
	report_begin(what, "pfn %#lx, %lu of %u windows in use",
		     page_to_pfn(page), nr_users, PKMAP_PAGES);
	report_end();
}

void *kmap(struct page *page)
{
	void *addr;

	if (!PageHighMem(page))
		return lowmem_page_address(page);
	if (irqs_disabled())
		report_kmap("kmap: may sleep, interrupts are off", page);
	addr = kmap_high(page);
	if (!addr)
		report_kmap("kmap: no window left", page);
	return addr;
}

void kunmap(struct page *page)
{
	struct pkmap_window *w;
	unsigned long flags;
	bool ok;

	if (!PageHighMem(page))
		return;
	spin_lock_irqsave(&pkmap_lock, flags);
	w = *find_link(page);
	ok = w && w->users;
	if (ok)
		nr_users -= --w->users == 0;
	spin_unlock_irqrestore(&pkmap_lock, flags);
	if (!ok)
		report_kmap("kunmap: not mapped", page);
}

void kmap_flush_unused(void)
{
	unsigned long flags;

	spin_lock_irqsave(&pkmap_lock, flags);
	flush_unused();
	spin_unlock_irqrestore(&pkmap_lock, flags);
}

void *page_address(const struct page *page)
{
	const struct pkmap_window *w;
	unsigned long flags;
	void *addr = NULL;

	if (!PageHighMem(page))
		return lowmem_page_address(page);
	spin_lock_irqsave(&pkmap_lock, flags);
	w = *find_link(page);
	if (w && w->users)
		addr = w->addr;
	spin_unlock_irqrestore(&pkmap_lock, flags);
	return addr;
}

struct page *pkmap_page(const void *p)
{
	struct page *page = NULL;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&pkmap_lock, flags);
	for (i = 0; i < PKMAP_PAGES && !page; i++)
		if (windows[i].users && windows[i].addr == p)
			page = windows[i].page;
	spin_unlock_irqrestore(&pkmap_lock, flags);
	return page;
}

unsigned long kmap_users(void)
{
	return READ_ONCE(nr_users);
}

#endif

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
 * 3. A new page takes the next window that is empty, in a circle. When there
 *    is none, all windows without users are emptied, and all TLBs flushed once
 *    for all of them.
 * 4. A flush waits for the other CPUs, so nothing may be locked meanwhile that
 *    one of their handlers could want. The windows are emptied under the lock
 *    and marked as stale; flushed without it; and free for use after that.
 * 5. Nothing to empty either: the caller sleeps until somebody unmaps.
 *
 *	window	   0     1     2     3     4   ...
 *	page	 | a   | b   |  -  |  -  | c   |
 *	users	   2     0                 1
 *			      empty stale: emptied, TLBs may still have it
 *
 * 6. A page's window is found by a hash of its frame number.
 *
 * Where the caller must not sleep, which is reported, it gets a window if one
 * is empty. Where there is no other thread that could ever unmap, a full table
 * is reported and the page refused, instead of sleeping for ever.
 *
 * Locks: pkmap_lock, interrupts off: page_address() is for any context.
 * Invariants: a page is in one window at most, and in the chain of its hash
 * exactly if it is in a window; nr_users == windows with users != 0,
 * nr_mapped == windows with a page, nr_stale == windows marked so, which have
 * no page; if nr_stale != 0 one thread is flushing.
 * Cost: a chain of a few; a new page looks at one window mostly, and every
 * PKMAP_PAGES new pages there is one flush.
 * Counterpart: map_new_virtual(), kmap_high(), page_address_map.
 */
#ifdef CONFIG_HIGHMEM

#include <kernel/preempt.h>
#include <kernel/rcupdate.h>
#include <kernel/report.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>
#include <mm/highmem.h>

#include "pkmap.h"

#define PKMAP_BUCKETS 128

struct pkmap_window {
	struct page *page;		/* NULL: empty, or stale */
	void *addr;
	unsigned int users;
	bool stale;
	struct pkmap_window *next;	/* of the same hash */
};

static DEFINE_SPINLOCK(pkmap_lock, RANK_PKMAP);
static DECLARE_WAIT_QUEUE_HEAD(pkmap_wait);

/* All under pkmap_lock. */
static struct pkmap_window windows[PKMAP_PAGES];
static struct pkmap_window *buckets[PKMAP_BUCKETS];
static unsigned int last_window;	/* where the search goes on */
static unsigned long nr_users, nr_mapped, nr_stale;
static unsigned long nr_waiting;	/* threads on pkmap_wait */

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
	*w = (struct pkmap_window){ .stale = true };
	nr_mapped--;
	nr_stale++;
}

static void empty_unused(void)
{
	unsigned int i;

	for (i = 0; i < PKMAP_PAGES; i++)
		if (windows[i].page && !windows[i].users)
			empty_window(&windows[i]);
}

static void free_stale(void)
{
	unsigned int i;

	for (i = 0; i < PKMAP_PAGES; i++)
		windows[i].stale = false;
	nr_stale = 0;
	if (nr_waiting)
		wake_up_all(&pkmap_wait);
}

/* Drops the lock for the flush. Nobody else is flushing. */
static void flush_unused(unsigned long *flags)
{
	empty_unused();
	if (!nr_stale)
		return;
	spin_unlock_irqrestore(&pkmap_lock, *flags);
	pkmap_flush();
	spin_lock_irqsave(&pkmap_lock, *flags);
	free_stale();
}

static bool some_empty(void)
{
	return nr_mapped + nr_stale < PKMAP_PAGES;
}

static bool some_unused(void)
{
	return nr_mapped > nr_users;
}

/* There is one. */
static struct pkmap_window *next_empty(void)
{
	do {
		last_window = (last_window + 1) % PKMAP_PAGES;
	} while (windows[last_window].page || windows[last_window].stale);
	return &windows[last_window];
}

static struct pkmap_window *map_new(struct page *page)
{
	struct pkmap_window *w = next_empty(), **bucket = bucket_of(page);

	w->page = page;
	w->addr = pkmap_map((unsigned int)(w - windows), page_to_phys(page));
	w->next = *bucket;
	*bucket = w;
	nr_mapped++;
	return w;
}

static bool no_flush(void)
{
	unsigned long flags;
	bool none;

	spin_lock_irqsave(&pkmap_lock, flags);
	none = !nr_stale;
	spin_unlock_irqrestore(&pkmap_lock, flags);
	return none;
}

/* Is it worth while to look again? */
static bool window_at_hand(const struct page *page)
{
	unsigned long flags;
	bool ok;

	spin_lock_irqsave(&pkmap_lock, flags);
	ok = *find_link(page) || some_empty() || (some_unused() && !nr_stale);
	spin_unlock_irqrestore(&pkmap_lock, flags);
	return ok;
}

static void wait_for_window(const struct page *page, unsigned long *flags)
{
	nr_waiting++;
	spin_unlock_irqrestore(&pkmap_lock, *flags);
	wait_event(pkmap_wait, window_at_hand(page));
	spin_lock_irqsave(&pkmap_lock, *flags);
	nr_waiting--;
}

static void wait_for_flush(unsigned long *flags)
{
	nr_waiting++;
	spin_unlock_irqrestore(&pkmap_lock, *flags);
	wait_event(pkmap_wait, no_flush());
	spin_lock_irqsave(&pkmap_lock, *flags);
	nr_waiting--;
}

/* Then nobody will give a window back: RCU's thread has none. */
static bool only_thread(void)
{
	unsigned int cpu, n = 0;

	for_each_possible_cpu(cpu)
		n += sched_nr_threads(cpu);
	return n <= 1 + rcu_nr_threads();
}

/* The page's window, or an empty one. NULL: there will be none. */
static struct pkmap_window *get_window(struct page *page, bool atomic,
				       unsigned long *flags)
{
	for (;;) {
		struct pkmap_window *w = *find_link(page);

		if (w)
			return w;
		if (some_empty())
			return map_new(page);
		if (atomic)
			return NULL;
		if (some_unused() && !nr_stale)
			flush_unused(flags);
		else if (!nr_stale && only_thread())
			return NULL;
		else
			wait_for_window(page, flags);
	}
}

static void *kmap_high(struct page *page, bool atomic)
{
	struct pkmap_window *w;
	unsigned long flags;
	void *addr = NULL;

	spin_lock_irqsave(&pkmap_lock, flags);
	w = get_window(page, atomic, &flags);
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
	might_sleep();
	addr = kmap_high(page, in_atomic());
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
	if (ok && --w->users == 0) {
		nr_users--;
		if (nr_waiting)
			wake_up_all(&pkmap_wait);
	}
	spin_unlock_irqrestore(&pkmap_lock, flags);
	if (!ok)
		report_kmap("kunmap: not mapped", page);
}

void kmap_flush_unused(void)
{
	unsigned long flags;

	might_sleep();
	spin_lock_irqsave(&pkmap_lock, flags);
	while (nr_stale)
		wait_for_flush(&flags);
	flush_unused(&flags);
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

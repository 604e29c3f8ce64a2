/*
 * Was a free page written to?
 *
 * Problem: a pointer is used after its page was freed. The write hits nobody,
 * or the page's next owner, much later and far away.
 *
 * 1. When a page is freed, and when memory first comes to the free lists, it
 *    is filled with 0xaa (mm/page_debug.c says when).
 * 2. When it is handed out, each byte must still be 0xaa. If not, one report
 *    tells the block, the first and the last wrong byte, what was found, and
 *    who freed the page last, if page_owner=on. Then it is 0xaa again and goes
 *    its way: contents nobody may rely on are no reason to lose the memory.
 * 3. On demand all free blocks are checked where they lie: from frame to
 *    frame, so that the zone's lock can be let go in between.
 *
 *	block	aa aa aa aa 17 aa aa 17 aa aa ...
 *	                     ^first   ^last	found: 17 aa aa 17
 *
 * One wrong byte that differs in one bit is told as such: that is what bad
 * RAM looks like, and seldom what programs do.
 *
 * Locks: zone->lock for step 3, STEP_FRAMES frames at a time; otherwise the
 * block is the caller's. Cost: a pass over the page for each free and each
 * allocation. Left out: reads of free pages; a write of 0xaa.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <kernel/printk.h>
#include <kernel/report.h>
#include <kernel/sched.h>
#include <kernel/shell.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>

#include "page_debug.h"

/* Frames that are looked at under one hold of a zone's lock. */
#define STEP_FRAMES 64
#define NR_SHOWN 16
/* Words per round of a pass over a page. */
#define UNROLL 4

#define POISON_WORD (~0UL / 0xff * PAGE_POISON)

/* What is wrong with a block, in bytes from its start. */
struct damage {
	bool found;
	unsigned long first, last;
	u8 bytes[NR_SHOWN];	/* from the first on, as far as its page goes */
	unsigned int nr_bytes;
};

static int __init set_page_poison(const char *value)
{
	return page_debug_param(value, PAGE_DEBUG_POISON, NULL);
}
early_param("page_poison", set_page_poison);

bool page_poisoning_enabled(void)
{
	return page_debug & PAGE_DEBUG_POISON;
}

static void fill_page(unsigned long *word)
{
	const unsigned long *end = word + PAGE_SIZE / sizeof(*word);

	for (; word < end; word += UNROLL) {
		word[0] = word[1] = POISON_WORD;
		word[2] = word[3] = POISON_WORD;
	}
}

void page_poison_fill(struct page *page, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++) {
		void *p = kmap_local_must(page + i);

		fill_page(p);
		kunmap_local(p);
	}
}

static bool page_is_poison(const unsigned long *word)
{
	const unsigned long *end = word + PAGE_SIZE / sizeof(*word);
	unsigned long wrong = 0;

	for (; word < end && !wrong; word += UNROLL) {
		wrong |= (word[0] ^ POISON_WORD) | (word[1] ^ POISON_WORD);
		wrong |= (word[2] ^ POISON_WORD) | (word[3] ^ POISON_WORD);
	}
	return !wrong;
}

/* A page that is not as it should be; at: its offset in the block. */
static void note_damage(struct damage *d, const u8 *p, unsigned long at)
{
	unsigned long first = 0, last = PAGE_SIZE - 1;

	while (p[first] == PAGE_POISON)
		first++;
	while (p[last] == PAGE_POISON)
		last--;
	d->last = at + last;
	if (d->found)
		return;
	d->found = true;
	d->first = at + first;
	d->nr_bytes = min_t(unsigned int, last - first + 1, NR_SHOWN);
	memcpy(d->bytes, p + first, d->nr_bytes);
}

static bool single_bit_error(const struct damage *d)
{
	return d->first == d->last &&
	       is_power_of_2((u64)(d->bytes[0] ^ PAGE_POISON));
}

static void report_damage(struct page *head, unsigned int order,
			  const struct damage *d)
{
	char words[3 * NR_SHOWN + 1];
	unsigned int i, n = 0;

	for (i = 0; i < d->nr_bytes; i++)
		n += (unsigned int)kscnprintf(words + n, sizeof(words) - n,
					      " %02x", d->bytes[i]);
	report_begin(single_bit_error(d) ? "pagealloc: single bit error" :
					   "pagealloc: memory corruption",
		     "pfn %#lx order %u: free page written to, bytes %#lx to %#lx",
		     page_to_pfn(head), order, d->first, d->last);
	printk("  found%s instead of %#x\n", words, PAGE_POISON);
	page_owner_print(head + (d->first >> PAGE_SHIFT));
	report_end();
}

/* Frames [from, to) of the block; false: damaged, reported, repaired. */
static bool check_frames(struct page *head, unsigned int order,
			 unsigned long from, unsigned long to)
{
	struct damage d = { .found = false };
	unsigned long i;

	for (i = from; i < to; i++) {
		void *p = kmap_local_must(head + i);

		if (unlikely(!page_is_poison(p))) {
			note_damage(&d, p, i << PAGE_SHIFT);
			fill_page(p);
		}
		kunmap_local(p);
	}
	if (d.found)
		report_damage(head, order, &d);
	return !d.found;
}

bool page_poison_check(struct page *page, unsigned int order)
{
	return check_frames(page, order, 0, 1UL << order);
}

/* ----- all of it ---------------------------------------------------------- */

/* A free block holds pfn: checks a step of it; the first frame not checked. */
static unsigned long check_free_block(struct page *head, unsigned long pfn,
				      unsigned long *reports)
{
	unsigned long from = pfn - page_to_pfn(head);
	unsigned long to = min(from + STEP_FRAMES, 1UL << head->order);

	if (!check_frames(head, head->order, from, to))
		++*reports;
	return pfn + to - from;
}

/* One step of [pfn, end), which is the zone's; where to go on. Zone locked. */
static unsigned long check_step(const struct zone *zone, unsigned long pfn,
				unsigned long end, unsigned long *reports)
{
	unsigned long stop = min(pfn + STEP_FRAMES, end);

	while (pfn < stop) {
		unsigned long next = deferred_skip(zone, pfn);
		struct page *head;

		if (next != pfn)
			return next;
		head = block_head(pfn_to_page(pfn));
		if (head && head->type == PAGE_BUDDY)
			return check_free_block(head, pfn, reports);
		pfn++;
	}
	return pfn;
}

/* RAM of one zone. */
static unsigned long check_range(struct zone *zone, unsigned long pfn,
				 unsigned long end)
{
	unsigned long flags, reports = 0;

	while (pfn < end) {
		spin_lock_irqsave(&zone->lock, flags);
		pfn = check_step(zone, pfn, end, &reports);
		spin_unlock_irqrestore(&zone->lock, flags);
		cond_resched();
	}
	return reports;
}

unsigned long page_poison_check_all(void)
{
	unsigned long pfn = 0, end, reports = 0;
	struct pfn_range ram;
	struct zone *zone;

	if (!page_poisoning_enabled())
		return 0;
	while (next_ram_range(pfn, &ram, NULL)) {
		zone = pfn_to_zone(ram.start, &end);
		end = min(end, ram.end);
		reports += check_range(zone, ram.start, end);
		pfn = end;
	}
	return reports;
}

static int cmd_page_poison(int argc, char **argv)
{
	if (page_poisoning_enabled())
		printk("%lu damaged\n", page_poison_check_all());
	else
		printk("page_poison is off: boot with page_poison=on\n");
	return 0;
}
SHELL_COMMAND(page_poison, "", "checks that nobody wrote to free pages",
	      cmd_page_poison);

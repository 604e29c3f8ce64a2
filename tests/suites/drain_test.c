/*
 * Every page there is: taken, written, checked, given back in random order.
 *
 * Memory that belongs to somebody else shows here: as boot data that changed,
 * as a page with another page's pattern, or as a count that differs from what
 * the census promised. No memory beside the pages themselves is used: blocks
 * are chained by page->lru and known by a mark in page->private; the order of
 * the frees is a permutation of all frame numbers. High memory is written and
 * read through kmap_local_page(), a page at a time.
 *
 *	drain=auto	only up to 1 GiB of RAM (default)
 *	drain=on, off
 */
#include <asm/machine.h>
#include <kernel/cmdline.h>
#include <kernel/ktest.h>
#include <lib/errno.h>
#include <lib/hash.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/census.h>
#include <mm/highmem.h>

#include "../../mm/internal.h"

#define DRAIN_MARK 0xd7a1d7a1UL
#define DRAIN_AUTO_PAGES (SZ_1G >> PAGE_SHIFT)
#define DRAIN_GFP (__GFP_MEMALLOC | __GFP_NOWARN | __GFP_HIGHMEM)

static enum { DRAIN_AUTO, DRAIN_ON, DRAIN_OFF } drain_mode;

static int set_drain(const char *value)
{
	if (!strcmp(value, "auto"))
		drain_mode = DRAIN_AUTO;
	else if (!strcmp(value, "on"))
		drain_mode = DRAIN_ON;
	else if (!strcmp(value, "off"))
		drain_mode = DRAIN_OFF;
	else
		return -EINVAL;
	return 0;
}
early_param("drain", set_drain);

static struct census promised, left;
static LIST_HEAD(drained);

static void skip_unless_wanted(struct ktest *t)
{
	if (drain_mode == DRAIN_OFF)
		ktest_skip(t, "drain=off");
	else if (drain_mode == DRAIN_AUTO &&
		 totalram_pages() > DRAIN_AUTO_PAGES)
		ktest_skip(t, "more than 1 GiB of RAM, say drain=on");
}

static void hash_range(const char *what, const void *p, size_t n, void *arg)
{
	*(u64 *)arg = hash_bytes(*(u64 *)arg, p, n);
}

static u64 hash_boot_ranges(void)
{
	u64 hash = HASH_SEED;

	for_each_boot_range(hash_range, &hash);
	return hash;
}

/* Mixed orders and types until not one page is left; how many pages. */
static unsigned long take_everything(void)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	struct rng rng = rng_seed(7);
	unsigned int order = MAX_PAGE_ORDER;
	unsigned long pages = 0;

	INIT_LIST_HEAD(&drained);
	for (;;) {
		gfp_t gfp = DRAIN_GFP | types[rng_below(&rng, 3)];
		unsigned int o = (unsigned int)rng_below(&rng, order + 1);
		struct page *page = alloc_pages(gfp, o);

		if (page) {
			page->private = DRAIN_MARK;
			list_add(&page->lru, &drained);
			pages += 1UL << o;
		} else if (o == 0) {
			return pages;
		} else {
			order = o - 1;	/* never more than the last failure */
		}
	}
}

static u64 pattern(unsigned long pfn)
{
	return (pfn + 1) * 0x9e3779b97f4a7c15ULL;
}

static void fill_page(u64 *p, u64 v)
{
	const u64 *end = p + PAGE_SIZE / sizeof(*p);

	for (; p < end; p += 8) {
		p[0] = v;
		p[1] = v;
		p[2] = v;
		p[3] = v;
		p[4] = v;
		p[5] = v;
		p[6] = v;
		p[7] = v;
	}
}

static bool page_holds(const u64 *p, u64 v)
{
	const u64 *end = p + PAGE_SIZE / sizeof(*p);
	u64 diff = 0;

	for (; p < end; p += 8)
		diff |= (p[0] ^ v) | (p[1] ^ v) | (p[2] ^ v) | (p[3] ^ v) |
			(p[4] ^ v) | (p[5] ^ v) | (p[6] ^ v) | (p[7] ^ v);
	return diff == 0;
}

static void fill_frame(struct page *page)
{
	u64 *p = kmap_local_page(page);

	fill_page(p, pattern(page_to_pfn(page)));
	kunmap_local(p);
}

static bool frame_is_intact(struct page *page)
{
	const u64 *p = kmap_local_page(page);
	bool intact = page_holds(p, pattern(page_to_pfn(page)));

	kunmap_local(p);
	return intact;
}

static void fill_everything(void)
{
	struct page *page;
	unsigned long i;

	list_for_each_entry(page, &drained, lru)
		for (i = 0; i < 1UL << page->order; i++)
			fill_frame(page + i);
}

/* Pages that do not hold their pattern; *first is one of them. */
static unsigned long verify_everything(unsigned long *first)
{
	unsigned long bad = 0;
	struct page *page;

	list_for_each_entry(page, &drained, lru) {
		unsigned long i;

		for (i = 0; i < 1UL << page->order; i++) {
			if (frame_is_intact(page + i))
				continue;
			*first = page_to_pfn(page + i);
			bad++;
		}
	}
	return bad;
}

/* Half of the blocks become single pages: more to merge. */
static void split_half(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &drained, lru)
		if (pattern(page_to_pfn(page)) & (1ULL << 40))
			split_page(page, page->order);
}

/*
 * Visits each number below 2^bits once: a full-period generator modulo a
 * power of two (multiplier 1 mod 4, increment odd), its output scrambled by a
 * shift that can be undone.
 */
static unsigned long free_in_random_order(unsigned int bits)
{
	u64 mask = (1ULL << bits) - 1, x = 0, i;
	unsigned long freed = 0;

	for (i = 0; i <= mask; i++) {
		struct page *page;

		x = (x * 6364136223846793005ULL + 1442695040888963407ULL) &
		    mask;
		page = pfn_to_page((unsigned long)(x ^ (x >> (bits / 2 + 1))));
		if (!page_is_backed(page) || page->type != PAGE_ALLOC ||
		    page->private != DRAIN_MARK)
			continue;
		freed += 1UL << page->order;
		__free_pages(page, page->order);
	}
	return freed;
}

static unsigned long last_pfn(void)
{
	struct pfn_range ram = { 0, 1 };
	unsigned long pfn;

	for (pfn = 0; next_ram_range(pfn, &ram, NULL); pfn = ram.end)
		;
	return ram.end - 1;
}

static void every_page_is_its_takers_alone(struct ktest *t)
{
	unsigned long taken, bad, first = 0, high = nr_free_highpages();
	u64 boot = hash_boot_ranges();

	census_take(&promised);
	taken = take_everything();
	census_walk(&left, NULL, NULL);
	KTEST_EXPECT_EQ(t, taken, promised.pages[CENSUS_FREE] -
				  census_memmap_growth(&promised, &left));
	KTEST_EXPECT_EQ(t, nr_free_pages(), 0);
	fill_everything();
	bad = verify_everything(&first);
	KTEST_EXPECT_EQ(t, bad, 0);
	if (bad)
		ktest_note(t, "pfn %#lx lost its pattern", first);
	KTEST_EXPECT_EQ(t, hash_boot_ranges(), boot);
	census_walk(&left, NULL, NULL);
	KTEST_EXPECT_STREQ(t, census_check(&left), NULL);
	split_half();
	KTEST_EXPECT_EQ(t, free_in_random_order(__fls(last_pfn()) + 1), taken);
	KTEST_EXPECT_EQ(t, hash_boot_ranges(), boot);
	KTEST_EXPECT_STREQ(t, page_alloc_validate(), NULL);
	census_take(&left);
	KTEST_EXPECT_STREQ(t, census_compare(&promised, &left), NULL);
	ktest_note(t, "%lu pages drained and given back, %lu of them high",
		   taken, high);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_page_is_its_takers_alone),
	{}
};
KTEST_SUITE_FIXTURE(drain, cases, skip_unless_wanted, NULL);

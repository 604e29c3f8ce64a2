/*
 * What is left of large blocks, and how much of its slabs a cache fills, after
 * long use: no time, but the price of time.
 *
 * frag_order9_percent is the benchmark of LLFree (Wrenger and others, USENIX
 * ATC 2023): all memory is taken page by page, a random half is given back;
 * then, in each of 100 rounds, a random tenth of what is held is given back and
 * as many pages are taken anew. Told is how many free blocks of 2 MiB there
 * are then, in percent of what as many free pages could be.
 */
#include <lib/kernel.h>
#include <lib/random.h>
#include <mm/mm.h>
#include <mm/mmzone.h>

#include "memory.h"

#define ROUNDS 100
#define HUGE_ORDER 9

static unsigned long huge_blocks_free(void)
{
	unsigned long n = 0;
	unsigned int order;
	struct zone *zone;

	drain_all_pages();
	for_each_populated_zone(zone)
		for (order = HUGE_ORDER; order < NR_PAGE_ORDERS; order++)
			n += zone_nr_free(zone, order) << (order - HUGE_ORDER);
	return n;
}

static unsigned long take_all(struct page **pages, unsigned long most)
{
	unsigned long n = 0;

	while (n < most) {
		pages[n] = alloc_page(GFP_KERNEL | __GFP_NORETRY |
				      __GFP_NOWARN);
		if (!pages[n])
			break;
		n++;
	}
	return n;
}

static void give_back(struct page **pages, unsigned long from,
		      unsigned long to)
{
	while (from < to)
		__free_page(pages[from++]);
}

/* A tenth of the n pages, at random, ends up at the end, and is replaced. */
static void one_round(struct page **pages, unsigned long n, struct rng *rng)
{
	unsigned long keep = n - n / 10, i;

	for (i = n; i > keep; i--) {
		unsigned long other = rng_below(rng, i);

		swap(pages[i - 1], pages[other]);
	}
	give_back(pages, keep, n);
	for (i = keep; i < n; i++)
		pages[i] = alloc_page(GFP_KERNEL);
}

BENCH(frag_order9_percent, 1)
{
	unsigned long most = nr_free_pages(), n, held;
	struct page **pages = bench_array(b, most);
	struct rng rng = rng_seed(BENCH_SEED);
	unsigned int round;

	if (!pages)
		return;
	n = take_all(pages, most);
	bench_shuffle(pages, n);
	held = n / 2;
	give_back(pages, held, n);
	for (round = 0; round < ROUNDS; round++)
		one_round(pages, held, &rng);
	bench_value(b, "percent", 100 * 1000000ULL * huge_blocks_free() /
		    (nr_free_pages() >> HUGE_ORDER));
	give_back(pages, 0, held);
	bench_array_free(pages, most);
}

#define OBJECTS 100000UL
#define OBJECT_SIZE 64

/* Bytes of live objects in percent of the pages their cache has. */
BENCH(slab_utilisation_percent, 1)
{
	struct kmem_cache *s = bench_cache(b, OBJECT_SIZE);
	void **p = s ? bench_array(b, OBJECTS) : NULL;
	unsigned long free, live = OBJECTS / 10, i;

	if (!p)
		goto out;
	drain_all_pages();
	free = nr_free_pages();
	for (i = 0; i < OBJECTS; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	bench_shuffle(p, OBJECTS);
	for (i = live; i < OBJECTS; i++)
		kmem_cache_free(s, p[i]);
	kmem_cache_shrink(s);
	drain_all_pages();
	bench_value(b, "percent", 100 * 1000000ULL * live * OBJECT_SIZE /
		    ((free - nr_free_pages()) << PAGE_SHIFT));
	for (i = 0; i < live; i++)
		kmem_cache_free(s, p[i]);
	bench_array_free(p, OBJECTS);
out:
	if (s)
		kmem_cache_destroy(s);
}

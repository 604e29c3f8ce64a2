/*
 * Blocks of pages: a pair of calls again and again for each order, 32,768
 * single pages taken and then given back, and orders mixed.
 */
#include <lib/kernel.h>
#include <lib/random.h>
#include <mm/mm.h>
#include <mm/mmzone.h>

#include "memory.h"

#define PAIRS 10000
#define PAGES 32768

/*
 * Blocks on a list are in the order in which they came there, so what a row
 * finds depends on what ran before. All of the largest order are taken and
 * given back by address: then it depends on that much less.
 */
#define BLOCKS 1024

static void put_in_order(void)
{
	static struct page *blocks[BLOCKS];
	struct page *page;
	unsigned long i;

	for (;;) {
		page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN,
				   MAX_PAGE_ORDER);
		i = page ? page_to_pfn(page) >> MAX_PAGE_ORDER : BLOCKS;
		if (i >= BLOCKS)
			break;
		blocks[i] = page;
	}
	if (page)
		__free_pages(page, MAX_PAGE_ORDER);
	for (i = 0; i < BLOCKS; i++) {
		if (blocks[i])
			__free_pages(blocks[i], MAX_PAGE_ORDER);
		blocks[i] = NULL;
	}
}

#define PAGE_PAIR(order) \
BENCH(page_pair_##order, PAIRS) \
{ \
	unsigned int i; \
\
	put_in_order(); \
	while (bench_sample(b)) \
		bench_each(b, i, PAIRS) \
			__free_pages(alloc_pages(GFP_KERNEL, order), order); \
}

PAGE_PAIR(0)
PAGE_PAIR(1)
PAGE_PAIR(2)
PAGE_PAIR(3)
PAGE_PAIR(4)
PAGE_PAIR(5)
PAGE_PAIR(6)
PAGE_PAIR(7)
PAGE_PAIR(8)
PAGE_PAIR(9)
PAGE_PAIR(10)

#define PAGE_RUN(name, shuffle) \
BENCH(name, PAGES) \
{ \
	struct page **p = bench_array(b, PAGES); \
	unsigned int i; \
\
	put_in_order(); \
	while (p && bench_sample(b)) { \
		bench_each(b, i, PAGES) \
			p[i] = alloc_page(GFP_KERNEL); \
		shuffle(p, PAGES); \
		bench_each(b, i, PAGES) \
			__free_page(p[i]); \
	} \
	if (p) \
		bench_array_free(p, PAGES); \
}

PAGE_RUN(page_inorder_0_n32768, bench_keep_order)
PAGE_RUN(page_random_0_n32768, bench_shuffle)

/*
 * Blocks of random order, small ones more often, as far as MIXED_AT_ONCE live:
 * each turn gives the oldest back and takes another.
 */
#define MIXED 10000
#define MIXED_AT_ONCE 512

struct block {
	struct page *page;
	unsigned int order;
};

static void choose_orders(unsigned int *orders)
{
	struct rng rng = rng_seed(BENCH_SEED);
	unsigned int i;

	for (i = 0; i < MIXED; i++)
		orders[i] = (unsigned int)rng_below(&rng,
						    1 + rng_below(&rng, 10));
}

BENCH(page_mixed_orders, MIXED)
{
	static unsigned int orders[MIXED];
	static struct block live[MIXED_AT_ONCE];
	unsigned int i;

	choose_orders(orders);
	put_in_order();
	for (i = 0; i < MIXED_AT_ONCE; i++)
		live[i].page = alloc_page(GFP_KERNEL);
	while (bench_sample(b)) {
		bench_each(b, i, MIXED) {
			struct block *block = &live[i % MIXED_AT_ONCE];

			__free_pages(block->page, block->order);
			block->order = orders[i];
			block->page = alloc_pages(GFP_KERNEL, block->order);
		}
	}
	for (i = 0; i < MIXED_AT_ONCE; i++) {
		__free_pages(live[i].page, live[i].order);
		live[i].order = 0;
	}
}

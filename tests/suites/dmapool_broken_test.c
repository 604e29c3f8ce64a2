/* dma_pool_validate() names each of its rules that is broken. */
#include <lib/bitmap.h>

#include "../../mm/dmapool_internal.h"
#include "names_fault.h"

#define BLOCKS 4	/* of 1 KiB in a unit of a page */

static struct dma_pool *pool;
static void *blocks[BLOCKS + 1];
static dma_addr_t dma[BLOCKS + 1];

/* A unit that is full, and one with a block in use. */
static void make_pool(struct ktest *t)
{
	unsigned int i;

	pool = dma_pool_create("broken", NULL, 1024, 8, 0);
	if (!pool) {
		ktest_skip(t, "no memory for the pool");
		return;
	}
	for (i = 0; i <= BLOCKS; i++)
		blocks[i] = dma_pool_alloc(pool, GFP_KERNEL | __GFP_NOFAIL,
					   &dma[i]);
}

static void end_pool(struct ktest *t)
{
	unsigned int i;

	if (!pool)
		return;
	for (i = 0; i <= BLOCKS; i++)
		dma_pool_free(pool, blocks[i], dma[i]);
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool), NULL);
	dma_pool_destroy(pool);
}

#define POOL_NAMES(t, place, wrong, words) \
	NAMES_FAULT(t, place, wrong, dma_pool_validate(pool), words)

static void unit_counts_its_bits(struct ktest *t)
{
	struct dma_unit *full = dma_unit_of(pool, blocks[0]);
	struct dma_unit *avail = dma_unit_of(pool, blocks[BLOCKS]);

	KTEST_ASSERT_EQ(t, full->nr_busy, BLOCKS);
	KTEST_ASSERT_EQ(t, avail->nr_busy, 1);
	POOL_NAMES(t, avail->nr_busy, 2,
		   "dma_pool: wrong number of busy blocks in a unit");
	POOL_NAMES(t, full->nr_busy, BLOCKS - 1,
		   "dma_pool: wrong number of busy blocks in a unit");
	POOL_NAMES(t, avail->busy[0], 7,
		   "dma_pool: wrong number of busy blocks in a unit");
	POOL_NAMES(t, pool->nr_busy, BLOCKS,
		   "dma_pool: wrong number of busy blocks");
}

static void unit_lies_in_the_list_that_tells_if_it_is_full(struct ktest *t)
{
	struct dma_unit *full = dma_unit_of(pool, blocks[0]);
	struct dma_unit *avail = dma_unit_of(pool, blocks[BLOCKS]);

	list_move(&full->entry, &pool->avail);
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool),
			   "dma_pool: unit in the wrong list");
	list_move(&full->entry, &pool->full);
	list_move(&avail->entry, &pool->full);
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool),
			   "dma_pool: unit in the wrong list");
	list_move(&avail->entry, &pool->avail);
}

static void expect_count_is_checked(struct ktest *t, const void *block)
{
	struct dma_unit *unit = dma_unit_of(pool, block);

	POOL_NAMES(t, unit->nr_busy, unit->nr_busy - 1,
		   "dma_pool: wrong number of busy blocks in a unit");
}

/* Both that are full, then both that are not: the first as well as the last. */
static void each_unit_of_a_list_is_looked_at(struct ktest *t)
{
	void *more[BLOCKS];
	dma_addr_t at[BLOCKS];
	unsigned int i;

	for (i = 0; i < BLOCKS; i++)
		more[i] = dma_pool_alloc(pool, GFP_KERNEL | __GFP_NOFAIL,
					 &at[i]);
	expect_count_is_checked(t, blocks[0]);
	expect_count_is_checked(t, blocks[BLOCKS]);
	dma_pool_free(pool, blocks[1], dma[1]);
	expect_count_is_checked(t, blocks[0]);
	expect_count_is_checked(t, more[BLOCKS - 1]);
	blocks[1] = dma_pool_alloc(pool, GFP_KERNEL | __GFP_NOFAIL, &dma[1]);
	for (i = 0; i < BLOCKS; i++)
		dma_pool_free(pool, more[i], at[i]);
}

static void page_knows_its_pool_and_its_unit(struct ktest *t)
{
	struct dma_unit *avail = dma_unit_of(pool, blocks[BLOCKS]);
	struct page *page = avail->page;

	POOL_NAMES(t, page->lru.prev, NULL,
		   "dma_pool: page does not know its unit");
	POOL_NAMES(t, page->lru.next, NULL,
		   "dma_pool: page does not know its unit");
	POOL_NAMES(t, page->type, PAGE_LARGE_KMALLOC,
		   "dma_pool: page does not know its unit");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(unit_counts_its_bits),
	KTEST_CASE(unit_lies_in_the_list_that_tells_if_it_is_full),
	KTEST_CASE(each_unit_of_a_list_is_looked_at),
	KTEST_CASE(page_knows_its_pool_and_its_unit),
	{}
};
KTEST_SUITE_FIXTURE(dmapool_broken, cases, make_pool, end_pool);

/* DMA pools: where blocks lie, and what is done wrong to them. */
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/dmapool.h>
#include <mm/init_on.h>
#include <mm/mmzone.h>
#include <mm/slab.h>

#include "../../mm/internal.h"

#define MAX_BLOCKS 300
#define END_OF_DMA32 0x100000000ULL
#define END_OF_DMA 0x1000000ULL

#ifdef CONFIG_DEBUG
static const bool poisoned = true;
#else
static const bool poisoned;
#endif

struct block {
	u8 *p;
	dma_addr_t dma;
};

static struct block blocks[MAX_BLOCKS];

/* No case is about a lack of memory: what is asked for comes. */
static struct block take(struct dma_pool *pool, gfp_t gfp)
{
	struct block b = { 0 };

	if (gfpflags_allow_blocking(gfp))
		gfp |= __GFP_NOFAIL;
	b.p = dma_pool_alloc(pool, gfp, &b.dma);
	return b;
}

static void give(struct dma_pool *pool, struct block b)
{
	dma_pool_free(pool, b.p, b.dma);
}

static void end(struct ktest *t, struct dma_pool *pool)
{
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool), NULL);
	KTEST_EXPECT_REPORTS(t, 0, "", dma_pool_destroy(pool));
}

/* Is each byte of a block still what its number says? */
static void fill_blocks(size_t size)
{
	int i;

	for (i = 0; i < MAX_BLOCKS; i++)
		memset(blocks[i].p, i, size);
}

static unsigned int spoilt_blocks(size_t size)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < MAX_BLOCKS; i++)
		n += memchr_inv(blocks[i].p, (u8)i, size) != NULL;
	return n;
}

static void check_place(struct ktest *t, struct block b, size_t size,
			size_t align, size_t boundary)
{
	KTEST_EXPECT_EQ(t, b.dma, __pa(b.p));
	KTEST_EXPECT_LE(t, b.dma + size, END_OF_DMA32);
	KTEST_EXPECT_TRUE(t, IS_ALIGNED(b.dma, align));
	KTEST_EXPECT_EQ(t, b.dma / boundary, (b.dma + size - 1) / boundary);
}

static void try_shape(struct ktest *t, size_t size, size_t align,
		      size_t boundary)
{
	struct dma_pool *pool = dma_pool_create("shape", NULL, size, align,
						boundary);
	int i, j;

	KTEST_ASSERT_NOT_NULL(t, pool);
	for (i = 0; i < MAX_BLOCKS; i++) {
		blocks[i] = take(pool, GFP_KERNEL);
		KTEST_ASSERT_NOT_NULL(t, blocks[i].p);
		check_place(t, blocks[i], size, align, boundary);
	}
	fill_blocks(size);
	KTEST_EXPECT_EQ(t, spoilt_blocks(size), 0);
	for (i = 0; i < MAX_BLOCKS; i++) {
		j = i * 7 % MAX_BLOCKS;
		give(pool, blocks[j]);
		blocks[j] = take(pool, GFP_KERNEL);
		memset(blocks[j].p, j, size);
	}
	KTEST_EXPECT_EQ(t, spoilt_blocks(size), 0);
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool), NULL);
	for (i = 0; i < MAX_BLOCKS; i++)
		give(pool, blocks[i * 7 % MAX_BLOCKS]);
	end(t, pool);
}

static void blocks_lie_as_asked_for(struct ktest *t)
{
	try_shape(t, 1, 1, 4096);
	try_shape(t, 16, 16, 4096);
	try_shape(t, 20, 4, 64);
	try_shape(t, 24, 32, 1024);
	try_shape(t, 600, 8, 2048);
	try_shape(t, 64, 64, 64);
	try_shape(t, 100, 1, 1 << 20);
	try_shape(t, 2048, 2048, 4096);
}

static void blocks_above_a_page_lie_as_asked_for(struct ktest *t)
{
	static const struct { size_t size, align, boundary; } shapes[] = {
		{ 4096, 4096, 4096 }, { 5000, 8, 8192 }, { 100, 8192, 16384 },
		{ 9000, 64, 65536 },
	};
	struct dma_pool *pool;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		pool = dma_pool_create("large", NULL, shapes[i].size,
				       shapes[i].align, shapes[i].boundary);
		KTEST_ASSERT_NOT_NULL(t, pool);
		for (j = 0; j < 10; j++) {
			blocks[j] = take(pool, GFP_KERNEL);
			check_place(t, blocks[j], shapes[i].size,
				    shapes[i].align, shapes[i].boundary);
		}
		while (j--)
			give(pool, blocks[j]);
		end(t, pool);
	}
}

static void what_cannot_be_met_is_refused(struct ktest *t)
{
	KTEST_EXPECT_NULL(t, dma_pool_create("none", NULL, 0, 8, 0));
	KTEST_EXPECT_NULL(t, dma_pool_create("odd", NULL, 8, 3, 0));
	KTEST_EXPECT_NULL(t, dma_pool_create("narrow", NULL, 100, 8, 64));
	KTEST_EXPECT_NULL(t, dma_pool_create("aligned", NULL, 100, 128, 64));
	KTEST_EXPECT_NULL(t, dma_pool_create("odd", NULL, 64, 8, 3000));
	KTEST_EXPECT_NULL(t, dma_pool_create("huge", NULL, SIZE_MAX, 8, 0));
	KTEST_EXPECT_NULL(t, dma_pool_create("huge", NULL,
					     (PAGE_SIZE << MAX_PAGE_ORDER) + 1,
					     1, 0));
}

static void try_limit(struct ktest *t, size_t size, size_t align,
		      size_t boundary)
{
	struct dma_pool *pool = dma_pool_create("limit", NULL, size, align,
						boundary);

	if (KTEST_EXPECT_NOT_NULL(t, pool))
		end(t, pool);
}

/* A block of the largest there is, and everything that may be as large. */
static void limits_can_be_met(struct ktest *t)
{
	const size_t most = PAGE_SIZE << MAX_PAGE_ORDER;

	try_limit(t, most, 1, 0);
	try_limit(t, 1, most, most);
	try_limit(t, most - 1, most, 2 * most);
	KTEST_EXPECT_NULL(t, dma_pool_create("align", NULL, 1, 2 * most, 0));
	KTEST_EXPECT_NULL(t, dma_pool_create("b", NULL, most, 1, most / 2));
}

/* What would make the unit something else: its pages are asked for as ours. */
static void flags_of_the_caller_do_not_change_the_unit(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("flags", NULL, 5000, 8, 0);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL | __GFP_COMP | __GFP_HIGHMEM);
	KTEST_EXPECT_LE(t, a.dma + 5000, END_OF_DMA32);
	KTEST_EXPECT_EQ(t, virt_to_page(a.p + PAGE_SIZE)->type, PAGE_NONE);
	give(pool, a);
	end(t, pool);
}

/* Small blocks: the map takes more than a word. */
static void unit_has_a_block_wherever_one_fits(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("many", NULL, 24, 8, 64);
	unsigned int i, n = PAGE_SIZE / 64 * 2;

	KTEST_ASSERT_NOT_NULL(t, pool);
	for (i = 0; i <= n; i++)
		blocks[i] = take(pool, GFP_KERNEL);
	for (i = 0; i < n; i++)
		KTEST_EXPECT_EQ(t, blocks[i].dma - blocks[0].dma,
				i / 2 * 64 + i % 2 * 24);
	KTEST_EXPECT_NE(t, PFN_DOWN(blocks[n].dma), PFN_DOWN(blocks[0].dma));
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool), NULL);
	for (i = 0; i <= n; i++)
		give(pool, blocks[i]);
	end(t, pool);
}

static void no_alignment_and_no_boundary_are_fine(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("plain", NULL, 3, 0, 0);
	struct block a, b;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	b = take(pool, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, b.dma, a.dma + 3);
	give(pool, a);
	give(pool, b);
	end(t, pool);
}

static void freed_block_is_used_again(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("again", NULL, 512, 8, 0);
	struct block a, b;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	give(pool, a);
	b = take(pool, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, b.dma, a.dma);
	give(pool, b);
	end(t, pool);
}

static void zalloc_clears_used_blocks_too(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("clear", NULL, 100, 4, 0);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	memset(a.p, 0xff, 100);
	give(pool, a);
	a.p = dma_pool_zalloc(pool, GFP_KERNEL | __GFP_NOFAIL, &a.dma);
	KTEST_EXPECT_NULL(t, memchr_inv(a.p, 0, 100));
	give(pool, a);
	a = take(pool, GFP_KERNEL | __GFP_ZERO);
	KTEST_EXPECT_NULL(t, memchr_inv(a.p, 0, 100));
	give(pool, a);
	end(t, pool);
}

/* init_on_alloc=1, init_on_free=1; a pattern in free blocks comes first. */
static void blocks_are_cleared_as_the_command_line_says(struct ktest *t)
{
	struct dma_pool *pool;
	struct block a;

	if (!init_on_alloc && !init_on_free) {
		ktest_skip(t, "init_on_alloc and init_on_free are off");
		return;
	}
	pool = dma_pool_create("clear", NULL, 100, 4, 0);
	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	memset(a.p, 0xff, 100);
	give(pool, a);
	if (init_on_free && !poisoned)
		KTEST_EXPECT_NULL(t, memchr_inv(a.p, 0, 100));
	a = take(pool, GFP_KERNEL);
	if (init_on_alloc || !poisoned)
		KTEST_EXPECT_NULL(t, memchr_inv(a.p, 0, 100));
	give(pool, a);
	end(t, pool);
}

static void lowest_memory_can_be_asked_for(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("isa", NULL, 64, 8, 0);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL | __GFP_DMA);
	KTEST_EXPECT_NOT_NULL(t, a.p);
	KTEST_EXPECT_LT(t, a.dma, END_OF_DMA);
	give(pool, a);
	end(t, pool);
}

/* What few devices need is left for them. */
static void lowest_memory_is_left_alone(struct ktest *t)
{
	const struct zone *first = node_zonelist(0, __GFP_DMA32)->zones[0];
	struct dma_pool *pool = dma_pool_create("pci", NULL, 64, 8, 0);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	if (zone_idx(first) != ZONE_DMA && first->nr_free_pages > 1000)
		KTEST_EXPECT_GE(t, a.dma, END_OF_DMA);
	give(pool, a);
	end(t, pool);
}

static struct {
	struct dma_pool *pool;
	struct block block;
} handler;

static void use_in_handler(void *info)
{
	struct block b = take(handler.pool, GFP_ATOMIC);

	give(handler.pool, handler.block);
	handler.block = b;
}

static void interrupt_handler_may_take_and_give(struct ktest *t)
{
	struct block before;
	unsigned int cpu;

	handler.pool = dma_pool_create("handler", NULL, 64, 8, 0);
	KTEST_ASSERT_NOT_NULL(t, handler.pool);
	for_each_online_cpu(cpu) {
		handler.block = before = take(handler.pool, GFP_KERNEL);
		smp_call_function_single(cpu, use_in_handler, NULL, true);
		KTEST_EXPECT_NE(t, handler.block.dma, before.dma);
		KTEST_EXPECT_NE(t, handler.block.dma, 0);
		give(handler.pool, handler.block);
	}
	end(t, handler.pool);
}

/* Mistakes */

/* With failing allocations: of the unit's descriptor, or of its pages. */
static void block_that_cannot_be_had_leaves_nothing_behind(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("dry", NULL, 64, 8, 0);
	struct block a = { 0 };

	if (!pool)
		return;
	a.p = dma_pool_alloc(pool, GFP_KERNEL, &a.dma);
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool), NULL);
	if (a.p)
		give(pool, a);
	end(t, pool);
}

static void block_is_not_freed_twice(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("twice", NULL, 64, 8, 0);
	struct block a, b;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	b = take(pool, GFP_KERNEL);
	give(pool, a);
	KTEST_EXPECT_REPORTS(t, 1, "freed twice", give(pool, a));
	give(pool, b);
	KTEST_EXPECT_REPORTS(t, 1, "freed twice", give(pool, a));
	KTEST_EXPECT_REPORTS(t, 1, "freed twice", give(pool, b));
	end(t, pool);
}

static void only_a_block_of_the_pool_is_freed(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("mine", NULL, 64, 8, 0);
	struct dma_pool *other = dma_pool_create("other", NULL, 64, 8, 0);
	void *object = kmalloc(64, GFP_KERNEL | __GFP_NOFAIL);
	struct block a, b;

	if (!KTEST_EXPECT_TRUE(t, pool && other))
		goto out;
	a = take(pool, GFP_KERNEL);
	b = take(other, GFP_KERNEL);
	KTEST_EXPECT_REPORTS(t, 1, "not a block of this pool", give(pool, b));
	KTEST_EXPECT_REPORTS(t, 1, "not a block of this pool",
			     dma_pool_free(pool, object, __pa(object)));
	KTEST_EXPECT_REPORTS(t, 1, "not a block of this pool",
			     dma_pool_free(pool, &handler, a.dma));
	KTEST_EXPECT_REPORTS(t, 1, "not a block of this pool",
			     dma_pool_free(pool, NULL, 0));
	give(pool, a);
	give(other, b);
out:
	kfree(object);
	dma_pool_destroy(pool);
	dma_pool_destroy(other);
}

/* In one, and in what is left at the end of a stretch. */
static void address_inside_a_block_is_not_freed(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("inside", NULL, 600, 8, 2048);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	KTEST_EXPECT_REPORTS(t, 1, "inside a block",
			     dma_pool_free(pool, a.p + 8, a.dma + 8));
	KTEST_EXPECT_REPORTS(t, 1, "inside a block",
			     dma_pool_free(pool, a.p + 1800, a.dma + 1800));
	KTEST_EXPECT_REPORTS(t, 1, "freed twice",
			     dma_pool_free(pool, a.p + 2048, a.dma + 2048));
	give(pool, a);
	end(t, pool);
}

static void addresses_of_a_block_must_agree(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("agree", NULL, 64, 8, 0);
	struct block a;

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	KTEST_EXPECT_REPORTS(t, 1, "wrong dma address",
			     dma_pool_free(pool, a.p, a.dma + 64));
	give(pool, a);
	end(t, pool);
}

/* It is nobody's page now: its owner has to give it back. */
static void give_abandoned(struct ktest *t, struct block b)
{
	KTEST_EXPECT_NULL(t, virt_to_page(b.p)->lru.prev);
	KTEST_EXPECT_NULL(t, virt_to_page(b.p)->lru.next);
	free_page((unsigned long)b.p & PAGE_MASK);
}

/* Pages without busy blocks come back; one with some, and a full one do not. */
static void pages_with_busy_blocks_are_left_alone(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("busy", NULL, 2048, 8, 0);
	struct block a[6];
	int i;

	KTEST_ASSERT_NOT_NULL(t, pool);
	for (i = 0; i < 6; i++)
		a[i] = take(pool, GFP_KERNEL);
	give(pool, a[0]);
	give(pool, a[1]);
	give(pool, a[2]);
	KTEST_EXPECT_REPORTS(t, 1, "pool busy, 3 blocks",
			     dma_pool_destroy(pool));
	give_abandoned(t, a[3]);
	give_abandoned(t, a[5]);
	dma_pool_destroy(NULL);
}

static struct block take_in_atomic(struct dma_pool *pool)
{
	struct block b;

	preempt_disable();
	b = take(pool, GFP_KERNEL);
	preempt_enable();
	return b;
}

static void end_in_atomic(struct dma_pool *pool)
{
	preempt_disable();
	dma_pool_destroy(pool);
	preempt_enable();
}

static void who_must_not_sleep_is_told(struct ktest *t)
{
	struct dma_pool *pool = dma_pool_create("atomic", NULL, 64, 8, 0);
	struct block a, b = { 0 };

	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);	/* there is a unit with room now */
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", b = take_in_atomic(pool));
	give(pool, a);
	give(pool, b);
	KTEST_EXPECT_REPORTS(t, 1, "may sleep", end_in_atomic(pool));
}

static void write_to_a_free_block_is_reported(struct ktest *t)
{
	struct dma_pool *pool;
	struct block a;

	if (!poisoned) {
		ktest_skip(t, "debug builds only");
		return;
	}
	pool = dma_pool_create("late", NULL, 64, 8, 0);
	KTEST_ASSERT_NOT_NULL(t, pool);
	a = take(pool, GFP_KERNEL);
	give(pool, a);
	a.p[63] = 1;
	KTEST_EXPECT_STREQ(t, dma_pool_validate(pool),
			   "dma_pool: free block written to");
	KTEST_EXPECT_REPORTS(t, 1, "byte 63 is 01", a = take(pool, GFP_KERNEL));
	KTEST_EXPECT_EQ(t, a.p[0], init_on_alloc ? 0 : 0xa9);
	give(pool, a);
	end(t, pool);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(blocks_lie_as_asked_for),
	KTEST_CASE(blocks_above_a_page_lie_as_asked_for),
	KTEST_CASE(what_cannot_be_met_is_refused),
	KTEST_CASE(limits_can_be_met),
	KTEST_CASE(flags_of_the_caller_do_not_change_the_unit),
	KTEST_CASE(unit_has_a_block_wherever_one_fits),
	KTEST_CASE(no_alignment_and_no_boundary_are_fine),
	KTEST_CASE(freed_block_is_used_again),
	KTEST_CASE(zalloc_clears_used_blocks_too),
	KTEST_CASE(blocks_are_cleared_as_the_command_line_says),
	KTEST_CASE(lowest_memory_can_be_asked_for),
	KTEST_CASE(lowest_memory_is_left_alone),
	KTEST_CASE(interrupt_handler_may_take_and_give),
	KTEST_CASE(block_that_cannot_be_had_leaves_nothing_behind),
	KTEST_CASE(block_is_not_freed_twice),
	KTEST_CASE(only_a_block_of_the_pool_is_freed),
	KTEST_CASE(address_inside_a_block_is_not_freed),
	KTEST_CASE(addresses_of_a_block_must_agree),
	KTEST_CASE(pages_with_busy_blocks_are_left_alone),
	KTEST_CASE(who_must_not_sleep_is_told),
	KTEST_CASE(write_to_a_free_block_is_reported),
	{}
};
KTEST_SUITE(dmapool, cases);

/* Memory by size: classes, alignment, large blocks, resizing, wrong frees. */
#include <kernel/ktest.h>
#include <lib/random.h>
#include <lib/sprintf.h>
#include <mm/gfp.h>
#include <mm/mm.h>

#include "enough_memory.h"
#include "no_guards.h"
#include "slub_fixture.h"
#include "settled.h"

static const size_t class_sizes[NR_KMALLOC_CLASSES] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192
};

/* The smallest of the documented sizes that does. */
static size_t expected_size(size_t size)
{
	unsigned int i;

	for (i = 0; i < NR_KMALLOC_CLASSES; i++)
		if (class_sizes[i] >= size)
			return class_sizes[i];
	return max(roundup_pow_of_two(size), PAGE_SIZE);
}

/* Writes all of a block; of one of many pages, enough to find every edge. */
static void write_block(char *p, size_t usable)
{
	size_t i;

	if (usable <= 2 * PAGE_SIZE) {
		memset(p, 0xee, usable);
		return;
	}
	for (i = 0; i + PAGE_SIZE <= usable; i += PAGE_SIZE) {
		memset(p + i, 0xee, 64);
		memset(p + i + PAGE_SIZE - 64, 0xee, 64);
	}
	memset(p + usable - 64, 0xee, 64);
}

static void every_size_to_64k_gets_its_class_and_can_be_written(struct ktest *t)
{
	char *before, *p, *after;
	size_t size, usable, edge;

	for (size = 1; size <= SZ_64K && !t->failed; size++) {
		before = kmalloc(size, GFP_KERNEL);
		p = kmalloc(size, GFP_KERNEL);
		after = kmalloc(size, GFP_KERNEL);
		if (!KTEST_EXPECT_TRUE(t, before && p && after))
			goto out;
		usable = ksize(p);
		KTEST_EXPECT_EQ(t, usable, expected_size(size));
		/* who asks may use the whole */
		KTEST_EXPECT_EQ(t, ksize(before), usable);
		KTEST_EXPECT_EQ(t, ksize(after), usable);
		edge = min(usable, (size_t)8);
		fill_object(before + usable - edge, edge);
		fill_object(after, edge);
		write_block(p, usable);
		KTEST_EXPECT_TRUE(t, object_is_intact(before + usable - edge,
						      edge));
		KTEST_EXPECT_TRUE(t, object_is_intact(after, edge));
out:
		kfree(p);
		kfree(before);
		kfree(after);
	}
}

static void class_of_a_constant_is_that_of_the_table(struct ktest *t)
{
	size_t size;
	unsigned int class;

	for (size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		class = kmalloc_index(size);
		KTEST_ASSERT_TRUE(t, class < NR_KMALLOC_CLASSES);
		KTEST_ASSERT_EQ(t, kmalloc_class[(size - 1) >> 3], class);
		KTEST_ASSERT_EQ(t, class_sizes[class], expected_size(size));
		KTEST_ASSERT_EQ(t, kmem_cache_size(
			kmalloc_caches[KMALLOC_NORMAL][class]),
			class_sizes[class]);
	}
}

/* Flags that no command line and no build adds. */
#define OF_ITS_MAKER (SLAB_KMALLOC | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | \
		      SLAB_RECLAIM_ACCOUNT | \
		      SLAB_PANIC | SLAB_NO_MERGE | SLAB_NO_USER_FLAGS)

/* "kmalloc-96", "kmalloc-1k", "kmalloc-dma-8k"; in no other way alike. */
static void classes_are_named_by_type_and_size(struct ktest *t)
{
	static const char *const sizes[NR_KMALLOC_CLASSES] = {
		"8", "16", "32", "64", "96", "128", "192", "256", "512", "1k",
		"2k", "4k", "8k"
	};
	const struct kmem_cache *plain, *dma;
	char name[KMEM_CACHE_NAME_SIZE];
	unsigned int i;

	for (i = 0; i < NR_KMALLOC_CLASSES; i++) {
		plain = kmalloc_caches[KMALLOC_NORMAL][i];
		dma = kmalloc_caches[KMALLOC_DMA][i];
		ksnprintf(name, sizeof(name), "kmalloc-%s", sizes[i]);
		KTEST_EXPECT_STREQ(t, plain->name, name);
		ksnprintf(name, sizeof(name), "kmalloc-dma-%s", sizes[i]);
		KTEST_EXPECT_STREQ(t, dma->name, name);
		KTEST_EXPECT_EQ(t, plain->flags & OF_ITS_MAKER, SLAB_KMALLOC);
		KTEST_EXPECT_EQ(t, dma->flags & OF_ITS_MAKER,
				SLAB_KMALLOC | SLAB_CACHE_DMA);
	}
}

#define CHECK_CONSTANT(n) do {						\
	void *p_ = kmalloc(n, GFP_KERNEL);				\
	KTEST_EXPECT_EQ(t, ksize(p_), expected_size(n));		\
	kfree(p_);							\
} while (0)

static void constant_sizes_go_where_variable_ones_go(struct ktest *t)
{
	CHECK_CONSTANT(1);
	CHECK_CONSTANT(8);
	CHECK_CONSTANT(9);
	CHECK_CONSTANT(33);
	CHECK_CONSTANT(64);
	CHECK_CONSTANT(65);
	CHECK_CONSTANT(96);
	CHECK_CONSTANT(97);
	CHECK_CONSTANT(129);
	CHECK_CONSTANT(192);
	CHECK_CONSTANT(193);
	CHECK_CONSTANT(257);
	CHECK_CONSTANT(4097);
	CHECK_CONSTANT(8192);
	CHECK_CONSTANT(8193);
	CHECK_CONSTANT(100000);
}

static void powers_of_two_are_aligned_to_their_size(struct ktest *t)
{
	void *objs[50];
	size_t size;
	unsigned int i;

	for (size = 8; size <= SZ_1M && memory_is_enough_for(2 * size);
	     size *= 2) {
		unsigned int n = size > 8192 ? 2 : ARRAY_SIZE(objs);

		for (i = 0; i < n; i++) {
			objs[i] = kmalloc(size, GFP_KERNEL);
			KTEST_EXPECT_NOT_NULL(t, objs[i]);
			KTEST_EXPECT_EQ(t, (unsigned long)objs[i] &
					(size - 1), 0);
		}
		for (i = 0; i < n; i++)
			kfree(objs[i]);
	}
}

static void zero_bytes_are_a_pointer_that_is_not_null(struct ktest *t)
{
	size_t none = 0;
	void *p = kmalloc(none, GFP_KERNEL);

	KTEST_EXPECT_PTR_EQ(t, p, ZERO_SIZE_PTR);
	KTEST_EXPECT_PTR_EQ(t, kmalloc(0, GFP_KERNEL), ZERO_SIZE_PTR);
	KTEST_EXPECT_PTR_EQ(t, kzalloc(none, GFP_KERNEL), ZERO_SIZE_PTR);
	KTEST_EXPECT_PTR_EQ(t, kcalloc(none, 8, GFP_KERNEL), ZERO_SIZE_PTR);
	KTEST_EXPECT_EQ(t, ksize(p), 0);
	KTEST_EXPECT_EQ(t, ksize(NULL), 0);
	kfree(p);
	kfree(NULL);
}

static void kzalloc_and_kcalloc_clear(struct ktest *t)
{
	static const size_t sizes[] = { 8, 24, 100, 192, 1000, 8192, 20000 };
	unsigned int i, round;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (round = 0; round < 3; round++) {
			p = round == 1 ? kcalloc(sizes[i] / 4, 4, GFP_KERNEL) :
					 kzalloc(sizes[i], GFP_KERNEL);
			KTEST_ASSERT_NOT_NULL(t, p);
			KTEST_EXPECT_NULL(t, memchr_inv(p, 0, sizes[i]));
			memset(p, 0xff, ksize(p));
			kfree(p);
		}
	}
}

static void products_that_overflow_give_null(struct ktest *t)
{
	volatile size_t half = (SIZE_MAX >> 1) + 1, two = 2;

	KTEST_EXPECT_NULL(t, kmalloc_array(half, two, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kcalloc(half, two, GFP_KERNEL));
	KTEST_EXPECT_NULL(t, kcalloc(two, half + 1, GFP_KERNEL));
}

static void sizes_no_block_has_give_null_and_a_report(struct ktest *t)
{
	volatile size_t sizes[] = {
		KMALLOC_MAX_SIZE + 1, SIZE_MAX / 2, SIZE_MAX - 7, SIZE_MAX
	};
	void *p = t;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KTEST_EXPECT_REPORTS(t, 1, "kmalloc too large",
				     p = kmalloc(sizes[i], GFP_KERNEL));
		KTEST_EXPECT_NULL(t, p);
		KTEST_EXPECT_NULL(t, kmalloc(sizes[i],
					     GFP_KERNEL | __GFP_NOWARN));
		KTEST_EXPECT_NULL(t, kmalloc_node(sizes[i], GFP_KERNEL |
						  __GFP_NOWARN, 0));
	}
}

static void large_blocks_are_whole_pages_and_go_back(struct ktest *t)
{
	unsigned long before = settled_free_pages();
	char *p = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, virt_to_page(p)->type, PAGE_LARGE_KMALLOC);
	KTEST_EXPECT_EQ(t, ksize(p), 8 * PAGE_SIZE);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before - 8);
	memset(p, 0xaa, ksize(p));
	kfree(p);
	KTEST_EXPECT_EQ(t, settled_free_pages(), before);
}

static void wrong_frees_of_large_blocks_are_refused(struct ktest *t)
{
	struct kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL][3];
	char *p = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(p + 8));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p + PAGE_SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page",
			     kmem_cache_free(s, p));
	KTEST_EXPECT_EQ(t, ksize(p), 8 * PAGE_SIZE);
	kfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p));
}

static void wrong_frees_of_small_objects_are_refused(struct ktest *t)
{
	struct kmem_cache *s = kmalloc_caches[KMALLOC_NORMAL][3];
	char *p = kmalloc(100, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object", kfree(p + 64));
	KTEST_EXPECT_REPORTS(t, 1, "wrong cache", kmem_cache_free(s, p));
	kfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
}

static void kfree_of_what_kmalloc_never_gave_is_refused(struct ktest *t)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);
	char *p;
	int local;

	KTEST_ASSERT_NOT_NULL(t, page);
	p = page_address(page);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p));
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kfree(p + PAGE_SIZE));
	KTEST_EXPECT_REPORTS(t, 1, "outside RAM", kfree((void *)0x4000));
	KTEST_EXPECT_REPORTS(t, 1, "", kfree(&local));
	KTEST_EXPECT_EQ(t, page_count(page), 1);
	__free_pages(page, 1);
}

static void ksize_of_a_wrong_pointer_is_reported(struct ktest *t)
{
	char *p = kmalloc(64, GFP_KERNEL);
	size_t size = 1;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object", size = ksize(p + 8));
	KTEST_EXPECT_EQ(t, size, 0);
	kfree(p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", size = ksize(p));
	KTEST_EXPECT_EQ(t, size, 0);
}

static void krealloc_keeps_the_contents(struct ktest *t)
{
	static const size_t sizes[] = {
		10, 90, 100, 1000, 8192, 9000, 70000, 70001, 500, 20
	};
	size_t kept, old = 5;
	unsigned char *p = kmalloc(old, GFP_KERNEL), *q;
	unsigned int i, j;

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 7, old);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		q = krealloc(p, sizes[i], GFP_KERNEL);
		if (!KTEST_EXPECT_NOT_NULL(t, q))
			break;
		kept = min(old, sizes[i]);
		for (j = 0; j < kept; j++)
			KTEST_ASSERT_EQ(t, q[j], 7);
		KTEST_EXPECT_GE(t, ksize(q), sizes[i]);
		p = q;
		old = sizes[i];
		memset(p, 7, old);
	}
	kfree(p);
}

static void krealloc_stays_in_place_while_the_class_fits(struct ktest *t)
{
	char *p = kmalloc(65, GFP_MUST), *q;

	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 96, GFP_KERNEL), p);
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 1, GFP_KERNEL), p);
	q = krealloc(p, 97, GFP_MUST);
	KTEST_EXPECT_TRUE(t, q != p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	kfree(q);
}

static void krealloc_with_zero_uncovers_no_old_bytes(struct ktest *t)
{
	char *p = kzalloc(60, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	memset(p, 0xee, 60);
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 20, GFP_KERNEL | __GFP_ZERO), p);
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 64, GFP_KERNEL | __GFP_ZERO), p);
	KTEST_EXPECT_NULL(t, memchr_inv(p, 0xee, 20));
	KTEST_EXPECT_NULL(t, memchr_inv(p + 20, 0, 44));
	kfree(p);
}

static void large_blocks_name_who_asked(struct ktest *t)
{
	void *p = kmalloc(5 * PAGE_SIZE, GFP_KERNEL), *q;
	unsigned long here = (unsigned long)large_blocks_name_who_asked;

	q = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);
	if (KTEST_EXPECT_NOT_NULL(t, p))
		KTEST_EXPECT_LT(t, virt_to_page(p)->private - here, 4096UL);
	if (KTEST_EXPECT_NOT_NULL(t, q)) {
		KTEST_EXPECT_LT(t, virt_to_page(q)->private - here, 4096UL);
		free_pages_exact(q, 5 * PAGE_SIZE);
	}
	kfree(p);
}

static void krealloc_knows_its_edges(struct ktest *t)
{
	volatile size_t huge = SIZE_MAX;
	char *p = krealloc(NULL, 40, GFP_KERNEL);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, ksize(p), 64);
	memset(p, 3, 40);
	KTEST_EXPECT_NULL(t, krealloc(p, huge, GFP_KERNEL | __GFP_NOWARN));
	KTEST_EXPECT_NULL(t, memchr_inv(p, 3, 40));
	KTEST_EXPECT_PTR_EQ(t, krealloc(p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kfree(p));
	p = krealloc(ZERO_SIZE_PTR, 8, GFP_KERNEL);
	KTEST_EXPECT_EQ(t, ksize(p), 8);
	kfree(p);
}

static void dma_memory_lies_in_zone_dma(struct ktest *t)
{
	static const size_t sizes[] = { 8, 96, 500, 8192, 20000 };
	unsigned int i;
	void *p;

	if (NODE_DATA(0)->node_zones[ZONE_DMA].nr_free_pages < 256) {
		ktest_skip(t, "zone DMA is used up");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kmalloc(sizes[i], GFP_KERNEL | GFP_DMA);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_LE(t, __pa(p) + sizes[i], 16 * SZ_1M);
		KTEST_EXPECT_EQ(t, ksize(p), expected_size(sizes[i]));
		kfree(p);
	}
	p = kmalloc(32, GFP_KERNEL | GFP_DMA);
	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_LE(t, __pa(p), 16 * SZ_1M);
	kfree(p);
}

static void node_is_heeded(struct ktest *t)
{
	void *p;
	int nid;

	for_each_online_node(nid) {
		if (!node_has_low_pages(nid))
			continue;
		p = kmalloc_node(200, GFP_KERNEL, nid);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, page_to_nid(virt_to_page(p)), nid);
		kfree(p);
		p = kzalloc_node(3 * PAGE_SIZE, GFP_KERNEL, nid);
		KTEST_ASSERT_NOT_NULL(t, p);
		KTEST_EXPECT_EQ(t, page_to_nid(virt_to_page(p)), nid);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0, 3 * PAGE_SIZE));
		kfree(p);
	}
}

static void exhaustion_gives_null_in_every_class(struct ktest *t)
{
	static const size_t sizes[] = { 16, 64, 192, 1024, 8192, 30000 };
	struct list_head *p;
	struct drained d;
	LIST_HEAD(objs);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		kmem_cache_shrink_all();
		drain_pages(&d);
		while ((p = kmalloc(sizes[i], GFP_NOWAIT)))
			list_add(p, &objs);
		KTEST_EXPECT_NULL(t, kzalloc(sizes[i], GFP_NOWAIT));
		KTEST_EXPECT_NULL(t, kmalloc_node(sizes[i], GFP_NOWAIT, 0));
		KTEST_EXPECT_NULL(t, krealloc(ZERO_SIZE_PTR, sizes[i],
					      GFP_NOWAIT));
		KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
		undrain_pages(&d);
		while (!list_empty(&objs)) {
			p = objs.next;
			list_del(p);
			kfree(p);
		}
		p = kmalloc(sizes[i], GFP_KERNEL);
		KTEST_EXPECT_NOT_NULL(t, p);
		kfree(p);
	}
}

#define MODEL_OBJECTS 500

static void random_sizes_agree_with_the_model(struct ktest *t)
{
	static struct { void *p; size_t size; } objs[MODEL_OBJECTS];
	struct rng rng = rng_seed(4);
	unsigned int i, step;
	size_t size;
	void *p;

	for (step = 0; step < 20000 && !t->failed; step++) {
		i = (unsigned int)rng_below(&rng, MODEL_OBJECTS);
		size = 1 + rng_below(&rng, 1UL << rng_below(&rng, 15));
		p = objs[i].p;
		if (p)
			KTEST_ASSERT_TRUE(t, object_is_intact(p,
							      objs[i].size));
		if (p && rng_below(&rng, 2)) {
			kfree(p);
			objs[i].p = NULL;
			continue;
		}
		p = krealloc(p, size, GFP_KERNEL);
		if (!KTEST_EXPECT_NOT_NULL(t, p))
			break;
		objs[i].p = p;
		objs[i].size = size;
		fill_object(p, size);
	}
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
	for (i = 0; i < MODEL_OBJECTS; i++) {
		kfree(objs[i].p);
		objs[i].p = NULL;
	}
}

/* Large blocks are not compound, whatever the caller asks for. */
static void large_blocks_have_no_tails(struct ktest *t)
{
	void *p = kmalloc(4 * PAGE_SIZE, GFP_KERNEL | __GFP_COMP);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_EQ(t, virt_to_page(p)[1].type, PAGE_NONE);
	kfree(p);
}

static void krealloc_of_a_wrong_pointer_gives_nothing(struct ktest *t)
{
	char *p = kmalloc(64, GFP_KERNEL);
	void *q = p;

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     q = krealloc(p + 8, 128, GFP_KERNEL));
	KTEST_EXPECT_PTR_EQ(t, q, NULL);
	kfree(p);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(every_size_to_64k_gets_its_class_and_can_be_written),
	KTEST_CASE(class_of_a_constant_is_that_of_the_table),
	KTEST_CASE(classes_are_named_by_type_and_size),
	KTEST_CASE(constant_sizes_go_where_variable_ones_go),
	KTEST_CASE(powers_of_two_are_aligned_to_their_size),
	KTEST_CASE(zero_bytes_are_a_pointer_that_is_not_null),
	KTEST_CASE(kzalloc_and_kcalloc_clear),
	KTEST_CASE(products_that_overflow_give_null),
	KTEST_CASE(sizes_no_block_has_give_null_and_a_report),
	KTEST_CASE(large_blocks_are_whole_pages_and_go_back),
	KTEST_CASE(wrong_frees_of_large_blocks_are_refused),
	KTEST_CASE(wrong_frees_of_small_objects_are_refused),
	KTEST_CASE(kfree_of_what_kmalloc_never_gave_is_refused),
	KTEST_CASE(ksize_of_a_wrong_pointer_is_reported),
	KTEST_CASE(krealloc_keeps_the_contents),
	KTEST_CASE(krealloc_stays_in_place_while_the_class_fits),
	KTEST_CASE(krealloc_with_zero_uncovers_no_old_bytes),
	KTEST_CASE(large_blocks_name_who_asked),
	KTEST_CASE(krealloc_knows_its_edges),
	KTEST_CASE(dma_memory_lies_in_zone_dma),
	KTEST_CASE(node_is_heeded),
	KTEST_CASE(exhaustion_gives_null_in_every_class),
	KTEST_CASE(random_sizes_agree_with_the_model),
	KTEST_CASE(large_blocks_have_no_tails),
	KTEST_CASE(krealloc_of_a_wrong_pointer_gives_nothing),
	{}
};
KTEST_SUITE_FIXTURE(kmalloc, cases, no_guards, guards_again);

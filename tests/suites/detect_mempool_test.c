/* Wrong frees to memory pools, and writes to what is in their reserve. */
#include <mm/mempool.h>

#include "detect.h"

#define MIN_NR 3

/* Of kmalloc'ed elements, or of blocks of pages. */
static mempool_t *any_pool(struct detect *d)
{
	return detect_below(d, 3) ?
	       mempool_create_kmalloc_pool(MIN_NR, detect_size(d, 8192)) :
	       mempool_create_page_pool(MIN_NR, detect_below(d, 3));
}

static bool try_free_an_element_in_the_reserve(struct detect *d)
{
	mempool_t *pool = any_pool(d);
	bool full = detect_below(d, 2);
	void *element, *other;

	if (!pool)
		return false;
	other = mempool_alloc_preallocated(pool);
	element = mempool_alloc_preallocated(pool);
	mempool_free(element, pool);
	if (full)
		mempool_free(other, pool);
	mempool_free(element, pool);
	if (!full)
		mempool_free(other, pool);
	mempool_destroy(pool);
	return true;
}

/* More frees than allocations, the reserve full all the time. */
static bool try_free_an_element_twice(struct detect *d)
{
	mempool_t *pool = any_pool(d);
	void *element;

	if (!pool)
		return false;
	element = mempool_alloc(pool, GFP_KERNEL);
	mempool_free(element, pool);
	mempool_free(element, pool);
	mempool_destroy(pool);
	return true;
}

static bool try_destroy_a_pool_with_elements_out(struct detect *d)
{
	mempool_t *pool = mempool_create_kmalloc_pool(MIN_NR, 256);
	void *elements[MIN_NR];
	unsigned int i, nr = 1 + detect_below(d, MIN_NR);

	if (!pool)
		return false;
	for (i = 0; i < nr; i++)
		elements[i] = mempool_alloc_preallocated(pool);
	mempool_destroy(pool);
	while (nr--)
		kfree(elements[nr]);
	return true;
}

static bool try_write_to_the_reserve(struct detect *d)
{
	unsigned int size = detect_size(d, 8192);
	mempool_t *pool = mempool_create_kmalloc_pool(MIN_NR, size);
	u8 *element;

	if (!pool)
		return false;
	element = mempool_alloc_preallocated(pool);
	mempool_free(element, pool);
	element[detect_below(d, size)] ^= (u8)(1 + detect_below(d, 255));
	mempool_free(mempool_alloc_preallocated(pool), pool);
	mempool_destroy(pool);
	return true;
}

DETECT_KIND(free_an_element_in_the_reserve, DETECT_ALL)
DETECT_KIND(free_an_element_twice, DETECT_ALL)
DETECT_KIND(destroy_a_pool_with_elements_out, DETECT_ALL)
DETECT_KIND(write_to_the_reserve, DETECT_DEBUG | DETECT_KASAN)

static const struct ktest_case cases[] = {
	KTEST_CASE(free_an_element_in_the_reserve),
	KTEST_CASE(free_an_element_twice),
	KTEST_CASE(destroy_a_pool_with_elements_out),
	KTEST_CASE(write_to_the_reserve),
	{}
};

KTEST_SUITE(detect_mempool, cases);

/*
 * Is an element what it should be, and who can tell?
 *
 * The problem: elements in the reserve are free, but their allocator counts
 * them as in use. So it cannot tell when one is freed a second time, or written
 * to after it was freed.
 *
 *  1. An element that goes into the reserve gets a mark: an object the word by
 *     which its cache knows free ones, a block of pages the pool's address in
 *     its descriptor. What leaves loses it.
 *
 *	object	| 6b 6b 6b ... | word == secret | ... 6b a5 |
 *	page	lru.prev == pool
 *
 *  2. mempool_free()'s short way goes by the cache's test for free objects
 *     anyway, so a marked one never passes, and for everything else the test
 *     costs nothing. The reserve is then searched: data may look like a mark.
 *  3. An element that is to stay (reserve not full, somebody waits) is shown to
 *     its allocator first: is it one, and not free? One that is not would be
 *     somebody's next element.
 *  4. In debug builds, and if the cache has SLAB_POISON, objects in the reserve
 *     are filled with a pattern as well, which is looked at when they leave.
 *     Not with a constructor: its work is kept.
 *  5. Objects of a cache that debugs, and guarded ones, cannot carry a mark,
 *     and never go the short way: the reserve is searched at each free.
 *
 *  6. Where the compiler checks every access (KASAN), nobody may touch what is
 *     in the reserve.
 *
 * What is seen, so: an element in the reserve that is freed again, whenever
 * its kind is known; one of another kind of pool, always in debug builds,
 * otherwise when it would stay. For a pool with functions of its own (OTHER)
 * the reserve is searched when the element would stay, in debug builds always.
 *
 * Locks: pool->lock where elements[] is looked at; under it those of the cache,
 * for a word that looks free. Cost: two words per element that comes or goes.
 */
#include <kernel/report.h>
#include <lib/string.h>
#include <mm/kasan.h>
#include <mm/kfence.h>

#include "internal.h"
#include "mempool_internal.h"
#include "slub_debug.h"

#ifdef CONFIG_DEBUG
static const bool debug_build = true;
#else
static const bool debug_build;
#endif

enum kind { KIND_OTHER, KIND_SLAB, KIND_KMALLOC, KIND_PAGES };

static size_t kmalloc_size(const mempool_t *pool)
{
	return (size_t)pool->pool_data;
}

static unsigned int page_order(const mempool_t *pool)
{
	return (unsigned int)(unsigned long)pool->pool_data;
}

static enum kind kind_of(const mempool_t *pool)
{
	if (pool->alloc == mempool_alloc_slab &&
	    pool->free == mempool_free_slab)
		return KIND_SLAB;
	if (pool->alloc == mempool_kmalloc && pool->free == mempool_kfree &&
	    kmalloc_size(pool))
		return KIND_KMALLOC;
	if (pool->alloc == mempool_alloc_pages &&
	    pool->free == mempool_free_pages)
		return KIND_PAGES;
	return KIND_OTHER;
}

struct kmem_cache *mempool_cache_of(const mempool_t *pool)
{
	size_t size = kmalloc_size(pool);

	switch (kind_of(pool)) {
	case KIND_SLAB:
		return pool->pool_data;
	case KIND_KMALLOC:
		return size > KMALLOC_MAX_CACHE_SIZE ? NULL :
		       kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(size)];
	default:
		return NULL;
	}
}

/* Of the pool's cache. What kmalloc took from another zone is not. */
static __always_inline bool is_object(const mempool_t *pool,
				      const void *element)
{
	return pool->cache && (slab_is_object(pool->cache, element) ||
			       is_kfence_address(element));
}

/* The word of a debugged object is its cache's, and watched. */
static bool is_markable(const mempool_t *pool, const void *element)
{
	return is_object(pool, element) && !kmem_cache_debug(pool->cache) &&
	       !is_kfence_address(element);
}

static size_t object_size(const mempool_t *pool)
{
	return kind_of(pool) == KIND_KMALLOC ? kmalloc_size(pool) :
					       pool->cache->object_size;
}

/* Bytes at the head of an object that hold the pattern. */
static size_t poison_size(const mempool_t *pool)
{
	const struct kmem_cache *s = pool->cache;

	if (s->ctor || !(debug_build || slab_poisons(s)))
		return 0;
	return object_size(pool);
}

static void poison(const mempool_t *pool, u8 *object)
{
	size_t size = poison_size(pool);

	if (!size)
		return;
	memset(object, POISON_FREE, size - 1);
	object[size - 1] = POISON_END;
}

/* First byte of the pattern that is not as it was, the mark left out. */
static size_t poison_damage(const mempool_t *pool, const u8 *object)
{
	size_t size = poison_size(pool), i;
	size_t word = pool->cache->offset;

	for (i = 0; i < size; i++) {
		if (i - word < sizeof(unsigned long))
			continue;
		if (object[i] != (i == size - 1 ? POISON_END : POISON_FREE))
			break;
	}
	return i;
}

void mempool_report(const char *kind, const mempool_t *pool,
		    const void *element)
{
	report_begin(kind, "pool %px made by %pS, %d of %d elements out, element %px",
		     pool, (void *)pool->creator, mempool_nr_out(pool),
		     READ_ONCE(pool->min_nr), element);
	report_end();
}

static void report_write(const mempool_t *pool, const u8 *object, size_t offset)
{
	report_begin("mempool: written to while in the reserve",
		     "pool %px made by %pS, element %px, byte %zu is %02x",
		     pool, (void *)pool->creator, object, offset,
		     object[offset]);
	report_end();
}

void mempool_mark(const mempool_t *pool, void *element)
{
	struct page *page = element;

	if (kind_of(pool) == KIND_PAGES)
		page->lru.prev = (struct list_head *)pool;
	if (is_object(pool, element))
		poison(pool, element);
	if (is_markable(pool, element))
		*slab_word(pool->cache, element) = pool->cache->secret;
	if (is_object(pool, element))
		kasan_krealloc(element, 0);
}

static void check_object(const mempool_t *pool, const void *object)
{
	const struct kmem_cache *s = pool->cache;
	size_t size = poison_size(pool);
	size_t damage = poison_damage(pool, object);

	if (is_markable(pool, object) && *slab_word(s, object) != s->secret)
		report_write(pool, object, s->offset);
	else if (damage < size)
		report_write(pool, object, damage);
}

void mempool_unmark(const mempool_t *pool, void *element)
{
	struct page *page = element;

	if (kind_of(pool) == KIND_PAGES)
		page->lru.prev = NULL;
	if (is_object(pool, element)) {
		kasan_krealloc(element, object_size(pool));
		check_object(pool, element);
	}
	if (is_markable(pool, element))
		slab_unmark(pool->cache, element);
}

bool mempool_may_be_kept(const mempool_t *pool, const void *element)
{
	const struct page *page = element;

	if (debug_build)
		return true;
	if (pool->cache)
		return !is_markable(pool, element) ||
		       slab_word_looks_free(pool->cache, element);
	return kind_of(pool) == KIND_PAGES && page_is_backed(page) &&
	       page->lru.prev == (const struct list_head *)pool;
}

bool mempool_keeps(const mempool_t *pool, const void *element)
{
	int i;

	for (i = 0; i < pool->curr_nr; i++)
		if (pool->elements[i] == element)
			return true;
	return false;
}

static const char *kmalloc_fault(const void *p, size_t size)
{
	struct page *page = pfn_to_page(direct_map_pfn(p));
	const char *fault = NULL;
	size_t room;

	if (is_kfence_address(p)) {
		fault = kfence_free_fault(NULL, p);
		room = fault ? 0 : kfence_ksize(p);
	} else if (!in_direct_map(p)) {
		return "outside RAM";
	} else if (page->type == PAGE_SLAB) {
		fault = slab_free_fault(page->slab_cache, p);
		room = page->slab_cache->object_size;
	} else if (page->type == PAGE_LARGE_KMALLOC) {
		room = PAGE_SIZE << page->order;
	} else {
		return "not a slab page";
	}
	if (!fault && room < size)
		fault = "mempool: too small for this pool";
	return fault;
}

static const char *block_fault(const struct page *page, unsigned int order)
{
	return page_is_backed(page) && page->type == PAGE_ALLOC &&
	       page->order == order ?
	       NULL : "mempool: not a block of this pool";
}

const char *mempool_element_fault(const mempool_t *pool, const void *element)
{
	switch (kind_of(pool)) {
	case KIND_SLAB:
		return slab_free_fault(pool->cache, element);
	case KIND_KMALLOC:
		return kmalloc_fault(element, kmalloc_size(pool));
	case KIND_PAGES:
		return block_fault(element, page_order(pool));
	default:
		return NULL;
	}
}

static const char *check_reserve(const mempool_t *pool)
{
	const char *fault;
	int i, j;

	if (pool->curr_nr < 0 || pool->curr_nr > pool->min_nr)
		return "mempool: curr_nr is not between 0 and min_nr";
	if (pool->curr_nr && !list_empty(&pool->waiters))
		return "mempool: somebody waits, but there are elements";
	for (i = 0; i < pool->curr_nr; i++) {
		fault = mempool_element_fault(pool, pool->elements[i]);
		if (fault)
			return fault;
		for (j = 0; j < i; j++)
			if (pool->elements[i] == pool->elements[j])
				return "mempool: an element twice";
	}
	return NULL;
}

const char *mempool_validate(mempool_t *pool)
{
	const char *broken;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	broken = check_reserve(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
	return broken;
}

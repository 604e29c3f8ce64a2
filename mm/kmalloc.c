/*
 * kmalloc: memory by size.
 *
 * The problem: callers with a size instead of a cache. Rounding to powers of
 * two wastes up to half; two classes between them (96, 192) cost little and
 * fit many real structures.
 *
 *	size	1..8  ..16  ..32  ..64  ..96  ..128  ..192  ..256 ... ..8192
 *	class	  0     1     2     3     4     5      6      7   ...   12
 *
 *  1. A constant size chooses its class in the compiler (kmalloc_index()).
 *  2. Any other size is one look into a table of a byte per 8 bytes of size:
 *     (size - 1) >> 3 is the index. 0 wraps to a huge index, so one compare
 *     sends zero and large sizes alike to the slow road.
 *  3. Above 8192: whole pages, the head's type PAGE_LARGE_KMALLOC.
 *  4. kfree() finds by the page's type who has to take the object back.
 *
 * Alignment: slabs are aligned to their size and places begin at the base, so
 * a class that is a power of two aligns its objects to itself; 96 and 192 to
 * 32 and 64, their largest power of two; large blocks to their order.
 *
 * Locks: none of its own. Cost: the table's look-up on top of slub.c.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/report.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/kfence.h>
#include <mm/vmalloc.h>
#include "internal.h"
#include "slub_debug.h"
#include "slub_fastpath.h"

struct kmem_cache *kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_CLASSES];

/* Class of sizes 8i + 1 to 8i + 8. */
u8 kmalloc_class[KMALLOC_MAX_CACHE_SIZE / 8];

static struct kmem_cache *__init make_class(enum kmalloc_type type,
					    unsigned int class)
{
	unsigned int size = (unsigned int)kmalloc_class_size(class);
	bool kilo = size >= 1024;
	char name[KMEM_CACHE_NAME_SIZE];
	struct kmem_cache *s;

	ksnprintf(name, sizeof(name), "kmalloc-%s%u%s",
		  type == KMALLOC_DMA ? "dma-" : "",
		  kilo ? size / 1024 : size, kilo ? "k" : "");
	s = slab_cache_make(name, size, size & -size, SLAB_KMALLOC |
			    (type == KMALLOC_DMA ? SLAB_CACHE_DMA : 0), NULL);
	if (!s)
		panic("cannot create cache %s", name);
	return s;
}

/*
 * Classes first, arrays when all are there: arrays are kmalloc'ed. DMA
 * classes stay without, their users are few and ZONE_DMA is small.
 */
void __init kmalloc_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kmalloc_class); i++)
		kmalloc_class[i] = (u8)kmalloc_index(8 * i + 8);
	for (i = 0; i < NR_KMALLOC_CLASSES; i++) {
		kmalloc_caches[KMALLOC_NORMAL][i] =
			make_class(KMALLOC_NORMAL, i);
		kmalloc_caches[KMALLOC_DMA][i] = make_class(KMALLOC_DMA, i);
	}
	for (i = 0; i < NR_KMALLOC_CLASSES; i++)
		if (!slab_cache_add_sheaves(kmalloc_caches[KMALLOC_NORMAL][i]))
			panic("no memory for kmalloc's arrays");
}

/* Sizes without a class: none, and more than the largest. */
static void *kmalloc_unusual_node(size_t size, gfp_t gfp, int nid,
				  unsigned long caller)
{
	struct page *page;
	unsigned int order;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > KMALLOC_MAX_SIZE) {
		if (!(gfp & __GFP_NOWARN)) {
			report_begin("kmalloc too large", "%zu bytes", size);
			report_end();
		}
		return NULL;
	}
	order = size > PAGE_SIZE ?
		__fls((size - 1) >> PAGE_SHIFT) + 1 : 0;
	if (unlikely(gfp & __GFP_HIGHMEM))
		slab_report("zone flags that kmalloc has not", NULL, NULL);
	page = __alloc_pages(gfp & ~(__GFP_COMP | __GFP_HIGHMEM), order, nid,
			     caller);
	if (!page)
		return NULL;
	page->order = (u8)order;
	WRITE_ONCE(page->type, PAGE_LARGE_KMALLOC);
	kasan_kmalloc_large(lowmem_page_address(page), size);
	return lowmem_page_address(page);
}

void *__kmalloc_large(size_t size, gfp_t gfp)
{
	return kmalloc_unusual_node(size, gfp, NUMA_NO_NODE, _RET_IP_);
}

static __always_inline struct kmem_cache *cache_for(size_t index, gfp_t gfp)
{
	enum kmalloc_type type = gfp & __GFP_DMA ? KMALLOC_DMA :
						   KMALLOC_NORMAL;

	return kmalloc_caches[type][kmalloc_class[index]];
}

/* Sizes without a class, and what not every gfp asks for. */
static void __slowpath *kmalloc_unusual(size_t size, gfp_t gfp,
					unsigned long caller)
{
	size_t index = (size - 1) >> 3;
	struct kmem_cache *s;

	if (index >= ARRAY_SIZE(kmalloc_class))
		return kmalloc_unusual_node(size, gfp, NUMA_NO_NODE, caller);
	s = cache_for(index, gfp);
	return kmem_cache_alloc(s, gfp | slab_slack(s, size));
}

/* The CPU's array is empty. Now there is time to tell what was asked for. */
static void __slowpath *kmalloc_slow(size_t size, gfp_t gfp)
{
	struct kmem_cache *s = cache_for((size - 1) >> 3, gfp);

	return __slab_alloc(s, gfp | slab_slack(s, size), NUMA_NO_NODE);
}

void *__restartable __kmalloc(size_t size, gfp_t gfp)
{
	size_t index = (size - 1) >> 3;
	struct kmem_cache *s;
	void *p;

	if (unlikely(index >= ARRAY_SIZE(kmalloc_class)) ||
	    unlikely(gfp & (__GFP_ZERO | __GFP_DMA)))
		return kmalloc_unusual(size, gfp, _RET_IP_);
	s = kmalloc_caches[KMALLOC_NORMAL][kmalloc_class[index]];
	p = cpu_stack_pop(&s->cpu->stack);
	if (unlikely(!p))
		return kmalloc_slow(size, gfp);
	slab_unmark(s, p);
	return p;
}

void *__kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp, size_t size)
{
	return kmem_cache_alloc(s, gfp | slab_slack(s, size));
}

void *kmalloc_node(size_t size, gfp_t gfp, int nid)
{
	size_t index = (size - 1) >> 3;
	struct kmem_cache *s;

	if (index >= ARRAY_SIZE(kmalloc_class))
		return kmalloc_unusual_node(size, gfp, nid, _RET_IP_);
	s = cache_for(index, gfp);
	return kmem_cache_alloc_node(s, gfp | slab_slack(s, size), nid);
}

void *kzalloc_node(size_t size, gfp_t gfp, int nid)
{
	return kmalloc_node(size, gfp | __GFP_ZERO, nid);
}

/* What is at p: a slab page, the head of a large block, or neither. */
static enum page_type kind_of(const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	enum page_type type;

	if (!pfn_valid(pfn))
		return PAGE_NONE;
	type = pfn_to_page(pfn)->type;
	if (type == PAGE_LARGE_KMALLOC &&
	    !IS_ALIGNED((unsigned long)p, PAGE_SIZE))
		return PAGE_NONE;
	return type;
}

/* Why p is nothing of kmalloc's. */
static const char *kfree_fault(const void *p)
{
	if (is_vmalloc_addr(p))
		return "memory of vmalloc()";
	if (!in_direct_map(p))
		return "outside RAM";
	return pfn_to_page(direct_map_pfn(p))->type == PAGE_LARGE_KMALLOC ?
	       "inside an object" : "not a slab page";
}

/* kfree() of what is not in a slab, or where descriptors are few. */
static void __slowpath kfree_unusual(const void *p)
{
	struct page *page = pfn_to_page(direct_map_pfn(p));
	enum page_type kind;

	if (ZERO_OR_NULL_PTR(p))
		return;
	kind = kind_of(p);
	if (kind == PAGE_SLAB) {
		kmem_cache_free(page->slab_cache, (void *)p);
		return;
	}
	if (kind == PAGE_GUARDED) {
		kfence_free(NULL, p);
		return;
	}
	if (kind != PAGE_LARGE_KMALLOC) {
		slab_report(kfree_fault(p), NULL, p);
		return;
	}
	WRITE_ONCE(page->type, PAGE_ALLOC);
	__free_pages(page, page->order);
}

void __restartable kfree(const void *p)
{
	struct page *page = page_to_ask(p);

	if (likely(page) && likely(page->type == PAGE_SLAB))
		slab_free_to_slab_of(page->slab_cache, p);
	else
		kfree_unusual(p);
}

/* Bytes at p, which must be the beginning of an object in use; 0 if not. */
size_t kmalloc_usable_size(const void *p)
{
	struct page *page = pfn_to_page(direct_map_pfn(p));
	enum page_type type = kind_of(p);
	const char *fault;

	if (type == PAGE_LARGE_KMALLOC)
		return PAGE_SIZE << page->order;
	if (type == PAGE_GUARDED)
		return kfence_ksize(p);
	fault = type == PAGE_SLAB ? slab_free_fault(page->slab_cache, p) :
				    kfree_fault(p);
	if (fault) {
		slab_report(fault, NULL, p);
		return 0;
	}
	return page->slab_cache->object_size;
}

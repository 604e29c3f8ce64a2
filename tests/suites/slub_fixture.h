/* What the suites about object caches share. */
#ifndef TESTS_SLUB_FIXTURE_H
#define TESTS_SLUB_FIXTURE_H

#include <kernel/ktest.h>
#include <lib/string.h>
#include "../../mm/kfence_internal.h"
#include "all_memory.h"

/* Bytes that tell one object from another, and from cleared memory. */
static inline int pattern_of(const void *p)
{
	return 1 + (int)(((unsigned long)p >> 3) % 251);
}

static inline void fill_object(void *p, size_t size)
{
	memset(p, pattern_of(p), size);
}

static inline bool object_is_intact(const void *p, size_t size)
{
	return !memchr_inv(p, pattern_of(p), size);
}

/*
 * For a case that is about something else than whether there is memory, and
 * cannot do without: what it asks for so is never made to fail.
 */
#define GFP_MUST (GFP_KERNEL | __GFP_NOFAIL)

/*
 * Likewise. Asked for twice: each allocation of a cache's making may be the
 * one that fails, and the second time none does.
 */
static inline struct kmem_cache *must_create(const char *name,
					     unsigned int size,
					     unsigned int align,
					     slab_flags_t flags,
					     void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_create(name, size, align, flags,
						 ctor);

	return s ? s : kmem_cache_create(name, size, align, flags, ctor);
}

/* One with arrays whatever slub_debug= says, and shared with nobody. */
static inline struct kmem_cache *plain_cache(const char *name,
					     unsigned int size)
{
	return must_create(name, size, 0, SLAB_NO_USER_FLAGS | SLAB_NO_MERGE,
			   NULL);
}

/* A cache that nobody else has. */
static inline struct kmem_cache *own_cache(const char *name, unsigned int size)
{
	return must_create(name, size, 0, SLAB_NO_MERGE, NULL);
}

/* Slabs a cache has, and places in their freelists. */
static inline unsigned long nr_slabs(struct kmem_cache *s)
{
	unsigned long n = 0;
	int nid;

	for_each_online_node(nid)
		n += s->node[nid].nr_slabs;
	return n;
}

/* Arrays in the stock of the CPUs' node, and those of them that are full. */
static inline unsigned int stock_length(const struct slab_sheaf *sheaf)
{
	unsigned int n = 0;

	for (; sheaf; sheaf = sheaf->next)
		n++;
	return n;
}

static inline unsigned int full_arrays(struct kmem_cache *s)
{
	return stock_length(s->node[slab_local_node()].full_sheaves);
}

static inline unsigned int stock_arrays(struct kmem_cache *s)
{
	return full_arrays(s) +
	       stock_length(s->node[slab_local_node()].empty_sheaves);
}

/* Objects that a CPU and the stock can hold, beyond which slabs get some. */
static inline unsigned int arrays_capacity(struct kmem_cache *s)
{
	return (2 + stock_arrays(s)) * s->sheaf_limit;
}

/* That many at most, on a machine of NR_CPUS. */
#define MAX_ARRAYS_CAPACITY ((3U + NR_CPUS) * 60)

/* Can a slab lie in that node? All its memory may be high. */
static inline bool node_has_low_pages(int nid)
{
	unsigned long pages = 0;
	int z;

	for (z = 0; z <= ZONE_NORMAL; z++)
		pages += NODE_DATA(nid)->node_zones[z].nr_free_pages;
	return pages > 2 * MAX_ORDER_NR_PAGES;
}

static inline struct kmem_cache_cpu *cpu_of(struct kmem_cache *s)
{
	return this_cpu_ptr(s->cpu);
}

/* Objects in this CPU's main array, and in its spare. */
static inline unsigned int main_objects(struct kmem_cache *s)
{
	return stack_count(cpu_of(s));
}

static inline unsigned int spare_objects(struct kmem_cache *s)
{
	return cpu_of(s)->spare->avail;
}

/*
 * A case that leaves objects behind on purpose, takes their slabs out of the
 * graveyard again, and guarded ones: frames must not stay away for good.
 */
static inline void exhume(void)
{
	struct kmem_cache_node *n;
	struct page *head, *next;
	int nid;

	for_each_online_node(nid) {
		n = &slab_graveyard->node[nid];
		list_for_each_entry_safe(head, next,
					 &n->slabs[SLAB_LIST_FULL],
					 slab_list) {
			list_del(&head->slab_list);
			n->nr_slabs--;
			slab_discard(slab_graveyard, head);
		}
	}
	kfence_exhume();
}

/* Ends a damaged cache: exactly one report, about what is left. */
static inline void destroy_damaged(struct ktest *t, struct kmem_cache *s)
{
	KTEST_EXPECT_REPORTS(t, 1, "objects live in a destroyed cache",
			     kmem_cache_destroy(s));
	exhume();
}

/* Or the case is skipped: they may have been put aside. */
static inline bool needs_arrays(struct ktest *t, struct kmem_cache *s)
{
	if (cpu_of(s)->main != no_sheaf(s))
		return true;
	ktest_skip(t, "needs the CPUs' arrays");
	return false;
}

/* Ends a cache of a case that gives up, with whatever it still holds. */
static inline void abandon_cache(struct kmem_cache *s)
{
	if (!s)
		return;
	report_capture_start();
	kmem_cache_destroy(s);
	report_capture_stop();
	exhume();
}

/* Asked for twice: the first refusal may be one that was injected. */
static inline struct page *drain_one(unsigned int order)
{
	const gfp_t gfp = __GFP_MEMALLOC | __GFP_NOWARN;
	struct page *page = alloc_pages(gfp, order);

	return page ? page : alloc_pages(gfp, order);
}

/* All memory there is, block by block, so that nobody else gets any. */
struct drained {
	struct hidden hidden;
	struct list_head blocks[NR_PAGE_ORDERS];
};

static inline void drain_pages(struct drained *d)
{
	struct page *page;
	int order;

	hide_untouched(&d->hidden);
	for (order = MAX_PAGE_ORDER; order >= 0; order--) {
		INIT_LIST_HEAD(&d->blocks[order]);
		for (;;) {
			page = drain_one((unsigned int)order);
			if (!page)
				break;
			list_add(&page->lru, &d->blocks[order]);
		}
	}
}

static inline void undrain_pages(struct drained *d)
{
	struct page *page, *next;
	unsigned int order;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		list_for_each_entry_safe(page, next, &d->blocks[order], lru)
			__free_pages(page, order);
	show_untouched(&d->hidden);
}

#endif

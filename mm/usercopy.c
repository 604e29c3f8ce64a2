/*
 * Which bytes of an object may be copied to or from user space?
 *
 * The problem: a length that is wrong by mistake or malice lets such a copy
 * read secrets beside the data, or write over them. What an object holds is
 * known to whoever made its cache, so he says which part of it may be copied:
 *
 *	| lock, list | name, 32 bytes | pointers |
 *	             ^ useroffset     ^ useroffset + usersize
 *
 *  1. An address that is in no slab and no large block is not ours to judge.
 *  2. The copy lies within one object: not in a red zone, not across an end.
 *  3. Of kmalloc's objects all bytes may be copied, of a cache's those in its
 *     window: none, unless kmem_cache_create_usercopy() said so.
 *  4. Guarded objects (kfence.c) are their cache's, wherever they lie; of
 *     kmalloc's the bytes asked for.
 *
 * Locks: none; the caller has the object. Cost: a division.
 */
#include "internal.h"
#include "kfence_internal.h"

static const char *large_fault(const struct page *page, const char *p,
			       size_t n)
{
	const char *base = lowmem_page_address(page);
	size_t bytes = PAGE_SIZE << page->order, at = (size_t)(p - base);

	return at <= bytes && n <= bytes - at ? NULL : "beyond the block";
}

/* Of p in its object. Huge if it is in none, or in the red zone before one. */
static unsigned int object_offset(const struct kmem_cache *s,
				  struct page *page, const char *p)
{
	struct page *head = slab_head(page);
	const char *base = lowmem_page_address(head);
	size_t at = (size_t)(p - base);

	if (at / s->size >= slab_objects(s, head))
		return ~0U;
	return (unsigned int)(at % s->size) - s->red_left_pad;
}

/* n bytes at offset in an object of s that has so many. */
static const char *object_fault(const struct kmem_cache *s, size_t offset,
				size_t bytes, size_t n)
{
	size_t from = s->useroffset, size = s->usersize;

	if (s->flags & SLAB_KMALLOC)
		size = bytes;
	if (offset > bytes)
		return "not in an object";
	if (offset < from || offset - from > size ||
	    n > size - (offset - from))
		return "outside the part for user copies";
	return NULL;
}

static const char *slab_fault(struct page *page, const char *p, size_t n)
{
	const struct kmem_cache *s = page->slab_cache;

	return object_fault(s, object_offset(s, page, p), s->object_size, n);
}

/* The pool of guarded objects: its pages hold one object, or none. */
static const char *guarded_fault(const char *p, size_t n)
{
	const struct kfence_metadata *meta =
		kfence_metadata_at((unsigned long)p);

	if (!meta || READ_ONCE(meta->state) != KFENCE_ALLOCATED)
		return "not in an object";
	return object_fault(meta->cache, (unsigned long)p - meta->addr,
			    meta->size, n);
}

/* The head of the large block around page, or NULL. */
static const struct page *large_block(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	unsigned int order;

	for (order = 0; order <= MAX_PAGE_ORDER; order++) {
		const struct page *head =
			pfn_to_page(pfn & ~((1UL << order) - 1));

		if (page_is_backed(head) &&
		    head->type == PAGE_LARGE_KMALLOC &&
		    head->order >= order)
			return head;
	}
	return NULL;
}

const char *check_heap_object(const void *p, size_t n)
{
	const struct page *head;
	struct page *page;

	if (!n || !in_direct_map(p))
		return NULL;
	if (is_kfence_address(p))
		return guarded_fault(p, n);
	page = pfn_to_page(direct_map_pfn(p));
	if (page->type == PAGE_SLAB)
		return slab_fault(page, p, n);
	head = large_block(page);
	return head ? large_fault(head, p, n) : NULL;
}

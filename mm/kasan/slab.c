/*
 * What may be accessed of a slab's objects?
 *
 *	place	| left zone | object               | zone | word tracks |
 *	never	|  fc  ...                                              |
 *	in use	|  fc       | 0 0 .. n  (asked for)| fc ...             |
 *	freed	|  fc       | fb fb .. fb          | fc ...             |
 *
 *  1. A fresh slab is red zone all over; a constructor may touch its object.
 *  2. Allocation opens exactly the bytes asked for. kmalloc's slack stays
 *     closed; krealloc() in place opens more of it, ksize() all of it.
 *  3. Free closes the object and puts it into quarantine (quarantine.c).
 *
 * The left zone is there so that the first object of a slab has one, and the
 * object before it is not reached by what begins a little too early. Links
 * and tracks lie behind the object, where a write after free does no harm.
 * Caches have no arrays in this build: every call comes by (mm/slub_odd.c).
 *
 * Wrong frees are found by mm/slub_check.c, which asks slab_is_free() here.
 *
 * Locks: none; who has the object writes its shadow. A fresh slab's belongs
 * to its maker.
 */
#include <kernel/printk.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../slub_debug.h"
#include "kasan.h"

static void close_object(struct kmem_cache *s, void *p, enum kasan_poison why)
{
	kasan_poison(p, ALIGN(s->object_size, KASAN_GRANULE), why);
}

void kasan_poison_slab(struct kmem_cache *s, struct page *head)
{
	kasan_poison(lowmem_page_address(head), PAGE_SIZE << head->order,
		     KASAN_SLAB_REDZONE);
}

void kasan_construct(struct kmem_cache *s, void *p)
{
	memset(slab_track(s, p, TRACK_ALLOC), 0,
	       NR_TRACKS * sizeof(struct track));
	if (!s->ctor)
		return;
	kasan_unpoison(p, s->object_size);
	s->ctor(p);
	close_object(s, p, KASAN_SLAB_REDZONE);
}

void kasan_slab_alloc(struct kmem_cache *s, void *p, size_t size)
{
	close_object(s, p, KASAN_SLAB_REDZONE);
	kasan_unpoison(p, size);
}

bool kasan_slab_free(struct kmem_cache *s, void *p)
{
	close_object(s, p, KASAN_SLAB_FREE);
	kasan_quarantine_put(s, p);
	return true;
}

bool kasan_slab_is_free(const struct kmem_cache *s, const void *p)
{
	return (u8)*kasan_shadow((unsigned long)p) == KASAN_SLAB_FREE;
}

void kasan_krealloc(const void *p, size_t size)
{
	const struct page *page = virt_to_page((unsigned long)p);

	if (page->type == PAGE_SLAB)
		kasan_slab_alloc(page->slab_cache, (void *)p, size);
	else
		kasan_kmalloc_large(p, size);
}

/* Bytes of the object that may be accessed; all, if it is free. */
static size_t bytes_open(const struct kmem_cache *s, const void *p)
{
	unsigned long bad = kasan_first_bad((unsigned long)p, s->object_size);

	if (!bad || bad == (unsigned long)p)
		return s->object_size;
	return bad - (unsigned long)p;
}

static void say_where(const struct kmem_cache *s, const char *p,
		      unsigned long addr)
{
	size_t size = bytes_open(s, p);
	long offset = (long)(addr - (unsigned long)p);

	if (offset < 0)
		printk(KERN_ERR "%ld bytes before object %px of cache %s, %zu of %u bytes asked for\n",
		       -offset, p, s->name, size, s->object_size);
	else if ((size_t)offset >= size)
		printk(KERN_ERR "%zu bytes behind object %px of cache %s, %zu of %u bytes asked for\n",
		       (size_t)offset - size, p, s->name, size,
		       s->object_size);
	else
		printk(KERN_ERR "%ld bytes inside object %px of cache %s, %u bytes\n",
		       offset, p, s->name, s->object_size);
}

bool kasan_describe_object(unsigned long addr)
{
	unsigned long pfn = direct_map_pfn((const void *)addr), base;
	struct page *head;
	struct kmem_cache *s;
	unsigned int index;
	void *p;

	if (!pfn_valid(pfn) || pfn_to_page(pfn)->type != PAGE_SLAB)
		return false;
	head = slab_head(pfn_to_page(pfn));
	s = head->slab_cache;
	base = (unsigned long)lowmem_page_address(head);
	index = (unsigned int)((addr - base) / s->size);
	if (index >= slab_objects(s, head))
		return false;
	p = slab_object(s, head, index);
	say_where(s, p, addr);
	slab_print_tracks(s, p);
	return true;
}

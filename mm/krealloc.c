/*
 * Blocks whose size matters after they were made.
 *
 * The problem: kmalloc() rounds up to its classes, so a block that has to grow
 * often has the room already; and one that held a secret must not keep it.
 *
 *	asked for 100:	| 100 bytes used	| 28 more | class 128
 *	krealloc 120:	| 120 bytes used	    | 8   | same block
 *	krealloc 130:	a block of 192, 128 bytes copied, the old one freed
 *
 *  1. kmalloc_size_roundup() says what a block of a size will have, before it
 *     is made: who can use more, asks for that.
 *  2. ksize() says it of a block. Asking makes all of it the caller's, so that
 *     debugging does not take it for an overrun.
 *  3. krealloc() stays where it is if the new size fits, larger or smaller. A
 *     cache that debugs moves its red zone there.
 *  4. kfree_sensitive() clears all that ksize() says. The compiler may not
 *     leave that out, though nobody reads what is freed.
 *
 * __GFP_ZERO promises that bytes which come in view are clear. Those between
 * the old size and the class's end are, if the block was made and resized with
 * it: krealloc() clears what it hides.
 *
 * Left out: shrinking into a smaller class; a block stays where it is.
 */
#include <lib/string.h>
#include "slub_debug.h"

/* Large blocks go on as the largest classes do: powers of two. */
size_t kmalloc_size_roundup(size_t size)
{
	if (!size || size > KMALLOC_MAX_SIZE)
		return size;
	return kmalloc_class_size(kmalloc_index(size));
}

/* The cache of an object in use, if it debugs; else NULL. */
static struct kmem_cache *debugged_cache(const void *p)
{
	struct page *page = pfn_to_page(direct_map_pfn(p));

	return page->type == PAGE_SLAB && kmem_cache_debug(page->slab_cache) ?
	       page->slab_cache : NULL;
}

size_t ksize(const void *p)
{
	size_t size = ZERO_OR_NULL_PTR(p) ? 0 : kmalloc_usable_size(p);
	struct kmem_cache *s = size ? debugged_cache(p) : NULL;

	if (unlikely(s))	/* who asks may use them all */
		slab_debug_resize(s, (void *)p, size, false);
	if (size)
		kasan_krealloc(p, size);
	return size;
}

/*
 * p, of size bytes, is to have new_size of them. Where nobody knows how many
 * were asked for, what a later growth in place uncovers must be clear.
 */
static void *resize(void *p, size_t new_size, size_t size, gfp_t gfp)
{
	struct kmem_cache *s = debugged_cache(p);

	if (s && slab_keeps_size(s))
		slab_debug_resize(s, p, new_size, gfp & __GFP_ZERO);
	else if (gfp & __GFP_ZERO)
		memset((char *)p + new_size, 0, size - new_size);
	kasan_krealloc(p, new_size);
	return p;
}

/* In another block; p stays as it was if there is none. */
static void *move_block(const void *p, size_t used, size_t new_size, gfp_t gfp)
{
	void *new = kmalloc(new_size, gfp);

	if (!new)
		return NULL;
	memcpy(new, p, used);
	kfree(p);
	return new;
}

void *krealloc(const void *p, size_t new_size, gfp_t gfp)
{
	struct kmem_cache *s;
	size_t size, used;

	if (!new_size) {
		kfree(p);
		return ZERO_SIZE_PTR;
	}
	if (ZERO_OR_NULL_PTR(p))
		return kmalloc(new_size, gfp);
	size = kmalloc_usable_size(p);
	if (!size)
		return NULL;	/* reported */
	s = debugged_cache(p);
	used = s ? slab_debug_asked(s, p) : size;
	if (new_size > size)
		return move_block(p, used, new_size, gfp);
	return resize((void *)p, new_size, size, gfp);
}

void kfree_sensitive(const void *p)
{
	size_t size = ksize(p);

	if (size)
		memzero_explicit((void *)p, size);
	kfree(p);
}

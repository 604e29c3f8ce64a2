/*
 * Memory that need not be contiguous.
 *
 * The problem: a large table wants kmalloc()'s speed when there is a large
 * block, and any pages at all when there is none.
 *
 *  1. Ask kmalloc(). If there is another way, a large block is not worth
 *     reclaim (unless the caller said how hard to try), a warning or going on
 *     for ever: not __GFP_DIRECT_RECLAIM, __GFP_NOWARN, not __GFP_NOFAIL.
 *  2. Above a page, and if the caller may sleep: the other way, pages that
 *     are mapped one behind the other.
 *  3. kvfree() asks the other way whether the address is its own.
 *  4. kvfree_rcu() leaves the distance from the object to its rcu_head where a
 *     function would be: so the head alone leads back to the object.
 *
 * The other way is kv_fallback, set once by who maps pages; until then it is
 * NULL, and kvmalloc() does what kmalloc() does and fails where that fails.
 *
 * Locks: none. Cost: kmalloc()'s and a test.
 */
#include <kernel/init.h>
#include <kernel/rcupdate.h>
#include <kernel/report.h>
#include <lib/string.h>
#include <mm/slab.h>

#define KV_MAX_SIZE 0x7fffffffUL

const struct kv_fallback *kv_fallback;

static gfp_t first_try(gfp_t gfp, size_t size)
{
	if (size <= PAGE_SIZE)
		return gfp;
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp &= ~__GFP_DIRECT_RECLAIM;
	return gfp & ~__GFP_NOFAIL;
}

static bool too_large(size_t size, gfp_t gfp)
{
	if (likely(size <= KV_MAX_SIZE))
		return false;
	if (!(gfp & __GFP_NOWARN)) {
		report_begin("kvmalloc too large", "%zu bytes", size);
		report_end();
	}
	return true;
}

void *kvmalloc_node(size_t size, gfp_t gfp, int nid)
{
	const struct kv_fallback *other = READ_ONCE(kv_fallback);
	void *p;

	if (!other)
		return kmalloc_node(size, gfp, nid);
	p = kmalloc_node(size, first_try(gfp, size), nid);
	if (p || size <= PAGE_SIZE || !(gfp & __GFP_DIRECT_RECLAIM) ||
	    too_large(size, gfp))
		return p;
	return other->alloc(size, gfp, nid);
}

void kvfree(const void *p)
{
	const struct kv_fallback *other = READ_ONCE(kv_fallback);

	if (other && other->owns(p))
		other->free(p);
	else
		kfree(p);
}

void kvfree_sensitive(const void *p, size_t len)
{
	if (ZERO_OR_NULL_PTR(p))
		return;
	memzero_explicit((void *)p, len);
	kvfree(p);
}

/* ----- when the readers have left ----------------------------------------- */

void kvfree_call_rcu(struct rcu_head *head, void *p)
{
	unsigned long offset = (unsigned long)head - (unsigned long)p;

	if (head) {
		call_rcu(head, (rcu_callback_t)offset);
	} else if (p) {
		synchronize_rcu();
		kvfree(p);
	}
}

void __init kvfree_rcu_init(void)
{
	rcu_free_hook = kvfree;
}

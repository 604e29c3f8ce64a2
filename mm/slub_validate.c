/*
 * The whole of a cache, looked at and mended: validate_slab_cache().
 *
 * kmem_cache_validate() (slub_check.c) proves that a cache is sound and changes
 * nothing. This looks for damage that users do, tells it and repairs it:
 *
 *  1. The CPUs' arrays are emptied, so that slabs hold what is free.
 *  2. Of each slab with free objects, and with SLAB_STORE_USER of each full one
 *     too: follow the freelist. A link that leads nowhere, back, or to an
 *     object in use ends the list there: "Freechain corrupt". A head that
 *     does: "Freepointer corrupt", and nothing in the slab is free.
 *  3. As many objects as it has, less those in the freelist, are in use:
 *     "Wrong object count" otherwise, and the count is set right. What hung
 *     behind a broken link counts as in use from now on. It is left as it is:
 *     free, but lost, unless the link is made right again.
 *  4. Each object: red zones, poison, padding (slub_debug.c), up to the first
 *     damaged one.
 *
 * The slabs are taken off their lists before, and come to the list that their
 * count then asks for.
 *
 * Locks: node->lock around a whole node, interrupts off: for tests and for who
 * suspects something. Cost: every object's place is read.
 */
#include <lib/bitmap.h>
#include <lib/string.h>
#include "slub_debug.h"

/* A debugged cache knows for certain which objects are handed out. */
static bool in_use(const struct kmem_cache *s, const void *p)
{
	return kmem_cache_debug(s) && *slab_word(s, p) == slab_active_word(s);
}

static bool leads_to_free(const struct kmem_cache *s, struct page *head,
			  unsigned long link)
{
	return link <= slab_objects(s, head) &&
	       !(link && in_use(s, slab_object(s, head,
					       (unsigned int)link - 1)));
}

/*
 * The objects in the freelist, as bits; their number. What is broken is cut
 * off behind the last sound link.
 */
static unsigned int follow_freelist(struct kmem_cache *s, struct page *head,
				    unsigned long *is_free)
{
	unsigned long link = head->freelist;
	unsigned int n = 0;
	void *p = NULL;

	while (link) {
		if (!leads_to_free(s, head, link) ||
		    test_bit(link - 1, is_free)) {
			slab_bug(s, head, p, "Freechain corrupt",
				 "%u free objects before it", n);
			slab_set_link(s, p, 0);
			break;
		}
		__set_bit(link - 1, is_free);
		n++;
		p = slab_object(s, head, (unsigned int)link - 1);
		link = slab_link(s, head, p);
	}
	return n;
}

static bool freelist_begins(struct kmem_cache *s, struct page *head)
{
	if (leads_to_free(s, head, head->freelist))
		return true;
	slab_bug(s, head, lowmem_page_address(head), "Freepointer corrupt",
		 "freelist begins with %u", head->freelist);
	head->freelist = 0;
	head->inuse = (u16)slab_objects(s, head);
	slab_fix(s, "slab %px: freelist cleared", lowmem_page_address(head));
	return false;
}

/* Steps 2 and 3. */
static void check_freelist(struct kmem_cache *s, struct page *head,
			   unsigned long *is_free)
{
	unsigned int objects = slab_objects(s, head), inuse;

	if (head->freelist == SLAB_FRESH)
		slab_link_all(s, head);
	if (!freelist_begins(s, head))
		return;
	inuse = objects - follow_freelist(s, head, is_free);
	if (head->inuse == inuse)
		return;
	slab_bug(s, head, lowmem_page_address(head), "Wrong object count",
		 "counter is %u but counted were %u", head->inuse, inuse);
	head->inuse = (u16)inuse;
	slab_fix(s, "slab %px: object count adjusted",
		 lowmem_page_address(head));
}

/* What its red zones should hold. An object that is lost is still free. */
static u8 expected_zone(const struct kmem_cache *s, struct page *head,
			const void *p, bool is_free)
{
	bool lost = kmem_cache_debug(s) &&
		    slab_link(s, head, p) != SLAB_LINK_BAD;

	return is_free || lost ? SLUB_RED_INACTIVE : SLUB_RED_ACTIVE;
}

static void validate_slab(struct kmem_cache *s, struct page *head)
{
	unsigned long is_free[BITS_TO_LONGS(SLAB_MAX_OBJECTS)] = { 0 };
	unsigned int i;
	void *p;

	check_freelist(s, head, is_free);
	if (!slab_check_padding(s, head))
		return;
	for (i = 0; i < slab_objects(s, head); i++) {
		p = slab_object(s, head, i);
		if (!slab_check_object(s, head, p,
				       expected_zone(s, head, p,
						     test_bit(i, is_free))))
			break;
	}
}

/* All slabs of a list, each back to where it belongs afterwards. */
static long validate_list(struct kmem_cache *s, struct kmem_cache_node *n,
			  unsigned int from, struct list_head *done)
{
	struct page *head;
	long count = 0;

	while (!list_empty(&n->slabs[from])) {
		head = list_first_entry(&n->slabs[from], struct page,
					slab_list);
		list_move(&head->slab_list, done);
		n->nr_partial -= from != SLAB_LIST_FULL;
		validate_slab(s, head);
		count++;
	}
	return count;
}

static void relist(struct kmem_cache *s, struct kmem_cache_node *n,
		   struct list_head *done)
{
	struct page *head, *next;
	unsigned int to;

	list_for_each_entry_safe(head, next, done, slab_list) {
		to = slab_list_of(s, head);
		list_move(&head->slab_list, &n->slabs[to]);
		n->nr_partial += to != SLAB_LIST_FULL;
	}
}

static long validate_node(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned int list, end = s->flags & SLAB_STORE_USER ? NR_SLAB_LISTS :
							      SLAB_LIST_FULL;
	unsigned long flags;
	LIST_HEAD(done);
	long count = 0;

	spin_lock_irqsave(&n->lock, flags);
	for (list = 0; list < end; list++)
		count += validate_list(s, n, list, &done);
	relist(s, n, &done);
	spin_unlock_irqrestore(&n->lock, flags);
	return count;
}

long validate_slab_cache(struct kmem_cache *s)
{
	long count = 0;
	int nid;

	slab_flush_all(s);
	for_each_online_node(nid)
		count += validate_node(s, &s->node[nid]);
	return count;
}

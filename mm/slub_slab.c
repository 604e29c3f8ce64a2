/*
 * One slab: a naturally aligned block of pages cut into places of one size.
 *
 * The problem: where do the free objects of a slab hang, when the slab has no
 * room for a table? In themselves. page->freelist holds the index of the
 * first free object + 1, each free object the same for the next, 0 ends:
 *
 *	order 0, size 1024, objects 1 and 3 in use; freelist = 3, inuse = 2
 *
 *	base      +1024     +2048     +3072
 *	| 0: free | 1: used | 2: free | 3: used |
 *	   ^ 0 end             | 1
 *	   +-------------------+
 *
 * A link is stored as secret ^ (link + 1) << 48 (16), secret being random: a
 * write behind the end of an object or after its free almost never yields a
 * link, and 48 (on 32-bit machines 16) bits of it are checked when the link
 * is used. The link stands in the middle of the object, where an overrun of
 * the neighbour reaches last; behind it if there is a constructor, whose work
 * must survive.
 *
 * The base follows from any address inside and the block's order, so that a
 * slab needs no header, and objects of a power of two are aligned to it.
 *
 * Every page of the block is PAGE_SLAB and names the cache; counts and links
 * are in the head's descriptor.
 *
 * Damage: a link that does not decode is reported, and the free objects that
 * hung behind it are given up (counted in use for ever); the slab lives on
 * with the rest. An object taken is marked as one in an array, which is not a
 * link, so a cycle runs into an object already taken, or out of the count.
 *
 * Objects of a fresh slab are taken in no order that can be foretold
 * (fresh_walk()), so that who overruns one cannot know whose the next is.
 * Until then they are in no list: freelist is SLAB_FRESH, and what is taken
 * first goes straight to where it is wanted. Only the rest is linked.
 *
 * Locks: the caller holds node->lock for listed slabs.
 * Invariant: inuse + length(freelist) == objects.
 * Cost: creation touches each object once; take and put are O(1) each.
 */
#include <kernel/printk.h>
#include <kernel/report.h>
#include <lib/gcd.h>
#include <lib/random.h>
#include "slub_debug.h"

/* link + 1 stands at the top; all below must be 0. */
static __always_inline unsigned long link_of(unsigned long word,
					     unsigned long secret)
{
	word ^= secret;
	return (word << 16 | word >> SLAB_LINK_SHIFT) - 1;
}

unsigned long slab_link(const struct kmem_cache *s, struct page *head,
			const void *p)
{
	unsigned long link = link_of(*slab_word(s, p), s->secret);

	return link <= slab_objects(s, head) ? link : SLAB_LINK_BAD;
}

void slab_set_link(const struct kmem_cache *s, void *p, u16 link)
{
	*slab_word(s, p) = s->secret ^ (link + 1UL) << SLAB_LINK_SHIFT;
}

static void slab_mark_pages(struct kmem_cache *s, struct page *head,
			    unsigned int order)
{
	unsigned int i;

	for (i = 0; i < 1U << order; i++) {
		WRITE_ONCE(head[i].type, PAGE_SLAB);
		head[i].order = (u8)order;
		head[i].zone_id = head->zone_id;
		head[i].slab_cache = s;
	}
}

/* Red zones, poison and tracks, then the constructor's work. */
static void slab_prepare_objects(struct kmem_cache *s, struct page *head)
{
	unsigned int i;
	void *p;

	if (kmem_cache_debug(s))
		slab_debug_new_slab(s, head);
	kasan_poison_slab(s, head);
	for (i = 0; i < slab_objects(s, head); i++) {
		p = slab_object(s, head, i);
		if (kmem_cache_debug(s))
			slab_debug_new_object(s, p);
		if (s->flags & SLAB_KASAN)
			kasan_construct(s, p);
		else if (s->ctor)
			s->ctor(p);
	}
}

/* Follows from the secret, and is another one each time. */
static struct rng slab_rng(struct kmem_cache *s)
{
	unsigned long n = __atomic_add_fetch(&s->nr_shuffles, 1,
					     __ATOMIC_RELAXED);

	return rng_seed(s->secret ^ n);
}

/*
 * A step from place to place that comes to all of them before it is back:
 * it has no divisor in common with their number.
 */
static unsigned int slab_stride(struct rng *rng, unsigned int objects)
{
	unsigned int stride = (unsigned int)rng_below(rng, objects);

	while (gcd(stride, objects) != 1)
		stride = 1 + stride % objects;
	return stride;
}

/*
 * A walk over the places of a fresh slab in an order that nobody can foretell,
 * another in each slab: from a place at random, by a stride at random, counted
 * in bytes.
 */
struct fresh_walk {
	unsigned int at, stride, end;
};

static struct fresh_walk fresh_walk(struct kmem_cache *s,
				    const struct page *head)
{
	unsigned int objects = slab_objects(s, head);
	struct rng rng = slab_rng(s);
	unsigned int first = (unsigned int)rng_below(&rng, objects);

	return (struct fresh_walk){
		.at = first * s->size,
		.stride = slab_stride(&rng, objects) * s->size,
		.end = objects * s->size,
	};
}

static __always_inline void walk_on(struct fresh_walk *walk)
{
	walk->at += walk->stride;
	walk->at -= walk->at >= walk->end ? walk->end : 0;
}

/* Links the next n places of the walk, which are all that are free. */
static void link_fresh(struct kmem_cache *s, struct page *head,
		       struct fresh_walk *walk, unsigned int n)
{
	char *first = slab_object(s, head, 0);

	for (head->freelist = 0; n; n--, walk_on(walk)) {
		slab_set_link(s, first + walk->at, head->freelist);
		head->freelist = (u16)(walk->at / s->size + 1);
	}
}

/* What nobody has taken from is linked now. */
void slab_link_all(struct kmem_cache *s, struct page *head)
{
	struct fresh_walk walk = fresh_walk(s, head);

	link_fresh(s, head, &walk, slab_objects(s, head));
}

static unsigned int slab_take_fresh(struct kmem_cache *s, struct page *head,
				    void **objs, unsigned int want)
{
	char *first = slab_object(s, head, 0);
	struct fresh_walk walk = fresh_walk(s, head);
	unsigned int i, n = min(want, slab_objects(s, head));
	unsigned long secret = s->secret;
	size_t offset = s->offset;

	for (i = 0; i < n; i++, walk_on(&walk)) {
		*(unsigned long *)(first + walk.at + offset) = secret;
		WRITE_ONCE(objs[i], first + walk.at);
	}
	link_fresh(s, head, &walk, slab_objects(s, head) - n);
	head->inuse = (u16)n;
	return n;
}

static struct page *slab_alloc_pages(struct kmem_cache *s, gfp_t gfp, int nid)
{
	gfp_t easy = gfp | __GFP_NOWARN;
	struct page *head;

	if (s->order == s->min_order)
		return alloc_pages_node(nid, gfp, s->order);
	easy &= ~(__GFP_NOFAIL | __GFP_DIRECT_RECLAIM);
	head = alloc_pages_node(nid, easy, s->order);
	return head ? head : alloc_pages_node(nid, gfp, s->min_order);
}

/* A fresh slab, all objects free, not on any list. NULL: no memory. */
struct page *slab_create(struct kmem_cache *s, gfp_t gfp, int nid)
{
	const gfp_t ours = __GFP_ZERO | __GFP_HIGHMEM | __GFP_DMA |
			   __GFP_DMA32 | __GFP_MOVABLE | __GFP_RECLAIMABLE |
			   __GFP_COMP;
	struct page *head;

	if (unlikely(gfp & ~s->allocflags & (__GFP_HIGHMEM | __GFP_DMA32)))
		slab_report("zone flags that the cache has not", s, NULL);
	head = slab_alloc_pages(s, (gfp & ~ours) | s->allocflags, nid);
	if (!head)
		return NULL;
	slab_mark_pages(s, head, head->order);
	if (unlikely(kmem_cache_debug(s) || s->ctor ||
		     s->flags & SLAB_KASAN))
		slab_prepare_objects(s, head);
	head->inuse = 0;
	head->freelist = SLAB_FRESH;
	if (unlikely(kmem_cache_debug(s)))
		slab_link_all(s, head);
	return head;
}

/* Gives an unlisted slab back to the page allocator, as it came from there. */
void slab_discard(struct kmem_cache *s, struct page *head)
{
	unsigned int i, order = head->order;

	if (kmem_cache_debug(s))
		slab_check_last(s, head);

	for (i = 1; i < 1U << order; i++) {
		WRITE_ONCE(head[i].type, PAGE_NONE);
		head[i].order = 0;
		head[i].zone_id = 0;
		head[i].slab_cache = NULL;
	}
	head->private = 0;
	head->_refcount = 1;
	WRITE_ONCE(head->type, PAGE_ALLOC);
	__free_pages(head, order);
}

/*
 * The rest of the freelist cannot be believed: it counts as in use. p, if any,
 * is where it broke: it is as lost as what hung behind it, unless somebody has
 * it, which a debugged cache knows.
 */
static void slab_give_up_freelist(struct kmem_cache *s, struct page *head,
				  void *p)
{
	unsigned int lost = slab_objects(s, head) - head->inuse;

	slab_bug(s, head, p, "freelist damaged", "%u free objects given up",
		 lost);
	head->freelist = 0;
	head->inuse = (u16)slab_objects(s, head);
	if (p && kmem_cache_debug(s) && *slab_word(s, p) != slab_active_word(s))
		slab_set_link(s, p, 0);
	slab_fix(s, "slab %px: freelist cleared", lowmem_page_address(head));
}

/*
 * Takes up to want objects into objs and marks them as in an array; their
 * number, 0 only if the slab is full or damaged. The list ends when, and only
 * when, all are in use.
 */
unsigned int slab_take(struct kmem_cache *s, struct page *head, void **objs,
		       unsigned int want)
{
	unsigned int got = 0, objects = slab_objects(s, head);
	unsigned int left = objects - head->inuse;
	unsigned long secret = s->secret, link = head->freelist, next;
	char *first = slab_object(s, head, 0);
	size_t offset = s->offset;
	void *p = NULL;
	bool sound;

	if (link == SLAB_FRESH)
		return slab_take_fresh(s, head, objs, want);
	want = min(want, left);
	sound = !link == !left;
	while (got < want && sound) {
		p = first + (u32)(link - 1) * s->size;
		next = link_of(*(unsigned long *)((char *)p + offset), secret);
		sound = next <= objects && !next == (left == 1);
		if (unlikely(!sound))
			break;
		*(unsigned long *)((char *)p + offset) = secret;
		WRITE_ONCE(objs[got++], p);
		link = next;
		left--;
	}
	head->freelist = (u16)link;
	head->inuse = (u16)(objects - left);
	if (unlikely(!sound))
		slab_give_up_freelist(s, head, p);
	return got;
}

/* Not as it was put into the array: it is told, and stays out of use. */
static noinline void refuse(struct kmem_cache *s, struct page *head, void *p)
{
	const char *why = "object written after free";

	if (slab_index(s, head, p) >= slab_objects(s, head))
		why = "not an object when it left an array";
	else if (slab_freelist_has(s, head, p))
		why = "double free";
	slab_report(why, s, p);
}

/*
 * Puts back objects that left an array, as many of nr as lie in this slab one
 * behind the other; their number. The mark must still be there: if not,
 * somebody wrote to the object after its free, perhaps a second owner who got
 * it that way.
 */
unsigned int slab_put(struct kmem_cache *s, struct page *head, void **objs,
		      unsigned int nr)
{
	char *first = slab_object(s, head, 0);
	unsigned long bytes = PAGE_SIZE << head->order, secret = s->secret, at;
	unsigned int objects = slab_objects(s, head), inuse = head->inuse, i;
	u32 inverse = s->inverse, shift = s->shift, number;
	unsigned long link = head->freelist, *word;

	first += s->offset;
	for (i = 0; i < nr; i++) {
		at = (unsigned long)objs[i] + s->offset - (unsigned long)first;
		if (at >= bytes)
			break;
		word = (unsigned long *)(first + at);
		number = ror32((u32)at * inverse, shift);
		if (unlikely(number >= objects || *word != secret || !inuse)) {
			head->freelist = (u16)link;
			refuse(s, head, objs[i]);
			continue;
		}
		*word = secret ^ (link + 1) << SLAB_LINK_SHIFT;
		link = number + 1;
		inuse--;
	}
	head->freelist = (u16)link;
	head->inuse = (u16)inuse;
	return i;
}

/*
 * Calls nothing and never hangs: follows the freelist for as many steps as
 * there are objects. found[i] set for each index met. Its length, or ~0U if
 * it is damaged or comes back to itself.
 */
static unsigned int slab_walk(const struct kmem_cache *s, struct page *head,
			      unsigned long *found)
{
	unsigned int n = 0, objects = slab_objects(s, head);
	unsigned long link = head->freelist;

	if (link == SLAB_FRESH)
		while (n < objects)
			__set_bit(n++, found);
	while (link && link != SLAB_FRESH) {
		if (link > objects || test_bit(link - 1, found))
			return ~0U;
		__set_bit(link - 1, found);
		n++;
		link = slab_link(s, head, slab_object(s, head,
						      (unsigned int)link - 1));
	}
	return n;
}

bool slab_freelist_has(const struct kmem_cache *s, struct page *head,
		       const void *p)
{
	unsigned long found[BITS_TO_LONGS(SLAB_MAX_OBJECTS)] = { 0 };

	slab_walk(s, head, found);
	return test_bit(slab_index(s, head, p), found);
}

/* First broken rule of a slab, or NULL. */
const char *slab_check(const struct kmem_cache *s, struct page *head)
{
	unsigned long found[BITS_TO_LONGS(SLAB_MAX_OBJECTS)] = { 0 };
	unsigned int i, length;

	for (i = 0; i < 1U << head->order; i++) {
		if (head[i].type != PAGE_SLAB || head[i].slab_cache != s)
			return "slab: a page is not of this cache";
		if (head[i].order != head->order ||
		    head[i].zone_id != head->zone_id)
			return "slab: pages differ in order or zone";
	}
	if (head->order != s->order && head->order != s->min_order)
		return "slab: wrong order";
	length = slab_walk(s, head, found);
	if (length == ~0U)
		return "slab: freelist damaged";
	if (head->inuse + length != slab_objects(s, head))
		return "slab: inuse + length(freelist) != objects";
	return NULL;
}

/* One line, one event, per object that is not in the freelist. */
void slab_print_live(struct kmem_cache *s, struct page *head)
{
	unsigned long found[BITS_TO_LONGS(SLAB_MAX_OBJECTS)] = { 0 };
	unsigned int i;
	void *p;

	slab_walk(s, head, found);
	for (i = 0; i < slab_objects(s, head); i++) {
		if (test_bit(i, found) || slab_event())
			continue;
		p = slab_object(s, head, i);
		printk(KERN_ERR "  object %px, slab %px, number %u\n", p,
		       lowmem_page_address(head), i);
		slab_print_tracks(s, p);
	}
}

/*
 * What a node keeps for a cache: its slabs, sorted by fullness. (And arrays
 * that wait for a CPU: slub_stock.c.)
 *
 * The problem: which slab gives the next objects? Taking from the fullest
 * lets the others drain, and an empty slab can go back to the page allocator.
 * An exact order costs too much, five classes do nearly as well:
 *
 *	in use:   0      < 1/4    < 2/4    < 3/4    < 4/4     all
 *	list:   [empty] [  1   ] [  2   ] [  3   ] [  4   ] [full]
 *	take:      6th     4th ... 2nd       ...      1st
 *
 *	list(slab) = inuse == 0 ? 0 : 1 + 4 * inuse / objects
 *
 * 1. node_take() takes objects from the highest list below full.
 * 2. node_put() puts objects back, each into the slab it came from.
 * 3. Either moves a slab to the list its new count asks for; one that is there
 *    already keeps its place.
 * 4. A slab that becomes empty while the node keeps min_partial others with
 *    free objects goes back to the page allocator.
 *
 * Locks: node->lock with interrupts off. Pages come and go without it: new
 * slabs are complete before they are listed, old ones leave the lists first.
 *
 * Invariants, per node: nr_slabs == sum of the lists' lengths; nr_partial ==
 * the same without the full list; nr_objects == sum of slab_objects().
 *
 * Cost: a batch is one lock; an object is a look at its page and at its word.
 */
#include <kernel/report.h>
#include <lib/string.h>
#include "slab_internal.h"

void node_init(struct kmem_cache_node *n)
{
	unsigned int i;

	memset(n, 0, sizeof(*n));
	spin_lock_init(&n->lock, RANK_SLAB_NODE);
	for (i = 0; i < NR_SLAB_LISTS; i++)
		INIT_LIST_HEAD(&n->slabs[i]);
}

unsigned int slab_list_of(const struct kmem_cache *s, const struct page *head)
{
	if (!head->inuse)
		return SLAB_LIST_EMPTY;
	return 1 + SLAB_QUARTERS * head->inuse / slab_objects(s, head);
}

/* Both under the lock: a slab enters, or leaves, the node. */
static void node_add_slab(struct kmem_cache *s, struct kmem_cache_node *n,
			  struct page *head)
{
	list_add(&head->slab_list, &n->slabs[SLAB_LIST_EMPTY]);
	n->nr_partial++;
	n->nr_slabs++;
	n->nr_objects += slab_objects(s, head);
}

static void node_del_empty_slab(struct kmem_cache *s,
				struct kmem_cache_node *n, struct page *head)
{
	list_del(&head->slab_list);
	n->nr_partial--;
	n->nr_slabs--;
	n->nr_objects -= slab_objects(s, head);
	__atomic_fetch_add(&s->slabs_gone, 1, __ATOMIC_RELEASE);
}

/* Puts a slab on the list its count asks for; from is where it stands. */
void node_sort_slab(struct kmem_cache *s, struct kmem_cache_node *n,
		    struct page *head, unsigned int from)
{
	unsigned int to = slab_list_of(s, head);

	if (to == from)
		return;
	if (from == SLAB_LIST_FULL)
		n->nr_partial++;
	if (to == SLAB_LIST_FULL)
		n->nr_partial--;
	list_move(&head->slab_list, &n->slabs[to]);
}

/*
 * Up to want objects, marked free, into objs; their number. 0: the node has
 * none. A slab that turns out to be damaged gives what it can and is full
 * afterwards, so the loop ends. Node locked.
 */
unsigned int node_take_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			      void **objs, unsigned int want)
{
	unsigned int got = 0, list;
	struct page *head;

	for (list = SLAB_LIST_FULL; list-- > SLAB_LIST_EMPTY && got < want;) {
		while (got < want && !list_empty(&n->slabs[list])) {
			head = list_first_entry(&n->slabs[list], struct page,
						slab_list);
			got += slab_take(s, head, objs + got, want - got);
			node_sort_slab(s, n, head, list);
		}
	}
	return got;
}

unsigned int node_take(struct kmem_cache *s, int nid, void **objs,
		       unsigned int want)
{
	struct kmem_cache_node *n = &s->node[nid];
	unsigned long flags;
	unsigned int got;

	spin_lock_irqsave(&n->lock, flags);
	got = node_take_locked(s, n, objs, want);
	WRITE_ONCE(n->nr_asked, n->nr_asked + got);
	spin_unlock_irqrestore(&n->lock, flags);
	return got;
}

/* A fresh slab; true if it is one for node nid, and not from elsewhere. */
bool node_grow(struct kmem_cache *s, gfp_t gfp, int nid)
{
	struct page *head = slab_create(s, gfp, nid);
	struct kmem_cache_node *n;
	unsigned long flags;

	if (!head)
		return false;
	n = slab_node(s, head);
	spin_lock_irqsave(&n->lock, flags);
	node_add_slab(s, n, head);
	spin_unlock_irqrestore(&n->lock, flags);
	/* others may have taken and freed all of it, and the slab, by now */
	return n == &s->node[nid];
}

/*
 * Objects into their slab, as many as lie in it; their number. An empty slab
 * too many goes to discard.
 */
static unsigned int put_run(struct kmem_cache *s, struct kmem_cache_node *n,
			    struct page *head, void **objs, unsigned int nr,
			    struct list_head *discard)
{
	unsigned int from = slab_list_of(s, head);

	nr = slab_put(s, head, objs, nr);
	node_sort_slab(s, n, head, from);
	if (unlikely(!head->inuse) && n->nr_partial > s->min_partial &&
	    from != SLAB_LIST_EMPTY) {
		node_del_empty_slab(s, n, head);
		list_add(&head->slab_list, discard);
	}
	return nr;
}

static void discard_all(struct kmem_cache *s, struct list_head *slabs)
{
	struct page *head, *next;

	list_for_each_entry_safe(head, next, slabs, slab_list)
		slab_discard(s, head);
}

/*
 * Puts nr objects, marked free, back into their slabs. One that is none (its
 * slab was gone when it was freed a second time, see slub.c) is nobody's here.
 */
void node_put(struct kmem_cache *s, void **objs, unsigned int nr)
{
	struct kmem_cache_node *n, *locked = NULL;
	unsigned long flags;
	LIST_HEAD(discard);
	struct page *head;
	unsigned int i, done;

	local_irq_save(flags);
	for (i = 0; i < nr; i += done) {
		head = slab_around(s, objs[i]);
		if (unlikely(!head)) {
			slab_report("not an object when it left an array", s,
				    objs[i]);
			done = 1;
			continue;
		}
		n = slab_node(s, head);
		if (n != locked) {
			if (locked)
				spin_unlock(&locked->lock);
			spin_lock(&n->lock);
			locked = n;
		}
		done = put_run(s, n, head, objs + i, nr - i, &discard);
	}
	if (locked)
		spin_unlock(&locked->lock);
	local_irq_restore(flags);
	discard_all(s, &discard);
}

/*
 * One object, if check(s, head, p), which is called with the node locked, lets
 * it go back.
 */
void node_put_checked(struct kmem_cache *s, void *p,
		      bool (*check)(struct kmem_cache *s, struct page *head,
				    void *p))
{
	struct page *head = slab_of(p);
	struct kmem_cache_node *n = slab_node(s, head);
	unsigned long flags;
	LIST_HEAD(discard);

	spin_lock_irqsave(&n->lock, flags);
	if (check(s, head, p))
		put_run(s, n, head, &p, 1, &discard);
	spin_unlock_irqrestore(&n->lock, flags);
	discard_all(s, &discard);
}

bool node_has_slabs(struct kmem_cache *s)
{
	bool has = false;
	unsigned long flags;
	int nid;

	for_each_online_node(nid) {
		spin_lock_irqsave(&s->node[nid].lock, flags);
		has |= s->node[nid].nr_slabs != 0;
		spin_unlock_irqrestore(&s->node[nid].lock, flags);
	}
	return has;
}

/* Gives every empty slab back. */
void node_discard_empty(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	struct page *head, *next;
	unsigned long flags;
	LIST_HEAD(discard);
	int nid;

	for_each_online_node(nid) {
		n = &s->node[nid];
		spin_lock_irqsave(&n->lock, flags);
		list_for_each_entry_safe(head, next,
					 &n->slabs[SLAB_LIST_EMPTY],
					 slab_list) {
			node_del_empty_slab(s, n, head);
			list_add(&head->slab_list, &discard);
		}
		spin_unlock_irqrestore(&n->lock, flags);
	}
	discard_all(s, &discard);
}

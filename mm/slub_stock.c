/*
 * The stock: arrays that wait with a node, full ones and empty ones.
 *
 * The problem: to put an object into its slab, and to take it out again, costs
 * as much as all the rest. A cache whose objects come and go in great number
 * is better served by full arrays. But objects in arrays are nobody's, and
 * their slabs cannot go back to the page allocator.
 *
 *	CPU		node
 *	main   <------>	full  [o o o] [o o o] [o o o] ...
 *	spare  <------>	empty [. . .] [. . .]
 *			  | beyond the stock: as many as were asked for
 *			slabs
 *
 *  1. A CPU gives an array for another; their number stays as it is. From the
 *     beginning there are some for each CPU (slub_arrays.c).
 *  2. What CPUs have to take from slabs, as no full array waits, is counted.
 *  3. A full array finds no empty one to be given for. If as much was taken
 *     from slabs as the arrays made here can hold, and QUIET arrays more, there
 *     is one more array, and the objects stay in theirs: they were wanted
 *     before, so they will be again.
 *  4. Not more than 1/EXTRA_SHARE of memory lies in such arrays, per cache and
 *     node.
 *  5. Whoever shrinks the cache, or is short of memory, has the CPUs give back
 *     those they have for others of the stock. They are freed, and the count
 *     begins anew.
 *
 * Locks: node->lock. Arrays are made and freed without it.
 * Invariant: arrays of CPUs and node == what slub_arrays.c made + nr_extra.
 * Cost: a lock for an array of objects.
 * Left out: to let them go while memory is plenty and nobody asks.
 */
#include <mm/mm.h>
#include "slab_internal.h"

/* Arrays' worth that a cache may take from slabs before it counts. */
#define QUIET 32
#define EXTRA_SHARE 256

static void stock_add(struct slab_sheaf **stock, struct slab_sheaf *sheaf)
{
	sheaf->next = *stock;
	*stock = sheaf;
}

static struct slab_sheaf *stock_take(struct slab_sheaf **stock)
{
	struct slab_sheaf *sheaf = *stock;

	if (sheaf)
		*stock = sheaf->next;
	return sheaf;
}

/* An array of from for the caller's, which goes to the stock to. */
static struct slab_sheaf *node_swap(struct kmem_cache_node *n,
				    struct slab_sheaf *sheaf,
				    struct slab_sheaf **from,
				    struct slab_sheaf **to)
{
	struct slab_sheaf *other;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	other = stock_take(from);
	if (other)
		stock_add(to, sheaf);
	spin_unlock_irqrestore(&n->lock, flags);
	return other;
}

/* A full array for an empty one, or NULL: the caller keeps his. */
struct slab_sheaf *node_swap_for_full(struct kmem_cache *s, int nid,
				      struct slab_sheaf *empty)
{
	struct kmem_cache_node *n = &s->node[nid];

	return node_swap(n, empty, &n->full_sheaves, &n->empty_sheaves);
}

/* The other way round. */
struct slab_sheaf *node_swap_for_empty(struct kmem_cache *s, int nid,
				       struct slab_sheaf *full)
{
	struct kmem_cache_node *n = &s->node[nid];

	return node_swap(n, full, &n->empty_sheaves, &n->full_sheaves);
}

/* An empty array for the node's stock. */
void node_add_sheaf(struct kmem_cache_node *n, struct slab_sheaf *sheaf)
{
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	stock_add(&n->empty_sheaves, sheaf);
	spin_unlock_irqrestore(&n->lock, flags);
}

/* From one stock or the other of the node. */
static struct slab_sheaf *node_take_from(struct kmem_cache_node *n,
					 struct slab_sheaf **stock)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	sheaf = stock_take(stock);
	spin_unlock_irqrestore(&n->lock, flags);
	return sheaf;
}

/* The other way, from a cache that nobody uses; NULL: there is none left. */
struct slab_sheaf *node_remove_sheaf(struct kmem_cache_node *n)
{
	return node_take_from(n, &n->empty_sheaves);
}

/* An array of the stock, empty or full: it is a CPU's from now on. */
struct slab_sheaf *node_take_sheaf(struct kmem_cache_node *n)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	sheaf = stock_take(n->empty_sheaves ? &n->empty_sheaves :
					      &n->full_sheaves);
	spin_unlock_irqrestore(&n->lock, flags);
	return sheaf;
}

/* How many more than the stock: 4. */
unsigned int slab_extra_limit(const struct kmem_cache *s)
{
	unsigned long bytes = totalram_pages() / EXTRA_SHARE * PAGE_SIZE;

	return (unsigned int)(bytes / ((size_t)s->sheaf_limit * s->size));
}

/* Nearly: several CPUs may be told so of the last one. */
static bool may_have_one_more(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long asked = READ_ONCE(n->nr_asked);
	unsigned int extra = READ_ONCE(n->nr_extra);

	return extra < s->extra_limit &&
	       (extra + QUIET) * s->sheaf_limit < asked;
}

/* One more array, empty, if 3 and 4 allow it. It may be one of s's objects. */
bool node_add_extra(struct kmem_cache *s, int nid)
{
	struct kmem_cache_node *n = &s->node[nid];
	struct slab_sheaf *sheaf;
	unsigned long flags;

	sheaf = may_have_one_more(s, n) ? slab_sheaf_create(s, GFP_NOWAIT) :
					  NULL;
	if (!sheaf)
		return false;
	sheaf->extra = 1;
	spin_lock_irqsave(&n->lock, flags);
	stock_add(&n->empty_sheaves, sheaf);
	WRITE_ONCE(n->nr_extra, n->nr_extra + 1);
	spin_unlock_irqrestore(&n->lock, flags);
	return true;
}

static struct slab_sheaf *take_by_kind(struct slab_sheaf **stock, u16 extra)
{
	struct slab_sheaf *sheaf;

	while (*stock && (*stock)->extra != extra)
		stock = &(*stock)->next;
	sheaf = *stock;
	if (sheaf)
		*stock = sheaf->next;
	return sheaf;
}

/* An empty array of the stock for one that is not; NULL: there is none. */
struct slab_sheaf *node_swap_extra(struct kmem_cache *s, int nid,
				   struct slab_sheaf *extra)
{
	struct kmem_cache_node *n = &s->node[nid];
	struct slab_sheaf *sheaf;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	sheaf = take_by_kind(&n->empty_sheaves, 0);
	if (sheaf)
		stock_add(&n->empty_sheaves, extra);
	spin_unlock_irqrestore(&n->lock, flags);
	return sheaf;
}

static struct slab_sheaf *remove_extra(struct kmem_cache_node *n)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;

	spin_lock_irqsave(&n->lock, flags);
	sheaf = take_by_kind(&n->full_sheaves, 1);
	if (!sheaf)
		sheaf = take_by_kind(&n->empty_sheaves, 1);
	if (sheaf)
		WRITE_ONCE(n->nr_extra, n->nr_extra - 1);
	WRITE_ONCE(n->nr_asked, 0);
	spin_unlock_irqrestore(&n->lock, flags);
	return sheaf;
}

static void sheaf_flush(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	unsigned int nr = sheaf->avail;

	sheaf->avail = 0;
	node_put(s, &sheaf->objects[1], nr);
}

/* Frees the arrays of the nodes that are not of the stock; were there any? */
bool node_free_extra(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf;
	bool any = false;
	int nid;

	for_each_online_node(nid)
		while ((sheaf = remove_extra(&s->node[nid]))) {
			sheaf_flush(s, sheaf);
			kfree(sheaf);
			any = true;
		}
	return any;
}

/* Empties the arrays that wait with the nodes. */
void node_flush_sheaves(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf;
	int nid;

	for_each_online_node(nid) {
		struct kmem_cache_node *n = &s->node[nid];

		while ((sheaf = node_take_from(n, &n->full_sheaves))) {
			sheaf_flush(s, sheaf);
			node_add_sheaf(n, sheaf);
		}
	}
}

/*
 * Wrong frees, and the proof that a cache is sound.
 *
 * The problem: a caller hands back what is not his to give: an address from
 * nowhere, from the middle of an object, of another cache, or one he has
 * given back before. Each would damage somebody else's data much later.
 *
 * What tells them, in this order:
 *  1. the frame has no descriptor			outside RAM
 *  2. its page is not PAGE_SLAB			not a slab page
 *  3. the page's cache is the graveyard		destroyed cache
 *  4. the page's cache is another one			wrong cache
 *  5. the address is not a multiple of size from the slab's base, or behind
 *     the last object				inside an object
 *  6. the object is free already			double free
 *
 * 1 to 5 are exact and cheap. 6 begins with a suspicion: a free object's word
 * (slab_internal.h) says so. But users may store that value, so it is proved
 * by looking everywhere a free object can be:
 *
 *	every CPU's main and spare -> the node's full arrays -> the slab's
 *	freelist
 *
 * That is slow and only done when a word looks free. A double free whose
 * first free's mark was overwritten since is not seen here but when the
 * object leaves the array (slab_put()).
 *
 * Cost: none on the fast path; a suspicion is a few hundred steps.
 */
#include <kernel/printk.h>
#include <kernel/report.h>
#include "slab_internal.h"

static bool sheaf_has(const struct slab_sheaf *sheaf, const void *p)
{
	unsigned int i;

	for (i = 0; i < sheaf->avail; i++)
		if (sheaf->objects[i] == p)
			return true;
	return false;
}

static bool cpus_have(struct kmem_cache *s, const void *p)
{
	unsigned long flags;
	unsigned int cpu;
	bool found = false;

	local_irq_save(flags);
	for_each_possible_cpu(cpu)
		found |= sheaf_has(s->cpu[cpu].main, p) ||
			 sheaf_has(s->cpu[cpu].spare, p);
	local_irq_restore(flags);
	return found;
}

static bool node_has(struct kmem_cache *s, struct kmem_cache_node *n,
		     const void *p)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&n->lock, flags);
	list_for_each_entry(sheaf, &n->full_sheaves, list)
		found |= sheaf_has(sheaf, p);
	if (!found && slab_node(s, slab_of(p)) == n)
		found = slab_freelist_has(s, slab_of(p), p);
	spin_unlock_irqrestore(&n->lock, flags);
	return found;
}

/* Is the object at p in an array or in its slab's freelist? Exact, slow. */
bool slab_is_free(struct kmem_cache *s, const void *p)
{
	int nid;

	if (cpus_have(s, p))
		return true;
	for_each_online_node(nid)
		if (node_has(s, &s->node[nid], p))
			return true;
	return false;
}

/* Why p must not be freed to s, or NULL. p may be anything. */
const char *slab_free_fault(struct kmem_cache *s, const void *p)
{
	struct page *page = pfn_to_page(direct_map_pfn(p));

	if (!in_direct_map(p))
		return "outside RAM";
	if (page->type != PAGE_SLAB)
		return "not a slab page";
	if (page->slab_cache == slab_graveyard)
		return "destroyed cache";
	if (page->slab_cache != s)
		return "wrong cache";
	if (slab_index(s, page, p) >= slab_objects(s, page))
		return "inside an object";
	if (slab_word_looks_free(s, p) && slab_is_free(s, p))
		return "double free";
	return NULL;
}

static void print_slab(struct page *page, const void *p)
{
	const struct kmem_cache *s = page->slab_cache;
	struct page *head = slab_head(page);
	size_t bytes = (size_t)((const char *)p -
				(const char *)lowmem_page_address(head));

	printk(KERN_ERR "slab %px of cache %s, order %u, in use %u\n",
	       lowmem_page_address(head), s->name, head->order, head->inuse);
	if (s != slab_graveyard)
		printk(KERN_ERR "object number %zu, %zu bytes inside it\n",
		       bytes / s->size, bytes % s->size);
}

/* One report: what, where, in which slab, from where. s may be NULL. */
void slab_report(const char *kind, const struct kmem_cache *s, const void *p)
{
	unsigned long pfn = direct_map_pfn(p);

	report_begin(kind, "cache %s, object %px", s ? s->name : "(none)", p);
	if (in_direct_map(p) && pfn_to_page(pfn)->type == PAGE_SLAB)
		print_slab(pfn_to_page(pfn), p);
	report_end();
}

/* Does an object of s begin at p? */
static bool is_object(const struct kmem_cache *s, const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	const struct page *page = pfn_to_page(pfn);

	return pfn_valid(pfn) && page->type == PAGE_SLAB &&
	       page->slab_cache == s &&
	       slab_index(s, page, p) < slab_objects(s, page);
}

/* A CPU's main array: what its slots name up to the end is in use. */
static const char *check_popped(struct kmem_cache *s,
				const struct slab_sheaf *sheaf)
{
	unsigned int i;

	for (i = sheaf->avail; i <= sheaf->limit; i++) {
		const void *p = sheaf->objects[i];

		if (p == s->no_object)
			return NULL;
		if (!is_object(s, p) ||
		    (slab_word_looks_free(s, p) && slab_is_free(s, p)))
			return "array: a slot vouches for what is not in use";
	}
	return "array: has no end";
}

/* Each object: of this cache, a whole one, marked, and only once in here. */
static const char *check_sheaf(struct kmem_cache *s,
			       const struct slab_sheaf *sheaf)
{
	unsigned int i, j;

	if (sheaf->avail > sheaf->limit)
		return "array: avail > limit";
	for (i = 0; i < sheaf->avail; i++) {
		const void *p = sheaf->objects[i];

		if (!is_object(s, p))
			return "array: holds what is not an object";
		if (*slab_word(s, p) != s->secret)
			return "array: object without the free mark";
		for (j = 0; j < i; j++)
			if (sheaf->objects[j] == p)
				return "array: object twice";
	}
	return NULL;
}

static const char *check_sheaf_list(struct kmem_cache *s,
				    const struct list_head *list, bool full,
				    unsigned long *objects)
{
	const struct slab_sheaf *sheaf;
	const char *broken = NULL;

	list_for_each_entry(sheaf, list, list) {
		if (sheaf->avail != (full ? sheaf->limit : 0))
			return "node: array neither full nor empty";
		broken = check_sheaf(s, sheaf);
		if (broken)
			break;
		*objects += sheaf->avail;
	}
	return broken;
}

/* What one pass over a node's lists counts. */
struct node_count {
	unsigned long slabs, partial, objects, inuse;
};

static const char *check_slab_list(struct kmem_cache *s,
				   struct kmem_cache_node *n,
				   unsigned int list, struct node_count *c)
{
	struct page *head;
	const char *broken;
	unsigned int want;

	list_for_each_entry(head, &n->slabs[list], slab_list) {
		if (++c->slabs > n->nr_slabs)
			return "node: more slabs than nr_slabs";
		broken = slab_check(s, head);
		if (broken)
			return broken;
		want = head->inuse ? 1 + SLAB_QUARTERS * head->inuse /
				     slab_objects(s, head) : 0;
		if (want != list || slab_node(s, head) != n)
			return "node: slab on the wrong list";
		c->partial += list != SLAB_LIST_FULL;
		c->objects += slab_objects(s, head);
		c->inuse += head->inuse;
	}
	return NULL;
}

static const char *check_node(struct kmem_cache *s, struct kmem_cache_node *n,
			      unsigned long *inuse, unsigned long *waiting)
{
	struct node_count c = { 0 };
	const char *broken;
	unsigned int list;

	for (list = 0; list < NR_SLAB_LISTS; list++) {
		broken = check_slab_list(s, n, list, &c);
		if (broken)
			return broken;
	}
	if (c.slabs != n->nr_slabs || c.objects != n->nr_objects)
		return "node: nr_slabs or nr_objects is wrong";
	if (c.partial != n->nr_partial)
		return "node: nr_partial is wrong";
	*inuse += c.inuse;
	broken = check_sheaf_list(s, &n->full_sheaves, true, waiting);
	return broken ? broken :
	       check_sheaf_list(s, &n->empty_sheaves, false, waiting);
}

static const char *check_nodes(struct kmem_cache *s, unsigned long *inuse,
			       unsigned long *waiting)
{
	const char *broken = NULL;
	unsigned long flags;
	int nid;

	for_each_online_node(nid) {
		spin_lock_irqsave(&s->node[nid].lock, flags);
		broken = check_node(s, &s->node[nid], inuse, waiting);
		spin_unlock_irqrestore(&s->node[nid].lock, flags);
		if (broken)
			break;
	}
	return broken;
}

const char *kmem_cache_validate(struct kmem_cache *s)
{
	unsigned long inuse = 0, waiting = 0;
	const struct kmem_cache_cpu *c;
	const char *broken = NULL;
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	for_each_possible_cpu(cpu) {
		c = &s->cpu[cpu];
		broken = broken ? broken : check_sheaf(s, c->main);
		broken = broken ? broken : check_popped(s, c->main);
		broken = broken ? broken : check_sheaf(s, c->spare);
		if (c->spare->avail && c->spare->avail != c->spare->limit)
			broken = "spare array neither full nor empty";
		waiting += c->main->avail + c->spare->avail;
	}
	broken = broken ? broken : check_nodes(s, &inuse, &waiting);
	local_irq_restore(flags);
	if (!broken && waiting > inuse)
		broken = "arrays hold more than slabs have given";
	return broken;
}

const char *slab_validate(void)
{
	const char *broken = NULL;
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list) {
		broken = kmem_cache_validate(s);
		if (broken)
			break;
	}
	return broken;
}

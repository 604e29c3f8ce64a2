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
 * Other CPUs go on meanwhile, and their arrays have no lock. A free that is
 * right must never be refused for it: p is ours, so it is in no array and no
 * freelist, and nobody puts it there. What could we see of it?
 *  - Slots below a top name what was in that array when we read top, or was
 *    pushed since: not p. A slot that still names p from earlier, when p was
 *    popped there, is at or above top (stack_set_top()).
 *  - The same holds for a spare and its avail: avail is never more than what
 *    is in it, and is lowered before its objects go anywhere.
 *  - Arrays change hands among CPUs, but what was in them when we looked stays
 *    in the cache's arrays and slabs, or goes to others; it is not p.
 * The slots are there to be read: what we look at stays with its CPU as long as
 * we hold the lock under which arrays come and go (arrays_hold()), and the slot
 * below the first, which ends the search, always holds NULL. A free
 * that is wrong can be missed while another CPU moves p to its slab or back:
 * for some instructions it is in neither. That one is found later, like one
 * whose mark was overwritten.
 *
 * Cost: none on the fast path; a suspicion is a few hundred steps.
 */
#include <kernel/printk.h>
#include <kernel/report.h>
#include <mm/kfence.h>

#include "slub_debug.h"

static bool sheaf_has(const struct slab_sheaf *sheaf, const void *p)
{
	unsigned int i;

	for (i = sheaf_avail(sheaf); i; i--)
		if (READ_ONCE(sheaf->objects[i]) == p)
			return true;
	return false;
}

static bool stack_has(const struct kmem_cache_cpu *c, const void *p)
{
	void **slot = stack_top(c);
	const void *object;

	do
		object = READ_ONCE(*--slot);
	while (object && object != p);
	return object != NULL;
}

static bool cpus_have(struct kmem_cache *s, const void *p)
{
	const struct kmem_cache_cpu *c;
	unsigned long flags;
	unsigned int cpu;
	bool found = false;

	arrays_hold(s, &flags);
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(s->cpu, cpu);
		found |= stack_has(c, p) || sheaf_has(cpu_spare(c), p);
	}
	arrays_release(s, flags);
	return found;
}

static bool node_has(struct kmem_cache *s, struct kmem_cache_node *n,
		     const void *p)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&n->lock, flags);
	for (sheaf = n->full_sheaves; sheaf; sheaf = sheaf->next)
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

	if (is_kfence_address(p))
		return kfence_free_fault(s, p);
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
	if (kasan_slab_is_free(s, p) ||
	    (slab_word_looks_free(s, p) && slab_is_free(s, p)))
		return "double free";
	return NULL;
}

static void print_slab(struct page *page, const void *p)
{
	const struct kmem_cache *s = page->slab_cache;
	struct page *head = slab_head(page);
	size_t bytes = (size_t)((const char *)p -
				(const char *)lowmem_page_address(head));
	unsigned int i;

	printk(KERN_ERR "slab %px of cache %s, order %u, in use %u\n",
	       lowmem_page_address(head), s->name, head->order, head->inuse);
	if (s == slab_graveyard)
		return;
	i = (unsigned int)(bytes / s->size);
	printk(KERN_ERR "place number %u, %ld bytes from its object on\n", i,
	       (long)(bytes % s->size) - (long)s->red_left_pad);
	if (i < slab_objects(s, head))
		slab_print_tracks(s, slab_object(s, head, i));
}

/* One report: what, where, in which slab, from where. s may be NULL. */
void slab_report(const char *kind, const struct kmem_cache *s, const void *p)
{
	unsigned long pfn = direct_map_pfn(p);

	if (slab_event())
		return;
	report_begin(kind, "cache %s, object %px", s ? s->name : "(none)", p);
	if (in_direct_map(p) && pfn_to_page(pfn)->type == PAGE_SLAB)
		print_slab(pfn_to_page(pfn), p);
	report_end();
}

/*
 * A CPU's main array: its slots name objects in use, up to the seal. If other
 * CPUs can free, what a slot names may be anything by now (slub.c).
 */
static const char *check_popped(struct kmem_cache *s,
				const struct kmem_cache_cpu *c)
{
	void **slot;
	const void *p;

	for (slot = c->stack.top; slot <= c->stack.end; slot++) {
		p = *slot;
		if (p == s->no_object)
			return NULL;
		if (nr_cpu_ids > 1)
			continue;
		if (!slab_is_object(s, p) ||
		    (slab_word_looks_free(s, p) && slab_is_free(s, p)))
			return "array: a slot vouches for what is not in use";
	}
	return "array: has no end";
}

/* Each object: of this cache, a whole one, marked, and only once in here. */
static const char *check_objects(struct kmem_cache *s, void *const *objs,
				 unsigned int nr)
{
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		const void *p = objs[i];

		if (!slab_is_object(s, p))
			return "array: holds what is not an object";
		if (*slab_word(s, p) != s->secret)
			return "array: object without the free mark";
		for (j = 0; j < i; j++)
			if (objs[j] == p)
				return "array: object twice";
	}
	return NULL;
}

static const char *check_sheaf(struct kmem_cache *s,
			       const struct slab_sheaf *sheaf)
{
	if (sheaf->objects[0])
		return "array: has no beginning";
	if (sheaf->avail && sheaf->avail != s->sheaf_limit)
		return "array: neither full nor empty";
	return check_objects(s, &sheaf->objects[1], sheaf->avail);
}

static const char *check_cpu(struct kmem_cache *s,
			     const struct kmem_cache_cpu *c,
			     unsigned long *objects)
{
	void *const *first = &c->main->objects[1];
	unsigned long nr = (unsigned long)(c->stack.top - first);
	const char *broken;

	if (c->main->objects[0])
		return "array: has no beginning";
	if (c->stack.end - first != (c->main == no_sheaf(s) ? 0 :
				     (long)s->sheaf_limit))
		return "array: wrong limit";
	if (nr > s->sheaf_limit)
		return "array: top is outside";
	*objects += nr + c->spare->avail;
	broken = check_objects(s, first, (unsigned int)nr);
	broken = broken ? broken : check_popped(s, c);
	return broken ? broken : check_sheaf(s, c->spare);
}

/* Arrays there can be: CPUs' own, the nodes' stock, and those made since. */
static unsigned int most_arrays(const struct kmem_cache *s)
{
	unsigned int n = 2 * nr_cpu_ids;
	int nid;

	for_each_online_node(nid)
		n += slab_node_stock() + s->node[nid].nr_extra;
	return n;
}

static const char *check_stock(struct kmem_cache *s,
			       const struct slab_sheaf *sheaf, bool full,
			       unsigned long *objects)
{
	unsigned int most = most_arrays(s);
	const char *broken = NULL;

	for (; sheaf && !broken; sheaf = sheaf->next) {
		if (!most--)
			return "node: more arrays than were made";
		if (full != (sheaf->avail != 0))
			return "node: array in the wrong stock";
		broken = check_sheaf(s, sheaf);
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
	broken = check_stock(s, n->full_sheaves, true, waiting);
	return broken ? broken :
	       check_stock(s, n->empty_sheaves, false, waiting);
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

/* Of this CPU's array and, while they let them be, of the others'. */
const char *kmem_cache_validate(struct kmem_cache *s)
{
	unsigned long inuse = 0, waiting = 0;
	const char *broken = NULL;
	unsigned long flags;
	unsigned int cpu;

	local_irq_save(flags);
	for_each_possible_cpu(cpu) {
		broken = check_cpu(s, per_cpu_ptr(s->cpu, cpu), &waiting);
		if (broken)
			break;
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

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		broken = kmem_cache_validate(s);
		if (broken)
			break;
	}
	mutex_unlock(&slab_mutex);
	return broken;
}

/*
 * The life of a cache: made, shrunk, destroyed; and the first of them all.
 *
 * The problem of the beginning: a cache is described by a struct kmem_cache,
 * which is an object, which comes from a cache; and its arrays are objects of
 * kmalloc, whose caches have arrays. Two things break the circle: the cache
 * of caches is static, and every cache begins life without arrays, on one of
 * limit 0 in the cache itself, which is always empty and always full.
 *
 *	kmem_cache_init()
 *	1.  [kmem_cache]  static	    main, spare -> no_sheaf (limit 0)
 *	        | makes
 *	2.      +--> kmalloc-8 ... kmalloc-8k            likewise
 *	                 | makes
 *	3.               +--> arrays --> kmem_cache, kmalloc-8 ... kmalloc-8k
 *	4.  kmem_cache_create() does 2 and 3 at once.
 *
 * Destruction: the arrays are emptied, empty slabs go back to the page
 * allocator. A slab that still holds objects cannot: somebody has pointers
 * into it. Its pages pass to the *graveyard*, a cache that never allocates,
 * stay PAGE_SLAB for ever, and a late free of such an object is reported.
 *
 * Locks: slab_caches_lock, for the list and the uniqueness of names.
 * Interrupts may come; it is never held across an allocation.
 */
#include <asm/processor.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/report.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/mm.h>
#include "slab_internal.h"

/* Arrays that wait with each node, empty or full. */
#define NODE_SHEAVES 2

LIST_HEAD(slab_caches);
DEFINE_SPINLOCK(slab_caches_lock, RANK_PERCPU);
int slab_node_ids = 1;
int slab_home_node;

#define STATIC_CACHE_SIZE (sizeof(struct kmem_cache) + \
			   MAX_NUMNODES * sizeof(struct kmem_cache_node))

static char cache_of_caches[STATIC_CACHE_SIZE] __aligned(SMP_CACHE_LINE);
static char graveyard[STATIC_CACHE_SIZE] __aligned(SMP_CACHE_LINE);
static struct kmem_cache *const kmem_cache =
	(struct kmem_cache *)cache_of_caches;
struct kmem_cache *const slab_graveyard = (struct kmem_cache *)graveyard;

static struct rng secrets;
static bool available;

bool slab_is_available(void)
{
	return available;
}

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size;
}

const char *kmem_cache_name(struct kmem_cache *s)
{
	return s->name;
}

static gfp_t flags_to_gfp(slab_flags_t flags)
{
	gfp_t gfp = 0;

	if (flags & SLAB_CACHE_DMA)
		gfp |= GFP_DMA;
	if (flags & SLAB_CACHE_DMA32)
		gfp |= GFP_DMA32;
	if (flags & SLAB_RECLAIM_ACCOUNT)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

/* Everything but arrays and the place on the list. */
static bool cache_setup(struct kmem_cache *s, const char *name,
			unsigned int size, unsigned int align,
			slab_flags_t flags, void (*ctor)(void *))
{
	unsigned int cpu;
	int nid;

	memset(s, 0, sizeof(*s));
	strscpy(s->name, name, sizeof(s->name));
	s->object_size = size;
	s->align = align;
	s->flags = flags;
	s->ctor = ctor;
	s->allocflags = flags_to_gfp(flags);
	s->secret = (unsigned long)rng_next(&secrets);
	for (nid = 0; nid < slab_node_ids; nid++)
		node_init(&s->node[nid]);
	if (!slab_layout(s))
		return false;
	s->no_object = (char *)&s->secret - s->offset;
	for_each_possible_cpu(cpu)
		s->cpu[cpu].main = s->cpu[cpu].spare = no_sheaf(s);
	sheaf_seal(s, no_sheaf(s));
	return true;
}

static struct kmem_cache *find_cache(const char *name)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

/* Makes a cache known, unless its name is taken. */
static bool cache_publish(struct kmem_cache *s)
{
	unsigned long flags;
	bool taken;

	spin_lock_irqsave(&slab_caches_lock, flags);
	taken = find_cache(s->name) != NULL;
	if (!taken)
		list_add_tail(&s->list, &slab_caches);
	spin_unlock_irqrestore(&slab_caches_lock, flags);
	return !taken;
}

static struct slab_sheaf *sheaf_create(struct kmem_cache *s,
				       unsigned int limit)
{
	struct slab_sheaf *sheaf;

	sheaf = kmalloc(sizeof(*sheaf) + (limit + 1) * sizeof(void *),
			GFP_KERNEL | __GFP_NOWARN);
	if (sheaf) {
		sheaf->avail = 0;
		sheaf->limit = limit;
		sheaf_seal(s, sheaf);
	}
	return sheaf;
}

static bool node_add_sheaves(struct kmem_cache *s,
			     struct kmem_cache_node *n, unsigned int limit)
{
	struct slab_sheaf *sheaf;
	int i;

	for (i = 0; i < NODE_SHEAVES; i++) {
		sheaf = sheaf_create(s, limit);
		if (!sheaf)
			return false;
		list_add(&sheaf->list, &n->empty_sheaves);
	}
	return true;
}

static void cache_free_sheaves(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf, *next;
	unsigned int cpu;
	int nid;

	s->sheaf_limit = 0;
	for_each_possible_cpu(cpu) {
		struct kmem_cache_cpu *c = &s->cpu[cpu];

		if (c->main != no_sheaf(s))
			kfree(c->main);
		if (c->spare != no_sheaf(s))
			kfree(c->spare);
		c->main = c->spare = no_sheaf(s);
	}
	for_each_online_node(nid) {
		list_for_each_entry_safe(sheaf, next,
					 &s->node[nid].empty_sheaves, list)
			kfree(sheaf);
		INIT_LIST_HEAD(&s->node[nid].empty_sheaves);
	}
}

static bool cpu_add_sheaves(struct kmem_cache *s, struct kmem_cache_cpu *c,
			    unsigned int limit)
{
	struct slab_sheaf *main = sheaf_create(s, limit);
	struct slab_sheaf *spare = sheaf_create(s, limit);
	unsigned long flags;

	if (!main || !spare) {
		kfree(main);
		kfree(spare);
		return false;
	}
	local_irq_save(flags);
	c->main = main;
	c->spare = spare;
	local_irq_restore(flags);
	return true;
}

/*
 * Gives a cache its arrays; nobody uses it yet, or only this CPU and as one
 * without arrays. False: no memory, and the cache stays as it was.
 */
bool slab_cache_add_sheaves(struct kmem_cache *s)
{
	unsigned int cpu, limit = slab_sheaf_limit(s->size);
	int nid;

	for_each_online_node(nid)
		if (!node_add_sheaves(s, &s->node[nid], limit))
			goto fail;
	for_each_possible_cpu(cpu)
		if (!cpu_add_sheaves(s, &s->cpu[cpu], limit))
			goto fail;
	s->sheaf_limit = limit;
	return true;
fail:
	cache_free_sheaves(s);
	return false;
}

static const char *bad_arguments(const char *name, unsigned int size,
				 unsigned int align)
{
	if (!name || !*name)
		return "no name";
	if (strnlen(name, KMEM_CACHE_NAME_SIZE) == KMEM_CACHE_NAME_SIZE)
		return "name too long";
	if (!size || size > KMALLOC_MAX_SIZE)
		return "bad size";
	if (align && (!is_power_of_2(align) || align > PAGE_SIZE))
		return "bad alignment";
	return NULL;
}

static void report_create(const char *why, const char *name, unsigned int size,
			  unsigned int align)
{
	report_begin("kmem_cache_create", "%s: cache %s, size %u, align %u",
		     why, name ? name : "(null)", size, align);
	report_end();
}

/* A cache without arrays, on the list. NULL: no memory, or reported. */
struct kmem_cache *slab_cache_make(const char *name, unsigned int size,
				   unsigned int align, slab_flags_t flags,
				   void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache, GFP_KERNEL);

	if (!s)
		return NULL;
	if (!cache_setup(s, name, size, align, flags, ctor))
		report_create("bad size", name, size, align);
	else if (cache_publish(s))
		return s;
	else
		report_create("name is taken", name, size, align);
	kmem_cache_free(kmem_cache, s);
	return NULL;
}

static void cache_unpublish(struct kmem_cache *s)
{
	unsigned long flags;

	spin_lock_irqsave(&slab_caches_lock, flags);
	list_del(&s->list);
	spin_unlock_irqrestore(&slab_caches_lock, flags);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	const char *why = bad_arguments(name, size, align);
	struct kmem_cache *s = NULL;

	if (why)
		report_create(why, name, size, align);
	else
		s = slab_cache_make(name, size, align, flags, ctor);
	if (s && !slab_cache_add_sheaves(s)) {
		cache_unpublish(s);
		kmem_cache_free(kmem_cache, s);
		s = NULL;
	}
	if (!s && (flags & SLAB_PANIC))
		panic("cannot create cache %s", name ? name : "(null)");
	return s;
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	int nid, left = 0;

	slab_flush_cpu(s);
	node_flush_sheaves(s);
	node_discard_empty(s);
	for_each_online_node(nid)
		left |= s->node[nid].nr_slabs != 0;
	return left;
}

/*
 * The cache of caches and kmalloc, which hold what other caches are made of,
 * come first on the list; shrinking frees nothing of theirs, so one pass does.
 */
void kmem_cache_shrink_all(void)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		kmem_cache_shrink(s);
}

/* One report for all that is left: a heading, a line per object. */
static void report_live(struct kmem_cache *s)
{
	unsigned long live = 0;
	struct page *head;
	int nid, list;

	for_each_online_node(nid)
		for (list = 0; list < NR_SLAB_LISTS; list++)
			list_for_each_entry(head, &s->node[nid].slabs[list],
					    slab_list)
				live += head->inuse;
	report_begin("objects live in a destroyed cache",
		     "cache %s: %lu objects", s->name, live);
	for_each_online_node(nid)
		for (list = 0; list < NR_SLAB_LISTS; list++)
			list_for_each_entry(head, &s->node[nid].slabs[list],
					    slab_list)
				slab_print_live(s, head);
	report_end();
}

static void bury_slab(struct page *head)
{
	struct kmem_cache_node *n = slab_node(slab_graveyard, head);
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < 1U << head->order; i++)
		head[i].slab_cache = slab_graveyard;
	spin_lock_irqsave(&n->lock, flags);
	list_add(&head->slab_list, &n->slabs[SLAB_LIST_FULL]);
	n->nr_slabs++;
	spin_unlock_irqrestore(&n->lock, flags);
}

static void bury_slabs(struct kmem_cache *s)
{
	struct page *head, *next;
	int nid, list;

	for_each_online_node(nid)
		for (list = 0; list < NR_SLAB_LISTS; list++)
			list_for_each_entry_safe(head, next,
						 &s->node[nid].slabs[list],
						 slab_list)
				bury_slab(head);
}

static bool must_stay(const struct kmem_cache *s)
{
	int type, i;

	for (type = 0; type < NR_KMALLOC_TYPES; type++)
		for (i = 0; i < NR_KMALLOC_CLASSES; i++)
			if (kmalloc_caches[type][i] == s)
				return true;
	return s == kmem_cache;
}

/* Takes s off the list; false if it is no cache, or one that must stay. */
static bool cache_withdraw(struct kmem_cache *s)
{
	struct kmem_cache *pos;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&slab_caches_lock, flags);
	list_for_each_entry(pos, &slab_caches, list)
		found |= pos == s;
	found = found && !must_stay(s);
	if (found)
		list_del(&s->list);
	spin_unlock_irqrestore(&slab_caches_lock, flags);
	return found;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	if (!s)
		return;
	if (!cache_withdraw(s)) {
		report_begin("kmem_cache_destroy",
			     "not a cache to destroy: %px", s);
		report_end();
		return;
	}
	if (kmem_cache_shrink(s)) {
		report_live(s);
		bury_slabs(s);
	}
	cache_free_sheaves(s);
	kmem_cache_free(kmem_cache, s);
}

static void __init static_caches_init(void)
{
	int nid;

	for_each_online_node(nid)
		slab_node_ids = nid + 1;
	for_each_online_node(nid)
		if (NODE_DATA(nid)->node_present_pages)
			break;
	slab_home_node = nid;
	secrets = rng_seed(get_cycles() ^ (unsigned long)&secrets);
	cache_setup(slab_graveyard, "destroyed", 8, 0, 0, NULL);
	/* nothing in its slabs is an object that can be freed */
	slab_graveyard->objects = slab_graveyard->min_objects = 0;
	cache_setup(kmem_cache, "kmem_cache",
		    (unsigned int)(sizeof(struct kmem_cache) + (size_t)
				   slab_node_ids *
				   sizeof(struct kmem_cache_node)),
		    0, SLAB_HWCACHE_ALIGN, NULL);
	cache_publish(kmem_cache);
}

/* The picture at the top of this file. */
void __init kmem_cache_init(void)
{
	static_caches_init();
	kmalloc_init();
	if (!slab_cache_add_sheaves(kmem_cache))
		panic("no memory for the first caches");
	available = true;
}

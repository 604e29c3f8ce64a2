/*
 * The life of a cache: made and destroyed; and the first of them all.
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
 * Locks: slab_mutex, for the list and the uniqueness of names; never held
 * across an allocation. Other CPUs may work with other caches all the time,
 * and a thread may be shrinking them all: one that is off the list is not
 * among them.
 */
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/random.h>
#include <kernel/report.h>
#include <kernel/smp.h>
#include <lib/string.h>
#include <mm/kfence.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include "internal.h"
#include "slub_debug.h"

LIST_HEAD(slab_caches);
DEFINE_MUTEX(slab_mutex, RANK_SLAB_CACHES);
int slab_node_ids = 1;
int slab_home_node;

#define STATIC_CACHE_SIZE (sizeof(struct kmem_cache) + \
			   MAX_NUMNODES * sizeof(struct kmem_cache_node))

static char cache_of_caches[STATIC_CACHE_SIZE] __aligned(SMP_CACHE_LINE);
static char graveyard[STATIC_CACHE_SIZE] __aligned(SMP_CACHE_LINE);
static struct kmem_cache *const kmem_cache =
	(struct kmem_cache *)cache_of_caches;
struct kmem_cache *const slab_graveyard = (struct kmem_cache *)graveyard;

static bool available;

bool slab_is_available(void)
{
	return available;
}

unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return READ_ONCE(s->object_size);
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

static unsigned long new_secret(void)
{
	unsigned long secret;

	/* half of it tells what is free: not as a word of zeroes would */
	do
		secret = (unsigned long)get_random_u64();
	while (!cpu_stack_half(secret));
	return secret;
}

/*
 * Objects that become too large for a slab by what debugging keeps for them,
 * or that need larger slabs though nobody wants those, do without. (A free
 * word of its own is kept for each flag.)
 */
static bool cache_layout(struct kmem_cache *s)
{
	slab_flags_t debug = s->flags & SLAB_DEBUG_FLAGS;
	unsigned int order;
	bool fits = slab_layout(s);

	if (!debug || (fits && slab_debug_may_grow()))
		return fits;
	order = s->min_order;
	s->flags &= ~debug;
	if (!slab_layout(s))
		return false;
	if (!fits || s->min_order < order)
		return true;
	s->flags |= debug;
	return slab_layout(s);
}

/* Everything but what the CPUs have and the place on the list. */
static bool cache_setup(struct kmem_cache *s, const char *name,
			unsigned int size, unsigned int align,
			slab_flags_t flags, void (*ctor)(void *))
{
	int nid;

	memset(s, 0, sizeof(*s));
	strscpy(s->name, name, sizeof(s->name));
	s->object_size = size;
	s->align = align;
	s->flags = slab_debug_flags(name, flags) | SLAB_KASAN;
	s->ctor = ctor;
	s->allocflags = flags_to_gfp(flags);
	s->secret = new_secret();
	s->slabs_gone = 1;
	slab_names_init(s);
	for (nid = 0; nid < slab_node_ids; nid++)
		node_init(&s->node[nid]);
	if (!cache_layout(s))
		return false;
	s->no_object = (char *)&s->secret - s->offset;
	return true;
}

/* What each CPU keeps, for now without arrays. False: no memory. */
static bool cache_add_cpus(struct kmem_cache *s)
{
	struct kmem_cache_cpu *c;
	unsigned int cpu;

	s->cpu = alloc_percpu(struct kmem_cache_cpu);
	if (!s->cpu)
		return false;
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(s->cpu, cpu);
		cpu_set_spare(c, no_sheaf(s));
		main_set(s, c, no_sheaf(s));
	}
	return true;
}

static const char *bad_arguments(const char *name, unsigned int size,
				 unsigned int align, slab_flags_t flags)
{
	if (!name || !*name)
		return "no name";
	if (strnlen(name, KMEM_CACHE_NAME_SIZE) == KMEM_CACHE_NAME_SIZE)
		return "name too long";
	if (!size || size > KMALLOC_MAX_SIZE)
		return "bad size";
	if (align && (!is_power_of_2(align) || align > PAGE_SIZE))
		return "bad alignment";
	if (flags & ~SLAB_FLAGS_PERMITTED)
		return "unknown flags";
	return NULL;
}

static void report_create(const char *why, const char *name, unsigned int size,
			  unsigned int align)
{
	report_begin("kmem_cache_create", "%s: cache %s, size %u, align %u",
		     why, name ? name : "(null)", size, align);
	report_end();
}

/*
 * Makes a cache known, unless its name is taken: that is reported. From here
 * on other CPUs may be asked to look at their arrays (kmem_cache_shrink_all()),
 * so those are complete.
 */
static bool cache_publish(struct kmem_cache *s)
{
	bool taken;

	mutex_lock(&slab_mutex);
	taken = slab_name_is_taken(s->name);
	if (!taken) {
		slab_arrays_follow(s);
		list_add_tail(&s->list, &slab_caches);
	}
	mutex_unlock(&slab_mutex);
	if (taken)
		report_create("name is taken", s->name, s->object_size,
			      s->align);
	return !taken;
}

/* What is left of a cache that is on no list and has no arrays. */
static void cache_release(struct kmem_cache *s)
{
	free_percpu(s->cpu);
	slab_names_free(s);
	kmem_cache_free(kmem_cache, s);
}

/* A cache on no list and without arrays. NULL: no memory, or reported. */
static struct kmem_cache *cache_make(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache, GFP_KERNEL);

	if (!s)
		return NULL;
	if (!cache_setup(s, name, size, align, flags, ctor))
		report_create("bad size", name, size, align);
	else if (cache_add_cpus(s))
		return s;
	cache_release(s);
	return NULL;
}

/* One on the list; the first caches get their arrays later in the boot. */
struct kmem_cache *slab_cache_make(const char *name, unsigned int size,
				   unsigned int align, slab_flags_t flags,
				   void (*ctor)(void *))
{
	struct kmem_cache *s = cache_make(name, size, align, flags, ctor);

	if (s && !cache_publish(s)) {
		cache_release(s);
		s = NULL;
	}
	return s;
}

/* A cache that shares nothing. */
static struct kmem_cache *cache_create(const char *name, unsigned int size,
				       unsigned int align, slab_flags_t flags,
				       void (*ctor)(void *))
{
	struct kmem_cache *s = cache_make(name, size, align, flags, ctor);

	if (s && !(slab_cache_add_sheaves(s) && cache_publish(s))) {
		slab_cache_free_sheaves(s);
		cache_release(s);
		s = NULL;
	}
	return s;
}

static struct kmem_cache *merge_or_create(const char *name, unsigned int size,
					  unsigned int align,
					  slab_flags_t flags,
					  void (*ctor)(void *))
{
	struct kmem_cache *s = ctor ? NULL :
			       slab_merge(name, size, align, flags);

	return s ? s : cache_create(name, size, align, flags, ctor);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	const char *why = bad_arguments(name, size, align, flags);
	struct kmem_cache *s = NULL;

	if (why)
		report_create(why, name, size, align);
	else
		s = merge_or_create(name, size, align, flags, ctor);
	if (!s && (flags & SLAB_PANIC))
		panic("cannot create cache %s", name ? name : "(null)");
	return s;
}

/* Nobody has an object yet, and nobody is merged with it: it has a window. */
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *))
{
	bool fits = usersize <= size && useroffset <= size - usersize &&
		    (usersize || !useroffset);
	struct kmem_cache *s;

	if (!fits)
		report_create("bad window for user copies", name, size, align);
	if (!fits || !usersize)
		return kmem_cache_create(name, size, align, flags, ctor);
	s = kmem_cache_create(name, size, align, flags | SLAB_NO_MERGE, ctor);
	if (s) {
		s->useroffset = useroffset;
		s->usersize = usersize;
	}
	return s;
}

/* Calls fn for every slab that is left. */
static void for_each_slab(struct kmem_cache *s,
			  void (*fn)(struct kmem_cache *s, struct page *head))
{
	struct page *head, *next;
	int nid, list;

	for_each_online_node(nid)
		for (list = SLAB_LIST_EMPTY; list < NR_SLAB_LISTS; list++)
			list_for_each_entry_safe(head, next,
						 &s->node[nid].slabs[list],
						 slab_list)
				fn(s, head);
}

static unsigned long nr_live(const struct kmem_cache *s)
{
	unsigned long live = 0;
	const struct page *head;
	int nid, list;

	for_each_online_node(nid)
		for (list = SLAB_LIST_EMPTY; list < NR_SLAB_LISTS; list++)
			list_for_each_entry(head, &s->node[nid].slabs[list],
					    slab_list)
				live += head->inuse;
	return live + kfence_count(s);
}

/*
 * One report for all that is left: a heading, a line per object. For a test
 * that leaves them on purpose an event each.
 */
static void report_live(struct kmem_cache *s, unsigned long caller)
{
	bool quiet = slab_event();

	if (!quiet)
		report_begin("objects live in a destroyed cache",
			     "cache %s: %lu objects", s->name, nr_live(s));
	for_each_slab(s, slab_print_live);
	kfence_print_live(s);
	if (!slab_in_kunit_test())
		printk(KERN_WARNING "kmem_cache_destroy %s: its slabs are set aside, called by %pS\n",
		       s->name, (void *)caller);
	if (!quiet)
		report_end();
}

static void bury_slab(struct kmem_cache *s, struct page *head)
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

/* For a test that leaves objects on purpose: nobody uses them any more. */
static void give_back_slab(struct kmem_cache *s, struct page *head)
{
	slab_discard(slab_graveyard, head);
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
	bool found = false;

	mutex_lock(&slab_mutex);
	list_for_each_entry(pos, &slab_caches, list)
		found |= pos == s;
	found = found && !must_stay(s);
	if (found)
		list_del(&s->list);
	mutex_unlock(&slab_mutex);
	return found;
}

/*
 * Off the list and empty, if nobody holds an object: 0. A CPU that goes down
 * meanwhile would keep what is in its arrays, and be emptied too late.
 */
static int cache_close(struct kmem_cache *s, bool *known)
{
	int left = 0;

	cpus_read_lock();
	*known = cache_withdraw(s);
	if (*known)
		left = kmem_cache_shrink(s) || kfence_count(s);
	cpus_read_unlock();
	return left;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	bool known;
	int left;

	if (!s || slab_drop_owner(s))
		return;
	left = cache_close(s, &known);
	if (!known) {
		report_begin("kmem_cache_destroy",
			     "not a cache to destroy: %px", s);
		report_end();
		return;
	}
	if (left) {
		report_live(s, _RET_IP_);
		for_each_slab(s, slab_in_kunit_test() ? give_back_slab :
							bury_slab);
		kfence_bury(s);
	}
	slab_cache_free_sheaves(s);
	cache_release(s);
}

static void __init static_cache_init(struct kmem_cache *s, const char *name,
				     unsigned int size, slab_flags_t flags)
{
	if (!cache_setup(s, name, size, sizeof(long), flags, NULL) ||
	    !cache_add_cpus(s))
		panic("no memory for the first caches");
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
	static_cache_init(slab_graveyard, "destroyed", sizeof(long),
			  SLAB_NO_USER_FLAGS);
	/* nothing in its slabs is an object that can be freed */
	slab_graveyard->objects = slab_graveyard->min_objects = 0;
	slab_graveyard->plain_objects = slab_graveyard->min_plain_objects = 0;
	slab_graveyard->odd_bits = ALL_BITS_ODD;
	static_cache_init(kmem_cache, "kmem_cache",
			  (unsigned int)(sizeof(struct kmem_cache) + (size_t)
					 slab_node_ids *
					 sizeof(struct kmem_cache_node)),
			  SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE);
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
	reclaim_hook = kmem_cache_reap;
}

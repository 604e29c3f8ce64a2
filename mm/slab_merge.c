/*
 * Caches that share their slabs.
 *
 * The problem: many parts of a kernel make a cache of their own, and many of
 * these caches hold objects of the same size. Each has half-filled slabs and
 * arrays on every CPU. One cache for all of them wastes less, and its objects
 * are warmer.
 *
 *	kmem_cache_create("inode", 100) -> [inode]  owners 1
 *	kmem_cache_create("file", 104)  ----^	    owners 2, alias "file"
 *	kmem_cache_destroy(inode)	    |	    owners 1
 *	kmem_cache_destroy(file)	  gone
 *
 *  1. A new cache fits an old one if neither asks for anything special (a
 *     constructor, debugging, bounds for user copies, SLAB_NO_MERGE), both
 *     want the same memory (SLAB_MERGE_SAME), and the old one's places are as
 *     long as the new one's would be. So they are aligned well enough, and
 *     nothing is wasted.
 *  2. Then there is one more owner, and another name. object_size becomes the
 *     larger of the two; that is what is cleared for __GFP_ZERO.
 *  3. kmem_cache_destroy() takes an owner away; the last destroys the cache.
 *
 * What is lost: an object freed to the wrong one of two merged caches is not a
 * wrong free any more, and objects left behind are told when the last owner
 * goes. Whoever looks for such mistakes boots with slab_nomerge.
 *
 * Names. All owners have the same pointer, so nobody can say which of them
 * destroyed his cache, and which name became free. While a cache has as many
 * owners as names all of these are taken. If it has more names, one that is
 * asked for again is thought to be the free one. Of names that may be free the
 * cache keeps STALE_NAMES, so that a cache that is made and destroyed under
 * ever new names does not collect them for ever.
 *
 * Locks: slab_mutex. Invariant: 1 <= owners <= names, or a name was forgotten.
 * Cost: a walk over all caches per creation.
 */
#include <kernel/cmdline.h>
#include <kernel/init.h>
#include <lib/string.h>
#include "slub_debug.h"

/* Flags that a cache must have alone, and those that two must agree on. */
#define SLAB_NEVER_MERGE (SLAB_DEBUG_FLAGS | SLAB_FAILSLAB | SLAB_KMALLOC | \
			  SLAB_NO_MERGE | SLAB_KASAN)
#define SLAB_MERGE_SAME	(SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | \
			 SLAB_RECLAIM_ACCOUNT | SLAB_SKIP_KFENCE)

#define STALE_NAMES 8

bool slab_no_merging;

static int __init set_slab_nomerge(const char *value)
{
	slab_no_merging = true;
	return 0;
}
early_param("slab_nomerge", set_slab_nomerge);

static int __init set_slub_nomerge(const char *value)
{
	return set_slab_nomerge(value);
}
early_param("slub_nomerge", set_slub_nomerge);

/* ----- names -------------------------------------------------------------- */

void slab_names_init(struct kmem_cache *s)
{
	s->owners = s->nr_names = 1;
	INIT_LIST_HEAD(&s->aliases);
}

static void alias_drop(struct kmem_cache *s, struct slab_alias *alias)
{
	list_del(&alias->list);
	s->nr_names--;
	kfree(alias);
}

static struct slab_alias *first_alias(struct kmem_cache *s)
{
	return list_first_entry(&s->aliases, struct slab_alias, list);
}

void slab_names_free(struct kmem_cache *s)
{
	while (!list_empty(&s->aliases))
		alias_drop(s, first_alias(s));
}

static struct slab_alias *find_alias(struct kmem_cache *s, const char *name)
{
	struct slab_alias *alias;

	list_for_each_entry(alias, &s->aliases, list)
		if (!strcmp(alias->name, name))
			return alias;
	return NULL;
}

/* The cache's own name is free: it takes that of an alias. */
static void rename_cache(struct kmem_cache *s)
{
	struct slab_alias *alias = first_alias(s);

	strscpy(s->name, alias->name, sizeof(s->name));
	alias_drop(s, alias);
}

/* Has s that name, and needs it? If not it has it no more. */
static bool name_is_needed(struct kmem_cache *s, const char *name)
{
	struct slab_alias *alias = find_alias(s, name);

	if (!alias && strcmp(s->name, name) != 0)
		return false;
	if (s->owners >= s->nr_names)
		return true;
	if (alias)
		alias_drop(s, alias);
	else if (!list_empty(&s->aliases))
		rename_cache(s);
	else
		return true;	/* about to be destroyed */
	return false;
}

/* slab_mutex is held. */
bool slab_name_is_taken(const char *name)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (name_is_needed(s, name))
			return true;
	return false;
}

/* ----- owners ------------------------------------------------------------- */

static bool fits(const struct kmem_cache *s, unsigned int size,
		 unsigned int align, slab_flags_t flags)
{
	if (s->flags & SLAB_NEVER_MERGE || s->ctor || !s->owners)
		return false;
	if ((s->flags ^ flags) & SLAB_MERGE_SAME)
		return false;
	return s->size == ALIGN(size, align);
}

static struct kmem_cache *find_mergeable(unsigned int size, unsigned int align,
					 slab_flags_t flags)
{
	struct kmem_cache *s;

	align = slab_align(size, align, flags);
	list_for_each_entry(s, &slab_caches, list)
		if (fits(s, size, align, flags))
			return s;
	return NULL;
}

static void add_owner(struct kmem_cache *s, unsigned int size,
		      struct slab_alias *alias)
{
	s->owners++;
	s->nr_names++;
	list_add_tail(&alias->list, &s->aliases);
	WRITE_ONCE(s->object_size, max(s->object_size, size));
	if (s->nr_names > s->owners + STALE_NAMES)
		alias_drop(s, first_alias(s));
}

/*
 * A cache that serves as well, with one more owner. NULL: there is none, or
 * the name is taken.
 */
struct kmem_cache *slab_merge(const char *name, unsigned int size,
			      unsigned int align, slab_flags_t flags)
{
	struct kmem_cache *s = NULL;
	struct slab_alias *alias;

	if (slab_no_merging ||
	    (slab_debug_flags(name, flags) & SLAB_NEVER_MERGE))
		return NULL;
	alias = kmalloc(sizeof(*alias), GFP_KERNEL | __GFP_NOWARN);
	if (!alias)
		return NULL;
	strscpy(alias->name, name, sizeof(alias->name));
	mutex_lock(&slab_mutex);
	if (!slab_name_is_taken(name))
		s = find_mergeable(size, align, flags);
	if (s)
		add_owner(s, size, alias);
	mutex_unlock(&slab_mutex);
	if (!s)
		kfree(alias);
	return s;
}

/* True: others have it still. False: that was the last, or s is no cache. */
bool slab_drop_owner(const struct kmem_cache *s)
{
	struct kmem_cache *pos;
	bool others = false;

	mutex_lock(&slab_mutex);
	list_for_each_entry(pos, &slab_caches, list)
		if (pos == s && pos->owners)
			others = --pos->owners != 0;
	mutex_unlock(&slab_mutex);
	return others;
}

/*
 * The model of object caches: a list of the objects that are out, each with a
 * byte all over that is its own. No two may overlap, none may lose its bytes,
 * and the cache must count as many as the list has.
 *
 * Four caches: small, aligned to cache lines, with a constructor (its word
 * stays through all owners), and with two objects in a page.
 */
#include <mm/slab.h>

#include "../../mm/slab_info.h"
#include "model.h"
#include "model_objects.h"
#include "slub_fixture.h"

#define SLOTS 512U
#define CACHES 4U
#define BUNCH 16U
#define CONSTRUCTED 0x5ca1ab1eU

static const struct {
	const char *name;
	unsigned int size, align;
	slab_flags_t flags;
} shapes[CACHES] = {
	{ "model-small", 24, 8, 0 },
	{ "model-lines", 100, SMP_CACHE_LINE, SLAB_HWCACHE_ALIGN },
	{ "model-ctor", 208, 8, 0 },
	{ "model-two", 2000, 16, 0 },
};
#define WITH_CTOR 2U

static struct kmem_cache *caches[CACHES];
static struct model_object objects[SLOTS];
static unsigned long live[CACHES];

static void construct(void *p)
{
	*(u32 *)p = CONSTRUCTED;
}

static const char *end(void);

static const char *begin(void)
{
	unsigned int i;

	memset(objects, 0, sizeof(objects));
	memset(caches, 0, sizeof(caches));
	kfence_pause();		/* the cache does not count what is guarded */
	for (i = 0; i < CACHES; i++) {
		live[i] = 0;
		caches[i] = must_create(shapes[i].name, shapes[i].size,
					shapes[i].align,
					shapes[i].flags | SLAB_NO_MERGE,
					i == WITH_CTOR ? construct : NULL);
		if (!caches[i]) {
			end();
			return "no memory for a cache";
		}
	}
	return NULL;
}

/* Bytes at the beginning that are the constructor's. */
static size_t constructed(unsigned int kind)
{
	return kind == WITH_CTOR ? sizeof(u32) : 0;
}

static const char *account(struct model_object *o, u8 *p, unsigned int kind,
			   u8 tag, bool zeroed)
{
	size_t size = shapes[kind].size, skip = constructed(kind);

	if (!IS_ALIGNED((unsigned long)p, shapes[kind].align))
		return "an object at no multiple of its alignment";
	if (model_overlaps(objects, SLOTS, p, size, 0))
		return "an object over another that is in use";
	if (skip && *(u32 *)p != CONSTRUCTED)
		return "the constructor's work is lost";
	if (zeroed && memchr_inv(p, 0, size))
		return "an object that is not clear";
	*o = (struct model_object){ p, size, tag, (u8)kind };
	memset(p + skip, tag, size - skip);
	live[kind]++;
	return NULL;
}

static const char *take(struct model_object *o, struct draws *d)
{
	unsigned int kind = model_below(d, CACHES);
	bool zero = kind != WITH_CTOR && model_below(d, 4) == 0;
	u8 *p = kmem_cache_alloc(caches[kind],
				 GFP_KERNEL | (zero ? __GFP_ZERO : 0));

	model_say("slot %u: take from cache %u%s: %px",
		  (unsigned int)(o - objects), kind, zero ? ", clear" : "", p);
	return p ? account(o, p, kind, model_tag(d), zero) :
		   model_refused(shapes[kind].size);
}

/* As many as there are empty slots from one on. */
static const char *take_bunch(unsigned int slot, struct draws *d)
{
	unsigned int kind = model_below(d, CACHES), nr = 0, i;
	const char *bad = NULL;
	void *bunch[BUNCH];

	while (nr < BUNCH && slot + nr < SLOTS && !objects[slot + nr].p)
		nr++;
	model_say("slots %u to %u: take from cache %u in one", slot,
		  slot + nr - 1, kind);
	if (kmem_cache_alloc_bulk(caches[kind], GFP_KERNEL, nr, bunch) !=
	    (int)nr)
		return model_refused(nr * shapes[kind].size);
	for (i = 0; i < nr && !bad; i++)
		bad = account(&objects[slot + i], bunch[i], kind,
			      model_tag(d), false);
	return bad;
}

static const char *check_bytes(const struct model_object *o)
{
	size_t skip = constructed(o->kind);

	if (skip && *(u32 *)o->p != CONSTRUCTED)
		return "the constructor's work is lost";
	return memchr_inv(o->p + skip, o->tag, o->size - skip) ?
	       "an object was written to" : NULL;
}

static const char *give(struct model_object *o)
{
	const char *bad = check_bytes(o);

	model_say("slot %u: give to cache %u: %px",
		  (unsigned int)(o - objects), o->kind, o->p);
	kmem_cache_free(caches[o->kind], o->p);
	live[o->kind]--;
	o->p = NULL;
	return bad;
}

/* Those of one cache from a slot on. */
static const char *give_bunch(unsigned int slot)
{
	unsigned int kind = objects[slot].kind, nr = 0;
	const char *bad = NULL;
	void *bunch[BUNCH];

	model_say("slots from %u: give to cache %u in one", slot, kind);
	for (; nr < BUNCH && slot < SLOTS && objects[slot].p &&
	     objects[slot].kind == kind; slot++) {
		bad = bad ?: check_bytes(&objects[slot]);
		bunch[nr++] = objects[slot].p;
		objects[slot].p = NULL;
	}
	kmem_cache_free_bulk(caches[kind], nr, bunch);
	live[kind] -= nr;
	return bad;
}

static const char *shrink(struct draws *d)
{
	unsigned int kind = model_below(d, CACHES);
	int left;

	model_say("shrink cache %u", kind);
	left = kmem_cache_shrink(caches[kind]);
	return !left == !live[kind] ? NULL :
	       "slabs after a shrink that are not the objects'";
}

static const char *play(struct draws *d)
{
	unsigned int slot = model_below(d, SLOTS);
	unsigned int how = model_below(d, 512);

	if (how == 0)
		return shrink(d);
	if (d->takes == (objects[slot].p != NULL))
		return model_idle;
	if (d->takes)
		return how < 64 ? take_bunch(slot, d) :
				  take(&objects[slot], d);
	return how < 64 ? give_bunch(slot) : give(&objects[slot]);
}

/* Under KASAN what waits in quarantine counts as well. */
static bool counts_agree(const struct kmem_cache *s, unsigned long active,
			 unsigned long nr)
{
	return s->flags & SLAB_KASAN ? active >= nr : active == nr;
}

static const char *validate(void)
{
	struct slab_info info;
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < CACHES && !bad; i++) {
		bad = kmem_cache_validate(caches[i]);
		slab_get_info(caches[i], &info);
		if (!bad && !counts_agree(caches[i], info.active_objects,
					  live[i]))
			bad = "the cache counts other objects than the model";
	}
	return bad;
}

static const char *end(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (objects[i].p)
			bad = bad ?: give(&objects[i]);
	for (i = 0; i < CACHES; i++) {
		if (!caches[i])
			continue;
		if (kmem_cache_shrink(caches[i]))
			bad = bad ?: "slabs are left, and no objects";
		kmem_cache_destroy(caches[i]);
		caches[i] = NULL;
	}
	kfence_resume();
	return bad;
}

const struct model slab_model = {
	"slab", 1, begin, play, validate, end
};

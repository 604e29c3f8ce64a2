/*
 * The model of a memory pool: three numbers. What is in the reserve, how much
 * it holds when it is full, and how many elements the allocator behind still
 * gives; from these every answer follows.
 *
 * A second pool stands in front of a cache, whose array the pool uses itself.
 */
#include <lib/kernel.h>

#include "mempool_fixture.h"
#include "model.h"
#include "model_objects.h"

#define SLOTS 64U
#define MOST_RESERVE 24U
#define DRY 0U

enum kind { SPRING, CACHE, KINDS };

static struct spring spring;
static struct kmem_cache *cache;
static mempool_t *pools[KINDS];
static struct model_object objects[SLOTS];
static unsigned int full[KINDS], kept[KINDS];	/* of the reserve */
static unsigned int left;			/* of the spring */
static unsigned int out;			/* elements of the spring */

static void end_pools(void)
{
	mempool_destroy(pools[SPRING]);
	mempool_destroy(pools[CACHE]);
	kmem_cache_destroy(cache);
}

static const char *begin(void)
{
	unsigned int i;

	memset(objects, 0, sizeof(objects));
	out = 0;
	left = SPRING_ALWAYS;
	cache = kmem_cache_create("model-pool", SPRING_BYTES, 0, SLAB_NO_MERGE,
				  NULL);
	pools[SPRING] = spring_pool(4, &spring);
	pools[CACHE] = cache ? mempool_create_slab_pool(4, cache) : NULL;
	for (i = 0; i < KINDS; i++)
		full[i] = kept[i] = 4;
	if (pools[SPRING] && pools[CACHE])
		return NULL;
	end_pools();
	return "no memory for a pool";
}

static bool gives(enum kind kind)
{
	return kind == CACHE || left != DRY;
}

/* Another element out of the allocator behind. */
static void drew(enum kind kind)
{
	if (kind == SPRING && left != SPRING_ALWAYS)
		left--;
}

static const char *account(struct model_object *o, u8 *p, enum kind kind,
			   u8 tag)
{
	if (model_overlaps(objects, SLOTS, p, SPRING_BYTES, 0))
		return "an element that somebody has";
	*o = (struct model_object){ p, SPRING_BYTES, tag, (u8)kind };
	memset(p, tag, SPRING_BYTES);
	out += kind == SPRING;
	return NULL;
}

static const char *take(struct model_object *o, struct draws *d)
{
	enum kind kind = (enum kind)model_below(d, KINDS);
	bool of_reserve = model_below(d, 8) == 0;
	bool drawn = !of_reserve && gives(kind);
	u8 *p = of_reserve ? mempool_alloc_preallocated(pools[kind]) :
			     mempool_alloc(pools[kind], GFP_NOWAIT);

	model_say("slot %u: take from pool %u%s: %px",
		  (unsigned int)(o - objects), kind,
		  of_reserve ? ", the reserve" : "", p);
	if (!p)
		return drawn || kept[kind] ? "refused, with elements left" :
					     NULL;
	if (drawn)
		drew(kind);
	else if (kept[kind]-- == 0)
		return "an element from nowhere";
	return account(o, p, kind, model_tag(d));
}

static const char *give(struct model_object *o)
{
	unsigned int kind = o->kind;
	bool intact = !memchr_inv(o->p, o->tag, o->size);

	model_say("slot %u: give to pool %u: %px",
		  (unsigned int)(o - objects), kind, o->p);
	mempool_free(o->p, pools[kind]);
	o->p = NULL;
	out -= kind == SPRING;
	if (kept[kind] < full[kind])
		kept[kind]++;
	return intact ? NULL : "an element was written to";
}

static const char *resize(struct draws *d)
{
	enum kind kind = (enum kind)model_below(d, KINDS);
	unsigned int nr = 1 + model_below(d, MOST_RESERVE);
	bool grows = nr > full[kind];

	model_say("resize pool %u to %u", kind, nr);
	if (mempool_resize(pools[kind], (int)nr))
		return model_refused(nr * sizeof(void *));
	full[kind] = nr;
	kept[kind] = min(kept[kind], nr);
	for (; grows && kept[kind] < nr && gives(kind); kept[kind]++)
		drew(kind);
	return NULL;
}

/* From now on the spring gives so many and no more. */
static const char *let_spring(struct draws *d)
{
	left = model_below(d, 2) ? SPRING_ALWAYS : model_below(d, 32);
	model_say("the spring gives %u", left);
	spring_let(&spring, left);
	return NULL;
}

static const char *check_counts(void)
{
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		if ((unsigned int)pools[i]->curr_nr != kept[i] ||
		    (unsigned int)pools[i]->min_nr != full[i])
			return "another reserve than the model's";
	return (unsigned int)spring.live == out + kept[SPRING] ? NULL :
	       "another number of elements than the model's";
}

static const char *play(struct draws *d)
{
	struct model_object *o = &objects[model_below(d, SLOTS)];
	unsigned int how = model_below(d, 64);
	const char *bad;

	if (how == 0)
		bad = resize(d);
	else if (how == 1)
		bad = let_spring(d);
	else if (d->takes == (o->p != NULL))
		return model_idle;
	else
		bad = d->takes ? take(o, d) : give(o);
	return bad ? bad : check_counts();
}

static const char *validate(void)
{
	const char *bad = mempool_validate(pools[SPRING]);

	return bad ? bad : mempool_validate(pools[CACHE]);
}

static const char *end(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (objects[i].p)
			bad = bad ?: give(&objects[i]);
	bad = bad ?: check_counts();
	end_pools();
	return bad ?: spring.live ? "an element is lost" : NULL;
}

const struct model mempool_model = {
	"mempool", 10, begin, play, validate, end
};

/*
 * Fuzz target: caches of objects and kmalloc (mm/slub*.c, kmalloc.c,
 * krealloc.c, slab_merge.c, slub_debug*.c).
 *
 * The input is operations: caches made, shrunk and destroyed; objects taken
 * and given singly and in bulk, by cache and by size, resized. The model is a
 * list of who has which bytes, searched from end to end: two may not overlap,
 * and each holds words that only its owner knows until it is given back.
 */
#include <string.h>

#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "../host/start.h"
#include "fuzz.h"

#define SLOTS 160u
#define CACHES 4u
#define BULK 20u
#define VALIDATE_EVERY 48u
#define KMALLOC NULL		/* in place of a cache */
#define CTOR_BYTE 0xc7

static struct cache {
	struct kmem_cache *s;
	unsigned int size, align, live;
	bool ctor;
} caches[CACHES];

static struct object {
	u8 *p;
	size_t size;
	struct cache *cache;
	u32 id;
} slots[SLOTS];

static u32 next_id;

static unsigned int empty_slot(void)
{
	unsigned int slot = 0;

	while (slot < SLOTS && slots[slot].p)
		slot++;
	return slot;
}

/* ----- the model ----- */

static void expect_apart(const u8 *p, size_t size)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].p && p < slots[i].p + slots[i].size &&
		    slots[i].p < p + size)
			fuzz_fail("%zu bytes inside those of object %u", size,
				  slots[i].id);
}

static void own(unsigned int slot, void *p, size_t size, struct cache *cache)
{
	expect_apart(p, size);
	slots[slot] = (struct object){ p, size, cache, next_id++ };
	fuzz_fill(p, size, slots[slot].id);
	if (cache)
		cache->live++;
}

/* It is the caller's to give back. */
static void disown(struct object *o)
{
	fuzz_check(o->p, o->size, o->id);
	if (o->cache) {
		o->cache->live--;
		/* Its constructor's work is kept by who gives it back. */
		if (o->cache->ctor)
			memset(o->p, CTOR_BYTE, o->size);
	}
	o->p = NULL;
}

static void expect_zero(const u8 *p, size_t size)
{
	while (size--)
		if (p[size])
			fuzz_fail("not zero at %zu", size);
}

static void expect_new(const struct cache *c, const u8 *p, gfp_t gfp)
{
	unsigned int i;

	if ((unsigned long)p % max(c->align, 8u))
		fuzz_fail("%p is not aligned to %u", (const void *)p,
			  c->align);
	if (gfp & __GFP_ZERO)
		expect_zero(p, c->size);
	for (i = 0; c->ctor && i < c->size; i++)
		if (p[i] != CTOR_BYTE)
			fuzz_fail("byte %u is not the constructor's", i);
}

/* ----- caches ----- */

static unsigned int ctor_size;

static void ctor(void *p)
{
	memset(p, CTOR_BYTE, ctor_size);
}

static unsigned int size_of(struct input *in)
{
	unsigned int size = (unsigned int)take(in, 2);

	return 8 + size % (size & 0x8000 ? 6000 : 200);
}

static void make_cache(struct cache *c, struct input *in)
{
	static const slab_flags_t kinds[] = {
		0, SLAB_NO_MERGE, SLAB_HWCACHE_ALIGN, SLAB_NO_MERGE,
		SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER,
		SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER |
			SLAB_CONSISTENCY_CHECKS,
	};
	u8 how = take_byte(in);
	char name[16];

	c->size = size_of(in);
	c->align = how & 0x10 ? 1u << (3 + how / 32) : 0;
	/* One that merges may have another's objects. */
	c->ctor = how % 8 == 3;
	ctor_size = c->size;
	ksnprintf(name, sizeof(name), "fuzz-%u", (unsigned int)(c - caches));
	c->s = kmem_cache_create(name, c->size, c->align, kinds[how % 8],
				 c->ctor ? ctor : NULL);
	if (!c->s)
		fuzz_fail("no cache of %u bytes", c->size);
}

static void end_cache(struct cache *c)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].p && slots[i].cache == c) {
			u8 *p = slots[i].p;

			disown(&slots[i]);
			kmem_cache_free(c->s, p);
		}
	fuzz_valid(kmem_cache_validate(c->s));
	kmem_cache_destroy(c->s);
	c->s = NULL;
}

/* ----- objects ----- */

static gfp_t gfp_of(u8 how, const struct cache *c)
{
	gfp_t gfp = how & 1 ? GFP_KERNEL : GFP_ATOMIC | __GFP_NOWARN;

	return how & 2 && !(c && c->ctor) ? gfp | __GFP_ZERO : gfp;
}

static void take_object(struct cache *c, unsigned int slot, u8 how)
{
	gfp_t gfp = gfp_of(how, c);
	u8 *p;

	ctor_size = c->size;
	p = kmem_cache_alloc(c->s, gfp);
	if (!p)
		return;
	expect_new(c, p, gfp);
	own(slot, p, c->size, c);
}

static void take_bytes(unsigned int slot, u8 how, struct input *in)
{
	size_t size = (size_t)take(in, 2);
	gfp_t gfp = gfp_of(how, KMALLOC);
	u8 *p;

	if (how & 0x1c)
		size %= 512;
	p = kmalloc(size, gfp);
	if (!size && p != ZERO_SIZE_PTR)
		fuzz_fail("kmalloc(0)");
	if (ZERO_OR_NULL_PTR(p))
		return;
	if (ksize(p) < size || kmalloc_size_roundup(size) < size)
		fuzz_fail("%zu bytes for %zu", ksize(p), size);
	if ((unsigned long)p % (size & (size - 1) ? 8 : max_t(size_t, size, 8) &
				(2 * PAGE_SIZE - 1) ?: PAGE_SIZE))
		fuzz_fail("%zu bytes are not aligned", size);
	if (gfp & __GFP_ZERO)
		expect_zero(p, size);
	own(slot, p, size, KMALLOC);
}

static void give(struct object *o, u8 how)
{
	struct kmem_cache *s = o->cache ? o->cache->s : NULL;
	u8 *p = o->p;

	disown(o);
	if (s)
		kmem_cache_free(s, p);
	else if (how & 1)
		kfree_sensitive(p);
	else
		kfree(p);
}

/*
 * The old bytes are still there, wherever it is now. Asked to clear the rest,
 * it may clear no more than that.
 */
static void resize(struct object *o, bool clear, struct input *in)
{
	size_t size = 1 + (size_t)take(in, 2), kept = min(size, o->size);
	unsigned int slot = (unsigned int)(o - slots);
	u8 *p;

	fuzz_check(o->p, o->size, o->id);
	p = krealloc(o->p, size, GFP_KERNEL | __GFP_NOWARN |
		     (clear ? __GFP_ZERO : 0));
	if (!p)
		return;
	fuzz_check(p, kept & ~(size_t)3, o->id);
	o->p = NULL;
	own(slot, p, size, KMALLOC);
}

static void take_many(struct cache *c, u8 how)
{
	size_t nr = 1 + how % BULK, i;
	void *p[BULK];
	gfp_t gfp = gfp_of(how, c);
	unsigned int slot;
	int got;

	ctor_size = c->size;
	got = kmem_cache_alloc_bulk(c->s, gfp, nr, p);
	if (got != 0 && got != (int)nr)
		fuzz_fail("%d objects of %zu", got, nr);
	for (i = 0; i < (size_t)got; i++) {
		expect_new(c, p[i], gfp);
		slot = empty_slot();
		if (slot < SLOTS)
			own(slot, p[i], c->size, c);
		else
			kmem_cache_free(c->s, p[i]);
	}
}

/* Those of one cache, or of none in particular. */
static void give_many(struct cache *c, unsigned int from, u8 how)
{
	void *p[BULK];
	size_t nr = 0;
	unsigned int i;

	for (i = from; i < SLOTS && nr < 1 + how % BULK; i++)
		if (slots[i].p && (!c || slots[i].cache == c)) {
			p[nr++] = slots[i].p;
			disown(&slots[i]);
		}
	if (c)
		kmem_cache_free_bulk(c->s, nr, p);
	else
		kfree_bulk(nr, p);
}

static void operate_on_cache(struct cache *c, u8 op, u8 how, struct input *in)
{
	if (!c->s) {
		make_cache(c, in);
		return;
	}
	switch (op) {
	case 0:
		take_many(c, how);
		break;
	case 1:
		give_many(how & 0x80 ? KMALLOC : c, how % 32, how);
		break;
	case 2:
		if (how < 32)
			end_cache(c);
		else if (how < 96)
			kmem_cache_shrink(c->s);
		break;
	default:
		if (empty_slot() < SLOTS)
			take_object(c, empty_slot(), how);
	}
}

static void operate(struct input *in)
{
	u8 op = take_byte(in), how = take_byte(in);
	unsigned int slot = how % SLOTS;

	if (op & 0x40)
		operate_on_cache(&caches[op % CACHES], op / 4 % 4, how, in);
	else if (!slots[slot].p)
		take_bytes(slot, op, in);
	else if (op & 0x20 && !slots[slot].cache)
		resize(&slots[slot], op & 0x10, in);
	else
		give(&slots[slot], op);
}

void fuzz_begin(void)
{
	start_simulated_kernel(1);
}

void fuzz_one(struct input *in)
{
	unsigned int n = 0, i;

	next_id = 0;
	while (input_left(in)) {
		operate(in);
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(slab_validate());
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			give(&slots[i], 0);
	for (i = 0; i < CACHES; i++)
		if (caches[i].s)
			end_cache(&caches[i]);
	kmem_cache_shrink_all();
	fuzz_valid(slab_validate());
}

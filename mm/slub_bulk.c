/*
 * Many objects with one call.
 *
 * The problem: a caller who needs 64 objects pays 64 times for being sure that
 * nobody else is at the CPU's array. With interrupts off he pays once, and
 * what remains per object is a copy of a pointer.
 *
 * Allocation, all or nothing:
 *  1. move what main holds, top first, to the end of the caller's array;
 *  2. main is empty: fill it (slub.c, steps 2 to 4), do 1 again;
 *  3. nothing left: get a single object, which grows the cache; do 1 again;
 *  4. no memory: give back what there is.
 * Free:
 *  1. objects that come back to the slots they were popped from: mark, no
 *     other proof, nothing to store (slub.c says what such a slot is worth);
 *  2. any other: prove it by its slab, mark, push;
 *  3. main is full: make room (slub.c, steps 3 to 5), do 1 again;
 *  4. what cannot be proved here is left to kmem_cache_free(), one by one,
 *     with all its checks: nothing, a mistake, or a cache without arrays.
 *
 * The array is filled from its end and freed from its beginning, so that a
 * free is an allocation run backwards:
 *
 *	main:	| a | b | c | d |  top		top |   |   |   |   |
 *	                        <--- pop	push --->
 *	p:	| a | b | c | d |		| a | b | c | d |
 *
 * Across the edge of an array. An allocation that empties main and goes on
 * with the spare leaves behind an array that nobody pushes to: its slots,
 * first to seal, name what was popped last, until it is main again. They may
 * be freed elsewhere meanwhile; then their words tell, as long as they are
 * objects at all. So the slots are good for step 1 if the cache has given no
 * slab back since: spare_names holds slabs_gone of then, which is never 0. As
 * this proves less than slots of main do, main has a new seal at top before
 * interrupts come on.
 *
 * The check of step 1 is a little stricter than slab_word_looks_free(): it
 * compares half of the word only. A word that is refused for it goes the long
 * way and is looked at exactly.
 *
 * Cost: 3 instructions for each object allocated and 6 for one freed by step
 * 1, beside the loop; about 25 for step 2. Interrupts are off for BATCH
 * objects at most.
 *
 * Left out: a list of failures; a bulk that takes objects of a given node.
 */
#include <kernel/preempt.h>
#include <lib/string.h>
#include "slab_internal.h"

#define BATCH 256

static __always_inline void hand_out(void **slot, void **to, size_t offset)
{
	char *object = *slot;

	*(unsigned long *)(object + offset) = 0;
	*to = object;
}

/*
 * Step 1 of allocation: up to nr objects, into p[nr - 1] and downwards. Their
 * number. Interrupts are off.
 */
static size_t take_from_main(struct kmem_cache *s, struct kmem_cache_cpu *c,
			     void **p, size_t nr)
{
	size_t avail = (size_t)(c->stack.top - &c->main->objects[1]);
	size_t n = min(avail, nr), offset = s->offset;
	void **slot = c->stack.top, **to = p + nr;
	void **fours = slot - ALIGN_DOWN(n, 4), **last = slot - n;

	for (; slot != fours; slot -= 4, to -= 4) {
		hand_out(slot - 1, to - 1, offset);
		hand_out(slot - 2, to - 2, offset);
		hand_out(slot - 3, to - 3, offset);
		hand_out(slot - 4, to - 4, offset);
	}
	for (; slot != last; slot--, to--)
		hand_out(slot - 1, to - 1, offset);
	stack_set_top(c, last);
	return n;
}

static __always_inline bool main_is_empty(const struct kmem_cache_cpu *c)
{
	return c->stack.top == &c->main->objects[1];
}

/* Step 2. If main becomes the spare, its slots name what was popped. */
static noinline bool fill_main(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	if (!c->spare->avail)
		return main_fill(s, c);
	swap_main_and_spare(s, c);
	c->spare_names = READ_ONCE(s->slabs_gone);
	return true;
}

/* Steps 1 and 2, for the end of p[0] to p[nr - 1]; how many there are now. */
static size_t take_batch(struct kmem_cache *s, void **p, size_t nr)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	size_t left = nr;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu);
	if (likely(c->main != no_sheaf(s)))
		while (left && (!main_is_empty(c) || fill_main(s, c)))
			left -= take_from_main(s, c, p, left);
	local_irq_restore(flags);
	return nr - left;
}

/* Objects are cleared when all are there. */
static noinline int alloc_bulk_zeroed(struct kmem_cache *s, gfp_t gfp,
				      size_t nr, void **p)
{
	size_t i;

	if (s->ctor) {
		slab_report("__GFP_ZERO for a cache with a constructor", s,
			    NULL);
		return 0;
	}
	if (!kmem_cache_alloc_bulk(s, gfp & ~__GFP_ZERO, nr, p))
		return 0;
	for (i = 0; i < nr; i++)
		memset(p[i], 0, READ_ONCE(s->object_size));
	return (int)nr;
}

int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t nr,
			  void **p)
{
	size_t left = nr, want, got;

	if (unlikely(gfp & __GFP_ZERO))
		return alloc_bulk_zeroed(s, gfp, nr, p);
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	while (left) {
		want = min(left, (size_t)BATCH);
		got = take_batch(s, p + left - want, want);
		left -= got;
		if (likely(got == want))
			continue;
		p[left - 1] = kmem_cache_alloc(s, gfp);
		if (!p[left - 1]) {
			kmem_cache_free_bulk(s, nr - left, p + left);
			return 0;
		}
		left--;
	}
	return (int)nr;
}

/* Step 1 of free, for one: did it come back to this slot, in use? */
static __always_inline bool comes_back(void *const *slot, void *const *p,
				       size_t offset, unsigned long secret)
{
	char *object = *p;
	unsigned long *word = (unsigned long *)(object + offset);

	if (*slot != object || cpu_stack_half(*word) == cpu_stack_half(secret))
		return false;
	*word = secret;
	return true;
}

/* Step 1 for as many of nr, which main has room for, as it can be done. */
static __always_inline size_t free_to_slots(struct kmem_cache *s,
					    struct kmem_cache_cpu *c,
					    void *const *p, size_t nr)
{
	void *const *end = p + nr, *const *fours = p + ALIGN_DOWN(nr, 4);
	void **top = c->stack.top, **slot = top;
	unsigned long secret = s->secret;
	size_t offset = s->offset;

	for (; p != fours; slot += 4, p += 4) {
		if (!comes_back(slot, p, offset, secret))
			goto out;
		if (!comes_back(slot + 1, p + 1, offset, secret)) {
			slot += 1;
			goto out;
		}
		if (!comes_back(slot + 2, p + 2, offset, secret)) {
			slot += 2;
			goto out;
		}
		if (!comes_back(slot + 3, p + 3, offset, secret)) {
			slot += 3;
			goto out;
		}
	}
	for (; p != end && comes_back(slot, p, offset, secret); p++)
		slot++;
out:
	stack_set_top(c, slot);
	return (size_t)(slot - top);
}

/* The slab that the object before came from; most come from the same. */
struct last_slab {
	unsigned long base, bytes;
	unsigned int objects;
};

/* Makes the slab around p the last one, if it is one of s. */
static noinline bool find_slab(struct kmem_cache *s, const void *p,
			       struct last_slab *last)
{
	unsigned long pfn = direct_map_pfn(p);
	const struct page *page = pfn_to_page(pfn);

	if (!pfn_valid(pfn) || page->type != PAGE_SLAB ||
	    page->slab_cache != s)
		return false;
	last->bytes = PAGE_SIZE << page->order;
	last->base = (unsigned long)p & ~(last->bytes - 1);
	last->objects = slab_objects(s, page);
	return true;
}

/* Is p an object of s that is not known to be free? */
static __always_inline bool is_plain(struct kmem_cache *s, const void *p,
				     struct last_slab *last)
{
	u32 bytes;

	if ((unsigned long)p - last->base >= last->bytes &&
	    !find_slab(s, p, last))
		return false;
	bytes = (u32)((unsigned long)p - last->base);
	return ror32(bytes * s->inverse, s->shift) < last->objects &&
	       !slab_word_looks_free(s, p);
}

/* Step 2 for as many of nr, which main has room for, as it can be done. */
static noinline size_t free_to_top(struct kmem_cache *s,
				   struct kmem_cache_cpu *c, void *const *p,
				   size_t nr)
{
	struct last_slab last = { 0 };
	void **top = c->stack.top;
	size_t i;

	for (i = 0; i < nr && is_plain(s, p[i], &last); i++) {
		*slab_word(s, p[i]) = s->secret;
		WRITE_ONCE(top[i], p[i]);
	}
	if (i) {
		WRITE_ONCE(top[i], s->no_object);
		stack_set_top(c, top + i);
	}
	return i;
}

/*
 * Step 3. If the spare's slots can be believed they are not sealed when it
 * becomes main.
 */
static noinline void make_room(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	void *first = c->spare->objects[1];

	if (c->spare_names != READ_ONCE(s->slabs_gone)) {
		main_make_room(s, c);
		return;
	}
	swap_main_and_spare(s, c);
	WRITE_ONCE(*c->stack.top, first);
}

/* Steps 1 and 2 while main has room, for up to nr. */
static size_t free_to_room(struct kmem_cache *s, struct kmem_cache_cpu *c,
			   void *const *p, size_t nr)
{
	size_t room = (size_t)(c->stack.end - c->stack.top);
	size_t n = min(room, nr);
	size_t done = free_to_slots(s, c, p, n);

	return done == n ? n : done + free_to_top(s, c, p + done, n - done);
}

/* Steps 1 to 3. */
static size_t free_to_main(struct kmem_cache *s, struct kmem_cache_cpu *c,
			   void *const *p, size_t nr)
{
	size_t done = free_to_room(s, c, p, nr);

	if (likely(done == nr) || c->stack.top != c->stack.end)
		return done;
	do {
		make_room(s, c);
		done += free_to_room(s, c, p + done, nr - done);
	} while (done < nr && c->stack.top == c->stack.end);
	WRITE_ONCE(*c->stack.top, s->no_object);
	return done;
}

/* Steps 1 to 3, until one is met that needs step 4; their number. */
static size_t free_batch(struct kmem_cache *s, void *const *p, size_t nr)
{
	struct kmem_cache_cpu *c;
	unsigned long flags;
	size_t done = 0;

	local_irq_save(flags);
	c = this_cpu_ptr(s->cpu);
	if (likely(c->main != no_sheaf(s)))
		done = free_to_main(s, c, p, nr);
	local_irq_restore(flags);
	return done;
}

void kmem_cache_free_bulk(struct kmem_cache *s, size_t nr, void **p)
{
	size_t done = 0, want, freed;

	if (!s) {
		kfree_bulk(nr, p);
		return;
	}
	while (done < nr) {
		want = min(nr - done, (size_t)BATCH);
		freed = free_batch(s, p + done, want);
		done += freed;
		if (freed < want)
			kmem_cache_free(s, p[done++]);
	}
}

/* The cache whose slab p lies in; NULL: none. */
static struct kmem_cache *cache_around(const void *p)
{
	unsigned long pfn = direct_map_pfn(p);
	const struct page *page = pfn_to_page(pfn);

	return !ZERO_OR_NULL_PTR(p) && pfn_valid(pfn) &&
	       page->type == PAGE_SLAB ? page->slab_cache : NULL;
}

/* Runs of objects of one cache go there together. */
void kfree_bulk(size_t nr, void **p)
{
	struct kmem_cache *s;
	size_t n;

	for (; nr; nr -= n, p += n) {
		s = cache_around(*p);
		for (n = 1; s && n < nr && cache_around(p[n]) == s; n++)
			;
		if (s)
			kmem_cache_free_bulk(s, n, p);
		else
			kfree(*p);
	}
}

/*
 * Damage to objects: laid out so that it shows, looked for, told, repaired.
 *
 * The problem: a write past the end of an object, or after its free, hurts
 * somebody else, much later. A cache with debug flags puts bytes that it knows
 * wherever nobody may write, and looks at them whenever it has the object in
 * hand.
 *
 *	| left red zone | object            | right red | free | tracks | pad |
 *	| cc cc cc cc   | the user's        | cc cc cc  | word | A, F   | 5a  |
 *	| bb bb bb bb   | 6b 6b 6b .. 6b a5 | bb bb bb  | link | A, F   | 5a  |
 *	^ place         ^ p                 ^ object_size      ^ metadata_end
 *
 *	upper line: handed out (SLUB_RED_ACTIVE); lower line: free
 *
 * In kmalloc's caches the right red zone begins where the bytes asked for end.
 *
 * Flags, as in Linux's slub_debug=:
 *	Z  SLAB_RED_ZONE	both red zones
 *	P  SLAB_POISON		the object while it is free, and padding
 *	U  SLAB_STORE_USER	tracks: who allocated, who freed
 *	F  SLAB_CONSISTENCY_CHECKS  look at each allocation and each free, and
 *				when a slab leaves; otherwise only
 *				validate_slab_cache() looks
 *	T  SLAB_TRACE		a line in the log for each
 *
 * 1. Allocation: take the object from its slab; F: is it as it was left?
 *    Then it is made active. Poison stays: what is read before it is written
 *    shows.
 * 2. Free, wrong ones sorted out before (slub_check.c): is it in its slab's
 *    freelist by now? F: is it whole? Then it is made inactive and put back.
 * 3. Damage is told once, byte by byte, with both tracks, and the bytes are
 *    made right again. The object goes the way it was going.
 *
 * The free word lies outside the object in every debugged cache. While that is
 * handed out the word has one value only (slab_active_word()): damage to it
 * shows, and nobody mistakes the object for a free one.
 *
 * Locks: node->lock from taking or putting to filling: validate_slab_cache()
 * sees an object either free and inactive, or in use and active.
 * Invariant: freelist has p <=> its red zones are inactive.
 * Cost: a few hundred instructions and the object's bytes twice, per call.
 * Left out: Linux's depot of stacks; each track holds its own.
 */
#include <asm/machine.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/string.h>
#include <mm/init_on.h>
#include "slub_debug.h"

/* Frames of ours that may lie above the caller's. */
#define OWN_FRAMES 6

void slab_debug_track(struct kmem_cache *s, void *p, enum track_item item,
		      unsigned long caller)
{
	unsigned long stack[TRACK_ADDRS_COUNT + OWN_FRAMES];
	unsigned int n = stack_trace_save(stack, ARRAY_SIZE(stack), 0);
	struct track *t = slab_track(s, p, item);
	unsigned int first, i;

	for (first = 0; first < n && stack[first] != caller; first++)
		;
	if (first == n) {	/* the stack does not tell: the caller alone */
		stack[0] = caller;
		first = 0;
		n = 1;
	}
	for (i = 0; i < TRACK_ADDRS_COUNT; i++)
		t->addrs[i] = first + i < n ? stack[first + i] : 0;
	t->cpu = smp_processor_id();
	t->pid = current ? current->pid : 0;
	t->when = ktime_get_us();
}

static void trace(const struct kmem_cache *s, const void *p, const char *what,
		  unsigned long caller)
{
	if (s->flags & SLAB_TRACE)
		printk(KERN_INFO "TRACE %s %s %px by %pS\n", s->name, what, p,
		       (void *)caller);
}

static void set_red_zones(struct kmem_cache *s, void *p, unsigned int size,
			  u8 val)
{
	memset((char *)p - s->red_left_pad, val, s->red_left_pad);
	memset((char *)p + size, val, s->inuse - size);
}

/* size: what was asked for; a free object has nothing to give. */
static void set_object(struct kmem_cache *s, void *p, unsigned int size,
		       u8 val)
{
	unsigned int *asked = slab_asked(s, p);

	if (asked)
		*asked = slab_asked_word(size);
	if (slab_poisons(s)) {
		memset(p, POISON_FREE, size - 1);
		((u8 *)p)[size - 1] = POISON_END;
	}
	if (s->flags & SLAB_RED_ZONE)
		set_red_zones(s, p, size, val);
}

void slab_debug_new_object(struct kmem_cache *s, void *p)
{
	int i;

	set_object(s, p, s->object_size, SLUB_RED_INACTIVE);
	if (slab_keeps_tracks(s))
		for (i = 0; i < NR_TRACKS; i++)
			memset(slab_track(s, p, (enum track_item)i), 0,
			       sizeof(struct track));
}

void slab_debug_new_slab(struct kmem_cache *s, struct page *head)
{
	if (s->flags & SLAB_POISON)
		memset(lowmem_page_address(head), POISON_INUSE,
		       PAGE_SIZE << head->order);
}

size_t slab_debug_asked(const struct kmem_cache *s, const void *p)
{
	const unsigned int *asked = slab_asked(s, p);
	unsigned int size = asked ? *asked & 0xffff : 0;

	return size && size <= s->object_size &&
	       *asked == slab_asked_word(size) ? size : s->object_size;
}

void slab_debug_resize(struct kmem_cache *s, void *p, size_t size, bool zero)
{
	struct kmem_cache_node *n = slab_node(s, slab_of(p));
	unsigned int *asked = slab_asked(s, p);
	unsigned long flags;
	size_t used;

	if (!asked)
		return;
	spin_lock_irqsave(&n->lock, flags);
	used = min(slab_debug_asked(s, p), size);
	if (zero)
		memset((char *)p + used, 0, size - used);
	*asked = slab_asked_word((unsigned int)size);
	memset((char *)p + size, SLUB_RED_ACTIVE, s->inuse - size);
	spin_unlock_irqrestore(&n->lock, flags);
}

static void activate(struct kmem_cache *s, void *p, gfp_t gfp)
{
	if (s->flags & SLAB_CONSISTENCY_CHECKS)
		slab_check_object(s, slab_of(p), p, SLUB_RED_INACTIVE);
	*slab_word(s, p) = slab_active_word(s);
	set_object(s, p, slab_size_asked(s, gfp), SLUB_RED_ACTIVE);
}

/* One object of the node, ready for the user; NULL: it has none. */
void *slab_debug_take(struct kmem_cache *s, int nid, gfp_t gfp)
{
	struct kmem_cache_node *n = &s->node[nid];
	unsigned long flags;
	void *p = NULL;

	spin_lock_irqsave(&n->lock, flags);
	if (node_take_locked(s, n, &p, 1))
		activate(s, p, gfp);
	spin_unlock_irqrestore(&n->lock, flags);
	if (p)
		trace(s, p, "alloc", _RET_IP_);
	return p;
}

/*
 * Node locked. Another CPU may have freed p since __slab_free() asked: then it
 * cannot go back.
 */
static bool deactivate(struct kmem_cache *s, struct page *head, void *p)
{
	if (*slab_word(s, p) != slab_active_word(s) &&
	    slab_freelist_has(s, head, p)) {
		slab_report("double free", s, p);
		return false;
	}
	if (s->flags & SLAB_CONSISTENCY_CHECKS)
		slab_check_object(s, head, p, SLUB_RED_ACTIVE);
	if (slab_inits(s) && init_on_free)	/* not before the check */
		memset(p, 0, s->object_size);
	set_object(s, p, s->object_size, SLUB_RED_INACTIVE);
	*slab_word(s, p) = s->secret;
	return true;
}

/* p is an object of s, and was in use when it was looked at. */
void slab_debug_put(struct kmem_cache *s, void *p, unsigned long caller)
{
	trace(s, p, "free", caller);
	node_put_checked(s, p, deactivate);
}

/* ----- looking for damage ------------------------------------------------- */

/*
 * The first byte that is not val, or NULL. Not memchr_inv(): under KASAN that
 * asks whether the bytes may be accessed, and red zones never may.
 */
static u8 *first_other(u8 *p, u8 val, size_t n)
{
	for (; n; n--, p++)
		if (*p != val)
			return p;
	return NULL;
}

/*
 * Bytes that should all be val. Told: how many from the first wrong one to the
 * last. All of them are made right. Whoever does the damage may be at it still:
 * what is found need not be there any more at the second look.
 */
static bool check_bytes(struct kmem_cache *s, struct page *head, void *p,
			const char *kind, void *start, u8 val, size_t n)
{
	u8 *first = first_other(start, val, n);
	u8 *last = (u8 *)start + n - 1;

	if (likely(!first))
		return true;
	while (last != first && *last == val)
		last--;
	slab_bug(s, head, p, kind,
		 "%zu bytes from offset %td on, first byte %#x instead of %#x",
		 (size_t)(last - first) + 1, (char *)first - (char *)p, *first,
		 val);
	memset(first, val, (size_t)(last - first) + 1);
	slab_fix(s, "%s: bytes %px-%px are %#x again", kind, first, last,
		 val);
	return false;
}

/* The number of bytes asked for. Nobody knows it any more: all of them. */
static bool check_asked(struct kmem_cache *s, struct page *head, void *p)
{
	unsigned int *asked = slab_asked(s, p), size;

	if (!asked)
		return true;
	size = *asked & 0xffff;
	if (likely(*asked == slab_asked_word(size) && size &&
		   size <= s->object_size))
		return true;
	slab_bug(s, head, p, "Object size overwritten",
		 "4 bytes from offset %td on, %#x", (char *)asked - (char *)p,
		 *asked);
	*asked = slab_asked_word(s->object_size);
	slab_fix(s, "object %px: %u bytes", p, s->object_size);
	return false;
}

static bool check_red_zones(struct kmem_cache *s, struct page *head, void *p,
			    u8 val)
{
	bool whole = check_asked(s, head, p);
	unsigned int *asked = slab_asked(s, p), size = s->object_size;

	whole &= check_bytes(s, head, p, "Left Redzone overwritten",
			     (char *)p - s->red_left_pad, val, s->red_left_pad);
	whole &= check_bytes(s, head, p, "Right Redzone overwritten",
			     (char *)p + size, val, s->inuse - size);
	if (asked) {		/* a free object: all of it was */
		size = *asked & 0xffff;
		whole &= check_bytes(s, head, p, "kmalloc Redzone overwritten",
				     (char *)p + size, val,
				     s->object_size - size);
	}
	return whole;
}

/* While it is handed out; a free object's is slub_validate.c's. */
static bool check_word(struct kmem_cache *s, struct page *head, void *p)
{
	unsigned long *word = slab_word(s, p), active = slab_active_word(s);

	if (likely(!kmem_cache_debug(s) || *word == active))
		return true;
	slab_bug(s, head, p, "Freepointer corrupt",
		 "%zu bytes from offset %u on, %#lx instead of %#lx",
		 sizeof(*word), s->offset, *word, active);
	*word = active;
	slab_fix(s, "object %px: its free word is %#lx again", p, active);
	return false;
}

static bool check_poison(struct kmem_cache *s, struct page *head, void *p)
{
	bool whole = check_bytes(s, head, p, "Poison overwritten", p,
				 POISON_FREE, s->object_size - 1);

	return check_bytes(s, head, p, "End Poison overwritten",
			   (char *)p + s->object_size - 1, POISON_END, 1) &&
	       whole;
}

/* What nobody uses: to the word boundary, and behind the metadata. */
static bool check_unused(struct kmem_cache *s, struct page *head, void *p)
{
	unsigned int end = slab_metadata_end(s);
	bool whole = true;

	if (!(s->flags & SLAB_RED_ZONE))
		whole = check_bytes(s, head, p, "Alignment Padding overwritten",
				    (char *)p + s->object_size, POISON_INUSE,
				    s->inuse - s->object_size);
	return whole & check_bytes(s, head, p, "Object Padding overwritten",
				   (char *)p + end, POISON_INUSE,
				   s->size - s->red_left_pad - end);
}

bool slab_check_object(struct kmem_cache *s, struct page *head, void *p,
		       u8 val)
{
	bool whole = val == SLUB_RED_INACTIVE || check_word(s, head, p);

	if (s->flags & SLAB_RED_ZONE)
		whole &= check_red_zones(s, head, p, val);
	if (slab_poisons(s) && val == SLUB_RED_INACTIVE)
		whole &= check_poison(s, head, p);
	if (s->flags & SLAB_POISON)
		whole &= check_unused(s, head, p);
	return whole;
}

/* Behind the last place. */
bool slab_check_padding(struct kmem_cache *s, struct page *head)
{
	size_t used = (size_t)slab_objects(s, head) * s->size;
	char *padding = (char *)lowmem_page_address(head) + used;

	if (!(s->flags & SLAB_POISON))
		return true;
	return check_bytes(s, head, padding, "Padding overwritten", padding,
			   POISON_INUSE, (PAGE_SIZE << head->order) - used);
}

/* The slab is on no list, and all its objects are free. */
void slab_check_last(struct kmem_cache *s, struct page *head)
{
	unsigned int i;

	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	slab_check_padding(s, head);
	for (i = 0; i < slab_objects(s, head); i++)
		slab_check_object(s, head, slab_object(s, head, i),
				  SLUB_RED_INACTIVE);
}

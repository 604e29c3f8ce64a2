/*
 * The model of kmalloc: a list of the blocks that are out, each with a byte all
 * over that is its own; what krealloc() moves must keep it, and what has been
 * clear from its birth must be clear where it grows.
 */
#include <lib/bitops.h>
#include <mm/slab.h>

#include "model.h"
#include "model_objects.h"

#define SLOTS 512U

static struct model_object objects[SLOTS];

static const char *begin(void)
{
	memset(objects, 0, sizeof(objects));
	return NULL;
}

/*
 * All classes alike, and their edges often; now and then what is too large for
 * any.
 */
static size_t some_size(struct draws *d)
{
	unsigned int bits;

	if (model_below(d, 4) == 0)
		return kmalloc_class_size(model_below(d, NR_KMALLOC_CLASSES)) -
		       1 + model_below(d, 3);
	bits = model_below(d, model_below(d, 64) ? 14 : 17);
	return model_below(d, 2U << bits);
}

static gfp_t some_gfp(struct draws *d)
{
	return (model_below(d, 8) ? GFP_KERNEL : GFP_ATOMIC) | __GFP_NOWARN |
	       (model_below(d, 4) ? 0 : __GFP_ZERO);
}

static const char *check_place(const u8 *p, size_t size)
{
	size_t align = is_power_of_2(size) ? min(size, (size_t)PAGE_SIZE) :
					     ARCH_KMALLOC_MINALIGN;

	if (!IS_ALIGNED((unsigned long)p, max(align,
					      (size_t)ARCH_KMALLOC_MINALIGN)))
		return "a block at no multiple of its alignment";
	if (model_overlaps(objects, SLOTS, p, size, 0))
		return "a block over another that is in use";
	return NULL;
}

/* ksize() gives away what is behind, and then that need not stay clear. */
static const char *account(struct model_object *o, u8 *p, size_t size, u8 tag,
			   bool zeroed)
{
	*o = (struct model_object){ p, size, tag, zeroed };
	memset(p, tag, size);
	return !zeroed && ksize(p) < size ? "a block that says it is smaller" :
					    NULL;
}

/* For these the compiler chooses the class: each edge from both sides. */
#define FIXED_SIZES(X) \
	X(1) X(8) X(9) X(16) X(17) X(32) X(33) X(64) X(65) X(96) X(97) \
	X(128) X(129) X(192) X(193) X(256) X(257) X(512) X(513) X(1024) \
	X(1025) X(2048) X(2049) X(4096) X(4097) X(8192) X(8193)

static void *take_fixed(unsigned int nr, size_t *size)
{
	unsigned int i = 0;

#define TAKE(n)								\
	if (i++ == nr) {						\
		*size = n;						\
		return kmalloc(n, GFP_KERNEL);				\
	}
	FIXED_SIZES(TAKE)
#undef TAKE
	return NULL;
}

#define COUNT(n) + 1U
#define NR_FIXED (0U FIXED_SIZES(COUNT))

static const char *take(struct model_object *o, struct draws *d)
{
	bool fixed = model_below(d, 4) == 0;
	size_t size = some_size(d);
	gfp_t gfp = fixed ? GFP_KERNEL : some_gfp(d);
	u8 *p = fixed ? take_fixed(model_below(d, NR_FIXED), &size) :
			kmalloc(size, gfp);
	const char *bad;

	model_say("slot %u: kmalloc(%s%lu, 0x%x): %px",
		  (unsigned int)(o - objects), fixed ? "constant " : "",
		  (unsigned long)size, gfp, p);
	if (!p)
		return model_refused(size);
	if (!size)
		return p == ZERO_SIZE_PTR ? NULL : "memory of no size";
	bad = check_place(p, size);
	if (!bad && (gfp & __GFP_ZERO) && memchr_inv(p, 0, size))
		bad = "a block that is not clear";
	return bad ? bad : account(o, p, size, model_tag(d), gfp & __GFP_ZERO);
}

/* What was there stays; of what was made clear, all that is new is clear. */
static const char *check_moved(const struct model_object *old, const u8 *p,
			       size_t size)
{
	if (memchr_inv(p, old->tag, min(size, old->size)))
		return "bytes that krealloc() lost";
	if (old->kind && size > old->size &&
	    memchr_inv(p + old->size, 0, size - old->size))
		return "a block that krealloc() did not clear";
	return NULL;
}

static const char *resize(struct model_object *o, struct draws *d)
{
	struct model_object old = *o;
	size_t size = some_size(d);
	u8 *p = krealloc(old.p, size,
			 GFP_KERNEL | (old.kind ? __GFP_ZERO : 0));
	const char *bad;

	model_say("slot %u: krealloc(%px, %lu)%s: %px",
		  (unsigned int)(o - objects), old.p, (unsigned long)size,
		  old.kind ? ", clear" : "", p);
	if (!p)
		return model_refused(size);
	o->p = NULL;
	if (!size)
		return p == ZERO_SIZE_PTR ? NULL : "memory of no size";
	bad = p == old.p ? NULL : check_place(p, size);
	bad = bad ? bad : check_moved(&old, p, size);
	return bad ? bad : account(o, p, size, model_tag(d), old.kind);
}

static const char *give(struct model_object *o)
{
	bool intact = !memchr_inv(o->p, o->tag, o->size);

	model_say("slot %u: kfree(%px)", (unsigned int)(o - objects), o->p);
	kfree(o->p);
	o->p = NULL;
	return intact ? NULL : "a block was written to";
}

static const char *play(struct draws *d)
{
	struct model_object *o = &objects[model_below(d, SLOTS)];

	if (d->takes && !o->p)
		return take(o, d);
	if (!o->p || (d->takes && model_below(d, 4)))
		return model_idle;
	return d->takes ? resize(o, d) : give(o);
}

static const char *validate(void)
{
	return slab_validate();
}

static const char *end(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (objects[i].p)
			bad = bad ?: give(&objects[i]);
	return bad ? bad : slab_validate();
}

const struct model kmalloc_model = {
	"kmalloc", 1, begin, play, validate, end
};

/*
 * The model of the page allocator's calls: a list of the blocks that are out.
 * Whatever a CPU or a zone keeps at hand, no two overlap, each is aligned to
 * its size, and keeps what was written to it until its last reference is gone.
 */
#include "model.h"
#include "model_objects.h"

#define SLOTS 96U
#define MOST_ORDER 6U
#define BUNCH 8U

enum kind { BLOCK, COMPOUND, EXACT };

static struct model_object blocks[SLOTS];
static u8 references[SLOTS];

static const char *begin(void)
{
	memset(blocks, 0, sizeof(blocks));
	memset(references, 0, sizeof(references));
	return NULL;
}

/* In each page one word, at a place of the owner's. */
static unsigned long *word_of(const struct model_object *o, size_t page)
{
	return (unsigned long *)(o->p + page * PAGE_SIZE) +
	       o->tag % (PAGE_SIZE / sizeof(unsigned long));
}

static unsigned long word_for(const struct model_object *o, size_t page)
{
	return (unsigned long)o->p ^ (o->tag * 0x01010101UL + page);
}

static const char *account(unsigned int slot, void *p, size_t size,
			   struct draws *d, enum kind kind)
{
	struct model_object *o = &blocks[slot];
	size_t i;

	if (model_overlaps(blocks, SLOTS, p, size, 0))
		return "a block over another that is in use";
	*o = (struct model_object){ p, size, model_tag(d), (u8)kind };
	references[slot] = 1;
	for (i = 0; i < size / PAGE_SIZE; i++)
		*word_of(o, i) = word_for(o, i);
	return page_count(virt_to_page(p)) == 1 ? NULL :
	       "a block with users from the beginning";
}

static gfp_t some_gfp(struct draws *d)
{
	static const gfp_t mobility[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };

	return (model_below(d, 8) ? GFP_KERNEL : GFP_ATOMIC) | __GFP_NOWARN |
	       mobility[model_below(d, ARRAY_SIZE(mobility))] |
	       (model_below(d, 4) ? 0 : __GFP_ZERO);
}

static const char *take(unsigned int slot, struct draws *d)
{
	unsigned int order = model_below(d, model_below(d, 4) ? 2 :
					 MOST_ORDER + 1);
	enum kind kind = order && model_below(d, 4) == 0 ? COMPOUND : BLOCK;
	gfp_t gfp = some_gfp(d) | (kind == COMPOUND ? __GFP_COMP : 0);
	struct page *page = alloc_pages(gfp, order);
	size_t size = PAGE_SIZE << order;
	u8 *p = page ? lowmem_page_address(page) : NULL;

	model_say("slot %u: alloc_pages(0x%x, %u): %px", slot, gfp, order, p);
	if (!p)
		return model_refused(size);
	if (!IS_ALIGNED(page_to_pfn(page), 1UL << order))
		return "a block at no multiple of its size";
	if ((gfp & __GFP_ZERO) && memchr_inv(p, 0, size))
		return "a block that is not clear";
	return account(slot, p, size, d, kind);
}

static const char *take_exact(unsigned int slot, struct draws *d)
{
	size_t size = (1 + model_below(d, 12)) * PAGE_SIZE;
	u8 *p = alloc_pages_exact(size, GFP_KERNEL | __GFP_NOWARN);

	model_say("slot %u: alloc_pages_exact(%lu): %px", slot,
		  (unsigned long)size, p);
	return p ? account(slot, p, size, d, EXACT) : model_refused(size);
}

/* Single pages for as many empty slots as there are from one on. */
static const char *take_bunch(unsigned int slot, struct draws *d)
{
	struct page *pages[BUNCH] = { NULL };
	unsigned int nr = 0, i;
	const char *bad = NULL;

	while (nr < BUNCH && slot + nr < SLOTS && !blocks[slot + nr].p)
		nr++;
	model_say("slots %u to %u: single pages in one", slot, slot + nr - 1);
	if (alloc_pages_bulk_array(GFP_KERNEL, nr, pages) < nr)
		bad = model_refused(nr * PAGE_SIZE);
	for (i = 0; i < nr && !bad; i++)
		if (pages[i])
			bad = account(slot + i, lowmem_page_address(pages[i]),
				      PAGE_SIZE, d, BLOCK);
	return bad;
}

static bool words_are_right(const struct model_object *o)
{
	size_t i;

	for (i = 0; i < o->size / PAGE_SIZE; i++)
		if (*word_of(o, i) != word_for(o, i))
			return false;
	return true;
}

static unsigned int order_of(const struct model_object *o)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < o->size)
		order++;
	return order;
}

/* One reference; the block goes with the last. */
static const char *give(unsigned int slot)
{
	struct model_object *o = &blocks[slot];
	const char *bad = words_are_right(o) ? NULL : "a block was written to";

	model_say("slot %u: give %px, of %u references", slot, o->p,
		  references[slot]);
	if (!bad && page_count(virt_to_page(o->p)) != references[slot])
		bad = "another number of references than the model's";
	if (o->kind == EXACT)
		free_pages_exact(o->p, o->size);
	else
		__free_pages(virt_to_page(o->p), order_of(o));
	if (--references[slot] == 0)
		o->p = NULL;
	return bad;
}

/* An exact one is pages that each have a count. */
static const char *refer(unsigned int slot)
{
	struct model_object *o = &blocks[slot];

	if (o->kind == EXACT || references[slot] == 3)
		return model_idle;
	model_say("slot %u: another reference", slot);
	get_page(virt_to_page(o->p));
	references[slot]++;
	return NULL;
}

static const char *play(struct draws *d)
{
	unsigned int slot = model_below(d, SLOTS), how = model_below(d, 16);

	if (!d->takes)
		return blocks[slot].p ? give(slot) : model_idle;
	if (blocks[slot].p)
		return how ? model_idle : refer(slot);
	if (how == 0)
		return take_exact(slot, d);
	return how == 1 ? take_bunch(slot, d) : take(slot, d);
}

static const char *validate(void)
{
	return page_alloc_validate();
}

static const char *end(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		while (blocks[i].p)
			bad = bad ?: give(i);
	return bad ? bad : page_alloc_validate();
}

const struct model page_alloc_model = {
	"page_alloc", 1, begin, play, validate, end
};

/*
 * The model of vmalloc: a list of the areas that are out, and of the frames
 * behind each page of each. No two areas touch, no frame is shown twice, and
 * what was given back is to be found nowhere.
 */
#include <mm/vmalloc.h>

#include "model.h"
#include "model_objects.h"

#define SLOTS 48U
#define MOST_PAGES 32U

enum kind { MADE, MAPPED };

static struct model_object areas[SLOTS];
static struct page *frames[SLOTS][MOST_PAGES];
static unsigned long nr_pages, nr_before;

static const char *begin(void)
{
	memset(areas, 0, sizeof(areas));
	memset(frames, 0, sizeof(frames));
	nr_pages = 0;
	nr_before = vmalloc_nr_pages();
	return NULL;
}

static unsigned long *word_of(const struct model_object *o, unsigned int page)
{
	return (unsigned long *)(o->p + page * PAGE_SIZE) +
	       o->tag % (PAGE_SIZE / sizeof(unsigned long));
}

/* What the first word of a page must hold: owner and number. */
static unsigned long word_for(const struct model_object *o, unsigned int page)
{
	return (unsigned long)o->p ^ (o->tag * 0x01010101UL + page);
}

static bool is_shown(const struct page *page)
{
	unsigned int i, j;

	for (i = 0; i < SLOTS; i++)
		for (j = 0; j < MOST_PAGES && frames[i][j]; j++)
			if (frames[i][j] == page)
				return true;
	return false;
}

/* Each page of a new area: there, and nobody else's. Marks it. */
static const char *account_pages(unsigned int slot)
{
	struct model_object *o = &areas[slot];
	unsigned int i;

	for (i = 0; i < o->size / PAGE_SIZE; i++) {
		struct page *page = vmalloc_to_page(o->p + i * PAGE_SIZE);

		if (!page)
			return "an area with nothing behind it";
		if (o->kind == MAPPED ? page != frames[slot][i] :
					is_shown(page))
			return "an area that shows the wrong frame";
		frames[slot][i] = page;
		*word_of(o, i) = word_for(o, i);
	}
	return NULL;
}

static const char *account(unsigned int slot, u8 *p, size_t size, u8 tag,
			   enum kind kind)
{
	if (!IS_ALIGNED((unsigned long)p, PAGE_SIZE) || !is_vmalloc_addr(p))
		return "an area at a place that is none";
	if (model_overlaps(areas, SLOTS, p, size, PAGE_SIZE))
		return "an area over another, or its guard";
	areas[slot] = (struct model_object){ p, size, tag, (u8)kind };
	nr_pages += kind == MADE ? size / PAGE_SIZE : 0;
	return account_pages(slot);
}

static size_t some_size(struct draws *d)
{
	return (1 + model_below(d, model_below(d, 8) ? 6 : MOST_PAGES)) *
	       PAGE_SIZE;
}

static const char *take(unsigned int slot, struct draws *d)
{
	size_t size = some_size(d);
	unsigned long align = PAGE_SIZE << (model_below(d, 8) ? 0 :
					    model_below(d, 6));
	bool zero = model_below(d, 4) == 0;
	u8 *p = __vmalloc_node(size, align,
			       GFP_KERNEL | __GFP_NOWARN |
			       (zero ? __GFP_ZERO : 0),
			       NUMA_NO_NODE, __builtin_return_address(0));

	model_say("slot %u: vmalloc of %lu pages at a multiple of 0x%lx%s: %px",
		  slot, (unsigned long)size / PAGE_SIZE, align,
		  zero ? ", clear" : "", p);
	if (!p)
		return model_refused(size);
	if (!IS_ALIGNED((unsigned long)p, align))
		return "an area at no multiple of its alignment";
	if (zero && memchr_inv(p, 0, size))
		return "an area that is not clear";
	return account(slot, p, size, model_tag(d), MADE);
}

static void free_frames(unsigned int slot, unsigned int nr)
{
	while (nr--) {
		__free_page(frames[slot][nr]);
		frames[slot][nr] = NULL;
	}
}

static const char *map(unsigned int slot, struct draws *d)
{
	unsigned int nr = (unsigned int)(some_size(d) / PAGE_SIZE), i;
	u8 *p;

	for (i = 0; i < nr; i++) {
		frames[slot][i] = alloc_page(GFP_KERNEL);
		if (!frames[slot][i])
			break;
	}
	p = i < nr ? NULL : vmap(frames[slot], nr, VM_MAP, PAGE_KERNEL);
	model_say("slot %u: vmap of %u pages: %px", slot, nr, p);
	if (p)
		return account(slot, p, nr * PAGE_SIZE, model_tag(d),
			       MAPPED);
	free_frames(slot, i);
	return model_refused(nr * PAGE_SIZE);
}

static bool words_are_right(const struct model_object *o)
{
	unsigned int i;

	for (i = 0; i < o->size / PAGE_SIZE; i++)
		if (*word_of(o, i) != word_for(o, i))
			return false;
	return true;
}

static void let_go(unsigned int slot)
{
	struct model_object *o = &areas[slot];
	unsigned int nr = (unsigned int)(o->size / PAGE_SIZE);

	if (o->kind == MAPPED) {
		vunmap(o->p);
		free_frames(slot, nr);
	} else {
		vfree(o->p);
		memset(frames[slot], 0, sizeof(frames[slot]));
		nr_pages -= nr;
	}
}

static const char *give(unsigned int slot)
{
	struct model_object *o = &areas[slot];
	bool right = words_are_right(o);
	u8 *p = o->p;

	model_say("slot %u: give %px", slot, p);
	let_go(slot);
	o->p = NULL;
	if (!right)
		return "an area was written to";
	if (vmalloc_to_page(p) || find_vm_area(p))
		return "an area that was given back is still there";
	return vmalloc_nr_pages() == nr_before + nr_pages ? NULL :
	       "another number of pages than the model's";
}

static const char *play(struct draws *d)
{
	unsigned int slot = model_below(d, SLOTS);
	unsigned int how = model_below(d, 512);

	if (how == 0) {
		model_say("all CPUs forget what is no longer in use");
		vm_unmap_aliases();
		return NULL;
	}
	if (d->takes == (areas[slot].p != NULL))
		return model_idle;
	if (!d->takes)
		return give(slot);
	return how < 128 ? map(slot, d) : take(slot, d);
}

static const char *validate(void)
{
	return vmalloc_validate();
}

static const char *end(void)
{
	const char *bad = NULL;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (areas[i].p)
			bad = bad ?: give(i);
	return bad ? bad : vmalloc_validate();
}

const struct model vmalloc_model = {
	"vmalloc", 10, begin, play, validate, end
};

/*
 * The model of the address allocator: a byte per page. The allocator promises
 * the lowest hole that is large enough wherever it begins, and else the lowest
 * that happens to do; so the model knows every address.
 */
#include <asm/page.h>
#include <lib/kernel.h>
#include <lib/string.h>

#include "../../mm/vmap_area.h"
#include "model.h"

#define START (32 * PAGE_SIZE)
#define PAGES 1024UL
#define AREAS 128U

static u8 taken[PAGES];
static struct vmap_space space;
static struct vmap_hole own[5];
static unsigned int nr_parts;		/* fewer than own */
static struct {
	unsigned long page, pages;	/* pages 0: none */
	bool part;			/* taken without a node */
} areas[AREAS];
static struct vmap_hole pool[AREAS];
static struct vmap_hole *unused;

static unsigned long hole_end(unsigned long page)
{
	while (page < PAGES && !taken[page])
		page++;
	return page;
}

/* The lowest hole of at least so many pages, and there the first place. */
static unsigned long model_find(unsigned long pages, unsigned long align,
				unsigned long least)
{
	unsigned long page, end, at;

	for (page = 0; page < PAGES; page = end + 1) {
		end = hole_end(page);
		at = ALIGN(START / PAGE_SIZE + page, align) - START / PAGE_SIZE;
		if (end - page >= least && at + pages <= end)
			return at;
	}
	return PAGES;
}

static unsigned long model_take(unsigned long pages, unsigned long align)
{
	unsigned long at = model_find(pages, align, pages + align - 1);

	if (at == PAGES)
		at = model_find(pages, align, pages);
	if (at != PAGES)
		memset(taken + at, 1, pages);
	return at;
}

static const char *take(unsigned int i, struct draws *d)
{
	unsigned int most = model_below(d, 16) ? 8 : PAGES / 2;
	unsigned long pages = 1 + model_below(d, most);
	unsigned long align = 1UL << (model_below(d, 4) ? 0 :
				      model_below(d, 8));
	struct vmap_hole *node = unused;
	unsigned long at, addr;

	unused = node->next;
	at = model_take(pages, align);
	addr = vmap_space_take(&space, pages * PAGE_SIZE, align * PAGE_SIZE,
			       node);
	model_say("area %u: take %lu pages at a multiple of %lu: 0x%lx", i,
		  pages, align, addr);
	if (!addr) {
		node->next = unused;
		unused = node;
		return at == PAGES ? NULL : "no room where the model has some";
	}
	if (addr != START + at * PAGE_SIZE)
		return "another place than the model's";
	areas[i].page = at;
	areas[i].pages = pages;
	areas[i].part = false;
	return NULL;
}

/* The lowest hole that begins at page from or behind; PAGES: there is none. */
static unsigned long model_hole(unsigned long from, unsigned long least)
{
	unsigned long page, end;

	for (page = 0; page < PAGES; page = end + 1) {
		end = hole_end(page);
		if (page >= from && end > page && end - page >= least)
			return page;
	}
	return PAGES;
}

static void take_at(unsigned int i, unsigned long page, unsigned long pages)
{
	vmap_space_take_part(&space, START + page * PAGE_SIZE,
			     pages * PAGE_SIZE);
	memset(taken + page, 1, pages);
	areas[i].page = page;
	areas[i].pages = pages;
	areas[i].part = true;
	nr_parts++;
}

/* A part of the hole that is found, its beginning, end, or middle. */
static const char *take_part(unsigned int i, struct draws *d)
{
	unsigned long from = model_below(d, PAGES), start, end, page;
	unsigned long least = 1 + model_below(d, 8), at, pages;
	bool found = vmap_space_find_hole(&space, START + from * PAGE_SIZE,
					  least * PAGE_SIZE, &start, &end);

	model_say("area %u: part of a hole of %lu pages from page %lu on", i,
		  least, from);
	page = model_hole(from, least);
	if (found != (page != PAGES))
		return "a hole is found where the model has none, or not";
	if (!found)
		return NULL;
	if (start != START + page * PAGE_SIZE ||
	    end != START + hole_end(page) * PAGE_SIZE)
		return "another hole than the model's";
	pages = (end - start) / PAGE_SIZE;
	at = model_below(d, (unsigned int)pages);
	pages = 1 + model_below(d, (unsigned int)min(pages - at, 8UL));
	take_at(i, page + at, pages);
	return NULL;
}

static void give_area(unsigned long addr, unsigned long size)
{
	struct vmap_hole *node = vmap_space_give(&space, addr, size);

	node->next = unused;
	unused = node;
}

static void give(unsigned int i)
{
	unsigned long addr = START + areas[i].page * PAGE_SIZE;

	model_say("area %u: give", i);
	if (areas[i].part) {
		vmap_space_give_part(&space, addr, areas[i].pages * PAGE_SIZE);
		nr_parts--;
	} else {
		give_area(addr, areas[i].pages * PAGE_SIZE);
	}
	memset(taken + areas[i].page, 0, areas[i].pages);
	areas[i].pages = 0;
}

static const char *play(struct draws *d)
{
	unsigned int i = model_below(d, AREAS);

	if (d->takes == (areas[i].pages != 0))
		return model_idle;
	if (d->takes)
		return model_below(d, 8) || nr_parts == ARRAY_SIZE(own) - 1 ?
		       take(i, d) : take_part(i, d);
	give(i);
	return NULL;
}

static const char *begin(void)
{
	unsigned int i;

	memset(taken, 0, sizeof(taken));
	memset(areas, 0, sizeof(areas));
	nr_parts = 0;
	vmap_space_init(&space, START, START + PAGES * PAGE_SIZE, own,
			ARRAY_SIZE(own));
	unused = NULL;
	for (i = 0; i < AREAS; i++) {
		pool[i].next = unused;
		unused = &pool[i];
	}
	return NULL;
}

static const char *validate(void)
{
	return vmap_space_validate(&space);
}

static const char *end(void)
{
	unsigned int i;

	for (i = 0; i < AREAS; i++)
		if (areas[i].pages)
			give(i);
	return space.nr_areas || space.nr_holes != 1 ? "something is left" :
	       validate();
}

const struct model vmap_model = {
	"vmap", 10, begin, play, validate, end
};

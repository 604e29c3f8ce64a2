/*
 * What the models of objects share: a list of what is out, looked through from
 * one end to the other, and a byte in all of an object that says whose it is.
 */
#ifndef TESTS_MODEL_OBJECTS_H
#define TESTS_MODEL_OBJECTS_H

#include <lib/kernel.h>
#include <lib/string.h>
#include <mm/mm.h>

struct model_object {
	u8 *p;			/* NULL: none */
	size_t size;
	u8 tag, kind;		/* kind: the model's */
};

/* Refused, with so many pages free, is wrong. */
#define MODEL_AMPLE_PAGES 1024UL

static inline const char *model_refused(size_t size)
{
	return nr_free_pages() < MODEL_AMPLE_PAGES + 2 * PFN_UP(size) ? NULL :
	       "refused, though memory is free";
}

/* A number that the next owner of the same bytes will hardly have. */
static inline u8 model_tag(struct draws *d)
{
	return (u8)(1 + model_below(d, 255));
}

/* Does it lie over one that is out? gap: bytes that must be between. */
static inline bool model_overlaps(const struct model_object *objects,
				  unsigned int nr, const u8 *p, size_t size,
				  size_t gap)
{
	unsigned long start = (unsigned long)p;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned long other = (unsigned long)objects[i].p;

		if (objects[i].p && start < other + objects[i].size + gap &&
		    other < start + size + gap)
			return true;
	}
	return false;
}

#endif

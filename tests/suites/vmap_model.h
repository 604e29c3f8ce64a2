/*
 * The address allocator and a model of it, a byte per page, given the same
 * random requests: short in the suite vmap_area, long in a hosted one.
 */
#ifndef TESTS_VMAP_MODEL_H
#define TESTS_VMAP_MODEL_H

#include <lib/types.h>

struct vmap_model_result {
	const char *fault;		/* NULL: no difference */
	unsigned long operations;	/* done, until then */
	unsigned long refused;		/* requests without room */
};

/* Validates the tree after every so many operations. */
struct vmap_model_result vmap_model_run(u64 seed, unsigned long operations,
					unsigned long validate_every);

#endif

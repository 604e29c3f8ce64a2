/*
 * Allocators next to models of them that are too simple to be wrong: a byte
 * per page, a list of what is out. Both are given the same random operations;
 * the first answer that differs is a fault.
 *
 * An operation is a number, and says everything: what is done, to which slot,
 * how large. So a stream is its seed, any of its operations can be had without
 * the others, and a list of some of them can be played like the whole. An
 * operation that makes no sense where things are (to free what is not there)
 * does nothing.
 *
 * A stream that fails is shrunk: operations are left out as long as what is
 * left still fails (model.c). The suite "model" plays short streams, and long
 * ones with model_seed= and model_ops=; build/host/models long ones.
 */
#ifndef TESTS_MODEL_H
#define TESTS_MODEL_H

#include <lib/compiler.h>
#include <lib/random.h>

/*
 * What an operation is, drawn bit by bit: from its number; or, while bytes is
 * not NULL, from the bytes that a fuzzer chose, and zeroes behind them.
 */
struct draws {
	bool takes;		/* rather takes than gives */
	struct rng rng;
	const u8 *bytes, *end;
};

static inline struct draws draws_of(u64 op)
{
	return (struct draws){ op & 1, rng_seed(op), NULL, NULL };
}

static inline unsigned int draw_byte(struct draws *d)
{
	return d->bytes < d->end ? *d->bytes++ : 0;
}

/* 0 <= result < bound; bound is 65536 at most. */
static inline unsigned int model_below(struct draws *d, unsigned int bound)
{
	unsigned int n;

	if (!d->bytes)
		return (unsigned int)rng_below(&d->rng, bound);
	n = draw_byte(d) << 8;
	return (n | draw_byte(d)) % bound;
}

struct model {
	const char *name;
	unsigned int share;	/* plays one in so many of the operations */
	/* All is free. NULL, or why it cannot be played here. */
	const char *(*begin)(void);
	/* Does one: NULL, what is wrong, or model_idle: nothing to do. */
	const char *(*play)(struct draws *d);
	/* Looks at everything: NULL or what is wrong. */
	const char *(*validate)(void);
	/* Gives all back. NULL, or what is not as it was. */
	const char *(*end)(void);
};

extern const char model_idle[];

/* All there are; ends with NULL. */
extern const struct model *const models[];
extern const struct model buddy_model, slab_model, kmalloc_model,
	vmalloc_model, vmap_model, memblock_model, mempool_model,
	page_alloc_model;

/* Operation i of a stream. */
u64 model_op(u64 seed, unsigned long i);

/* A stream, from its seed; or, if list is not NULL, some operations. */
struct model_stream {
	u64 seed;
	const u64 *list;
	unsigned long length;	/* operations that do something; of list: all */
};

struct model_result {
	const char *fault;	/* NULL: none */
	unsigned long next;	/* operations begun, idle ones too */
	unsigned long done;	/* those that did something */
};

/*
 * From begin() on, validated every 1,000 operations; a list 1,000 times at
 * least. Without a fault end() has been called, after one it may be dangerous:
 * the caller decides. A fault before the first operation is begin()'s: it
 * cannot be played here. *r is kept up to date, for who sees only that.
 */
void model_run(const struct model *m, struct model_stream s,
	       struct model_result *r);

/* Does a list fail? After how many of its operations; 0: it does not. */
typedef unsigned long model_fails_t(const u64 *list, unsigned long nr,
				    void *arg);

/*
 * Leaves out what is not needed for a list to fail, until nothing can be left
 * out; the number left. The list fails. spare: room for nr more.
 */
unsigned long model_shrink(u64 *list, u64 *spare, unsigned long nr,
			   model_fails_t *fails, void *arg);

/*
 * What an operation does, in words, for who replays one. model_tell is NULL
 * unless somebody listens.
 */
extern void (*model_tell)(const char *line);
void model_tell_line(const char *fmt, ...) __printf(1, 2);
#define model_say(...) do {						\
	if (unlikely(model_tell))					\
		model_tell_line(__VA_ARGS__);				\
} while (0)

#endif

/*
 * How many of the mistakes of a kind are told, and in which mode of the
 * kernel: what "make detect" measures.
 *
 * A trial makes one mistake, its place and size drawn from its seed, then does
 * what a user would do next, and leaves all as it was. What is reported in
 * between is captured; a trial with a report is a hit. A kind names the modes
 * that can see it in principle: there all trials must be hits.
 *
 * detect=N on the command line: N trials of each kind (5).
 */
#ifndef TESTS_DETECT_H
#define TESTS_DETECT_H

#include <kernel/ktest.h>
#include <lib/random.h>

#include "slub_fixture.h"

/* How the kernel runs. Bits: kinds name several. */
enum detect_mode {
	DETECT_NORMAL = 1,
	DETECT_DEBUG = 2,	/* slub_debug=FZPU page_poison=on */
	DETECT_GUARDED = 4,	/* kfence.sample=1 */
	DETECT_KASAN = 8,	/* SANITIZE=kasan */
	DETECT_ALL = 15,
};

enum detect_mode detect_mode(void);
const char *detect_mode_name(void);

/* Objects are this large at most, in bytes. */
#define DETECT_MOST 8192

/* A cache of its own with all objects of a slab; p is one of them. */
struct detect {
	struct rng rng;
	struct kmem_cache *s;
	unsigned int size;
	u8 *p;
	unsigned int nr;
	void *objs[SLAB_MAX_OBJECTS];
};

/*
 * Trials of one kind, each by trial(d). seen_by: modes that see all of them;
 * what others see is only told. A trial that cannot be made returns false: it
 * is drawn again.
 */
void detect_run(struct ktest *t, const char *kind, unsigned int seen_by,
		bool (*trial)(struct detect *d));

unsigned int detect_below(struct detect *d, unsigned int bound);
/* 1 to most, small ones as often as large ones. */
unsigned int detect_size(struct detect *d, unsigned int most);

/* False: no memory. Objects of size bytes; then p is one of them. */
bool detect_begin(struct detect *d, unsigned int size, void (*ctor)(void *));
/* Frees all that is left; p too, unless it is NULL. */
void detect_end(struct detect *d);

/*
 * A whole trial: p, which is nobody's object, to kfree() or to a cache, one
 * after the other half of the times.
 */
bool detect_free_address(struct detect *d, const void *p);

#define DETECT_KIND(kind, seen_by) \
	static void kind(struct ktest *t) \
	{ \
		detect_run(t, #kind, seen_by, try_##kind); \
	}

#endif

/*
 * What the stress suites share: threads on all CPUs that run for a while, and
 * memory of every kind that knows whose it is.
 *
 *	stress_seed=N	where all random choices come from (fixed default)
 *	stress_ms=N	how long each case goes on
 *	stress_cpus=N	at most so many CPUs at a time (8)
 *
 * A stressor is one thread (or one CPU's interrupt handler) at work. Nothing
 * it does fails a case by itself, for it may not talk to the runner: it notes
 * its first complaint, which stress_run() passes on when all have ended.
 */
#ifndef TESTS_STRESS_H
#define TESTS_STRESS_H

#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <lib/random.h>
#include <mm/slab.h>

#define STRESS_SHARED_CACHES 3
#define STRESS_COMPLAINT 160

/* Who: in ids of memory, and to choose its random numbers. */
#define STRESS_NR_HANDLER 0xffU

struct stressor {
	unsigned int cpu, nr;	/* nr: among those of its CPU */
	unsigned int index;	/* among all of the case */
	unsigned int all;	/* how many they are */
	unsigned int max_order;	/* of pages it asks for */
	struct rng rng;
	u64 sequence;		/* blocks it has had */
	u64 end;		/* ktime_get_us() */
	unsigned long operations;
	char complaint[STRESS_COMPLAINT];	/* empty: none */
	struct task_struct *task;
	void (*work)(struct stressor *me);
	void *arg;
};

enum stress_kind { STRESS_KMALLOC, STRESS_PAGES, STRESS_CACHE, STRESS_KINDS };

/* Memory and what it must hold: words made of id all over (stress.c). */
struct stress_block {
	void *p;		/* NULL: none */
	size_t size;
	u64 id;			/* cpu << 56 | nr << 48 | sequence */
	u8 kind, order, cache;
};

/*
 * For what a case cannot begin without. Allocations may be made to fail
 * (docs/debugging.md): asked for again and again, one will be granted.
 */
#define STRESS_TRIES 1000
#define STRESS_INSIST(allocation) ({					\
	unsigned int tries_ = STRESS_TRIES;				\
	__typeof__(allocation) p_;					\
									\
	do {								\
		p_ = (allocation);					\
	} while (!p_ && --tries_);					\
	p_;								\
})

extern struct kmem_cache *stress_caches[STRESS_SHARED_CACHES];

/* Suite fixture: the shared caches; validation of all allocators at the end. */
void stress_begin(struct ktest *t);
void stress_end(struct ktest *t);

/*
 * Runs work on each online CPU in per_cpu threads at once, until the last has
 * returned. On a machine of many CPUs only some are chosen, others each time.
 * The number of operations of all, 0 if it could not be done.
 */
unsigned long stress_run(struct ktest *t, unsigned int per_cpu,
			 void (*work)(struct stressor *me), void *arg);
/* On the CPUs that cpus names, instead of all. */
unsigned long stress_run_on(struct ktest *t, const struct cpumask *cpus,
			    unsigned int per_cpu,
			    void (*work)(struct stressor *me), void *arg);

/* How many stressors stress_run() will make. */
unsigned int stress_count(unsigned int per_cpu);

/* A stressor that is no thread. */
void stressor_init(struct stressor *me, unsigned int cpu, unsigned int nr);
void stress_pass_on(struct ktest *t, const struct stressor *me);

/* Of so many rounds at the usual length of a case, what fits its length. */
unsigned int stress_rounds(unsigned int usual);
/* Until its time is over; at least a few times. */
bool stress_goes_on(struct stressor *me);
/* For what must happen sooner or later: false when it really should have. */
bool stress_is_patient(const struct stressor *me);
/* All stressors of the case meet here; returns when the last has come. */
void stress_meet(struct stressor *me);

u64 stress_below(struct stressor *me, u64 bound);
bool stress_one_in(struct stressor *me, u64 n);
void stress_complain(struct stressor *me, const char *fmt, ...) __printf(2, 3);

/* GFP_KERNEL, GFP_ATOMIC ..., without warnings. */
gfp_t stress_gfp(struct stressor *me);
/* Memory of a random kind and size, filled; false: there was none. */
bool stress_take(struct stressor *me, struct stress_block *b, gfp_t gfp);
bool stress_take_kind(struct stressor *me, struct stress_block *b, gfp_t gfp,
		      enum stress_kind kind);
/* Checks it, and gives it back. Whoever has it may: not only who took it. */
void stress_give(struct stressor *me, struct stress_block *b);
/*
 * n times a block into one of so many slots, or out of it; then all that is
 * left goes back.
 */
#define STRESS_MAX_SLOTS 16
void stress_take_and_give(struct stressor *me, unsigned int n,
			  unsigned int slots);
/* Checks without giving back. */
void stress_check(struct stressor *me, const struct stress_block *b);

/* The pattern alone, for memory that was come by in other ways. */
u64 stress_new_id(struct stressor *me);
void stress_fill(void *p, size_t size, u64 id);
void stress_verify(struct stressor *me, const void *p, size_t size, u64 id);

#endif

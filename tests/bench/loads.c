/*
 * Loads that allocators are compared with in user space, as far as a count of
 * instructions can show what they are about.
 *
 *	larson		a server: a slot at random is freed and filled with
 *			another size; then another thread goes on with the
 *			slots (Larson, Krishnan 1998)
 *	cache_scratch	one object from elsewhere is freed, then small ones are
 *			taken, written and freed (Hoard)
 *	mstress		objects taken, kept, given back, and handed to others
 *			by way of a table (mimalloc-bench)
 *
 * Random choices are made before the clock runs. On two CPUs they take turns,
 * each with what the other left (other_cpu.h).
 */
#include <lib/kernel.h>
#include <lib/random.h>

#include "memory.h"
#include "other_cpu.h"

#define OPS 10000
#define SLOTS 1000
#define TURNS 4

struct op {
	unsigned short slot, other;
	unsigned short size;
	unsigned char kind;
};

struct load {
	struct bench *b;
	struct op ops[OPS];
	void *slots[2][SLOTS];
	unsigned int turn;
};

static struct load load;

static void *object(size_t size)
{
	return kmalloc(size, GFP_KERNEL);
}

/* Sizes from least to most, each doubling as likely as the other. */
static void choose(size_t least, unsigned int doublings)
{
	struct rng rng = rng_seed(BENCH_SEED);
	unsigned int i;

	for (i = 0; i < OPS; i++) {
		size_t base = least << rng_below(&rng, doublings);

		load.ops[i] = (struct op){
			.slot = (unsigned short)rng_below(&rng, SLOTS),
			.other = (unsigned short)rng_below(&rng, SLOTS),
			.size = (unsigned short)(base + rng_below(&rng, base)),
			.kind = (unsigned char)rng_below(&rng, 4),
		};
	}
	for (i = 0; i < SLOTS; i++) {
		load.slots[0][i] = object(load.ops[i].size);
		load.slots[1][i] = object(load.ops[SLOTS + i].size);
	}
}

static void give_back(void)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		kfree(load.slots[0][i]);
		kfree(load.slots[1][i]);
	}
}

/* TURNS turns, by the CPUs one after the other; OPS operations in each. */
static void take_turns(struct bench *b, unsigned int cpus,
		       void (*turn)(void *arg))
{
	load.b = b;
	while (bench_has_cpu(b, cpus - 1) && bench_sample(b))
		for (load.turn = 0; load.turn < TURNS; load.turn++)
			bench_on_cpu(b, load.turn % cpus, turn, &load);
}

static void run_load(struct bench *b, unsigned int cpus, size_t least,
		     unsigned int doublings, void (*turn)(void *arg))
{
	choose(least, doublings);
	take_turns(b, cpus, turn);
	give_back();
}

/* The rows of a load: on one CPU, on two. */
#define LOAD(name, least, doublings) \
BENCH(name##_cpu1, TURNS * OPS) \
{ \
	run_load(b, 1, least, doublings, name##_turn); \
} \
BENCH(name##_cpu2, TURNS * OPS) \
{ \
	run_load(b, 2, least, doublings, name##_turn); \
}

static void larson_turn(void *arg)
{
	void **slots = load.slots[load.turn / 2 % 2];
	unsigned int i;

	bench_each(load.b, i, OPS) {
		const struct op *op = &load.ops[i];

		kfree(slots[op->slot]);
		slots[op->slot] = object(op->size);
	}
}

LOAD(larson, 16, 5)

#define SCRATCH_WRITES 10

static void scratch(volatile unsigned char *p)
{
	unsigned int i;

	for (i = 0; p && i < SCRATCH_WRITES; i++)
		p[i % 8]++;
}

static void cache_scratch_turn(void *arg)
{
	void **given = &load.slots[0][load.turn];
	unsigned int i;

	kfree(*given);
	*given = NULL;
	bench_each(load.b, i, OPS) {
		void *p = object(8);

		scratch(p);
		kfree(p);
	}
	*given = object(8);
}

LOAD(cache_scratch, 8, 1)

/* Each CPU has slots; what it hands on goes into the other's. */
static void mstress_turn(void *arg)
{
	void **own = load.slots[load.turn % 2];
	void **others = load.slots[1 - load.turn % 2];
	unsigned int i;

	bench_each(load.b, i, OPS) {
		const struct op *op = &load.ops[i];

		if (op->kind == 0) {
			swap(own[op->slot], others[op->other]);
		} else if (own[op->slot]) {
			kfree(own[op->slot]);
			own[op->slot] = NULL;
		} else {
			own[op->slot] = object(op->size);
		}
	}
}

LOAD(mstress, 8, 10)

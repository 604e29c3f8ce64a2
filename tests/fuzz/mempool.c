/*
 * Fuzz target: memory pools in front of an allocator that runs dry when the
 * input says so, or of kmalloc, which does not (mm/mempool.c, mempool_life.c).
 *
 *	byte 0		elements of the reserve; bit 7: in front of kmalloc
 *	the rest	operations
 *
 * The model is two numbers: elements in the reserve, and of a full one. With
 * them it says of each request whether there is an element, and where it comes
 * from; and of each free where it goes.
 */
#include <lib/kernel.h>
#include <mm/mempool.h>
#include <mm/mm.h>
#include <mm/slab.h>

#include "../host/start.h"
#include "fuzz.h"

#define SLOTS 48u
#define SIZE 96u
#define MOST 24			/* elements of a reserve */
#define VALIDATE_EVERY 8u

static mempool_t *pool;
static bool dries;		/* not kmalloc */
static unsigned int spring;	/* elements the allocator still gives */
static int outside;		/* elements it gave and has not got back */
static int reserve, full;	/* the model */
static u8 *slots[SLOTS];
static u32 ids[SLOTS], next_id;

static void *spring_alloc(gfp_t gfp, void *pool_data)
{
	void *p = spring ? kmalloc(SIZE, GFP_KERNEL) : NULL;

	if (p) {
		spring--;
		outside++;
	}
	return p;
}

static void spring_free(void *element, void *pool_data)
{
	outside--;
	kfree(element);
}

static void compare(void)
{
	int out = 0;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		out += slots[i] != NULL;
	if (pool->curr_nr != reserve || pool->min_nr != full)
		fuzz_fail("reserve %d of %d, not %d of %d", pool->curr_nr,
			  pool->min_nr, reserve, full);
	if (dries && outside != reserve + out)
		fuzz_fail("%d elements, %d in the reserve, %d out", outside,
			  reserve, out);
}

static void make_pool(u8 how)
{
	full = how % (MOST + 1);
	dries = !(how & 0x80);
	spring = MOST;
	pool = dries ? mempool_create(full, spring_alloc, spring_free, NULL) :
		       mempool_create_kmalloc_pool(full, SIZE);
	if (!pool)
		fuzz_fail("no pool of %d", full);
	full = max(full, 1);
	reserve = full;
}

static void take_element(unsigned int slot, u8 how)
{
	bool kept = how & 1, wanted;
	u8 *p;

	wanted = reserve || (!kept && spring);
	if (kept || !spring)
		reserve -= reserve > 0;
	p = kept ? mempool_alloc_preallocated(pool) :
		   mempool_alloc(pool, GFP_NOWAIT);
	if (!!p != wanted)
		fuzz_fail("element %p of a reserve of %d", (void *)p, reserve);
	slots[slot] = p;
	ids[slot] = next_id++;
	if (p)
		fuzz_fill(p, SIZE, ids[slot]);
}

static void give_element(unsigned int slot)
{
	u8 *p = slots[slot];

	fuzz_check(p, SIZE, ids[slot]);
	slots[slot] = NULL;
	reserve += reserve < full;
	mempool_free(p, pool);
}

/* Growing fills the reserve, as far as the allocator gives. */
static void resize(int to)
{
	int grown = to > full ? min(to - reserve, (int)spring) :
				min(0, to - reserve);
	int err = mempool_resize(pool, to);

	if (err)
		fuzz_fail("resize to %d: %d", to, err);
	reserve += grown;
	full = to;
}

static void operate(struct input *in)
{
	u8 op = take_byte(in);
	unsigned int slot = op % SLOTS;

	switch (take_byte(in) % 8) {
	case 0:
		if (dries)
			spring = take_byte(in) % 16;
		break;
	case 1:
		resize(1 + op % MOST);
		break;
	default:
		if (slots[slot])
			give_element(slot);
		else
			take_element(slot, op >> 7);
	}
}

void fuzz_begin(void)
{
	start_simulated_kernel(1);
}

void fuzz_one(struct input *in)
{
	unsigned int n = 0, slot;

	next_id = 0;
	make_pool(take_byte(in));
	while (input_left(in)) {
		operate(in);
		compare();
		if (++n % VALIDATE_EVERY == 0)
			fuzz_valid(mempool_validate(pool));
	}
	for (slot = 0; slot < SLOTS; slot++)
		if (slots[slot])
			give_element(slot);
	compare();
	fuzz_valid(mempool_validate(pool));
	mempool_destroy(pool);
	if (outside)
		fuzz_fail("%d elements are lost", outside);
}

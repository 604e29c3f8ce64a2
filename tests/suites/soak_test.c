/*
 * The soak: memory of every kind taken and given back for hours on all CPUs,
 * under interrupts, every other round with failures, and never all of it given
 * back in between, as in a system that stays up.
 *
 *	soak_rounds=N	so many rounds (0: the case is skipped)
 *	stress_ms=N	the length of each
 *	stress_seed=N	where all random choices come from
 *
 * `make soak` gives these, and draws the curve.
 *
 *	threads  |--- take, give ---|     |--- take, give ---|     |-- ...
 *	ticks    ' ' ' ' ' ' ' ' ' '       ' ' ' ' ' ' ' ' ' '
 *	failures                           x   x  x     x   x
 *	                             look                     look
 *	held     ..oOO~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
 *
 *  1. Each thread has many slots, half of them full in the long run: about as
 *     much as a third of memory. They outlive the round, and so does what a
 *     slab or a block has become in between: fragmentation shows.
 *  2. Between rounds nobody is at work. Then every block is looked at, all
 *     allocators validate, and a census must find what the slots hold, to the
 *     page.
 *  3. A line tells of the round:
 *
 *	SOAK round=3 ms=180042 operations=81234 refused=71 injected=65
 *	held=12034 free=40321 orders=31,20,...,9 unusable3=12 unusable9=410
 *
 *     held and free are pages, orders the free blocks of each order, unusableN
 *     the share of free pages, in thousandths, that lies in blocks too small
 *     for order N (Linux: unusable_index).
 *  4. At the end all is given back, and the runner's census must be that of
 *     the beginning.
 */
#include <kernel/cmdline.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/parse.h>
#include <lib/sprintf.h>
#include <mm/census.h>
#include <mm/fault_inject.h>
#include <mm/mempool.h>
#include <mm/mm.h>
#include <mm/percpu.h>
#include <mm/vmalloc.h>

#include "stress_handlers.h"

#define PER_CPU 2		/* threads */
#define MAX_ORDER_TAKEN 5
#define MAX_AREA_PAGES 16
#define ELEMENT_SIZE 256
#define RESERVE 64
#define BYTES_PER_SLOT 10240	/* of memory; half of the slots are full */
#define MAX_SLOTS 8192
#define FAIL_PERCENT 2

enum soak_kind { SOAK_BLOCK, SOAK_AREA, SOAK_ELEMENT, SOAK_PERCPU };

struct soak_slot {
	struct stress_block b;
	enum soak_kind kind;
};

/* What a thread hands on to the one after it, in the next round. */
struct soak_worker {
	struct rng rng;
	u64 sequence;
	bool started;
	unsigned long refused;
	struct soak_slot *slots;
};

struct soak {
	struct soak_worker *workers;
	unsigned int nr_workers, nr_slots;
	mempool_t *pool;
	u64 start;			/* ktime_get_us() */
	unsigned long allocated, areas;	/* pages that others hold */
};

static u64 soak_rounds;

static int set_rounds(const char *value)
{
	return kstrtou64(value, &soak_rounds);
}
early_param("soak_rounds", set_rounds);

/* ----- taking and giving back -------------------------------------------- */

static u64 copy_id(const struct stress_block *b, unsigned int cpu)
{
	return b->id ^ (u64)cpu << 40;
}

static void take_percpu(struct stressor *me, struct stress_block *b)
{
	unsigned int cpu;

	b->size = (size_t)(1 + stress_below(me, 200));
	b->p = __alloc_percpu(b->size, 8);
	b->id = stress_new_id(me);
	if (!b->p)
		return;
	for_each_possible_cpu(cpu)
		stress_fill(per_cpu_ptr(b->p, cpu), b->size, copy_id(b, cpu));
}

static void take_plain(struct stressor *me, struct soak *soak,
		       struct soak_slot *s)
{
	struct stress_block *b = &s->b;

	if (s->kind == SOAK_AREA) {
		b->size = PAGE_SIZE * (1 + stress_below(me, MAX_AREA_PAGES));
		b->p = __vmalloc(b->size, GFP_KERNEL | __GFP_NOWARN);
	} else {
		b->size = ELEMENT_SIZE;
		b->p = mempool_alloc(soak->pool, GFP_NOWAIT | __GFP_NOWARN);
	}
	b->id = stress_new_id(me);
	if (b->p)
		stress_fill(b->p, b->size, b->id);
}

static void take(struct stressor *me, struct soak *soak, struct soak_slot *s)
{
	static const enum soak_kind kinds[] = {
		SOAK_BLOCK, SOAK_BLOCK, SOAK_BLOCK, SOAK_BLOCK, SOAK_BLOCK,
		SOAK_AREA, SOAK_ELEMENT, SOAK_PERCPU
	};

	s->kind = kinds[stress_below(me, ARRAY_SIZE(kinds))];
	if (s->kind == SOAK_BLOCK)
		stress_take(me, &s->b, stress_gfp(me));
	else if (s->kind == SOAK_PERCPU)
		take_percpu(me, &s->b);
	else
		take_plain(me, soak, s);
}

static void check(struct stressor *me, const struct soak_slot *s)
{
	const struct stress_block *b = &s->b;
	unsigned int cpu;

	if (s->kind != SOAK_PERCPU) {
		stress_check(me, b);
		return;
	}
	for_each_possible_cpu(cpu)
		stress_verify(me, per_cpu_ptr(b->p, cpu), b->size,
			      copy_id(b, cpu));
}

static void give(struct stressor *me, struct soak *soak, struct soak_slot *s)
{
	if (s->kind == SOAK_BLOCK) {
		stress_give(me, &s->b);
		return;
	}
	check(me, s);
	if (s->kind == SOAK_AREA)
		vfree(s->b.p);
	else if (s->kind == SOAK_ELEMENT)
		mempool_free(s->b.p, soak->pool);
	else
		free_percpu(s->b.p);
	s->b.p = NULL;
}

static void work(struct stressor *me)
{
	struct soak *soak = me->arg;
	struct soak_worker *w = &soak->workers[me->index];

	me->max_order = MAX_ORDER_TAKEN;
	if (w->started) {
		me->rng = w->rng;
		me->sequence = w->sequence;
	}
	while (stress_goes_on(me)) {
		struct soak_slot *s =
			&w->slots[stress_below(me, soak->nr_slots)];

		if (stress_one_in(me, 64))
			stress_call_others(me);
		if (stress_one_in(me, 16))
			stress_send_letter(me, stress_gfp(me));
		if (s->b.p) {
			give(me, soak, s);
			continue;
		}
		take(me, soak, s);
		w->refused += !s->b.p;
	}
	w->started = true;
	w->rng = me->rng;
	w->sequence = me->sequence;
}

/* ----- looking ------------------------------------------------------------ */

/* Calls see() with each full slot; complaints fail the case. */
static void each_full_slot(struct ktest *t, struct soak *soak,
			   void (*see)(struct stressor *me, struct soak *soak,
				       struct soak_slot *s))
{
	struct stressor me = { .complaint = "" };
	unsigned int i, n;

	for (i = 0; i < soak->nr_workers; i++)
		for (n = 0; n < soak->nr_slots; n++) {
			struct soak_slot *s = &soak->workers[i].slots[n];

			if (s->b.p)
				see(&me, soak, s);
		}
	stress_pass_on(t, &me);
}

static void see_pattern(struct stressor *me, struct soak *soak,
			struct soak_slot *s)
{
	check(me, s);
}

/* Pages that the slots hold by themselves; objects lie in slabs. */
static unsigned long pages_held(const struct soak *soak, bool areas)
{
	unsigned long pages = 0;
	unsigned int i, n;

	for (i = 0; i < soak->nr_workers; i++)
		for (n = 0; n < soak->nr_slots; n++) {
			const struct soak_slot *s = &soak->workers[i].slots[n];
			const struct stress_block *b = &s->b;

			if (!b->p)
				continue;
			if (areas ? s->kind == SOAK_AREA :
				    s->kind == SOAK_BLOCK &&
				    b->kind == STRESS_PAGES)
				pages += b->size / PAGE_SIZE;
		}
	return pages;
}

static unsigned long free_blocks(const struct census *c, unsigned int order)
{
	unsigned long blocks = 0;
	int node, zone;

	for (node = 0; node < MAX_NUMNODES; node++)
		for (zone = 0; zone < MAX_NR_ZONES; zone++)
			blocks += c->free[node][zone][order];
	return blocks;
}

/* Thousandths of the free pages that are no use to an order. */
static unsigned long unusable(const struct census *c, unsigned int order)
{
	unsigned long all = 0, useful = 0, pages;
	unsigned int i;

	for (i = 0; i < NR_PAGE_ORDERS; i++) {
		pages = free_blocks(c, i) << i;
		all += pages;
		if (i >= order)
			useful += pages;
	}
	return all ? (all - useful) * 1000 / all : 0;
}

static void print_orders(const struct census *c, char *text, size_t size)
{
	unsigned int i;
	size_t n = 0;

	for (i = 0; i < NR_PAGE_ORDERS; i++)
		n += (size_t)ksnprintf(text + n, size - n, "%s%lu",
				       i ? "," : "", free_blocks(c, i));
}

static void tell(struct ktest *t, const struct soak *soak,
		 const struct census *c, u64 round, unsigned long operations)
{
	char orders[NR_PAGE_ORDERS * 12];
	unsigned long refused = 0;
	unsigned int i;

	for (i = 0; i < soak->nr_workers; i++)
		refused += soak->workers[i].refused;
	print_orders(c, orders, sizeof(orders));
	ktest_note(t, "SOAK round=%llu ms=%llu operations=%lu refused=%lu injected=%lu held=%lu free=%lu orders=%s unusable3=%lu unusable9=%lu",
		   round, (ktime_get_us() - soak->start) / 1000, operations,
		   refused,
		   failslab.attr.injected + fail_page_alloc.attr.injected,
		   pages_held(soak, false) + pages_held(soak, true),
		   c->pages[CENSUS_FREE], orders, unusable(c, 3),
		   unusable(c, 9));
}

static void expect_valid(struct ktest *t, const char *broken)
{
	if (broken)
		ktest_fail(t, __FILE__, __LINE__, "%s", broken);
}

static void look(struct ktest *t, struct soak *soak, struct census *c)
{
	each_full_slot(t, soak, see_pattern);
	expect_valid(t, slab_validate());
	expect_valid(t, page_alloc_validate());
	expect_valid(t, percpu_validate());
	expect_valid(t, vmalloc_validate());
	expect_valid(t, mempool_validate(soak->pool));
	census_take(c);
	expect_valid(t, census_check(c));
	KTEST_EXPECT_EQ(t, c->pages[CENSUS_ALLOCATED],
			soak->allocated + percpu_nr_pages() +
			pages_held(soak, false));
	KTEST_EXPECT_EQ(t, c->pages[CENSUS_VMALLOC],
			soak->areas + pages_held(soak, true));
}

/* ----- rounds ------------------------------------------------------------- */

static void fail_some(struct fault_attr *attr, unsigned int percent)
{
	attr->interval = 1;
	attr->times = -1;
	attr->verbose = 0;
	WRITE_ONCE(attr->probability, percent);
}

static unsigned long one_round(struct ktest *t, struct soak *soak, bool fails)
{
	unsigned long operations = 0;

	if (!stress_handlers_begin(t, true))
		return 0;
	if (fails) {
		fault_injection_on();
		fail_some(&failslab.attr, FAIL_PERCENT);
		fail_some(&fail_page_alloc.attr, FAIL_PERCENT);
	}
	operations = stress_run(t, PER_CPU, work, soak);
	if (fails) {
		fail_some(&failslab.attr, 0);
		fail_some(&fail_page_alloc.attr, 0);
		fault_injection_off();
	}
	stress_handlers_end(t);
	return operations;
}

static bool make_workers(struct soak *soak)
{
	unsigned long slots;
	unsigned int i;

	soak->nr_workers = stress_count(PER_CPU);
	slots = totalram_pages() * (PAGE_SIZE / 1024) /
		(BYTES_PER_SLOT / 1024) / soak->nr_workers;
	soak->nr_slots = (unsigned int)clamp(slots, 16UL,
					     (unsigned long)MAX_SLOTS);
	soak->workers = vcalloc(soak->nr_workers, sizeof(*soak->workers));
	soak->pool = mempool_create_kmalloc_pool(RESERVE, ELEMENT_SIZE);
	if (!soak->workers || !soak->pool)
		return false;
	for (i = 0; i < soak->nr_workers; i++) {
		struct soak_worker *w = &soak->workers[i];

		w->slots = vcalloc(soak->nr_slots, sizeof(*w->slots));
		if (!w->slots)
			return false;
	}
	return true;
}

static void unmake_workers(struct soak *soak)
{
	unsigned int i;

	for (i = 0; soak->workers && i < soak->nr_workers; i++)
		vfree(soak->workers[i].slots);
	vfree(soak->workers);
	mempool_destroy(soak->pool);
}

static void run_rounds(struct ktest *t, struct soak *soak, struct census *c)
{
	unsigned long operations;
	u64 round;

	census_take(c);
	soak->allocated = c->pages[CENSUS_ALLOCATED] - percpu_nr_pages();
	soak->areas = c->pages[CENSUS_VMALLOC];
	soak->start = ktime_get_us();
	for (round = 1; round <= soak_rounds && !t->failed; round++) {
		operations = one_round(t, soak, round % 2 == 0);
		KTEST_EXPECT_NE(t, operations, 0);
		look(t, soak, c);
		tell(t, soak, c, round, operations);
	}
	each_full_slot(t, soak, give);
}

static void all_that_is_held_stays_sound_round_after_round(struct ktest *t)
{
	static struct census c;
	struct soak soak = { NULL };

	if (!soak_rounds) {
		ktest_skip(t, "no soak_rounds=");
		return;
	}
	if (KTEST_EXPECT_TRUE(t, make_workers(&soak)))
		run_rounds(t, &soak, &c);
	unmake_workers(&soak);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(all_that_is_held_stays_sound_round_after_round),
	{}
};
KTEST_SUITE_FIXTURE(soak, cases, stress_begin, stress_end);

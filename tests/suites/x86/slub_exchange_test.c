/*
 * A CPU gives its full array to the node and takes an empty one. Behind the
 * node's lock another CPU has the full one at once, pops from it, and frees:
 * in no CPU's array may anybody find that object then, least of all in the one
 * that was given away. Between the two steps lie a few instructions. So a
 * breakpoint stops the first CPU there, until the other has had a look:
 *
 *	CPU 0				other CPU, in a handler
 *	free: main and spare are full
 *	full array to the node
 *	breakpoint  ----------------->	takes it from there, pops all,
 *	waits				asks of each: is it free?
 *	goes on  <---------------------	done
 */
#include <asm/debugreg.h>
#include <asm/processor.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <mm/gfp.h>

#include "../slub_fixture.h"

#define MOST 64			/* objects in one array */
#define PATIENCE_US 10000000

enum step { BEGIN, GIVEN_AWAY, LOOKED_AT };

static struct kmem_cache *s;
static struct {
	enum step step;
	unsigned int popped, strangers, said_to_be_free;
	int nid;
} look;
static void *given[2 * MOST + 1];	/* what CPU 0 freed */
static void *taken[MOST];

static bool wait_for(enum step step)
{
	u64 end = ktime_get_us() + PATIENCE_US;

	while (__atomic_load_n(&look.step, __ATOMIC_ACQUIRE) != step) {
		if (ktime_get_us() >= end)
			return false;
		cpu_relax();
	}
	return true;
}

static void go_to(enum step step)
{
	__atomic_store_n(&look.step, step, __ATOMIC_RELEASE);
}

static bool was_given(const void *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(given); i++)
		if (given[i] == p)
			return true;
	return false;
}

/* On the other CPU, whose arrays are empty. */
static void pop_and_look(void *unused)
{
	unsigned int i;

	look.nid = slab_local_node();
	if (!wait_for(GIVEN_AWAY))
		return;
	for (i = 0; i < s->sheaf_limit; i++) {
		taken[i] = kmem_cache_alloc(s, GFP_ATOMIC);
		if (!taken[i])
			break;
		look.strangers += !was_given(taken[i]);
		look.said_to_be_free += slab_is_free(s, taken[i]);
	}
	look.popped = i;
	go_to(LOOKED_AT);
}

static void give_back(void *unused)
{
	while (look.popped)
		kmem_cache_free(s, taken[--look.popped]);
}

/* First where the exchange begins, then where it returns to. */
static void at_exchange(struct pt_regs *regs)
{
	if (regs->ip == (unsigned long)node_swap_for_empty) {
		breakpoint_set(*(unsigned long *)regs->sp);
		return;
	}
	breakpoint_clear();
	go_to(GIVEN_AWAY);
	wait_for(LOOKED_AT);
}

/* Frees what fills main and spare, and one more at the breakpoint. */
static void free_one_too_many(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		kmem_cache_free(s, given[i]);
	breakpoint_set_handler(at_exchange);
	breakpoint_set((unsigned long)node_swap_for_empty);
	kmem_cache_free(s, given[nr]);
	breakpoint_clear();
	breakpoint_set_handler(NULL);
}

static void take_all(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		given[i] = kmem_cache_alloc(s, GFP_MUST);
}

static void array_given_away_is_not_looked_into(struct ktest *t)
{
	unsigned int cpu, other = 0, limit = s->sheaf_limit;

	for_each_online_cpu(cpu)
		other = cpu;
	if (other == smp_processor_id() || !limit || limit > MOST) {
		ktest_skip(t, "needs two CPUs, and caches with arrays");
		return;
	}
	if (!needs_arrays(t, s))
		return;
	take_all(2 * limit + 1);
	slab_flush_cpu(s);
	smp_call_function_single(other, pop_and_look, NULL, false);
	free_one_too_many(2 * limit);
	smp_call_function_single(other, give_back, NULL, true);
	KTEST_EXPECT_EQ(t, look.step, LOOKED_AT);
	KTEST_EXPECT_EQ(t, look.said_to_be_free, 0);
	if (look.nid == slab_local_node())
		KTEST_EXPECT_EQ(t, look.strangers, 0);
}

static void set_up(struct ktest *t)
{
	memset(&look, 0, sizeof(look));
	memset(given, 0, sizeof(given));
	s = must_create("exchange", 64, 0, 0, NULL);
	KTEST_ASSERT_NOT_NULL(t, s);
}

static void tear_down(struct ktest *t)
{
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(array_given_away_is_not_looked_into),
	{}
};
KTEST_SUITE_FIXTURE(slub_exchange, cases, set_up, tear_down);

/*
 * The arrays of all caches put aside and taken up again: what was in them is
 * in the slabs meanwhile, as many arrays come back as went, and nobody who
 * allocates and frees notices.
 */
#include <kernel/kthread.h>
#include <lib/errno.h>
#include <lib/sprintf.h>

#include "no_guards.h"
#include "slub_debug_fixture.h"
#include "stress.h"

/* Arrays of a cache: what CPUs have, and what waits. */
static unsigned int arrays_of(struct kmem_cache *s)
{
	unsigned int cpu, n = 0;
	int nid;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(s->cpu, cpu)->main != no_sheaf(s))
			n += 2;
	for_each_online_node(nid)
		n += stock_length(s->node[nid].full_sheaves) +
		     stock_length(s->node[nid].empty_sheaves);
	return n;
}

static bool no_cpu_has_arrays(struct kmem_cache *s)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(s->cpu, cpu)->main != no_sheaf(s) ||
		    per_cpu_ptr(s->cpu, cpu)->spare != no_sheaf(s))
			return false;
	return true;
}

static bool all_cpus_have_arrays(struct kmem_cache *s)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (per_cpu_ptr(s->cpu, cpu)->main == no_sheaf(s) ||
		    per_cpu_ptr(s->cpu, cpu)->spare == no_sheaf(s))
			return false;
	return true;
}

static void what_was_in_arrays_is_in_slabs_meanwhile(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("parked", 64);
	unsigned int arrays = arrays_of(s);
	void *p = kmem_cache_alloc(s, GFP_MUST);

	KTEST_ASSERT_NOT_NULL(t, p);
	KTEST_EXPECT_NE(t, main_objects(s), 0);
	slab_arrays_off();
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(s));
	KTEST_EXPECT_EQ(t, arrays_of(s), arrays);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 1);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 0);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 1);
	KTEST_EXPECT_REPORTS(t, 1, "inside an object",
			     kmem_cache_free(s, (char *)p + 8));
	kmem_cache_free(s, p);
	KTEST_EXPECT_REPORTS(t, 1, "double free", kmem_cache_free(s, p));
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, all_cpus_have_arrays(s));
	KTEST_EXPECT_EQ(t, arrays_of(s), arrays);
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_NE(t, main_objects(s), 0);
	kmem_cache_free(s, p);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	kmem_cache_destroy(s);
}

/* Full ones too: they are emptied where they wait, or serve as they are. */
static void full_arrays_go_and_come_as_well(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("parked", 64);
	unsigned int i, n = arrays_capacity(s), arrays = arrays_of(s);
	static void *objs[MAX_ARRAYS_CAPACITY];

	KTEST_ASSERT_TRUE(t, n <= ARRAY_SIZE(objs));
	for (i = 0; i < n; i++)
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
	for (i = 0; i < n; i++)
		kmem_cache_free(s, objs[i]);
	KTEST_EXPECT_EQ(t, full_arrays(s), stock_arrays(s));
	slab_arrays_off();
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	KTEST_EXPECT_EQ(t, full_arrays(s), 0);
	slab_arrays_on();
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	KTEST_EXPECT_EQ(t, arrays_of(s), arrays);
	for (i = 0; i < n; i++)
		objs[i] = kmem_cache_alloc(s, GFP_MUST);
	for (i = 0; i < n; i++)
		kmem_cache_free(s, objs[i]);
	kmem_cache_destroy(s);
}

static void the_last_who_wanted_them_off_gives_them_back(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("parked", 64);

	slab_arrays_off();
	slab_arrays_off();
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(s));
	slab_arrays_off();
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(s));
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, all_cpus_have_arrays(s));
	kmem_cache_destroy(s);
}

static void who_did_not_put_them_aside_cannot_take_them_up(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("parked", 64);

	if (needs_arrays(t, s)) {
		KTEST_EXPECT_REPORTS(t, 1, "slab_arrays_on: they are on",
				     slab_arrays_on());
		slab_arrays_off();
		KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(s));
		slab_arrays_on();
		KTEST_EXPECT_TRUE(t, all_cpus_have_arrays(s));
	}
	kmem_cache_destroy(s);
}

static void all_caches_but_debugged_ones_take_part(struct ktest *t)
{
	struct kmem_cache *debugged = must_create("debugged", 64, 0,
							SLAB_RED_ZONE, NULL);
	struct kmem_cache *s;
	unsigned int off = 0;

	slab_arrays_off();
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		off += no_cpu_has_arrays(s) ? 0 : 1;
	mutex_unlock(&slab_mutex);
	KTEST_EXPECT_EQ(t, off, 0);
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(debugged));
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
	kmem_cache_destroy(debugged);
}

static void cache_made_meanwhile_gets_its_arrays_later(struct ktest *t)
{
	struct kmem_cache *before = plain_cache("before", 64), *s;
	void *p;

	slab_arrays_off();
	s = plain_cache("meanwhile", 64);
	KTEST_ASSERT_NOT_NULL(t, s);
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(s));
	KTEST_EXPECT_EQ(t, arrays_of(s), arrays_of(before));
	p = kmem_cache_alloc(s, GFP_MUST);
	KTEST_EXPECT_EQ(t, slab_of(p)->inuse, 1);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	slab_arrays_on();
	KTEST_EXPECT_TRUE(t, all_cpus_have_arrays(s));
	KTEST_EXPECT_EQ(t, arrays_of(s), arrays_of(before));
	kmem_cache_free(s, p);
	KTEST_EXPECT_EQ(t, main_objects(s), 1);
	kmem_cache_destroy(s);
	kmem_cache_destroy(before);
}

static void cache_destroyed_meanwhile_leaves_nothing(struct ktest *t)
{
	struct kmem_cache *s = plain_cache("short", 64), *inner;

	kmem_cache_free(s, kmem_cache_alloc(s, GFP_MUST));
	slab_arrays_off();
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_MUST));
	kmem_cache_destroy(s);
	inner = plain_cache("inner", 64);
	kmem_cache_free(inner, kmem_cache_alloc(inner, GFP_MUST));
	kmem_cache_destroy(inner);
	slab_arrays_on();
	KTEST_EXPECT_STREQ(t, slab_validate(), NULL);
}

static void memory_is_still_cleared_for_who_asks(struct ktest *t)
{
	unsigned int i;
	u8 *p;

	slab_arrays_off();
	for (i = 1; i <= 8192; i += 1 + i / 3) {
		p = kmalloc(i, GFP_MUST);
		memset(p, 0xee, i);
		kfree(p);
		p = kzalloc(i, GFP_MUST);
		KTEST_EXPECT_NULL(t, memchr_inv(p, 0, i));
		kfree(p);
	}
	slab_arrays_on();
}

/* ----- while others work -------------------------------------------------- */

#define SLOTS 12

static void short_lived_cache(struct stressor *me)
{
	struct kmem_cache *s;
	char name[24];
	void *p;

	ksnprintf(name, sizeof(name), "short-%u", me->index);
	s = plain_cache(name, 64);
	if (!s)
		return;
	p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN);
	if (p)
		kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* The first two have them off and on, one within the other; all work. */
static void toggle_or_work(struct stressor *me)
{
	while (stress_goes_on(me)) {
		if (me->index < 2)
			slab_arrays_off();
		stress_take_and_give(me, 30, SLOTS);
		if (stress_one_in(me, 4))
			short_lived_cache(me);
		if (me->index < 2)
			slab_arrays_on();
		stress_take_and_give(me, 10, SLOTS);
	}
}

static void expect_same_arrays(struct ktest *t, const unsigned int *before)
{
	unsigned int i;

	for (i = 0; i < STRESS_SHARED_CACHES; i++) {
		KTEST_EXPECT_EQ(t, arrays_of(stress_caches[i]), before[i]);
		KTEST_EXPECT_EQ(t, all_cpus_have_arrays(stress_caches[i]),
				before[i] != 0);
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(stress_caches[i]),
				   NULL);
	}
}

static void count_arrays(unsigned int *arrays)
{
	unsigned int i;

	for (i = 0; i < STRESS_SHARED_CACHES; i++)
		arrays[i] = arrays_of(stress_caches[i]);
}

static void others_work_while_arrays_come_and_go(struct ktest *t)
{
	unsigned int arrays[STRESS_SHARED_CACHES];

	count_arrays(arrays);
	KTEST_EXPECT_NE(t, stress_run(t, 2, toggle_or_work, NULL), 0);
	expect_same_arrays(t, arrays);
}

/* ----- while CPUs come and go --------------------------------------------- */

static unsigned int victim;

static bool two_cpus(struct ktest *t)
{
	unsigned int cpu;

	if (num_online_cpus() < 2) {
		ktest_skip(t, "needs a second CPU");
		return false;
	}
	for_each_online_cpu(cpu)
		victim = cpu;
	return true;
}

/* Down before, up while they are off; and the other way round. */
static void cpu_that_was_away_has_what_the_others_have(struct ktest *t)
{
	unsigned int arrays[STRESS_SHARED_CACHES];

	if (!two_cpus(t))
		return;
	count_arrays(arrays);
	KTEST_ASSERT_EQ(t, cpu_down(victim), 0);
	slab_arrays_off();
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(stress_caches[0]));
	KTEST_EXPECT_EQ(t, cpu_up(victim), 0);
	KTEST_EXPECT_TRUE(t, no_cpu_has_arrays(stress_caches[0]));
	KTEST_EXPECT_EQ(t, cpu_down(victim), 0);
	slab_arrays_on();
	expect_same_arrays(t, arrays);
	KTEST_EXPECT_EQ(t, cpu_up(victim), 0);
	expect_same_arrays(t, arrays);
}

static void plug(struct stressor *me)
{
	int error = cpu_down(victim);

	if (error && error != -EBUSY)
		stress_complain(me, "cpu_down: %d", error);
	stress_take_and_give(me, 20, SLOTS);
	if (!error && cpu_up(victim))
		stress_complain(me, "cpu_up failed");
}

static void plug_toggle_or_work(struct stressor *me)
{
	unsigned int cycles = 0;

	while (stress_goes_on(me)) {
		if (me->index == 0 && cycles++ < 4)
			plug(me);
		if (me->index == 1)
			slab_arrays_off();
		stress_take_and_give(me, 20, SLOTS);
		if (me->index == 1)
			slab_arrays_on();
	}
}

static void cpus_come_and_go_while_arrays_do(struct ktest *t)
{
	struct cpumask others = cpu_online_mask;
	unsigned int arrays[STRESS_SHARED_CACHES];

	if (!two_cpus(t))
		return;
	count_arrays(arrays);
	__clear_bit(victim, others.bits);
	KTEST_EXPECT_NE(t, stress_run_on(t, &others, 3, plug_toggle_or_work,
					 NULL), 0);
	KTEST_EXPECT_TRUE(t, cpu_online(victim));
	expect_same_arrays(t, arrays);
}

/* ----- debugged caches on all CPUs ---------------------------------------- */

static struct kmem_cache *shared;

struct baton {
	void *p;
};

static struct baton batons[8];

/* Objects go from hand to hand; some look at the whole of the cache. */
static void pass_objects(struct stressor *me)
{
	void *p;

	while (stress_goes_on(me)) {
		struct baton *b = &batons[stress_below(me, ARRAY_SIZE(batons))];

		p = kmem_cache_alloc(shared, GFP_KERNEL | __GFP_NOWARN);
		if (p)
			memset(p, (int)me->index, shared->object_size);
		p = __atomic_exchange_n(&b->p, p, __ATOMIC_ACQ_REL);
		if (p)
			kmem_cache_free(shared, p);
		if (stress_one_in(me, 200))
			validate_slab_cache(shared);
		if (stress_one_in(me, 200))
			kmem_cache_shrink(shared);
	}
}

static void debugged_objects_pass_from_cpu_to_cpu(struct ktest *t)
{
	unsigned long events = slab_nr_events();
	unsigned int i;

	shared = must_create("passed", 100, 0, SLAB_NO_USER_FLAGS |
				   SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE |
				   SLAB_POISON | SLAB_STORE_USER, NULL);
	KTEST_ASSERT_NOT_NULL(t, shared);
	KTEST_EXPECT_NE(t, stress_run(t, 2, pass_objects, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(batons); i++) {
		if (batons[i].p)
			kmem_cache_free(shared, batons[i].p);
		batons[i].p = NULL;
	}
	KTEST_EXPECT_EQ(t, slab_nr_events(), events);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(shared), NULL);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(shared), 0);
	kmem_cache_destroy(shared);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(what_was_in_arrays_is_in_slabs_meanwhile),
	KTEST_CASE(full_arrays_go_and_come_as_well),
	KTEST_CASE(the_last_who_wanted_them_off_gives_them_back),
	KTEST_CASE(who_did_not_put_them_aside_cannot_take_them_up),
	KTEST_CASE(all_caches_but_debugged_ones_take_part),
	KTEST_CASE(cache_made_meanwhile_gets_its_arrays_later),
	KTEST_CASE(cache_destroyed_meanwhile_leaves_nothing),
	KTEST_CASE(memory_is_still_cleared_for_who_asks),
	KTEST_CASE(others_work_while_arrays_come_and_go),
	KTEST_CASE(cpu_that_was_away_has_what_the_others_have),
	KTEST_CASE(cpus_come_and_go_while_arrays_do),
	KTEST_CASE(debugged_objects_pass_from_cpu_to_cpu),
	{}
};
static void begin(struct ktest *t)
{
	no_guards(t);
	stress_begin(t);
}

static void end(struct ktest *t)
{
	stress_end(t);
	guards_again(t);
}

KTEST_SUITE_FIXTURE(slub_arrays_off, cases, begin, end);

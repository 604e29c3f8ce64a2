/*
 * Bulks on every CPU at once. A batch goes through the mail: who frees it is
 * often not who allocated it.
 */
#include <lib/kernel.h>
#include <lib/string.h>

#include "stress.h"

#define BATCH 150
#define BOXES 4

struct stress_batch {
	struct kmem_cache *s;
	size_t nr, size;
	u64 id;
	void *objs[BATCH];
};

static struct stress_batch *mail[BOXES];

/* A batch for the box, and what was in it. */
static struct stress_batch *send(struct stressor *me,
				 struct stress_batch *batch)
{
	struct stress_batch **box = &mail[stress_below(me, BOXES)];

	return __atomic_exchange_n(box, batch, __ATOMIC_ACQ_REL);
}

static struct stress_batch *take(struct stressor *me)
{
	struct stress_batch *batch = kmalloc(sizeof(*batch), stress_gfp(me));
	size_t i;

	if (!batch)
		return NULL;
	batch->s = stress_caches[stress_below(me, STRESS_SHARED_CACHES)];
	batch->size = kmem_cache_size(batch->s);
	batch->nr = 1 + (size_t)stress_below(me, BATCH);
	batch->id = stress_new_id(me);
	if (!kmem_cache_alloc_bulk(batch->s, stress_gfp(me) & ~__GFP_ZERO,
				   batch->nr, batch->objs))
		batch->nr = 0;
	for (i = 0; i < batch->nr; i++)
		stress_fill(batch->objs[i], batch->size, batch->id);
	return batch;
}

static void swap_some(struct stressor *me, struct stress_batch *batch)
{
	size_t n = (size_t)stress_below(me, 5), i, j;
	void *p;

	while (n--) {
		i = (size_t)stress_below(me, batch->nr);
		j = (size_t)stress_below(me, batch->nr);
		p = batch->objs[i];
		batch->objs[i] = batch->objs[j];
		batch->objs[j] = p;
	}
}

static void give(struct stressor *me, struct stress_batch *batch)
{
	size_t i;

	if (!batch)
		return;
	for (i = 0; i < batch->nr; i++)
		stress_verify(me, batch->objs[i], batch->size, batch->id);
	if (batch->nr && stress_one_in(me, 2))
		swap_some(me, batch);
	if (stress_one_in(me, 4))
		kfree_bulk(batch->nr, batch->objs);
	else
		kmem_cache_free_bulk(batch->s, batch->nr, batch->objs);
	kfree(batch);
}

static void bulk(struct stressor *me)
{
	while (stress_goes_on(me)) {
		struct stress_batch *batch = take(me);

		if (stress_one_in(me, 2))
			batch = send(me, batch);
		give(me, batch);
		if (me->index == 0 && stress_one_in(me, 32))
			kmem_cache_shrink_all();
	}
}

static void empty_mail(struct ktest *t)
{
	static struct stressor me;
	unsigned int i;

	stressor_init(&me, 0, STRESS_NR_HANDLER);
	for (i = 0; i < BOXES; i++) {
		give(&me, mail[i]);
		mail[i] = NULL;
	}
	stress_pass_on(t, &me);
}

static void bulks_cross_from_cpu_to_cpu(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 1, bulk, NULL), 0);
	empty_mail(t);
}

static void preempted_threads_share_a_cpus_arrays(struct ktest *t)
{
	KTEST_EXPECT_NE(t, stress_run(t, 3, bulk, NULL), 0);
	empty_mail(t);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(bulks_cross_from_cpu_to_cpu),
	KTEST_CASE(preempted_threads_share_a_cpus_arrays),
	{}
};
KTEST_SUITE_FIXTURE(stress_bulk, cases, stress_begin, stress_end);

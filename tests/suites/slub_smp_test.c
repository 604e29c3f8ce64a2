/* Object caches on several CPUs: objects cross, and come back if asked for. */
#include <asm/processor.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <mm/gfp.h>
#include <mm/kfence.h>

#include "../../mm/slab_info.h"
#include "cpu_up.h"
#include "slub_fixture.h"

#define NR 400
/* More than main, spare and the stock hold, on a machine of 8. */
#define NR_CHURN 800

static struct kmem_cache *s;
static unsigned int here, other;

/* Two CPUs, or the case is skipped. The other one is the last that runs. */
static bool two_cpus(struct ktest *t)
{
	unsigned int cpu;

	if (num_online_cpus() == 1) {
		ktest_skip(t, "needs a second CPU");
		return false;
	}
	for_each_online_cpu(cpu)
		other = cpu;
	here = smp_processor_id();
	return other != here;
}

static void set_up(struct ktest *t)
{
	kfence_pause();
	s = plain_cache("crossing", 64);
	KTEST_EXPECT_NOT_NULL(t, s);
}

static void tear_down(struct ktest *t)
{
	if (s) {
		KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
		KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
		kmem_cache_destroy(s);
	}
	kfence_resume();
}

static struct kmem_cache_cpu *array_of(unsigned int cpu)
{
	return per_cpu_ptr(s->cpu, cpu);
}

static unsigned int objects_of(unsigned int cpu)
{
	return stack_count(array_of(cpu)) + array_of(cpu)->spare->avail;
}

/* What another CPU does in its interrupt handler. */
struct batch {
	void *objs[NR_CHURN];
	unsigned int nr, failed;
};

static struct batch batch;

static void alloc_all(void *info)
{
	struct batch *b = info;
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		b->objs[i] = kmem_cache_alloc(s, GFP_ATOMIC);
		if (b->objs[i])
			fill_object(b->objs[i], 64);
		else
			b->failed++;
	}
}

static void free_all(void *info)
{
	struct batch *b = info;
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->objs[i] && !object_is_intact(b->objs[i], 64))
			b->failed++;
		kmem_cache_free(s, b->objs[i]);
	}
}

static void alloc_on(unsigned int cpu, unsigned int nr)
{
	batch.nr = nr;
	batch.failed = 0;
	smp_call_function_single(cpu, alloc_all, &batch, true);
}

static void free_on(unsigned int cpu)
{
	smp_call_function_single(cpu, free_all, &batch, true);
}

static unsigned long objects_in_use(void)
{
	struct slab_info info;

	slab_get_info(s, &info);
	return info.active_objects;
}

static void object_goes_to_the_array_of_the_cpu_that_frees(struct ktest *t)
{
	if (!two_cpus(t))
		return;
	alloc_on(here, 3);
	KTEST_EXPECT_EQ(t, objects_of(here), 57);
	free_on(other);
	KTEST_EXPECT_EQ(t, batch.failed, 0);
	KTEST_EXPECT_EQ(t, objects_of(here), 57);
	KTEST_EXPECT_EQ(t, objects_of(other), 3);
	KTEST_EXPECT_EQ(t, objects_in_use(), 0);
	KTEST_EXPECT_STREQ(t, kmem_cache_validate(s), NULL);
	alloc_on(other, 3);
	KTEST_EXPECT_EQ(t, objects_of(other), 0);
	KTEST_EXPECT_EQ(t, objects_in_use(), 3);
	free_on(here);
	KTEST_EXPECT_EQ(t, objects_of(here), 60);
}

/* Round and round, through every CPU's arrays, the stock and the slabs. */
static void objects_freed_elsewhere_are_conserved(struct ktest *t)
{
	unsigned int from, to, distance;

	for (distance = 0; distance < min(nr_cpu_ids, 8U); distance++) {
		for_each_online_cpu(from) {
			to = (from + distance) % nr_cpu_ids;
			if (!cpu_online(to))
				continue;
			alloc_on(from, NR);
			KTEST_EXPECT_EQ(t, objects_in_use(), NR);
			free_on(to);
			KTEST_ASSERT_EQ(t, batch.failed, 0);
			KTEST_EXPECT_EQ(t, objects_in_use(), 0);
		}
		KTEST_ASSERT_STREQ(t, kmem_cache_validate(s), NULL);
	}
}

static void shrink_collects_what_other_cpus_hold(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		alloc_on(cpu, NR);
		free_on(cpu);
		KTEST_EXPECT_GT(t, objects_of(cpu), 60);
	}
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	for_each_online_cpu(cpu)
		KTEST_EXPECT_EQ(t, objects_of(cpu), 0);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
}

static void shrinking_all_collects_what_other_cpus_hold(struct ktest *t)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		alloc_on(cpu, NR);
		free_on(cpu);
	}
	kmem_cache_shrink_all();
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
}

/* When it is asked for what it holds, but not before we hold nothing. */
static void give_late(void *info)
{
	while (stack_count(array_of(here)))
		cpu_relax();
	free_all(info);
}

/* The stock has been emptied then, and is full again. */
static void shrink_collects_what_others_give_meanwhile(struct ktest *t)
{
	static struct batch none;	/* called when the other is through */

	if (!two_cpus(t))
		return;
	alloc_on(here, 1);
	free_on(here);
	alloc_on(other, NR);
	KTEST_EXPECT_GT(t, objects_of(other), 0);
	smp_call_function_single(other, give_late, &batch, false);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	smp_call_function_single(other, free_all, &none, true);
	KTEST_EXPECT_EQ(t, batch.failed, 0);
	KTEST_EXPECT_EQ(t, nr_slabs(s), 0);
}

/* A CPU that answers no call until it is let go, or has waited in vain. */
static bool busy, let_go, in_vain;

static void be_stubborn(void *info)
{
	u64 end = ktime_get_us() + 10000000;

	__atomic_store_n(&busy, true, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&let_go, __ATOMIC_ACQUIRE) && !in_vain) {
		in_vain = ktime_get_us() > end;
		cpu_relax();
	}
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

static void wait_while_busy_is(bool was)
{
	while (__atomic_load_n(&busy, __ATOMIC_ACQUIRE) == was)
		cpu_relax();
}

/* It would be woken for nothing, and waited for. */
static void shrink_asks_no_cpu_that_holds_nothing(struct ktest *t)
{
	if (!two_cpus(t))
		return;
	let_go = in_vain = false;
	kmem_cache_shrink_all();
	smp_call_function_single(other, be_stubborn, NULL, false);
	wait_while_busy_is(false);
	alloc_on(here, 1);
	free_on(here);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	kmem_cache_shrink_all();
	__atomic_store_n(&let_go, true, __ATOMIC_RELEASE);
	wait_while_busy_is(true);
	KTEST_EXPECT_FALSE(t, in_vain);
}

/* With interrupts off nobody else can be waited for. */
static void shrink_with_interrupts_off_collects_what_is_here(struct ktest *t)
{
	unsigned long flags;

	if (!two_cpus(t))
		return;
	alloc_on(here, 1);
	free_on(here);
	alloc_on(other, 1);
	free_on(other);
	local_irq_save(flags);
	KTEST_EXPECT_NE(t, kmem_cache_shrink(s), 0);
	local_irq_restore(flags);
	KTEST_EXPECT_EQ(t, objects_of(here), 0);
	KTEST_EXPECT_GT(t, objects_of(other), 0);
}

/* A CPU with empty arrays is asked too, if its slots name objects. */
static void no_slot_vouches_for_anything_after_a_shrink(struct ktest *t)
{
	unsigned int cpu;
	void *p;

	if (!two_cpus(t))
		return;
	alloc_on(here, 60);
	KTEST_EXPECT_EQ(t, objects_of(here), 0);
	p = batch.objs[59];
	KTEST_EXPECT_PTR_EQ(t, *array_of(here)->stack.top, p);
	free_on(other);
	KTEST_EXPECT_PTR_EQ(t, *array_of(here)->stack.top, p);
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	for_each_online_cpu(cpu)
		KTEST_EXPECT_PTR_EQ(t, *array_of(cpu)->stack.top,
				    s->no_object);
	KTEST_EXPECT_REPORTS(t, 1, "not a slab page", kmem_cache_free(s, p));
}

static void free_objects_of_another_cpu_are_not_freed_again(struct ktest *t)
{
	unsigned int i;

	if (!two_cpus(t))
		return;
	alloc_on(here, 100);
	free_on(other);
	KTEST_EXPECT_EQ(t, array_of(other)->spare->avail, 60);
	for (i = 0; i < 100 && !t->failed; i++)
		KTEST_EXPECT_REPORTS(t, 1, "double free",
				     kmem_cache_free(s, batch.objs[i]));
}

static void destroy_finds_objects_in_another_cpus_arrays(struct ktest *t)
{
	struct kmem_cache *kept = s;

	if (!two_cpus(t))
		return;
	s = plain_cache("doomed", 64);
	if (KTEST_EXPECT_NOT_NULL(t, s)) {
		alloc_on(here, NR);
		free_on(other);
		KTEST_EXPECT_REPORTS(t, 0, "", kmem_cache_destroy(s));
	}
	s = kept;
}

/*
 * That CPU's threads keep it from going; a test machine has none there.
 */
static void objects_of_a_dead_cpu_come_back(struct ktest *t)
{
	void *p;

	if (!two_cpus(t))
		return;
	alloc_on(other, NR);
	p = batch.objs[NR - 1];
	free_on(other);
	KTEST_EXPECT_GT(t, objects_of(other), 60);
	KTEST_ASSERT_EQ(t, cpu_down(other), 0);
	KTEST_EXPECT_EQ(t, objects_of(other), 0);
	/* a double free, or of an object whose slab has gone */
	KTEST_EXPECT_REPORTS(t, 1, "", kmem_cache_free(s, p));
	KTEST_EXPECT_EQ(t, kmem_cache_shrink(s), 0);
	expect_cpu_up(t, other);
	alloc_on(other, NR);
	free_on(other);
	KTEST_EXPECT_EQ(t, batch.failed, 0);
	KTEST_EXPECT_GT(t, objects_of(other), 60);
}

/* Handlers that run whenever they like, and what they keep. */
#define KEPT 100

static struct {
	void *objs[KEPT];
	unsigned int calls, wrong;
} handler;

static void use_cache_in_handler(void *info)
{
	void **kept = &handler.objs[handler.calls++ % KEPT];
	void *p = kmem_cache_alloc(s, GFP_ATOMIC);

	if (!in_interrupt() || !irqs_disabled())
		handler.wrong++;
	if (*kept && !object_is_intact(*kept, 64))
		handler.wrong++;
	kmem_cache_free(s, *kept);
	*kept = p;
	if (p)
		fill_object(p, 64);
}

static void call_back(void *info)
{
	smp_call_function_single(here, use_cache_in_handler, NULL, false);
}

/* Through every slow path, handlers coming at any moment. */
static void thread_and_handlers_share_a_cpus_array(struct ktest *t)
{
	unsigned int i, round, sent = 0, wrong = 0;

	if (!two_cpus(t))
		return;
	memset(&handler, 0, sizeof(handler));
	batch.nr = NR_CHURN;
	batch.failed = 0;
	for (round = 0; round < 1000 && sent < 3000; round++) {
		alloc_all(&batch);
		for (i = 0; i < 8; i++)
			sent += !smp_call_function_single(other, call_back,
							  NULL, false);
		free_all(&batch);
		wrong += batch.failed;
	}
	/* two calls behind each other: the last of ours, the last of its */
	smp_call_function_single(other, call_back, NULL, true);
	for (i = 0; READ_ONCE(handler.calls) < sent + 1 && i < 1U << 28; i++)
		cpu_relax();
	KTEST_EXPECT_EQ(t, handler.calls, sent + 1);
	KTEST_EXPECT_EQ(t, handler.wrong + wrong, 0);
	for (i = 0; i < KEPT; i++)
		kmem_cache_free(s, handler.objs[i]);
}

/*
 * The other CPU moves objects through all its arrays and hands some of them
 * to us. What we have is not in its arrays any more, whenever we look.
 */
static struct {
	void *box;		/* an object on its way here, or NULL */
	bool done;
} churn;

static void churn_here(void *info)
{
	struct batch *b = info;
	unsigned int i, round;
	void *p;

	for (round = 0; round < 20; round++) {
		slab_flush_cpu(s);
		for (i = 0; i < b->nr; i++)
			b->objs[i] = kmem_cache_alloc(s, GFP_ATOMIC);
		for (i = 0; i < b->nr; i++) {
			p = b->objs[i];
			if (!__atomic_load_n(&churn.box, __ATOMIC_RELAXED))
				__atomic_store_n(&churn.box, p,
						 __ATOMIC_RELEASE);
			else
				kmem_cache_free(s, p);
		}
	}
	__atomic_store_n(&churn.done, true, __ATOMIC_RELEASE);
}

/* As if its push had been interrupted behind the mark. */
static void free_marked(void *p)
{
	*slab_word(s, p) = s->secret;
	kmem_cache_free(s, p);
}

static void take_from_box(unsigned int *taken)
{
	void *p = __atomic_exchange_n(&churn.box, NULL, __ATOMIC_ACQUIRE);

	if (!p)
		return;
	free_marked(p);
	++*taken;
}

/* With empty arrays: what comes is what somebody gave to the node last. */
static void take_from_node(void)
{
	void *p;

	slab_flush_cpu(s);
	p = kmem_cache_alloc(s, GFP_ATOMIC);
	if (p)
		free_marked(p);
}

/* With the node's lock held links do not change. */
static bool in_a_freelist(const void *p)
{
	return slab_word_looks_free(s, p) && *slab_word(s, p) != s->secret;
}

/*
 * What the other CPU's arrays claim to hold, but a slab has. Looks at words
 * that the CPU may be writing, which the thread sanitizer would report.
 */
#ifdef __SANITIZE_THREAD__
static const bool may_look = false;
#else
static const bool may_look = true;
#endif

static unsigned int objects_in_two_places(void)
{
	struct kmem_cache_node *n = &s->node[slab_local_node()];
	const struct kmem_cache_cpu *c = array_of(other);
	const struct slab_sheaf *spare;
	unsigned int i, avail, bad = 0;
	unsigned long flags;
	void **slot;

	spin_lock_irqsave(&n->lock, flags);
	spare = cpu_spare(c);
	avail = sheaf_avail(spare);
	for (slot = stack_top(c); READ_ONCE(slot[-1]); slot--)
		bad += in_a_freelist(READ_ONCE(slot[-1]));
	for (i = 1; i <= avail; i++)
		bad += in_a_freelist(READ_ONCE(spare->objects[i]));
	spin_unlock_irqrestore(&n->lock, flags);
	return bad;
}

static void right_free_is_right_while_others_move_objects(struct ktest *t)
{
	unsigned int round, taken = 0, doubled = 0;

	if (!two_cpus(t))
		return;
	batch.nr = NR_CHURN;
	KTEST_EXPECT_REPORTS(t, 0, "", ({
		for (round = 0; round < 1000 && taken < 200; round++) {
			churn.done = false;
			smp_call_function_single(other, churn_here, &batch,
						 false);
			while (!__atomic_load_n(&churn.done,
						__ATOMIC_ACQUIRE)) {
				take_from_box(&taken);
				take_from_node();
				if (may_look)
					doubled += objects_in_two_places();
			}
		}
		take_from_box(&taken);
	}));
	KTEST_EXPECT_GE(t, taken, 200);
	KTEST_EXPECT_EQ(t, doubled, 0);
}

/* A node's lock, held by another CPU for a while. */
struct holder {
	struct kmem_cache_node *node;
	bool held, let_go;
};

static void hold_for_a_while(void *info)
{
	struct holder *h = info;
	spinlock_t *lock = &h->node->lock;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(lock, flags);
	__atomic_store_n(&h->held, true, __ATOMIC_RELEASE);
	for (i = 0; i < 100000; i++)
		cpu_relax();
	__atomic_store_n(&h->let_go, true, __ATOMIC_RELEASE);
	spin_unlock_irqrestore(lock, flags);
}

/* An object of each of two nodes; how many. */
static unsigned int objects_of_two_nodes(void **objs)
{
	unsigned int n = 0;
	int nid;

	for_each_online_node(nid) {
		if (n == 2 || !node_has_low_pages(nid))
			continue;
		node_take(s, nid, &objs[n], 1);
		if (!objs[n] && node_grow(s, GFP_MUST | __GFP_THISNODE, nid))
			node_take(s, nid, &objs[n], 1);
		n += objs[n] != NULL;
	}
	return n;
}

static void objects_go_back_under_the_lock_of_their_node(struct ktest *t)
{
	struct holder holder = { .held = false };
	void *objs[2] = { NULL };
	unsigned int n;
	bool waited;

	if (!two_cpus(t))
		return;
	n = objects_of_two_nodes(objs);
	if (n == 2) {
		holder.node = slab_node(s, slab_of(objs[1]));
		smp_call_function_single(other, hold_for_a_while, &holder,
					 false);
		while (!__atomic_load_n(&holder.held, __ATOMIC_ACQUIRE))
			cpu_relax();
	} else {
		ktest_skip(t, "needs memory in two nodes");
	}
	node_put(s, objs, n);
	waited = __atomic_load_n(&holder.let_go, __ATOMIC_ACQUIRE);
	KTEST_EXPECT_EQ(t, waited, n == 2);
	while (n == 2 && !__atomic_load_n(&holder.let_go, __ATOMIC_ACQUIRE))
		cpu_relax();
}

static const struct ktest_case cases[] = {
	KTEST_CASE(object_goes_to_the_array_of_the_cpu_that_frees),
	KTEST_CASE(objects_freed_elsewhere_are_conserved),
	KTEST_CASE(shrink_collects_what_other_cpus_hold),
	KTEST_CASE(shrink_collects_what_others_give_meanwhile),
	KTEST_CASE(shrinking_all_collects_what_other_cpus_hold),
	KTEST_CASE(shrink_asks_no_cpu_that_holds_nothing),
	KTEST_CASE(shrink_with_interrupts_off_collects_what_is_here),
	KTEST_CASE(no_slot_vouches_for_anything_after_a_shrink),
	KTEST_CASE(free_objects_of_another_cpu_are_not_freed_again),
	KTEST_CASE(destroy_finds_objects_in_another_cpus_arrays),
	KTEST_CASE(objects_of_a_dead_cpu_come_back),
	KTEST_CASE(thread_and_handlers_share_a_cpus_array),
	KTEST_CASE(right_free_is_right_while_others_move_objects),
	KTEST_CASE(objects_go_back_under_the_lock_of_their_node),
	{}
};
KTEST_SUITE_FIXTURE(slub_smp, cases, set_up, tear_down);

/*
 * What waits for readers is freed when they have left, and not before; it is
 * freed once, in order, and rcu_barrier() knows.
 */
#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/preempt.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#include "cpu_up.h"

static bool needs_cpus(struct ktest *t, unsigned int n)
{
	if (num_online_cpus() >= n)
		return true;
	ktest_skip(t, "needs more CPUs");
	return false;
}

/* The n-th one that runs and is not this one, or this one. */
static unsigned int other_cpu(unsigned int n)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id() && !--n)
			return cpu;
	return smp_processor_id();
}

static bool is_set(bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag)
{
	__atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

/* ----- grace periods ------------------------------------------------------ */

static void reader_holds_preemption_off(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, in_atomic());
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	KTEST_EXPECT_TRUE(t, in_atomic());
	rcu_read_unlock();
	KTEST_EXPECT_FALSE(t, in_atomic());
}

static void who_waits_in_a_reader_is_reported(struct ktest *t)
{
	rcu_read_lock();
	KTEST_EXPECT_REPORTS(t, 2, "may sleep", synchronize_rcu());
	rcu_read_unlock();
}

/* A reader on another CPU, and one who waits for it. */
struct meeting {
	bool irqs_off;
	void (*wait)(void);
	bool in, leave, left;
	bool over, over_before_left;
};

static int read(void *data)
{
	struct meeting *m = data;
	unsigned long flags = 0;

	rcu_read_lock();
	if (m->irqs_off)
		local_irq_save(flags);
	set(&m->in);
	while (!is_set(&m->leave))
		cpu_relax();
	set(&m->left);
	if (m->irqs_off)
		local_irq_restore(flags);
	rcu_read_unlock();
	return 0;
}

static int wait_for_readers(void *data)
{
	struct meeting *m = data;

	m->wait();
	m->over_before_left = !is_set(&m->left);
	set(&m->over);
	return 0;
}

/* Long enough for one who does not wait. */
static void give_it_time(void)
{
	u64 start = ktime_get_us();

	while (ktime_get_us() - start < 20000)
		yield();
}

static void meet(struct ktest *t, bool irqs_off, void (*wait)(void))
{
	struct meeting m = { .irqs_off = irqs_off, .wait = wait };
	struct task_struct *reader, *waiter;

	reader = kthread_run_on(other_cpu(1), read, &m, "reader");
	KTEST_ASSERT_NOT_NULL(t, reader);
	while (!is_set(&m.in))
		yield();
	waiter = kthread_run_on(other_cpu(2), wait_for_readers, &m, "writer");
	give_it_time();
	KTEST_EXPECT_FALSE(t, is_set(&m.over));
	set(&m.leave);
	kthread_stop(reader);
	if (waiter)
		kthread_stop(waiter);
	KTEST_EXPECT_EQ(t, is_set(&m.over), waiter != NULL);
	KTEST_EXPECT_FALSE(t, m.over_before_left);
}

static void grace_period_lasts_until_the_reader_leaves(struct ktest *t)
{
	if (needs_cpus(t, 2))
		meet(t, false, synchronize_rcu);
}

static void interrupts_off_is_a_reader_too(struct ktest *t)
{
	/* who asks such a one keeps his own CPU until the answer */
	if (needs_cpus(t, 3))
		meet(t, true, synchronize_rcu);
}

static void free_without_a_head(void)
{
	kfree_rcu_mightsleep(kmalloc(64, GFP_KERNEL | __GFP_NOFAIL));
}

static void object_without_a_head_lasts_until_the_reader_leaves(struct ktest *t)
{
	if (needs_cpus(t, 2))
		meet(t, false, free_without_a_head);
}

static int compute(void *data)
{
	bool *stop = data;

	while (!is_set(stop))
		cpu_relax();
	return 0;
}

/* Neither switches threads by itself. */
static void idle_and_busy_cpus_hold_nobody_up(struct ktest *t)
{
	struct task_struct *task = NULL;
	bool stop = false;
	unsigned int i;

	if (num_online_cpus() > 1)
		task = kthread_run_on(other_cpu(1), compute, &stop, "busy");
	for (i = 0; i < 20; i++)
		synchronize_rcu();
	set(&stop);
	if (task)
		kthread_stop(task);
}

static void cpus_that_come_and_go_hold_nobody_up(struct ktest *t)
{
	unsigned int cpu = nr_cpu_ids - 1, i;

	if (!needs_cpus(t, 2))
		return;
	for (i = 0; i < 3; i++) {
		synchronize_rcu();
		if (cpu_down(cpu)) {
			ktest_skip(t, "a thread belongs to that CPU");
			return;
		}
		synchronize_rcu();
		if (!expect_cpu_up(t, cpu))
			return;
	}
	synchronize_rcu();
}

/* ----- objects that wait -------------------------------------------------- */

#define OBJECTS 50U

struct numbered {
	unsigned int number;
	struct rcu_head rcu;
};

static unsigned int next_number, out_of_order;

static void note_order(struct rcu_head *head)
{
	struct numbered *n = container_of(head, struct numbered, rcu);

	out_of_order += n->number != next_number++;
}

static void functions_are_called_once_and_in_order(struct ktest *t)
{
	static struct numbered objects[OBJECTS];
	unsigned int i;

	next_number = out_of_order = 0;
	for (i = 0; i < OBJECTS; i++) {
		objects[i].number = i;
		call_rcu(&objects[i].rcu, note_order);
	}
	rcu_barrier();
	KTEST_EXPECT_EQ(t, next_number, OBJECTS);
	KTEST_EXPECT_EQ(t, out_of_order, 0);
}

static void barrier_in_a_function_waits_for_nothing(struct rcu_head *head)
{
	rcu_barrier();
	next_number++;
}

static void thread_does_not_wait_for_itself(struct ktest *t)
{
	static struct rcu_head head;

	next_number = 0;
	call_rcu(&head, barrier_in_a_function_waits_for_nothing);
	rcu_barrier();
	KTEST_EXPECT_EQ(t, next_number, 1);
}

static bool called;
static unsigned long waiting_then;

static void count_waiting(struct rcu_head *head)
{
	waiting_then = rcu_nr_waiting();
	set(&called);
}

/* Or a barrier would take what is being done for done. */
static void object_counts_until_its_function_is_over(struct ktest *t)
{
	static struct rcu_head head;

	called = false;
	call_rcu(&head, count_waiting);
	while (!is_set(&called))
		yield();
	KTEST_EXPECT_NE(t, waiting_then, 0);
	rcu_barrier();
}

/* Nor does a barrier count, which is still in hand when its caller goes on. */
static void nothing_waits_behind_a_barrier(struct ktest *t)
{
	static struct numbered object;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		call_rcu(&object.rcu, note_order);
		rcu_barrier();
		if (!KTEST_EXPECT_EQ(t, rcu_nr_waiting(), 0))
			break;
	}
}

static void call_from_handler(void *info)
{
	call_rcu(info, note_order);
}

static void handlers_may_ask(struct ktest *t)
{
	static struct numbered object;

	next_number = out_of_order = object.number = 0;
	smp_call_function_single(other_cpu(1), call_from_handler, &object.rcu,
				 true);
	rcu_barrier();
	KTEST_EXPECT_EQ(t, next_number, 1);
}

struct large {
	char front[4000];
	struct rcu_head rcu;
	char behind[20000];
};

/* Found out by the census, too, if one of them stays. */
static void objects_of_all_kinds_are_freed(struct ktest *t)
{
	struct numbered *small = kmalloc(sizeof(*small), GFP_KERNEL);
	struct large *large = kmalloc(sizeof(*large), GFP_KERNEL);
	struct large *mapped = vmalloc(sizeof(*mapped));
	struct numbered *none = NULL;
	void *plain = vmalloc(1);

	kfree_rcu(small, rcu);
	kvfree_rcu(large, rcu);
	kvfree_rcu(mapped, rcu);
	kvfree_rcu(none, rcu);
	kvfree_rcu_mightsleep(plain);
	kfree_rcu_mightsleep(none);
	rcu_barrier();
	if (mapped)
		KTEST_EXPECT_NULL(t, find_vm_area(mapped));
	if (plain)
		KTEST_EXPECT_NULL(t, find_vm_area(plain));
}

/* With a head nobody waits: not even who is a reader himself. */
static void reader_may_give_away_what_he_reads(struct ktest *t)
{
	struct large *p = vmalloc(sizeof(*p));

	if (!p)
		return;
	rcu_read_lock();
	kvfree_rcu(p, rcu);
	KTEST_EXPECT_NOT_NULL(t, find_vm_area(p));
	p->front[0] = 1;
	rcu_read_unlock();
	rcu_barrier();
	KTEST_EXPECT_NULL(t, find_vm_area(p));
}

/* ----- readers and writers at the same time ------------------------------- */

#define ROUNDS 300U
#define GOOD 0x600d600dU
#define BAD 0xbadbadU

struct shared {
	unsigned int first;
	struct rcu_head rcu;
	unsigned int last;
};

static struct {
	struct shared *now;
	bool stop;
	unsigned int seen_bad, reads;
} show;

/* What another reader may still look at has not been here. */
static void spoil_and_free(struct rcu_head *head)
{
	struct shared *s = container_of(head, struct shared, rcu);

	WRITE_ONCE(s->first, BAD);
	WRITE_ONCE(s->last, BAD);
	kfree(s);
}

static void look_once(struct rng *rng)
{
	unsigned int spin = (unsigned int)rng_below(rng, 200);
	unsigned int bad = 0;
	struct shared *s;

	rcu_read_lock();
	s = rcu_dereference(show.now);
	if (s) {
		bad += READ_ONCE(s->first) != GOOD;
		while (spin--)
			cpu_relax();
		bad += READ_ONCE(s->last) != GOOD;
	}
	rcu_read_unlock();
	__atomic_fetch_add(&show.seen_bad, bad, __ATOMIC_RELAXED);
	__atomic_fetch_add(&show.reads, 1, __ATOMIC_RELAXED);
}

static int look(void *data)
{
	struct rng rng = rng_seed((unsigned long)data);

	while (!is_set(&show.stop)) {
		look_once(&rng);
		yield();
	}
	return 0;
}

static void exchange(unsigned int round)
{
	struct shared *old = show.now, *new = kmalloc(sizeof(*new), GFP_KERNEL);

	if (new)
		*new = (struct shared){ .first = GOOD, .last = GOOD };
	rcu_assign_pointer(show.now, new);
	if (!old)
		return;
	if (round % 8) {
		call_rcu(&old->rcu, spoil_and_free);
	} else {
		synchronize_rcu();
		spoil_and_free(&old->rcu);
	}
}

static void readers_never_see_what_was_freed(struct ktest *t)
{
	struct task_struct *readers[NR_CPUS] = { NULL };
	unsigned int cpu, i;

	memset(&show, 0, sizeof(show));
	for_each_online_cpu(cpu)
		readers[cpu] = kthread_run_on(cpu, look, (void *)(cpu + 1UL),
					      "reader/%u", cpu);
	for (i = 0; i < ROUNDS; i++) {
		exchange(i);
		if (!(i % 4))
			yield();
	}
	set(&show.stop);
	for_each_online_cpu(cpu)
		if (readers[cpu])
			kthread_stop(readers[cpu]);
	kfree(show.now);
	rcu_barrier();
	KTEST_EXPECT_EQ(t, show.seen_bad, 0);
	KTEST_EXPECT_GT(t, show.reads, 0);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(reader_holds_preemption_off),
	KTEST_CASE(who_waits_in_a_reader_is_reported),
	KTEST_CASE(grace_period_lasts_until_the_reader_leaves),
	KTEST_CASE(interrupts_off_is_a_reader_too),
	KTEST_CASE(object_without_a_head_lasts_until_the_reader_leaves),
	KTEST_CASE(idle_and_busy_cpus_hold_nobody_up),
	KTEST_CASE(cpus_that_come_and_go_hold_nobody_up),
	KTEST_CASE(functions_are_called_once_and_in_order),
	KTEST_CASE(thread_does_not_wait_for_itself),
	KTEST_CASE(object_counts_until_its_function_is_over),
	KTEST_CASE(nothing_waits_behind_a_barrier),
	KTEST_CASE(handlers_may_ask),
	KTEST_CASE(objects_of_all_kinds_are_freed),
	KTEST_CASE(reader_may_give_away_what_he_reads),
	KTEST_CASE(readers_never_see_what_was_freed),
	{}
};
KTEST_SUITE(rcu, cases);

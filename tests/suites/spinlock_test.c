/* The ticket lock itself, on one CPU and on all. */
#include <asm/irqflags.h>
#include <kernel/kthread.h>
#include <kernel/ktest.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>

static spinlock_t lock;

static void fresh_lock(struct ktest *t)
{
	spin_lock_init(&lock, RANK_TEST);
}

static void lock_is_held_from_lock_to_unlock(struct ktest *t)
{
	KTEST_EXPECT_FALSE(t, spin_is_locked(&lock));
	spin_lock(&lock);
	KTEST_EXPECT_TRUE(t, spin_is_locked(&lock));
	spin_unlock(&lock);
	KTEST_EXPECT_FALSE(t, spin_is_locked(&lock));
}

static void holder_is_not_preempted(struct ktest *t)
{
	unsigned int before = preempt_count();
	unsigned long flags;

	spin_lock(&lock);
	KTEST_EXPECT_EQ(t, preempt_count(), before + PREEMPT_OFFSET);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
	spin_unlock(&lock);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
	spin_lock_irqsave(&lock, flags);
	KTEST_EXPECT_EQ(t, preempt_count(), before + PREEMPT_OFFSET);
	KTEST_EXPECT_TRUE(t, irqs_disabled());
	spin_unlock_irqrestore(&lock, flags);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
	KTEST_EXPECT_FALSE(t, irqs_disabled());
}

static void irqrestore_brings_back_what_was(struct ktest *t)
{
	unsigned long outer, flags;

	local_irq_save(outer);
	spin_lock_irqsave(&lock, flags);
	spin_unlock_irqrestore(&lock, flags);
	KTEST_EXPECT_TRUE(t, irqs_disabled());
	local_irq_restore(outer);
}

static void trylock_takes_only_a_free_lock(struct ktest *t)
{
	unsigned int before = preempt_count();

	KTEST_ASSERT_TRUE(t, spin_trylock(&lock));
	KTEST_EXPECT_EQ(t, preempt_count(), before + PREEMPT_OFFSET);
	KTEST_EXPECT_FALSE(t, spin_trylock(&lock));
	KTEST_EXPECT_EQ(t, preempt_count(), before + PREEMPT_OFFSET);
	spin_unlock(&lock);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
	KTEST_EXPECT_FALSE(t, spin_is_locked(&lock));
}

/* Whoever waits comes first: a lock nobody holds may be promised already. */
static void trylock_does_not_jump_the_queue(struct ktest *t)
{
	spin_lock(&lock);
	lock.next++;			/* somebody waits */
	spin_unlock(&lock);
	KTEST_EXPECT_TRUE(t, spin_is_locked(&lock));
	KTEST_EXPECT_FALSE(t, spin_trylock(&lock));
	lock.owner++;			/* has had it */
	KTEST_EXPECT_TRUE(t, spin_trylock(&lock));
	spin_unlock(&lock);
}

static void tickets_begin_again_after_65536(struct ktest *t)
{
	unsigned int i;

	lock.owner = lock.next = 65534;
	for (i = 0; i < 4; i++) {
		spin_lock(&lock);
		KTEST_EXPECT_EQ(t, lock.owner, (u16)(65534 + i));
		KTEST_EXPECT_EQ(t, lock.next, (u16)(65535 + i));
		KTEST_EXPECT_FALSE(t, spin_trylock(&lock));
		spin_unlock(&lock);
	}
	lock.owner = lock.next = 65535;
	KTEST_EXPECT_TRUE(t, spin_trylock(&lock));
	KTEST_EXPECT_TRUE(t, spin_is_locked(&lock));
	spin_unlock(&lock);
	KTEST_EXPECT_EQ(t, lock.owner, 0);
	KTEST_EXPECT_EQ(t, lock.next, 0);
}

#define ADDS 2000
#define ADDING_US 200000
static unsigned long counter, added;

/*
 * An addition that another CPU's may come between, but for the lock. Where
 * CPUs outnumber the host's, whose turn it is may be asleep: time is the end.
 */
static void add_many(void *end)
{
	unsigned long n;
	unsigned int i;

	for (i = 0; i < ADDS && (!i || ktime_get_us() < *(u64 *)end); i++) {
		spin_lock(&lock);
		n = READ_ONCE(counter);
		cpu_relax();
		WRITE_ONCE(counter, n + 1);
		spin_unlock(&lock);
	}
	__atomic_fetch_add(&added, i, __ATOMIC_RELAXED);
}

static void one_cpu_at_a_time_holds_it(struct ktest *t)
{
	u64 end = ktime_get_us() + ADDING_US;

	counter = added = 0;
	on_each_cpu(add_many, &end, true);
	KTEST_EXPECT_EQ(t, counter, added);
	KTEST_EXPECT_FALSE(t, spin_is_locked(&lock));
}

/* Who comes second and third; the test itself is first. */
static unsigned int may_queue, served[3], nr_served;

static int queue_in_turn(void *data)
{
	unsigned int me = *(unsigned int *)data;

	while (__atomic_load_n(&may_queue, __ATOMIC_ACQUIRE) < me)
		cpu_relax();
	spin_lock(&lock);
	served[nr_served++] = me;
	spin_unlock(&lock);
	return 0;
}

static void let_queue(unsigned int nth)
{
	__atomic_store_n(&may_queue, nth, __ATOMIC_RELEASE);
	while ((u16)(__atomic_load_n(&lock.next, __ATOMIC_RELAXED) -
		     lock.owner) != nth + 1)
		cpu_relax();
}

static void first_come_is_first_served(struct ktest *t)
{
	unsigned int me[] = { 1, 2 };
	struct task_struct *one, *two;

	if (!cpu_online(1) || !cpu_online(2)) {
		ktest_skip(t, "needs three CPUs");
		return;
	}
	nr_served = 0;
	__atomic_store_n(&may_queue, 0, __ATOMIC_RELEASE);
	two = kthread_run_on(2, queue_in_turn, &me[1], "second");
	one = kthread_run_on(1, queue_in_turn, &me[0], "first");
	spin_lock(&lock);
	if (one && two) {
		let_queue(1);
		let_queue(2);
	}
	__atomic_store_n(&may_queue, 2, __ATOMIC_RELEASE);
	KTEST_EXPECT_EQ(t, nr_served, 0);
	spin_unlock(&lock);
	if (one)
		kthread_stop(one);
	if (two)
		kthread_stop(two);
	KTEST_EXPECT_EQ(t, nr_served, 2);
	KTEST_EXPECT_EQ(t, served[0], 1);
	KTEST_EXPECT_EQ(t, served[1], 2);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(lock_is_held_from_lock_to_unlock),
	KTEST_CASE(holder_is_not_preempted),
	KTEST_CASE(irqrestore_brings_back_what_was),
	KTEST_CASE(trylock_takes_only_a_free_lock),
	KTEST_CASE(trylock_does_not_jump_the_queue),
	KTEST_CASE(tickets_begin_again_after_65536),
	KTEST_CASE(one_cpu_at_a_time_holds_it),
	KTEST_CASE(first_come_is_first_served),
	{}
};
KTEST_SUITE_FIXTURE(spinlock, cases, fresh_lock, NULL);

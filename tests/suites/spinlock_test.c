/* The ticket lock itself, on one CPU and on all. */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <kernel/spinlock.h>

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

static const struct ktest_case cases[] = {
	KTEST_CASE(lock_is_held_from_lock_to_unlock),
	KTEST_CASE(holder_is_not_preempted),
	KTEST_CASE(irqrestore_brings_back_what_was),
	KTEST_CASE(trylock_takes_only_a_free_lock),
	KTEST_CASE(trylock_does_not_jump_the_queue),
	KTEST_CASE(tickets_begin_again_after_65536),
	{}
};
KTEST_SUITE_FIXTURE(spinlock, cases, fresh_lock, NULL);

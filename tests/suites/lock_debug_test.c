/* Every mistake with a spinlock is told, and survived. Debug builds. */
#include <asm/irqflags.h>
#include <kernel/ktest.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/kernel.h>
#include <lib/string.h>

#ifdef CONFIG_DEBUG

static spinlock_t test, zone, zone2, pkmap, none, logs;

static void fresh_locks(struct ktest *t)
{
	spin_lock_init(&test, RANK_TEST);
	spin_lock_init(&zone, RANK_ZONE);
	spin_lock_init(&zone2, RANK_ZONE);
	spin_lock_init(&pkmap, RANK_PKMAP);
	spin_lock_init(&none, RANK_NONE);
	spin_lock_init(&logs, RANK_LOG);
}

static void take_both(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	spin_lock(second);
	spin_unlock(second);
	spin_unlock(first);
}

/* As an interrupt's handler would: counted as one, interrupts off. */
static void in_a_handler(void (*fn)(spinlock_t *lock), spinlock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	fn(lock);
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	local_irq_restore(flags);
}

static void take(spinlock_t *lock)
{
	spin_lock(lock);
	spin_unlock(lock);
}

static void take_irqs_off(spinlock_t *lock)
{
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	spin_unlock_irqrestore(lock, flags);
}

static void held_locks_are_counted_and_shown(struct ktest *t)
{
	const char *text = report_capture_text();

	KTEST_EXPECT_EQ(t, locks_held(), 0);
	spin_lock(&zone);
	spin_lock(&pkmap);
	KTEST_EXPECT_EQ(t, locks_held(), 2);
	KTEST_EXPECT_EQ(t, zone.debug.held, 1);
	KTEST_EXPECT_EQ(t, zone.debug.owner, smp_processor_id());
	report_capture_log_start();
	lock_debug_show();
	report_capture_stop();
	spin_unlock(&pkmap);
	KTEST_EXPECT_EQ(t, locks_held(), 1);
	spin_unlock(&zone);
	KTEST_EXPECT_EQ(t, locks_held(), 0);
	KTEST_EXPECT_EQ(t, zone.debug.held, 0);
	text = strstr(text, "held: pkmap lock");
	KTEST_ASSERT_NOT_NULL(t, text);
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "held_locks_are_counted"));
	KTEST_EXPECT_NOT_NULL(t, strstr(text, "held: zone lock"));
}

static void ascending_ranks_are_in_order(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, take_both(&zone, &pkmap));
	KTEST_EXPECT_REPORTS(t, 0, NULL, take_both(&test, &zone));
}

static void descending_and_equal_ranks_are_reported(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 1, "lock order: zone lock",
			     take_both(&pkmap, &zone));
	KTEST_EXPECT_REPORTS(t, 1, "held: pkmap lock",
			     take_both(&pkmap, &zone));
	KTEST_EXPECT_REPORTS(t, 1, "lock order", take_both(&zone, &zone2));
	KTEST_EXPECT_EQ(t, locks_held(), 0);
}

/* The innermost is not what counts, but the highest. */
static void rank_must_be_above_all_that_are_held(struct ktest *t)
{
	spin_lock(&pkmap);
	KTEST_EXPECT_TRUE(t, spin_trylock(&test));
	KTEST_EXPECT_REPORTS(t, 1, "lock order", take(&zone));
	spin_unlock(&test);
	spin_unlock(&pkmap);
}

static void lock_without_rank_is_taken_alone(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, take(&none));
	KTEST_EXPECT_REPORTS(t, 1, "lock order", take_both(&test, &none));
	KTEST_EXPECT_REPORTS(t, 1, "lock order", take_both(&none, &zone));
	KTEST_EXPECT_REPORTS(t, 0, NULL, take_both(&none, &logs));
}

static void trylock_asks_for_no_order(struct ktest *t)
{
	spin_lock(&pkmap);
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		KTEST_EXPECT_TRUE(t, spin_trylock(&zone));
		KTEST_EXPECT_FALSE(t, spin_trylock(&zone));
	});
	KTEST_EXPECT_EQ(t, locks_held(), 2);
	spin_unlock(&zone);
	spin_unlock(&pkmap);
}

static void unlock_may_come_in_any_order(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		spin_lock(&test);
		spin_lock(&zone);
		spin_lock(&pkmap);
		spin_unlock(&zone);
		KTEST_EXPECT_EQ(t, locks_held(), 2);
		spin_unlock(&test);
		spin_unlock(&pkmap);
	});
	KTEST_EXPECT_EQ(t, locks_held(), 0);
}

static void lock_taken_twice_is_reported_and_granted(struct ktest *t)
{
	unsigned int before = preempt_count();

	spin_lock(&zone);
	KTEST_EXPECT_REPORTS(t, 1, "lock taken twice", spin_lock(&zone));
	KTEST_EXPECT_EQ(t, locks_held(), 1);
	spin_unlock(&zone);
	KTEST_EXPECT_TRUE(t, spin_is_locked(&zone));
	KTEST_EXPECT_EQ(t, locks_held(), 1);
	spin_unlock(&zone);
	KTEST_EXPECT_FALSE(t, spin_is_locked(&zone));
	KTEST_EXPECT_EQ(t, locks_held(), 0);
	KTEST_EXPECT_EQ(t, preempt_count(), before);
}

static void unlock_of_a_free_lock_is_reported(struct ktest *t)
{
	unsigned int before = preempt_count();

	KTEST_EXPECT_REPORTS(t, 1, "does not hold", spin_unlock(&zone));
	KTEST_EXPECT_FALSE(t, spin_is_locked(&zone));
	KTEST_EXPECT_EQ(t, preempt_count(), before);
	KTEST_EXPECT_REPORTS(t, 0, NULL, take(&zone));
}

static void unlock_on_the_wrong_cpu_is_reported(struct ktest *t)
{
	unsigned int other = smp_processor_id() + 1;

	zone.next++;
	zone.debug.held = 1;
	zone.debug.owner = (u8)other;
	KTEST_EXPECT_REPORTS(t, 1, "it is held by CPU ", spin_unlock(&zone));
	KTEST_EXPECT_TRUE(t, spin_is_locked(&zone));
	KTEST_EXPECT_EQ(t, zone.debug.owner, other);
}

static void lock_of_handlers_taken_with_interrupts_on_is_reported(
							struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		in_a_handler(take, &zone);
		take_irqs_off(&zone);
	});
	KTEST_EXPECT_REPORTS(t, 1, "with interrupts on", take(&zone));
	/* once per lock */
	KTEST_EXPECT_REPORTS(t, 0, NULL, take(&zone));
	KTEST_EXPECT_REPORTS(t, 0, NULL, take(&zone2));
	KTEST_EXPECT_REPORTS(t, 1, "with interrupts on",
			     in_a_handler(take, &zone2));
	KTEST_EXPECT_REPORTS(t, 0, NULL, in_a_handler(take, &zone2));
}

static void handler_takes_zone(spinlock_t *unused)
{
	spin_lock(&zone);
	spin_unlock(&zone);
}

/* What is interrupted has another order than who interrupts. */
static void handler_may_take_less_than_what_it_interrupted(struct ktest *t)
{
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		spin_lock(&pkmap);
		in_a_handler(handler_takes_zone, NULL);
		spin_unlock(&pkmap);
	});
	KTEST_EXPECT_REPORTS(t, 1, "lock order", take_both(&pkmap, &zone));
}

static void handler_that_wants_what_it_interrupted_is_reported(struct ktest *t)
{
	spin_lock(&zone);
	KTEST_EXPECT_REPORTS(t, 1, "lock taken twice",
			     in_a_handler(take, &zone));
	spin_unlock(&zone);
	KTEST_EXPECT_FALSE(t, spin_is_locked(&zone));
}

/* pkmap is taken with interrupts on; a handler there may wait for zone. */
static void open_lock_under_a_lock_of_handlers_is_reported(struct ktest *t)
{
	unsigned long flags;

	take(&pkmap);
	in_a_handler(take, &zone);
	KTEST_EXPECT_REPORTS(t, 1, "under a lock of handlers", {
		spin_lock_irqsave(&zone, flags);
		take(&pkmap);
		take(&pkmap);
		spin_unlock_irqrestore(&zone, flags);
	});
}

static void too_many_held_are_reported_and_survived(struct ktest *t)
{
	static spinlock_t many[20];
	unsigned long flags;
	unsigned int i;

	report_capture_start();
	local_irq_save(flags);		/* a handler's would count as well */
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		spin_lock_init(&many[i], RANK_TEST);
		KTEST_EXPECT_TRUE(t, spin_trylock(&many[i]));
	}
	KTEST_EXPECT_EQ(t, locks_held(), ARRAY_SIZE(many));
	for (i = 0; i < ARRAY_SIZE(many); i++)
		spin_unlock(&many[i]);
	local_irq_restore(flags);
	ktest_check_reports(t, __FILE__, __LINE__, 4, "too many locks held");
	KTEST_EXPECT_EQ(t, locks_held(), 0);
}

static u64 long_ago(void)
{
	return get_cycles() - (1ULL << 36);
}

static void waiting_for_very_long_is_reported_once(struct ktest *t)
{
	struct lock_wait wait = {};
	unsigned int i;

	zone.debug.held = 1;
	zone.debug.owner = 63;
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		for (i = 0; i < 2048; i++)
			lock_debug_wait(&zone, &wait, 5);
	});
	wait.since = long_ago();
	KTEST_EXPECT_REPORTS(t, 1, "it is held by CPU 63", {
		for (i = 0; i < 4096; i++)
			lock_debug_wait(&zone, &wait, 5);
	});
	wait.told = false;
	wait.since = long_ago();
	KTEST_EXPECT_REPORTS(t, 0, NULL, {
		for (i = 0; i < 4096; i++)	/* the queue moves */
			lock_debug_wait(&zone, &wait, 6);
	});
}

/* A report needs both locks itself. */
static void mistake_under_the_log_lock_is_a_line_and_counted(struct ktest *t)
{
	report_capture_log_start();
	take_both(&logs, &zone);
	ktest_check_reports(t, __FILE__, __LINE__, 1,
			    "BUG: lock order: zone lock");
	KTEST_EXPECT_NULL(t, strstr(report_capture_text(), "call stack"));
}

static const struct ktest_case cases[] = {
	KTEST_CASE(held_locks_are_counted_and_shown),
	KTEST_CASE(ascending_ranks_are_in_order),
	KTEST_CASE(descending_and_equal_ranks_are_reported),
	KTEST_CASE(rank_must_be_above_all_that_are_held),
	KTEST_CASE(lock_without_rank_is_taken_alone),
	KTEST_CASE(trylock_asks_for_no_order),
	KTEST_CASE(unlock_may_come_in_any_order),
	KTEST_CASE(lock_taken_twice_is_reported_and_granted),
	KTEST_CASE(unlock_of_a_free_lock_is_reported),
	KTEST_CASE(unlock_on_the_wrong_cpu_is_reported),
	KTEST_CASE(lock_of_handlers_taken_with_interrupts_on_is_reported),
	KTEST_CASE(handler_may_take_less_than_what_it_interrupted),
	KTEST_CASE(handler_that_wants_what_it_interrupted_is_reported),
	KTEST_CASE(open_lock_under_a_lock_of_handlers_is_reported),
	KTEST_CASE(too_many_held_are_reported_and_survived),
	KTEST_CASE(waiting_for_very_long_is_reported_once),
	KTEST_CASE(mistake_under_the_log_lock_is_a_line_and_counted),
	{}
};
KTEST_SUITE_FIXTURE(lock_debug, cases, fresh_locks, NULL);

#else

static void locks_are_not_checked_in_this_build(struct ktest *t)
{
	KTEST_EXPECT_EQ(t, sizeof(spinlock_t), 2 * sizeof(u16));
	KTEST_EXPECT_EQ(t, locks_held(), 0);
	ktest_skip(t, "needs DEBUG=1");
}

static const struct ktest_case cases[] = {
	KTEST_CASE(locks_are_not_checked_in_this_build),
	{}
};
KTEST_SUITE(lock_debug, cases);

#endif

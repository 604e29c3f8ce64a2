/*
 * Sleeping for a time.
 *
 * Each CPU has a list of its own threads that want to be woken at some tick,
 * the earliest first; each of its ticks looks at the head:
 *
 *	sleepers -> 1017 -> 1017 -> 1020 -> 1500
 *	tick 1018:  wakes the first two
 *
 * A sleeper lies on the stack of its thread. The tick takes it out of the list
 * and wakes its thread under the lock; a thread that was woken by somebody
 * else takes itself out. So when schedule_timeout() returns nobody knows it.
 *
 * A tick that was lost (interrupts were off) only makes a sleep longer. The
 * tick that is under way when a sleep begins may be nearly over, or overdue:
 * msleep() asks for one more, and then for more until the clock agrees.
 *
 * Locks: the CPU's sleepers lock, interrupts off; the run queue's inside.
 * Cost: sleeping is linear in the number of earlier sleepers of the CPU.
 */
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>

struct sleeper {
	struct task_struct *task;
	u64 expires;
	struct list_head entry;		/* empty: not in the list */
};

struct sleepers {
	spinlock_t lock;
	struct list_head head;
};

static DEFINE_PER_CPU(struct sleepers, cpu_sleepers) = {
	.lock = SPIN_LOCK_UNLOCKED(RANK_TIMER),
};

/* A list knows its own address, which each CPU's copy gets at first use. */
static struct sleepers *lock_sleepers(unsigned long *flags)
{
	struct sleepers *s;

	local_irq_save(*flags);
	s = this_cpu_ptr(&cpu_sleepers);
	spin_lock(&s->lock);
	if (!s->head.next)
		INIT_LIST_HEAD(&s->head);
	return s;
}

static void add_sleeper(struct sleeper *sleeper)
{
	struct sleeper *later;
	unsigned long flags;
	struct sleepers *s = lock_sleepers(&flags);

	list_for_each_entry(later, &s->head, entry)
		if (later->expires > sleeper->expires)
			break;
	list_add_tail(&sleeper->entry, &later->entry);
	spin_unlock_irqrestore(&s->lock, flags);
}

static void remove_sleeper(struct sleeper *sleeper)
{
	unsigned long flags;
	struct sleepers *s = lock_sleepers(&flags);

	if (!list_empty(&sleeper->entry))
		list_del(&sleeper->entry);
	spin_unlock_irqrestore(&s->lock, flags);
}

u64 schedule_timeout(u64 timeout)
{
	u64 now = get_jiffies();
	struct sleeper me = {
		.task = current,
		.expires = timeout < ~now ? now + timeout : ~0ULL,
		.entry = LIST_HEAD_INIT(me.entry),
	};

	add_sleeper(&me);
	schedule();
	remove_sleeper(&me);
	now = get_jiffies();
	return now < me.expires ? me.expires - now : 0;
}

void msleep(unsigned int ms)
{
	u64 start = ktime_get_us();
	u64 left = msecs_to_jiffies(ms) + 1;

	might_sleep();
	while (left) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		left = schedule_timeout(left);
		if (!left && ktime_get_us() - start < ms * 1000ULL)
			left = 1;
	}
}

void timer_run_sleepers(void)
{
	u64 now = get_jiffies();
	unsigned long flags;
	struct sleepers *s = lock_sleepers(&flags);

	while (!list_empty(&s->head)) {
		struct sleeper *first =
			list_first_entry(&s->head, struct sleeper, entry);

		if (first->expires > now)
			break;
		list_del(&first->entry);
		INIT_LIST_HEAD(&first->entry);
		wake_up_process(first->task);
	}
	spin_unlock_irqrestore(&s->lock, flags);
}

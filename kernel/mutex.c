/*
 * A lock whose waiters sleep.
 *
 *	owner = a	queue: b c d
 *	a unlocks:	owner = b	queue: c d	b is woken
 *
 * The one that unlocks hands the mutex to who has waited longest, so it is
 * never free while somebody waits, and nobody can slip in between: waiters get
 * it in the order in which they came. The price is that it stands still until
 * the new owner has been woken.
 *
 * Who locks, unlocks. A thread that locks twice would wait for itself, and
 * one that unlocks what it does not own would open it for two: both are
 * reported and not done.
 *
 * In debug builds each thread notes the ranks of what it holds. A mutex whose
 * rank is not above all of them is reported, also if all goes well this time:
 * two threads that take two mutexes in opposite order wait for each other for
 * ever some day.
 *
 * Locks: wait.lock, interrupts off, guards owner and the queue.
 * Invariants: owner is NULL only if the queue is empty; a waiter is in the
 * queue until it is the owner.
 * Cost: free, or nobody waits: one spinlock hold.
 * Left out: spinning while the owner runs on another CPU.
 */
#include <kernel/mutex.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <lib/kernel.h>

/* wait.lock is held: the owner stays alive. */
static void report_mutex(const char *what, const struct mutex *m)
{
	report_begin(what, "mutex %px of rank %u, thread %s, owner %s", m,
		     m->rank, current->name,
		     m->owner ? m->owner->name : "nobody");
	report_end();
}

#ifdef CONFIG_DEBUG

static void check_rank(const struct mutex *m)
{
	const struct task_struct *me = current;
	unsigned int i;

	for (i = 0; i < me->nr_held_mutexes; i++)
		if (me->held_mutex_rank[i] >= m->rank) {
			report_begin("mutex taken out of order",
				     "rank %u, thread %s holds rank %u",
				     m->rank, me->name, me->held_mutex_rank[i]);
			report_end();
			return;
		}
}

/* What does not fit is not checked; no thread holds so many. */
static void note_held(const struct mutex *m)
{
	struct task_struct *me = current;

	if (me->nr_held_mutexes < ARRAY_SIZE(me->held_mutex_rank))
		me->held_mutex_rank[me->nr_held_mutexes++] = (u8)m->rank;
}

static void forget_held(const struct mutex *m)
{
	struct task_struct *me = current;
	u8 *rank = me->held_mutex_rank;
	unsigned int i, n = me->nr_held_mutexes;

	for (i = n; i-- > 0;)
		if (rank[i] == m->rank) {
			rank[i] = rank[n - 1];
			me->nr_held_mutexes--;
			return;
		}
}

#else

static void check_rank(const struct mutex *m)
{
}

static void note_held(const struct mutex *m)
{
}

static void forget_held(const struct mutex *m)
{
}

#endif

void mutex_init(struct mutex *m, enum lock_rank rank)
{
	m->owner = NULL;
	m->rank = rank;
	init_waitqueue_head(&m->wait);
}

/* Sleeps until the mutex was handed to us. wait.lock is held, and stays so. */
static void wait_for_turn(struct mutex *m, unsigned long *flags)
{
	DEFINE_WAIT(w);

	list_add_tail(&w.entry, &m->wait.head);
	while (m->owner != current) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		spin_unlock_irqrestore(&m->wait.lock, *flags);
		schedule();
		spin_lock_irqsave(&m->wait.lock, *flags);
	}
}

void mutex_lock(struct mutex *m)
{
	unsigned long flags;

	might_sleep();
	spin_lock_irqsave(&m->wait.lock, flags);
	if (m->owner == current) {
		report_mutex("mutex_lock: held already", m);
	} else {
		check_rank(m);
		if (m->owner)
			wait_for_turn(m, &flags);
		m->owner = current;
		note_held(m);
	}
	spin_unlock_irqrestore(&m->wait.lock, flags);
}

bool mutex_trylock(struct mutex *m)
{
	unsigned long flags;
	bool locked;

	spin_lock_irqsave(&m->wait.lock, flags);
	locked = !m->owner;
	if (locked) {
		m->owner = current;
		note_held(m);
	}
	spin_unlock_irqrestore(&m->wait.lock, flags);
	return locked;
}

/* wait.lock is held. The waiter's entry is gone once it is the owner. */
static void hand_over(struct mutex *m)
{
	struct wait_queue_entry *w =
		list_first_entry_or_null(&m->wait.head,
					 struct wait_queue_entry, entry);

	m->owner = w ? w->task : NULL;
	if (!w)
		return;
	list_del(&w->entry);
	wake_up_process(m->owner);
}

void mutex_unlock(struct mutex *m)
{
	unsigned long flags;

	spin_lock_irqsave(&m->wait.lock, flags);
	if (m->owner == current) {
		forget_held(m);
		hand_over(m);
	} else {
		report_mutex("mutex_unlock: not ours", m);
	}
	spin_unlock_irqrestore(&m->wait.lock, flags);
}

bool mutex_is_locked(struct mutex *m)
{
	unsigned long flags;
	bool locked;

	spin_lock_irqsave(&m->wait.lock, flags);
	locked = m->owner;
	spin_unlock_irqrestore(&m->wait.lock, flags);
	return locked;
}

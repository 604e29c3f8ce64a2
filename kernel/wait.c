/*
 * Waiting for a condition until somebody says it may have come true.
 *
 *	waiter					waker
 *	 1. puts itself into the queue		 1. makes the condition true
 *	 2. says that it sleeps			 2. wakes who is in the queue
 *	 3. looks at the condition
 *	 4. sleeps if it is not true
 *	 5. from 2 again; at last, leaves
 *
 * What the waiter does in 1 and 2 is done before it looks, so a waker whose
 * change it did not see finds it in the queue, and 4 does not sleep.
 *
 *	head -> a -> b -> C -> d -> E		capitals: exclusive
 *	wake_up():	a, b, C, d		and E stays asleep
 *
 * A waiter that is woken leaves the queue at once, by the waker's hand. So a
 * second wake_up() reaches the next exclusive one, also before the first has
 * run. One that was awake already (somebody else's doing) is left where it is
 * and does not count: it will look at the condition anyway.
 *
 * Locks: wait_queue_head.lock, interrupts off; run queue locks inside. The
 * entry lies on the waiter's stack and is only touched under the lock.
 * Cost: waking is linear in who waits.
 */
#include <kernel/wait.h>

void init_waitqueue_head(struct wait_queue_head *wq)
{
	spin_lock_init(&wq->lock, RANK_WAIT_QUEUE);
	INIT_LIST_HEAD(&wq->head);
}

static void enqueue(struct wait_queue_head *wq, struct wait_queue_entry *w,
		    bool exclusive)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	w->exclusive = exclusive;
	if (list_empty(&w->entry))
		list_add_tail(&w->entry, &wq->head);
	set_current_state(TASK_UNINTERRUPTIBLE);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *w)
{
	enqueue(wq, w, false);
}

void prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *w)
{
	enqueue(wq, w, true);
}

static void dequeue(struct wait_queue_entry *w)
{
	list_del(&w->entry);
	INIT_LIST_HEAD(&w->entry);
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *w)
{
	unsigned long flags;

	set_current_state(TASK_RUNNING);
	spin_lock_irqsave(&wq->lock, flags);
	if (!list_empty(&w->entry))
		dequeue(w);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up_locked(struct wait_queue_head *wq, bool all)
{
	struct wait_queue_entry *w, *next;

	list_for_each_entry_safe(w, next, &wq->head, entry) {
		if (!wake_up_process(w->task))
			continue;
		dequeue(w);
		if (w->exclusive && !all)
			break;
	}
}

static void wake(struct wait_queue_head *wq, bool all)
{
	unsigned long flags;

	spin_lock_irqsave(&wq->lock, flags);
	wake_up_locked(wq, all);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void wake_up(struct wait_queue_head *wq)
{
	wake(wq, false);
}

void wake_up_all(struct wait_queue_head *wq)
{
	wake(wq, true);
}

bool waitqueue_active(struct wait_queue_head *wq)
{
	unsigned long flags;
	bool active;

	spin_lock_irqsave(&wq->lock, flags);
	active = !list_empty(&wq->head);
	spin_unlock_irqrestore(&wq->lock, flags);
	return active;
}

/*
 * Waiting for something that happens once.
 *
 *	done	0		not yet
 *		n		n waiters may pass, or will when they come
 *		ALWAYS		it is done for everybody: complete_all()
 *
 * A completion may lie on the stack of the one who waits, or in memory that he
 * frees when he is through. So he passes only with the queue's lock held: then
 * whoever called complete() has released it, and that is the last he does with
 * the completion.
 *
 * Locks: wait.lock guards done.
 */
#include <kernel/preempt.h>
#include <kernel/wait.h>

#define ALWAYS (~0U)

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

void complete(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	if (c->done != ALWAYS)
		c->done++;
	wake_up_locked(&c->wait, false);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = ALWAYS;
	wake_up_locked(&c->wait, true);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void wait_for_completion(struct completion *c)
{
	DEFINE_WAIT(w);
	unsigned long flags;

	might_sleep();
	w.exclusive = true;
	spin_lock_irqsave(&c->wait.lock, flags);
	while (!c->done) {
		if (list_empty(&w.entry))
			list_add_tail(&w.entry, &c->wait.head);
		set_current_state(TASK_UNINTERRUPTIBLE);
		spin_unlock_irqrestore(&c->wait.lock, flags);
		schedule();
		spin_lock_irqsave(&c->wait.lock, flags);
	}
	if (!list_empty(&w.entry))
		list_del(&w.entry);
	if (c->done != ALWAYS)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

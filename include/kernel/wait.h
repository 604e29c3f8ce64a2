/*
 * Wait queues: threads that wait for a condition. Counterpart: linux/wait.h.
 * Waiting may sleep; waking is for any context.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>

struct wait_queue_head {
	spinlock_t lock;
	struct list_head head;		/* struct wait_queue_entry, FIFO */
};
typedef struct wait_queue_head wait_queue_head_t;

struct wait_queue_entry {
	struct task_struct *task;
	bool exclusive;			/* wake_up() wakes one of these */
	struct list_head entry;
};

#define WAIT_QUEUE_HEAD_INIT(name) \
	{ SPIN_LOCK_UNLOCKED(RANK_WAIT_QUEUE), LIST_HEAD_INIT((name).head) }
#define DECLARE_WAIT_QUEUE_HEAD(name) \
	struct wait_queue_head name = WAIT_QUEUE_HEAD_INIT(name)
#define DEFINE_WAIT(name) \
	struct wait_queue_entry name = { .task = current, \
					 .entry = LIST_HEAD_INIT((name).entry) }

void init_waitqueue_head(struct wait_queue_head *wq);
/* Enqueues (if not yet) and sets the state. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *w);
void prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *w);
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *w);

/* All waiters that are not exclusive, and one (all) that are. */
void wake_up(struct wait_queue_head *wq);
void wake_up_all(struct wait_queue_head *wq);
/* The same for who holds wq->lock already. */
void wake_up_locked(struct wait_queue_head *wq, bool all);
bool waitqueue_active(struct wait_queue_head *wq);

#define wait_event(wq, condition) do { \
	DEFINE_WAIT(wait__); \
	for (;;) { \
		prepare_to_wait(&(wq), &wait__); \
		if (condition) \
			break; \
		schedule(); \
	} \
	finish_wait(&(wq), &wait__); \
} while (0)

/* Jiffies left (at least 1) if the condition came true, else 0. */
#define wait_event_timeout(wq, condition, timeout) ({ \
	u64 left__ = (timeout); \
	DEFINE_WAIT(wait__); \
	for (;;) { \
		prepare_to_wait(&(wq), &wait__); \
		if (condition) { \
			left__ = left__ ? left__ : 1; \
			break; \
		} \
		if (!left__) \
			break; \
		left__ = schedule_timeout(left__); \
	} \
	finish_wait(&(wq), &wait__); \
	left__; \
})

/* Something that happens once. Counterpart: linux/completion.h. */
struct completion {
	unsigned int done;
	struct wait_queue_head wait;
};

void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);

#endif

/*
 * Mutex: a lock whose waiters sleep. Counterpart: linux/mutex.h. Threads only;
 * the thread that locks unlocks. Ranked like spinlocks (<kernel/lock_rank.h>).
 */
#ifndef KERNEL_MUTEX_H
#define KERNEL_MUTEX_H

#include <kernel/lock_rank.h>
#include <kernel/wait.h>

struct mutex {
	struct task_struct *owner;	/* NULL: free; under wait.lock */
	enum lock_rank rank;		/* constant */
	struct wait_queue_head wait;
};

#define DEFINE_MUTEX(name, rank_) \
	struct mutex name = { NULL, rank_, WAIT_QUEUE_HEAD_INIT((name).wait) }

void mutex_init(struct mutex *m, enum lock_rank rank);
void mutex_lock(struct mutex *m);
bool mutex_trylock(struct mutex *m);
/* A wrong owner is reported, and the mutex left as it is. */
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(struct mutex *m);

#endif

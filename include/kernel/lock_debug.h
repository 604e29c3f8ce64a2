/*
 * What a debug build (DEBUG=1) adds to a lock, and the calls that check it.
 * In the normal build all of it is nothing. Callers: <kernel/spinlock.h>.
 */
#ifndef KERNEL_LOCK_DEBUG_H
#define KERNEL_LOCK_DEBUG_H

#include <asm/processor.h>
#include <kernel/lock_rank.h>
#include <lib/types.h>

#ifdef CONFIG_DEBUG

struct lock_debug {
	u8 rank;		/* enum lock_rank, constant */
	u8 used;		/* LOCK_USED_... */
	u8 held;		/* times; above 1 only by mistake */
	u8 owner;		/* CPU, while held */
};

#define LOCK_USED_IN_IRQ 1	/* taken by an interrupt handler */
#define LOCK_USED_IRQS_ON 2	/* taken where one could come */
#define LOCK_USE_TOLD 4		/* the two do not go together: reported */

/* How long a CPU has been waiting for a lock that does not move. */
struct lock_wait {
	u64 since;		/* get_cycles(); 0: not yet looked */
	unsigned int tries;
	u16 seen;		/* ticket being served then */
	bool told;
};

#define LOCK_DEBUG_MEMBER struct lock_debug debug;
#define LOCK_DEBUG_INIT(rank_) { .rank = (u8)(rank_) }

/* False: this CPU has the lock already, and must not wait for itself. */
bool __lock_debug_before(const void *lock, struct lock_debug *d);
void __lock_debug_wait(const void *lock, struct lock_debug *d,
		       struct lock_wait *wait, u16 serving);
void __lock_debug_after(const void *lock, struct lock_debug *d);
/* False: it is to stay as it is. */
bool __lock_debug_unlock(const void *lock, struct lock_debug *d);

#define lock_debug_before(lock) __lock_debug_before(lock, &(lock)->debug)
#define lock_debug_wait(lock, wait, serving) \
	__lock_debug_wait(lock, &(lock)->debug, wait, serving)
#define lock_debug_after(lock) __lock_debug_after(lock, &(lock)->debug)
#define lock_debug_unlock(lock) __lock_debug_unlock(lock, &(lock)->debug)

/* The kernel goes down, its locks are broken: nothing is checked any more. */
void lock_debug_off(void);

#else

struct lock_wait {
};

#define LOCK_DEBUG_MEMBER
#define LOCK_DEBUG_INIT(rank_)
#define lock_debug_before(lock) ((void)(lock), true)
#define lock_debug_wait(lock, wait, serving) \
	((void)(lock), (void)(wait), (void)(serving), cpu_relax())
#define lock_debug_after(lock) ((void)(lock))
#define lock_debug_unlock(lock) ((void)(lock), true)

static inline void lock_debug_off(void)
{
}

#endif

/* Spinlocks this CPU holds, for reports and tests; 0 in the normal build. */
unsigned int locks_held(void);
/* Prints them, innermost first. */
void lock_debug_show(void);

#endif

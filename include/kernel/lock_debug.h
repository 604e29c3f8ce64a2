/*
 * What a debug build (DEBUG=1) adds to a lock, and the calls that check it.
 * In the normal build all of it is nothing.
 */
#ifndef KERNEL_LOCK_DEBUG_H
#define KERNEL_LOCK_DEBUG_H

#include <kernel/lock_rank.h>
#include <lib/types.h>

#ifdef CONFIG_DEBUG

struct lock_debug {
	u8 rank;		/* enum lock_rank, constant */
	u8 used;		/* LOCK_USED_... */
	u8 held;
	u8 owner;		/* CPU, while held */
};

#define LOCK_USED_IN_IRQ 1	/* taken by an interrupt handler */
#define LOCK_USED_IRQS_ON 2	/* taken where one could come */

#define LOCK_DEBUG_MEMBER struct lock_debug debug;
#define LOCK_DEBUG_INIT(rank_) { .rank = (u8)(rank_) }

void __lock_debug_before(const void *lock, struct lock_debug *d);
void __lock_debug_after(const void *lock, struct lock_debug *d);
void __lock_debug_unlock(const void *lock, struct lock_debug *d);

#define lock_debug_before(lock) __lock_debug_before(lock, &(lock)->debug)
#define lock_debug_after(lock) __lock_debug_after(lock, &(lock)->debug)
#define lock_debug_unlock(lock) __lock_debug_unlock(lock, &(lock)->debug)

#else

#define LOCK_DEBUG_MEMBER
#define LOCK_DEBUG_INIT(rank_)
#define lock_debug_before(lock) ((void)(lock))
#define lock_debug_after(lock) ((void)(lock))
#define lock_debug_unlock(lock) ((void)(lock))

#endif

/* Locks this CPU holds, for reports and tests; 0 in the normal build. */
unsigned int locks_held(void);
/* Prints them, innermost first. */
void lock_debug_show(void);

#endif

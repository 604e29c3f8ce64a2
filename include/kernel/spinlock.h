/*
 * Ticket spinlock: first come, first served. Counterpart: linux/spinlock.h.
 *
 * Whoever holds one is not preempted and must not sleep. A lock that an
 * interrupt handler takes is taken with _irqsave everywhere. In debug builds
 * each lock checks its rank (<kernel/lock_rank.h>), its owner and how it is
 * used in interrupts: kernel/lock_debug.c.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <asm/irqflags.h>
#include <asm/processor.h>
#include <kernel/lock_debug.h>
#include <kernel/preempt.h>
#include <lib/compiler.h>
#include <lib/types.h>

typedef struct {
	u16 owner;	/* ticket being served */
	u16 next;	/* next ticket to hand out */
	LOCK_DEBUG_MEMBER
} spinlock_t;

#define SPIN_LOCK_UNLOCKED(rank) { 0, 0, LOCK_DEBUG_INIT(rank) }
#define DEFINE_SPINLOCK(name, rank) \
	spinlock_t name = SPIN_LOCK_UNLOCKED(rank)

static inline void spin_lock_init(spinlock_t *lock, enum lock_rank rank)
{
	*lock = (spinlock_t)SPIN_LOCK_UNLOCKED(rank);
}

/* What is left when the caller has seen to preemption and debugging. */
static inline void __spin_lock(spinlock_t *lock)
{
	u16 ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);
	struct lock_wait wait = {};
	u16 serving;

	while ((serving = __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE)) !=
	       ticket)
		lock_debug_wait(lock, &wait, serving);
}

static inline void __spin_unlock(spinlock_t *lock)
{
	u16 next = (u16)(__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) + 1);

	__atomic_store_n(&lock->owner, next, __ATOMIC_RELEASE);
}

/* Inlined always: the checks note where their caller took the lock. */
static __always_inline void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	if (lock_debug_before(lock)) {
		__spin_lock(lock);
		lock_debug_after(lock);
	}
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (lock_debug_unlock(lock))
		__spin_unlock(lock);
	preempt_enable();
}

/*
 * Takes the lock if nobody has it or waits for it. It waits for nobody, so no
 * order is asked for.
 */
static __always_inline bool spin_trylock(spinlock_t *lock)
{
	/* what the last owner did comes before, as it released this word */
	u16 ticket = __atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE);
	u16 expected = ticket;

	preempt_disable();
	if (__atomic_compare_exchange_n(&lock->next, &expected,
					(u16)(ticket + 1), false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		lock_debug_after(lock);
		return true;
	}
	preempt_enable();
	return false;
}

static inline bool spin_is_locked(spinlock_t *lock)
{
	return __atomic_load_n(&lock->owner, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&lock->next, __ATOMIC_RELAXED);
}

#define spin_lock_irqsave(lock, flags) \
	do { local_irq_save(flags); spin_lock(lock); } while (0)

/* Interrupts come back before preemption is looked at. */
static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	if (lock_debug_unlock(lock))
		__spin_unlock(lock);
	local_irq_restore(flags);
	preempt_enable();
}

#endif

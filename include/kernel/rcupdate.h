/*
 * Read-copy update: readers take no lock, and who takes something away from
 * them frees it when none of them can still hold it. Counterpart:
 * linux/rcupdate.h (6.12), without preemptible readers.
 *
 *	reader					writer
 *	rcu_read_lock();			old = shared;
 *	p = rcu_dereference(shared);		rcu_assign_pointer(shared, new);
 *	... *p ...				synchronize_rcu();
 *	rcu_read_unlock();			kfree(old);
 *
 * Writers exclude each other by a lock of their own. How it is known that all
 * readers have left: kernel/rcupdate.c.
 */
#ifndef KERNEL_RCUPDATE_H
#define KERNEL_RCUPDATE_H

#include <kernel/percpu.h>
#include <kernel/preempt.h>
#include <lib/compiler.h>
#include <lib/types.h>

/* Lies in the object that waits; it is the kernel's from call_rcu() on. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
typedef void (*rcu_callback_t)(struct rcu_head *head);

/*
 * Between these nothing that the reader finds is freed. They nest. The reader
 * must not sleep and is not preempted. So whoever has preemption or interrupts
 * off, in a handler above all, is a reader, too. Any context but an NMI.
 */
static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
}

static __always_inline void rcu_read_unlock(void)
{
	preempt_enable();
}

/* A pointer that others may change: read once, what it points at is as new. */
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
/* Shows others v: what v points at was written before. */
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)

/*
 * Waits for a grace period: until every reader that was in when it was called
 * has left. May sleep.
 */
void synchronize_rcu(void);

/*
 * Has func(head) called after a grace period, by a thread, in the order of
 * asking. Who is short of memory waits for func, whatever he holds: so func
 * must neither allocate where it may sleep, nor wait for a lock that anybody
 * allocates under. Any context but an NMI.
 */
void call_rcu(struct rcu_head *head, rcu_callback_t func);

/*
 * Waits until every func asked for before has returned; from one of them, and
 * before rcu_init(), for nothing. May sleep.
 */
void rcu_barrier(void);

/* Objects whose func has not returned. Any context. */
unsigned long rcu_nr_waiting(void);

/* RCU's own: between callbacks they hold nothing that anybody waits for. */
unsigned int rcu_nr_threads(void);

/* Boot: there are threads, and all CPUs run. */
void rcu_init(void);

/*
 * An address this small is no function: the object begins so many bytes in
 * front of head, and rcu_free_hook gets it. For kvfree_rcu() (mm/slab.h).
 */
#define RCU_OFFSETS 4096UL
extern void (*rcu_free_hook)(const void *object);

/* kernel/rcupdate.c and the scheduler: grace periods asked for, passed here. */
extern unsigned long rcu_wanted;
DECLARE_PER_CPU(unsigned long, rcu_passed);

/*
 * This CPU is in no reader now. By the scheduler, wherever it may change the
 * thread; interrupts are off.
 */
static inline void rcu_note_context_switch(void)
{
	unsigned long wanted = __atomic_load_n(&rcu_wanted, __ATOMIC_ACQUIRE);

	__atomic_store_n(this_cpu_ptr(&rcu_passed), wanted, __ATOMIC_RELEASE);
}

#endif

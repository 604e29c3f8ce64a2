/*
 * A CPU's threads: between sched.c, which switches, and those who make
 * threads and end them. Field locks: (r) this queue's lock; (b) set at birth.
 */
#ifndef KERNEL_RUN_QUEUE_H
#define KERNEL_RUN_QUEUE_H

#include <kernel/sched.h>
#include <kernel/spinlock.h>

struct run_queue {
	spinlock_t lock;
	struct list_head queue;		/* (r) runnable, but for curr */
	struct task_struct *curr;	/* (r) running */
	struct task_struct *prev;	/* (r) ran before it */
	struct task_struct *idle;	/* (b) never in the queue */
	struct list_head threads;	/* (r) all of this CPU */
	unsigned int nr_threads;	/* (r) all but idle */
};

DECLARE_PER_CPU(struct run_queue, run_queues);

static inline struct run_queue *cpu_rq(unsigned int cpu)
{
	return per_cpu_ptr(&run_queues, cpu);
}

/* A thread belongs to its CPU from here on / no more. Not for idle threads. */
void sched_add_thread(struct task_struct *task);
void sched_remove_thread(struct task_struct *task);
/* The same, if the CPU runs; it does not stop while threads belong to it. */
bool sched_add_thread_online(struct task_struct *task);
/* Nobody has woken it yet, so it never ran. */
bool sched_never_woken(struct task_struct *task);

/* First in a new thread's entry: makes the switch to it complete. */
void sched_begin(void);
/* The end of current: its stack is left for good. */
void sched_end(void) __attribute__((noreturn));

/* kthread.c: the thread is dead and its stack unused. Interrupts off. */
void kthread_is_gone(struct task_struct *task);

#endif

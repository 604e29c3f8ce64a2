/*
 * A CPU of the simulated machine: what its threads (sched.c) and its
 * interrupts (smp.c) share.
 *
 * (l) the lock; (a) atomic; (r) only the thread that runs on it; (b) constant
 * once the CPU runs.
 */
#ifndef TESTS_HOST_CPU_H
#define TESTS_HOST_CPU_H

#include <pthread.h>

#include <kernel/percpu.h>
#include <kernel/sched.h>

/* Interrupts that wait until the CPU takes them. */
#define EVENT_CALL 1U
#define EVENT_RESCHEDULE 2U

struct hosted_cpu {
	pthread_mutex_t lock;
	struct list_head queue;		/* (l) threads that could run */
	struct task_struct *running;	/* (l) */
	struct task_struct *idle;	/* (b) runs when nobody else does */
	unsigned int nr_threads;	/* (l) born, not dead; without idle */
	unsigned int waiting;		/* (a) length of queue */
	unsigned int events;		/* (a) EVENT_... */
	unsigned int until_tick;	/* (r) moments */
};

struct hosted_cpu *hosted_cpu(unsigned int cpu);
struct hosted_cpu *this_hosted_cpu(void);

/* smp.c: takes what waits, as an interrupt would; interrupts are on. */
void hosted_take_interrupts(void);

/* sched.c: set before the first thread is made. */
extern bool hosted_has_threads;
/* sched.c: (l) the idle thread looks again whether there is work. */
void hosted_wake_idle(struct hosted_cpu *cpu);

#endif

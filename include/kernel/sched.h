/*
 * Kernel threads: who runs, who waits. Counterpart: linux/sched.h, in small:
 * round robin per CPU with a tick, no priorities, no migration. A thread is
 * born on a CPU and stays there.
 *
 * Sleeping:	set_current_state(TASK_UNINTERRUPTIBLE);
 *		if (!condition)
 *			schedule();
 *		set_current_state(TASK_RUNNING);
 * A wake-up between the first line and schedule() makes schedule() return at
 * once, so none is lost if the waker sets condition first.
 *
 * Field locks: (b) set at birth, constant later; (r) the CPU's run queue lock;
 * (o) only the thread itself.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <kernel/percpu.h>
#include <lib/list.h>
#include <lib/types.h>

enum task_state {
	TASK_RUNNING,		/* running, or in a run queue */
	TASK_UNINTERRUPTIBLE,	/* waits for wake_up_process() */
	TASK_DEAD,
};

#define TASK_NAME_SIZE 24

struct task_struct {
	unsigned long sp;		/* (r) kernel stack while not running */
	void *stack;			/* (b) lowest address of its stack */
	unsigned int cpu;		/* (b) */
	unsigned int preempt_count;	/* (r) while not running */
	enum task_state state;		/* (r); (o) may set it for itself */
	bool on_rq;			/* (r) in the queue or running */
	struct list_head run_list;	/* (r) */
	struct list_head threads;	/* (r) all threads of the CPU */
	int pid;			/* (b) 0: an idle or boot thread */
	char name[TASK_NAME_SIZE];	/* (b) */
	struct kthread *kthread;	/* (b) NULL for idle threads */
	unsigned int nr_held_mutexes;	/* (o) debug builds */
	u8 held_mutex_rank[8];		/* (o) debug builds */
	u64 nr_switches;		/* (r) times it was given the CPU */
	unsigned int fail_nth;		/* (o) <kernel/fault_inject.h> */
	bool make_it_fail;		/* (o) for attrs with task_filter */
};

DECLARE_PER_CPU(struct task_struct *, current_task);
#define current __this_cpu_read_stable_task()
static __always_inline struct task_struct *__this_cpu_read_stable_task(void)
{
	return this_cpu_read(current_task);
}

/* The thread the boot runs in becomes the first; then everything below. */
void sched_init(void);
/* On a CPU that has just started: it is in its idle thread. */
void sched_init_cpu(unsigned int cpu, struct task_struct *idle);
/* An idle thread for a CPU that will start, with a stack. NULL: no memory. */
struct task_struct *sched_make_idle(unsigned int cpu);
/* What idle threads do, for ever. */
void cpu_idle_loop(void) __attribute__((noreturn));

/* Gives the CPU to the next thread. Not in atomic context. */
void schedule(void);
/* Stays runnable, but lets others go first. */
void yield(void);
/* If somebody else should run, lets him. */
void cond_resched(void);

/* A thread state and what comes after it are seen in this order. */
void set_current_state(enum task_state state);
/* True if the thread was asleep. Any context. */
bool wake_up_process(struct task_struct *task);

/* From the tick of each CPU, and at the end of each interrupt. */
void sched_tick(void);
void preempt_schedule_irq(void);

/*
 * This CPU leaves cpu_online_mask, unless threads belong to it: then false.
 * From there on none can be bound to it. For cpu_down().
 */
bool sched_leave(void);

/* Threads on a CPU besides its idle thread (the boot thread counts on 0). */
unsigned int sched_nr_threads(unsigned int cpu);
/* One line per thread: shell command "ps". */
void sched_show(void);

#endif

/*
 * Who gets the CPU, and how does one thread follow another?
 *
 * Each CPU has a queue of threads that could run, and an idle thread for when
 * there are none. A thread stays on the CPU it was born on.
 *
 *	run queue	head -> a -> b -> c	curr = d
 *	d's slice is over:
 *			head -> b -> c -> d	curr = a
 *
 *  1. schedule(): a running thread goes to the tail, one that sleeps leaves;
 *     the head of the queue is next; the idle thread if there is none.
 *  2. Its preemption count and stack are put in place of those of the thread
 *     before. switch_stacks() returns in the new thread: where it once called
 *     switch_stacks() itself, or in its entry.
 *  3. The new thread ends the switch: finish_task_switch().
 *
 * Who calls schedule(): a thread that waits; the end of an interrupt and
 * preempt_enable(), if need_resched says so. The tick sets it when somebody
 * waits, so a slice is at most one tick. A wake-up sets it if the CPU is idle.
 *
 * Going to sleep while somebody wakes us. The sleeper sets its state, then
 * looks at its condition; the waker sets the condition, then looks at the
 * state; both with a full barrier between. So the sleeper sees the condition
 * or the waker sees the state (or both). And the state is acted upon under
 * the queue's lock only, which is held from the decision in schedule() until
 * the switch is over. So the waker comes
 *
 *	before the decision	state is RUNNING: the thread stays queued
 *	after the switch	the thread is off its stack and is queued anew
 *
 * and never in between. A thread that is preempted between setting its state
 * and schedule() stays in the queue whatever the state is.
 *
 * Dying. A thread cannot free the stack it runs on. It sets TASK_DEAD and
 * leaves; whoever comes next on this CPU finds, under the same lock hold, that
 * its predecessor is dead, and only then tells the one who waits for that
 * (kthread_stop(), perhaps on another CPU already) that the stack is free.
 * TASK_DEAD is set under the lock, because wake_up_process() writes RUNNING
 * over what it found under the lock: it must not have found something older.
 *
 * Locks: run_queue.lock, interrupts off; taken by one thread and released by
 * the next. Never two queues at once.
 * Invariants: a thread is in its CPU's queue exactly if it is on_rq and not
 * curr; idle is never in it; curr is on_rq, or is idle.
 * Cost: constant.
 * Left out: priorities, migration, balance.
 */
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/switch_to.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/time.h>

#include "run_queue.h"

DEFINE_PER_CPU_ALIGNED(struct run_queue, run_queues) = {
	.lock = SPIN_LOCK_UNLOCKED(RANK_RUN_QUEUE),
};

static bool need_resched(void)
{
	return this_cpu_read(need_resched_of_cpu);
}

/* Releases the queue's lock without a look at who else should run. */
static void unlock_queue(struct run_queue *rq)
{
	if (lock_debug_unlock(&rq->lock))
		__spin_unlock(&rq->lock);
	preempt_enable_no_resched();
}

/* The thread that ran before is off its stack: the rest of the switch. */
static void finish_task_switch(struct run_queue *rq)
{
	struct task_struct *prev = rq->prev;
	bool dead = prev->state == TASK_DEAD;

	unlock_queue(rq);
	if (dead)
		kthread_is_gone(prev);
}

static struct task_struct *pick_next(struct run_queue *rq)
{
	struct task_struct *next =
		list_first_entry_or_null(&rq->queue, struct task_struct,
					 run_list);

	if (!next)
		return rq->idle;
	list_del(&next->run_list);
	return next;
}

/*
 * What becomes of the one that gives up the CPU. A dead one that is preempted
 * on its way to schedule() must not come back: who waits for it frees it.
 */
static void put_prev(struct run_queue *rq, struct task_struct *prev,
		     bool preempted)
{
	if (prev == rq->idle)
		return;
	if (prev->state == TASK_RUNNING ||
	    (preempted && prev->state != TASK_DEAD))
		list_add_tail(&prev->run_list, &rq->queue);
	else
		prev->on_rq = false;
}

/* Interrupts off. */
static void switch_to_next(bool preempted)
{
	struct run_queue *rq = this_cpu_ptr(&run_queues);
	struct task_struct *prev = rq->curr, *next;

	rcu_note_context_switch();
	spin_lock(&rq->lock);
	this_cpu_write(need_resched_of_cpu, false);
	put_prev(rq, prev, preempted);
	next = pick_next(rq);
	if (next == prev) {
		unlock_queue(rq);
		return;
	}
	rq->prev = prev;
	rq->curr = next;
	next->nr_switches++;
	prev->preempt_count = preempt_count();
	this_cpu_write(preempt_count_of_cpu, next->preempt_count);
	this_cpu_write(current_task, next);
	switch_stacks(&prev->sp, next->sp);
	finish_task_switch(rq);
}

/*
 * A handler has no thread of its own to put to sleep; in other atomic places
 * we go on, as what the thread waits for may be all that is wrong.
 */
void schedule(void)
{
	unsigned long flags;

	might_sleep();
	if (unlikely(in_interrupt())) {
		set_current_state(TASK_RUNNING);
		return;
	}
	do {
		local_irq_save(flags);
		switch_to_next(false);
		local_irq_restore(flags);
	} while (need_resched() && !in_atomic());
}

void yield(void)
{
	set_current_state(TASK_RUNNING);
	schedule();
}

void preempt_schedule(void)
{
	if (in_atomic())
		return;
	do {
		local_irq_disable();
		switch_to_next(true);
		local_irq_enable();
	} while (need_resched());
}

void cond_resched(void)
{
	might_sleep();
	if (need_resched())
		preempt_schedule();
}

/* Interrupts are off, but were on where the interrupt came. */
void preempt_schedule_irq(void)
{
	while (need_resched() && !preempt_count())
		switch_to_next(true);
}

void sched_tick(void)
{
	const struct run_queue *rq = this_cpu_ptr(&run_queues);

	if (!list_empty(&rq->queue))
		this_cpu_write(need_resched_of_cpu, true);
}

void set_current_state(enum task_state state)
{
	WRITE_ONCE(current->state, state);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void resched_idle(const struct run_queue *rq, unsigned int cpu)
{
	if (rq->curr != rq->idle)
		return;
	if (cpu == smp_processor_id())
		this_cpu_write(need_resched_of_cpu, true);
	else
		arch_send_reschedule(cpu);
}

bool wake_up_process(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(task->cpu);
	unsigned long flags;
	bool asleep;

	/* What we woke it for is seen before its state is looked at. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	spin_lock_irqsave(&rq->lock, flags);
	asleep = task->state == TASK_UNINTERRUPTIBLE;
	if (asleep)
		task->state = TASK_RUNNING;
	if (asleep && !task->on_rq) {
		task->on_rq = true;
		list_add_tail(&task->run_list, &rq->queue);
		resched_idle(rq, task->cpu);
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	return asleep;
}

void sched_begin(void)
{
	finish_task_switch(this_cpu_ptr(&run_queues));
	local_irq_enable();
	cond_resched();
}

/* Under the lock: a late waker must not make the dead run. */
void sched_end(void)
{
	struct run_queue *rq = this_cpu_ptr(&run_queues);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	current->state = TASK_DEAD;
	spin_unlock_irqrestore(&rq->lock, flags);
	schedule();
	panic("thread %s runs again after its end", current->name);
}

void cpu_idle_loop(void)
{
	for (;;) {
		local_irq_disable();
		if (!need_resched()) {
			cpu_idle_wait();
			continue;
		}
		local_irq_enable();
		schedule();
	}
}

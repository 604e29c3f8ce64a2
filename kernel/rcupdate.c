/*
 * When has everybody left who could still hold what was taken away?
 *
 * The problem: readers shall pay nothing for those who change what they read.
 * So they leave no trace, and nobody can see who is in.
 *
 * The answer: nobody needs to see it. A reader is not preempted and does not
 * sleep. So a CPU that does something else, be it for an instant, is in no
 * reader that began before. When every CPU has done so once, all are out.
 *
 *	writer	takes away     grace period                     frees
 *		     |<------------------------------------------>|
 *	CPU 0	-----+--[reader]--s-------------[reader]----------+--
 *	CPU 1	--[  reader  ]------------------s-----------------+--
 *	CPU 2	-----+---------i----------------------------------+--
 *
 *	s	gives the CPU to a thread
 *	i	is interrupted where no reader is
 *
 *  1. A grace period is a number, the next of rcu_wanted. A CPU that is in no
 *     reader copies rcu_wanted to its rcu_passed: the scheduler does, whenever
 *     it looks for the next thread. It is over when every CPU that runs has
 *     copied that number or a later one. So several may be waited for at a
 *     time, and each CPU answers all with one store.
 *  2. A CPU that is idle, or computes, is asked by an interrupt. If that finds
 *     preemption on, no reader was interrupted. If not, it makes the scheduler
 *     look as soon as the reader is out, and the CPU is asked again later.
 *  3. On one CPU it is over at once: we run, so no reader does.
 *  4. call_rcu() puts the object into a list. A thread takes the whole list,
 *     waits for one grace period for all, and calls the functions; meanwhile
 *     the next list grows.
 *
 * A CPU that goes is in no reader; one that comes reads what was changed
 * before it came. A restartable sequence (docs/restart.md) is a reader without
 * saying so: whatever makes its CPU pass interrupts it, and it begins again.
 *
 * Order: the writer's stores, rcu_wanted + 1, the CPU's copy, its next reader;
 * and the reader's loads, the copy, the writer's look at it, the free. Each
 * pair by release and acquire.
 *
 * Locks: none; the list is pushed to, and taken, by one exchange. Wakes a
 * thread: RANK_RUN_QUEUE.
 * Invariant: rcu_passed <= rcu_wanted; nr_waiting == objects in the list and
 * in the thread's hands.
 * Cost: readers two instructions each way; a switch of threads two more; a
 * grace period one round of interrupts to those that are asked.
 * Left out: preemptible readers, and lists for each CPU (Linux has both).
 */
#include <asm/processor.h>
#include <kernel/init.h>
#include <kernel/kthread.h>
#include <kernel/panic.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <kernel/wait.h>
#include <lib/kernel.h>

/* Looks at the others before those that have not passed are asked again. */
#define TURNS 1000U

unsigned long rcu_wanted;
DEFINE_PER_CPU(unsigned long, rcu_passed);
void (*rcu_free_hook)(const void *object) __ro_after_init;

static struct task_struct *rcu_task __ro_after_init;
static struct rcu_head *waiting;	/* atomic; newest first */
static unsigned long nr_waiting;	/* atomic */

unsigned long rcu_nr_waiting(void)
{
	return __atomic_load_n(&nr_waiting, __ATOMIC_ACQUIRE);
}

/* ----- the grace period --------------------------------------------------- */

static bool has_not_passed(unsigned int cpu, void *info)
{
	unsigned long *passed = per_cpu_ptr(&rcu_passed, cpu);
	const unsigned long *number = info;

	return (long)(__atomic_load_n(passed, __ATOMIC_ACQUIRE) - *number) < 0;
}

/* In the interrupt of a CPU that is asked: what did it interrupt? */
static void answer(void *info)
{
	if (preempt_count() == HARDIRQ_OFFSET)
		rcu_note_context_switch();
	else
		this_cpu_write(need_resched_of_cpu, true);
}

static bool all_have_passed(unsigned long *number)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (has_not_passed(cpu, number))
			return false;
	return true;
}

/* Who was asked and could not answer does it when its reader is out. */
static void wait_for_answers(unsigned long *number)
{
	unsigned int turns;

	for (turns = 0; turns < TURNS && !all_have_passed(number); turns++) {
		cpu_relax();
		yield();
	}
}

/*
 * A CPU that is not seen to be online when the number is out comes later, and
 * sees what was done before.
 */
void synchronize_rcu(void)
{
	unsigned long number;

	might_sleep();
	number = __atomic_add_fetch(&rcu_wanted, 1, __ATOMIC_SEQ_CST);
	yield();			/* this CPU passes */
	while (!all_have_passed(&number)) {
		on_each_cpu_cond(has_not_passed, answer, &number);
		wait_for_answers(&number);
	}
}

/* ----- objects that wait -------------------------------------------------- */

static void enqueue(struct rcu_head *head, rcu_callback_t func)
{
	struct rcu_head *first = __atomic_load_n(&waiting, __ATOMIC_RELAXED);

	head->func = func;
	do {
		head->next = first;
	} while (!__atomic_compare_exchange_n(&waiting, &first, head, true,
					      __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	if (!first && rcu_task)
		wake_up_process(rcu_task);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	__atomic_fetch_add(&nr_waiting, 1, __ATOMIC_RELAXED);
	enqueue(head, func);
}

/* The list, oldest first; waits until there is one. */
static struct rcu_head *take_waiting(void)
{
	struct rcu_head *list, *next, *oldest = NULL;

	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!(list = __atomic_exchange_n(&waiting, NULL,
					    __ATOMIC_ACQUIRE))) {
		schedule();
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	set_current_state(TASK_RUNNING);
	for (; list; list = next) {
		next = list->next;
		list->next = oldest;
		oldest = list;
	}
	return oldest;
}

struct barrier {
	struct rcu_head head;
	struct completion reached;
};

static void reach(struct rcu_head *head)
{
	complete(&container_of(head, struct barrier, head)->reached);
}

/* A barrier is no object: it is not counted. */
static void call(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (head->func == reach) {
		reach(head);
		return;
	}
	if (offset < RCU_OFFSETS)
		rcu_free_hook((char *)head - offset);
	else
		head->func(head);
	__atomic_fetch_sub(&nr_waiting, 1, __ATOMIC_RELEASE);
}

static int rcu_thread(void *unused)
{
	struct rcu_head *head, *next;

	for (;;) {
		head = take_waiting();
		synchronize_rcu();
		for (; head; head = next) {
			next = head->next;
			call(head);
			cond_resched();
		}
	}
	return 0;
}

/*
 * The thread keeps the order, so it has come to us last. It cannot wait for
 * itself.
 */
void rcu_barrier(void)
{
	struct barrier barrier;

	might_sleep();
	if (!rcu_nr_waiting() || !rcu_task || current == rcu_task)
		return;
	init_completion(&barrier.reached);
	enqueue(&barrier.head, reach);
	wait_for_completion(&barrier.reached);
}

unsigned int rcu_nr_threads(void)
{
	return rcu_task ? 1 : 0;
}

void __init rcu_init(void)
{
	rcu_task = kthread_run_on(0, rcu_thread, NULL, "rcu");
	if (!rcu_task)
		panic("no memory for the thread that ends grace periods");
	/* who asked while it had run, but was not known yet, woke nobody */
	wake_up_process(rcu_task);
}

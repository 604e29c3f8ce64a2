/*
 * Which threads are there? The lists of each CPU's threads, the threads that
 * nobody makes with kthread_create(), and "ps".
 *
 *	CPU 0	boot thread	on the stack the machine was started with; runs
 *				the self-test and the shell
 *		idle thread	made by sched_init()
 *	CPU n	idle thread	made before the CPU is started, which then
 *				finds itself in it
 *
 * An idle thread is all a CPU has when nothing can run, so its task is a
 * per-CPU variable and it is kept when the CPU goes down.
 *
 * Locks: run_queue.lock. Invariant: nr_threads is the length of threads, less
 * the idle thread.
 */
#include <asm/kernel_stack.h>
#include <asm/switch_to.h>
#include <kernel/panic.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <lib/sprintf.h>

#include "run_queue.h"

static struct task_struct boot_task = {
	.state = TASK_RUNNING,
	.on_rq = true,
	.name = "boot",
};

/* Until a CPU says otherwise: mutexes have owners before there are threads. */
DEFINE_PER_CPU(struct task_struct *, current_task) = &boot_task;

static DEFINE_PER_CPU(struct task_struct, idle_task);

/* The queue is locked. */
static void add_to_list(struct run_queue *rq, struct task_struct *task)
{
	list_add_tail(&task->threads, &rq->threads);
	if (task != rq->idle)
		rq->nr_threads++;
}

void sched_add_thread(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(task->cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	add_to_list(rq, task);
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* This and sched_leave() decide under one lock who was first. */
bool sched_add_thread_online(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(task->cpu);
	unsigned long flags;
	bool online;

	spin_lock_irqsave(&rq->lock, flags);
	online = cpu_online(task->cpu);
	if (online)
		add_to_list(rq, task);
	spin_unlock_irqrestore(&rq->lock, flags);
	return online;
}

bool sched_leave(void)
{
	unsigned int cpu = smp_processor_id();
	struct run_queue *rq = cpu_rq(cpu);
	unsigned long flags;
	bool alone;

	spin_lock_irqsave(&rq->lock, flags);
	alone = !rq->nr_threads;
	if (alone)
		cpu_set_online(cpu, false);
	spin_unlock_irqrestore(&rq->lock, flags);
	return alone;
}

void sched_remove_thread(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(task->cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	list_del(&task->threads);
	rq->nr_threads--;
	spin_unlock_irqrestore(&rq->lock, flags);
}

bool sched_never_woken(struct task_struct *task)
{
	struct run_queue *rq = cpu_rq(task->cpu);
	unsigned long flags;
	bool never;

	spin_lock_irqsave(&rq->lock, flags);
	never = !task->on_rq && !task->nr_switches;
	spin_unlock_irqrestore(&rq->lock, flags);
	return never;
}

static void idle_entry(void)
{
	sched_begin();
	cpu_idle_loop();
}

struct task_struct *sched_make_idle(unsigned int cpu)
{
	struct run_queue *rq = cpu_rq(cpu);
	struct task_struct *idle = per_cpu_ptr(&idle_task, cpu);

	if (rq->idle)
		return idle;
	idle->stack = kernel_stack_alloc();
	if (!idle->stack)
		return NULL;
	idle->sp = switch_prepare(idle->stack, KERNEL_STACK_SIZE, idle_entry);
	idle->preempt_count = PREEMPT_OFFSET;	/* the queue's lock */
	idle->cpu = cpu;
	idle->state = TASK_RUNNING;
	idle->on_rq = true;
	ksnprintf(idle->name, sizeof(idle->name), "idle/%u", cpu);
	rq->idle = idle;
	sched_add_thread(idle);
	return idle;
}

void sched_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		INIT_LIST_HEAD(&cpu_rq(cpu)->queue);
		INIT_LIST_HEAD(&cpu_rq(cpu)->threads);
	}
	cpu_rq(0)->curr = &boot_task;
	sched_add_thread(&boot_task);
	if (!sched_make_idle(0))
		panic("no memory for the first idle thread");
}

void sched_init_cpu(unsigned int cpu, struct task_struct *idle)
{
	cpu_rq(cpu)->curr = idle;
	this_cpu_write(current_task, idle);
}

unsigned int sched_nr_threads(unsigned int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->nr_threads);
}

static const char *state_name(const struct run_queue *rq,
			      const struct task_struct *task)
{
	if (task == rq->curr)
		return "running";
	if (task->state == TASK_DEAD)
		return "dead";
	return task->state == TASK_RUNNING ? "runnable" : "asleep";
}

static void show_cpu(unsigned int cpu)
{
	struct run_queue *rq = cpu_rq(cpu);
	const struct task_struct *task;
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	list_for_each_entry(task, &rq->threads, threads)
		printk("%5d %3u %-8s %10llu %s\n", task->pid, cpu,
		       state_name(rq, task), task->nr_switches, task->name);
	spin_unlock_irqrestore(&rq->lock, flags);
}

void sched_show(void)
{
	unsigned int cpu;

	printk("  pid cpu state      switches name\n");
	for_each_online_cpu(cpu)
		show_cpu(cpu);
}

static int cmd_ps(int argc, char **argv)
{
	sched_show();
	return 0;
}
SHELL_COMMAND(ps, "", "threads of all CPUs", cmd_ps);

/*
 * How is a thread made, and how does it end?
 *
 * A thread's task and what kthread_stop() wants of it lie on top of its own
 * stack, so a thread is one allocation, and growing the stack down never
 * reaches them:
 *
 *	stack + KERNEL_STACK_SIZE
 *		struct kthread { task, fn, data, result, ... }
 *		first frame: kthread_main()
 *		...
 *	stack	--- guard page below
 *
 * The end:
 *
 *	kthread_stop()				the thread
 *	  should_stop = true, wakes it
 *	  waits for gone		sees should_stop, returns from fn
 *						result = what fn returned
 *						TASK_DEAD, last schedule()
 *						-> next thread on that CPU:
 *						   complete(gone)
 *	  takes result, frees the stack
 *
 * gone is completed when nobody runs on the stack any more (sched.c says how);
 * complete() does not touch it after the one who waits can go on.
 *
 * Locks: the run queue's, in sched_...(). result is written before gone is
 * completed and read after.
 * Cost: a stack; no other memory.
 */
#include <asm/kernel_stack.h>
#include <asm/switch_to.h>
#include <kernel/kthread.h>
#include <kernel/preempt.h>
#include <kernel/report.h>
#include <kernel/smp.h>
#include <kernel/wait.h>
#include <lib/errno.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "run_queue.h"

struct kthread {
	struct task_struct task;
	int (*fn)(void *data);
	void *data;
	int result;
	bool should_stop;
	struct completion gone;
} __aligned(64);

static int last_pid;

static void kthread_main(void)
{
	struct kthread *k;

	sched_begin();
	k = current->kthread;
	k->result = k->fn(k->data);
	sched_end();
}

void kthread_is_gone(struct task_struct *task)
{
	complete(&task->kthread->gone);
}

static void init_task(struct kthread *k, void *stack)
{
	struct task_struct *task = &k->task;

	task->stack = stack;
	task->sp = switch_prepare(stack, (size_t)((char *)k - (char *)stack),
				  kthread_main);
	task->preempt_count = PREEMPT_OFFSET;	/* the queue's lock */
	task->cpu = smp_processor_id();
	task->state = TASK_UNINTERRUPTIBLE;
	task->pid = __atomic_add_fetch(&last_pid, 1, __ATOMIC_RELAXED);
	task->kthread = k;
}

static __printf(3, 0) struct task_struct *
create(int (*fn)(void *data), void *data, const char *fmt, va_list args)
{
	char *stack = kernel_stack_alloc();
	struct kthread *k;

	if (!stack)
		return NULL;
	k = (struct kthread *)(stack + KERNEL_STACK_SIZE) - 1;
	memset(k, 0, sizeof(*k));
	k->fn = fn;
	k->data = data;
	init_completion(&k->gone);
	init_task(k, stack);
	kvsnprintf(k->task.name, sizeof(k->task.name), fmt, args);
	sched_add_thread(&k->task);
	return &k->task;
}

struct task_struct *kthread_create(int (*fn)(void *data), void *data,
				   const char *fmt, ...)
{
	struct task_struct *task;
	va_list args;

	might_sleep();
	va_start(args, fmt);
	task = create(fn, data, fmt, args);
	va_end(args);
	return task;
}

static void report_thread(const char *what, const struct task_struct *task)
{
	report_begin(what, "thread %s, pid %d", task->name, task->pid);
	report_end();
}

static bool join(struct task_struct *task, unsigned int cpu)
{
	task->cpu = cpu;
	return sched_add_thread_online(task);
}

/*
 * Once it belongs to that CPU's threads, the CPU does not stop: cpu_down(). In
 * between it belongs to none, and both may stop; CPU 0 never does.
 */
static int move(struct task_struct *task, unsigned int cpu)
{
	unsigned int old = task->cpu;

	sched_remove_thread(task);
	if (join(task, cpu))
		return 0;
	if (!join(task, old))
		join(task, 0);
	return -ENXIO;
}

int kthread_bind(struct task_struct *task, unsigned int cpu)
{
	if (!cpu_online(cpu))
		return -ENXIO;
	if (!task->kthread || !sched_never_woken(task)) {
		report_thread("kthread_bind: already woken", task);
		return -EINVAL;
	}
	return move(task, cpu);
}

struct task_struct *kthread_run_on(unsigned int cpu, int (*fn)(void *data),
				   void *data, const char *fmt, ...)
{
	struct task_struct *task;
	va_list args;

	might_sleep();
	va_start(args, fmt);
	task = create(fn, data, fmt, args);
	va_end(args);
	if (task && kthread_bind(task, cpu)) {
		kthread_stop(task);
		return NULL;
	}
	if (task)
		wake_up_process(task);
	return task;
}

static void wait_until_gone(struct kthread *k)
{
	WRITE_ONCE(k->should_stop, true);
	wake_up_process(&k->task);
	wait_for_completion(&k->gone);
}

int kthread_stop(struct task_struct *task)
{
	struct kthread *k = task->kthread;
	int result = -EINTR;

	might_sleep();
	if (!k || task == current) {
		report_thread("kthread_stop: cannot end this one", task);
		return -EINVAL;
	}
	if (!sched_never_woken(task)) {
		wait_until_gone(k);
		result = k->result;
	}
	sched_remove_thread(task);
	kernel_stack_free(task->stack);
	return result;
}

bool kthread_should_stop(void)
{
	return current->kthread && READ_ONCE(current->kthread->should_stop);
}

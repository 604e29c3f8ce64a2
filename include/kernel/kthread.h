/*
 * Making and ending kernel threads. Counterpart: linux/kthread.h (6.12).
 * All may sleep, except kthread_should_stop().
 */
#ifndef KERNEL_KTHREAD_H
#define KERNEL_KTHREAD_H

#include <kernel/sched.h>
#include <lib/compiler.h>

/*
 * A thread that will call fn(data) on the CPU of the caller, once
 * wake_up_process() was called for it. NULL: no memory.
 */
struct task_struct *kthread_create(int (*fn)(void *data), void *data,
				   const char *fmt, ...) __printf(3, 4);
/*
 * Not yet woken: lets it run on that CPU. -ENXIO if that does not run; then it
 * is where it was, or on CPU 0 if that one has just stopped, too.
 */
int kthread_bind(struct task_struct *task, unsigned int cpu);

/* Both, woken. */
struct task_struct *kthread_run_on(unsigned int cpu, int (*fn)(void *data),
				   void *data, const char *fmt, ...)
	__printf(4, 5);

/*
 * Asks the thread to end, wakes it, waits for it, frees it; what fn returned.
 * A thread never woken does not run at all: -EINTR. Every thread that was made
 * is stopped exactly once, also one whose fn has returned by itself.
 */
int kthread_stop(struct task_struct *task);
bool kthread_should_stop(void);

#endif

/*
 * Kernel threads as threads of the process: the hosted twin of the kernel's
 * scheduler, for the same headers (<kernel/sched.h>, kthread.h, time.h).
 *
 *  1. A thread runs while cpu->running names it. It gives the CPU away under
 *     cpu->lock: names the next one, wakes it, and waits for its own turn.
 *
 *	thread a   runs ...  running = b, signal b, wait ........... runs
 *	thread b   wait .................. runs ...  running = a, signal
 *
 *  2. Those who could run stand in cpu->queue, round robin. When it is empty
 *     the idle thread runs; it sleeps until there is a thread or an event.
 *  3. A sleep with a limit is a wait for the own turn with a limit: who is
 *     still asleep then wakes himself.
 *  4. A thread of the process is made when its kernel thread is first woken,
 *     because only then it is known on which CPU. The last thing it does is to
 *     give its CPU away and to wake who waits for its end.
 *
 * Locks: cpu->lock, one at a time, nothing of the kernel's inside. The lock
 * hands on all that belongs to the CPU.
 * Invariant: a thread that is not running is in the queue of its CPU if its
 * state is TASK_RUNNING, except before it is first woken.
 * Cost: some system calls per switch.
 * Left out: stacks of the kernel's own; the census sees nothing of threads.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <kernel/kthread.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/kernel.h>
#include <lib/sprintf.h>

#include "cpu.h"

#define NO_LIMIT (~0ULL)	/* nanoseconds, get_cycles() */
#define TICK_NS (1000000000ULL / HZ)

struct kthread {
	struct task_struct task;
	pthread_t thread;		/* (b) once woken */
	pthread_cond_t turn;
	int (*fn)(void *data);		/* (b) NULL: idle or boot thread */
	void *data;			/* (b) */
	int result;			/* (l) */
	bool begun, ended;		/* (l) */
	bool should_stop;		/* (a) */
	struct task_struct *stopper;	/* (l) waits for the end */
};

/* Mutexes have owners before there are threads, and in programs without. */
static struct task_struct early_task = { .name = "boot" };
DEFINE_PER_CPU(struct task_struct *, current_task) = &early_task;

bool hosted_has_threads;
static int last_pid;

static struct kthread *kthread_of(struct task_struct *task)
{
	return container_of(task, struct kthread, task);
}

static struct hosted_cpu *lock_cpu_of(struct task_struct *task)
{
	struct hosted_cpu *cpu = hosted_cpu(task->cpu);

	pthread_mutex_lock(&cpu->lock);
	return cpu;
}

static void make_ready(struct hosted_cpu *cpu, struct task_struct *task)
{
	list_add_tail(&task->run_list, &cpu->queue);
	__atomic_fetch_add(&cpu->waiting, 1, __ATOMIC_RELAXED);
}

static struct task_struct *take_next(struct hosted_cpu *cpu)
{
	struct task_struct *next = cpu->idle;

	if (!list_empty(&cpu->queue)) {
		next = list_first_entry(&cpu->queue, struct task_struct,
					run_list);
		list_del(&next->run_list);
		__atomic_fetch_sub(&cpu->waiting, 1, __ATOMIC_RELAXED);
	}
	return next;
}

static void give_cpu_to(struct hosted_cpu *cpu, struct task_struct *next)
{
	cpu->running = next;
	next->nr_switches++;
	pthread_cond_signal(&kthread_of(next)->turn);
}

void hosted_wake_idle(struct hosted_cpu *cpu)
{
	if (cpu->running && cpu->running == cpu->idle)
		pthread_cond_signal(&kthread_of(cpu->idle)->turn);
}

/* False when the time is over. */
static bool wait_for_signal(struct hosted_cpu *cpu, struct kthread *k, u64 end)
{
	struct timespec at = { (time_t)(end / 1000000000),
			       (long)(end % 1000000000) };

	if (end == NO_LIMIT)
		return !pthread_cond_wait(&k->turn, &cpu->lock);
	return pthread_cond_timedwait(&k->turn, &cpu->lock, &at) != ETIMEDOUT;
}

/* Cpu locked: makes the thread one that could run. */
static bool wake(struct hosted_cpu *cpu, struct task_struct *task)
{
	if (task->state != TASK_UNINTERRUPTIBLE)
		return false;
	task->state = TASK_RUNNING;
	if (task->on_rq)
		return true;
	task->on_rq = true;
	make_ready(cpu, task);
	hosted_wake_idle(cpu);
	return true;
}

/* Cpu locked: until it is this thread's turn. */
static void wait_for_turn(struct hosted_cpu *cpu, struct kthread *me, u64 end)
{
	while (cpu->running != &me->task)
		if (!wait_for_signal(cpu, me, end)) {
			wake(cpu, &me->task);
			end = NO_LIMIT;
		}
	this_cpu_write(current_task, &me->task);
	this_cpu_write(preempt_count_of_cpu, me->task.preempt_count);
	this_cpu_write(need_resched_of_cpu, false);
}

/* preempted: whatever its state says, it goes on as soon as it can. */
static void switch_away(bool preempted, u64 end)
{
	struct task_struct *me = current;
	struct hosted_cpu *cpu = lock_cpu_of(me);

	rcu_note_context_switch();
	me->preempt_count = preempt_count();
	this_cpu_write(need_resched_of_cpu, false);
	if (me != cpu->idle) {
		me->on_rq = preempted || me->state == TASK_RUNNING;
		if (me->on_rq)
			make_ready(cpu, me);
	}
	give_cpu_to(cpu, take_next(cpu));
	wait_for_turn(cpu, kthread_of(me), end);
	pthread_mutex_unlock(&cpu->lock);
}

/* A switch is a place where interrupts come, as in the kernel. */
static void let_interrupts_in(void)
{
	if (!hosted_irqs_off)
		hosted_take_interrupts();
}

void schedule(void)
{
	might_sleep();
	switch_away(false, NO_LIMIT);
	let_interrupts_in();
}

u64 schedule_timeout(u64 timeout)
{
	u64 start = get_cycles(), passed;

	might_sleep();
	switch_away(false, start + timeout * TICK_NS);
	let_interrupts_in();
	passed = (get_cycles() - start) / TICK_NS;
	return passed < timeout ? timeout - passed : 0;
}

void yield(void)
{
	set_current_state(TASK_RUNNING);
	schedule();
}

void cond_resched(void)
{
	might_sleep();
	if (this_cpu_read(need_resched_of_cpu))
		preempt_schedule();
}

void preempt_schedule(void)
{
	if (hosted_has_threads && !preempt_count() && !irqs_disabled())
		switch_away(true, NO_LIMIT);
}

void preempt_schedule_irq(void)
{
	preempt_schedule();
}

void sched_tick(void)
{
	this_cpu_write(need_resched_of_cpu, true);
}

void set_current_state(enum task_state state)
{
	struct hosted_cpu *cpu = lock_cpu_of(current);

	current->state = state;
	pthread_mutex_unlock(&cpu->lock);
}

static void begin(struct kthread *k);

bool wake_up_process(struct task_struct *task)
{
	struct hosted_cpu *cpu = lock_cpu_of(task);
	struct kthread *k = kthread_of(task);
	bool woken;

	if (k->fn && !k->begun)
		begin(k);
	woken = wake(cpu, task);
	pthread_mutex_unlock(&cpu->lock);
	return woken;
}

static struct kthread *make(unsigned int cpu, const char *name)
{
	struct kthread *k = calloc(1, sizeof(*k));
	pthread_condattr_t clock;

	if (!k)
		return NULL;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&k->turn, &clock);
	pthread_condattr_destroy(&clock);
	k->task.cpu = cpu;
	INIT_LIST_HEAD(&k->task.run_list);
	ksnprintf(k->task.name, sizeof(k->task.name), "%s", name);
	return k;
}

static void unmake(struct kthread *k)
{
	pthread_cond_destroy(&k->turn);
	free(k);
}

/* What a new thread of the process is told: which CPU's it is. */
static void enter_cpu(unsigned int nr)
{
	percpu_set_offset(nr, __per_cpu_offset[nr]);
	hosted_irqs_off = true;
}

static void leave_for_ever(struct kthread *k)
{
	struct hosted_cpu *cpu = lock_cpu_of(&k->task);
	struct task_struct *stopper;

	k->task.state = TASK_DEAD;
	k->task.on_rq = false;
	k->ended = true;
	stopper = k->stopper;
	cpu->nr_threads--;
	this_cpu_write(preempt_count_of_cpu, 0);
	give_cpu_to(cpu, take_next(cpu));
	pthread_mutex_unlock(&cpu->lock);
	if (stopper)
		wake_up_process(stopper);
}

static void *thread_main(void *arg)
{
	struct kthread *k = arg;
	struct hosted_cpu *cpu = lock_cpu_of(&k->task);

	enter_cpu(k->task.cpu);
	wait_for_turn(cpu, k, NO_LIMIT);
	pthread_mutex_unlock(&cpu->lock);
	local_irq_enable();
	k->result = k->fn(k->data);
	local_irq_disable();
	leave_for_ever(k);
	return NULL;
}

static void start_thread(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	if (!pthread_create(thread, NULL, fn, arg))
		return;
	perror("no thread for the simulated machine");
	exit(2);
}

static void begin(struct kthread *k)
{
	k->begun = true;
	start_thread(&k->thread, thread_main, k);
}

static void count_thread(unsigned int nr, int by)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);

	pthread_mutex_lock(&cpu->lock);
	cpu->nr_threads += (unsigned int)by;
	pthread_mutex_unlock(&cpu->lock);
}

static void name_thread(struct kthread *k, const char *fmt, va_list args)
{
	kvsnprintf(k->task.name, sizeof(k->task.name), fmt, args);
	k->task.pid = __atomic_add_fetch(&last_pid, 1, __ATOMIC_RELAXED);
	k->task.state = TASK_UNINTERRUPTIBLE;
	k->task.kthread = k;
}

struct task_struct *kthread_create(int (*fn)(void *data), void *data,
				   const char *fmt, ...)
{
	struct kthread *k = make(smp_processor_id(), "");
	va_list args;

	if (!k)
		return NULL;
	k->fn = fn;
	k->data = data;
	va_start(args, fmt);
	name_thread(k, fmt, args);
	va_end(args);
	count_thread(k->task.cpu, 1);
	return &k->task;
}

/* A CPU that has threads stays: so it is counted there before we look. */
int kthread_bind(struct task_struct *task, unsigned int cpu)
{
	bool online;

	if (cpu >= nr_cpu_ids)
		return -ENXIO;
	count_thread(cpu, 1);
	online = cpu_online(cpu);
	count_thread(online ? task->cpu : cpu, -1);
	if (!online)
		return -ENXIO;
	task->cpu = cpu;
	return 0;
}

struct task_struct *kthread_run_on(unsigned int cpu, int (*fn)(void *data),
				   void *data, const char *fmt, ...)
{
	struct task_struct *task = kthread_create(fn, data, "%s", "");
	va_list args;

	if (!task)
		return NULL;
	va_start(args, fmt);
	kvsnprintf(task->name, sizeof(task->name), fmt, args);
	va_end(args);
	if (kthread_bind(task, cpu)) {
		kthread_stop(task);
		return NULL;
	}
	wake_up_process(task);
	return task;
}

static bool has_begun(struct kthread *k)
{
	struct hosted_cpu *cpu = lock_cpu_of(&k->task);
	bool has = k->begun;

	pthread_mutex_unlock(&cpu->lock);
	return has;
}

/* True if it has ended; else it will wake us. */
static bool ended(struct kthread *k)
{
	struct hosted_cpu *cpu = lock_cpu_of(&k->task);
	bool is = k->ended;

	k->stopper = is ? NULL : current;
	pthread_mutex_unlock(&cpu->lock);
	return is;
}

int kthread_stop(struct task_struct *task)
{
	struct kthread *k = kthread_of(task);
	int result = -EINTR;

	might_sleep();
	__atomic_store_n(&k->should_stop, true, __ATOMIC_RELEASE);
	if (has_begun(k)) {
		wake_up_process(task);
		set_current_state(TASK_UNINTERRUPTIBLE);
		while (!ended(k)) {
			schedule();
			set_current_state(TASK_UNINTERRUPTIBLE);
		}
		set_current_state(TASK_RUNNING);
		pthread_join(k->thread, NULL);
		result = k->result;
	} else {
		count_thread(task->cpu, -1);
	}
	unmake(k);
	return result;
}

bool kthread_should_stop(void)
{
	return __atomic_load_n(&kthread_of(current)->should_stop,
			       __ATOMIC_ACQUIRE);
}

void cpu_idle_loop(void)
{
	struct hosted_cpu *cpu = this_hosted_cpu();
	struct kthread *me = kthread_of(cpu->idle);

	for (;;) {
		local_irq_enable();
		pthread_mutex_lock(&cpu->lock);
		while (list_empty(&cpu->queue) &&
		       !__atomic_load_n(&cpu->events, __ATOMIC_ACQUIRE))
			pthread_cond_wait(&me->turn, &cpu->lock);
		pthread_mutex_unlock(&cpu->lock);
		let_interrupts_in();
		if (__atomic_load_n(&cpu->waiting, __ATOMIC_RELAXED))
			switch_away(false, NO_LIMIT);
	}
}

struct task_struct *sched_make_idle(unsigned int cpu)
{
	struct kthread *k = make(cpu, "idle");

	return k ? &k->task : NULL;
}

void sched_init_cpu(unsigned int nr, struct task_struct *idle)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);

	pthread_mutex_lock(&cpu->lock);
	cpu->idle = idle;
	cpu->running = idle;
	this_cpu_write(current_task, idle);
	pthread_mutex_unlock(&cpu->lock);
}

/* CPU 0's: it begins when the boot thread first goes to sleep. */
static void *idle_main(void *arg)
{
	struct kthread *k = arg;
	struct hosted_cpu *cpu = lock_cpu_of(&k->task);

	enter_cpu(k->task.cpu);
	wait_for_turn(cpu, k, NO_LIMIT);
	pthread_mutex_unlock(&cpu->lock);
	cpu_idle_loop();
	return NULL;
}

void sched_init(void)
{
	struct kthread *boot = make(0, "boot"), *idle = make(0, "idle");
	struct hosted_cpu *cpu;
	unsigned int nr;

	if (!boot || !idle)
		exit(2);
	for_each_possible_cpu(nr) {
		cpu = hosted_cpu(nr);
		pthread_mutex_init(&cpu->lock, NULL);
		INIT_LIST_HEAD(&cpu->queue);
	}
	cpu = hosted_cpu(0);
	cpu->nr_threads = 1;
	cpu->idle = &idle->task;
	cpu->running = &boot->task;
	boot->task.on_rq = true;
	this_cpu_write(current_task, &boot->task);
	hosted_has_threads = true;
	start_thread(&idle->thread, idle_main, idle);
}

bool sched_leave(void)
{
	struct hosted_cpu *cpu = hosted_cpu(smp_processor_id());
	bool alone;

	pthread_mutex_lock(&cpu->lock);
	alone = !cpu->nr_threads;
	if (alone)
		cpu_set_online(smp_processor_id(), false);
	pthread_mutex_unlock(&cpu->lock);
	return alone;
}

unsigned int sched_nr_threads(unsigned int nr)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);
	unsigned int n;

	pthread_mutex_lock(&cpu->lock);
	n = cpu->nr_threads;
	pthread_mutex_unlock(&cpu->lock);
	return n;
}

void sched_show(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		printk("cpu %u: %u threads\n", cpu, sched_nr_threads(cpu));
}

/*
 * The CPUs of the simulated machine, and their interrupts.
 *
 * The problem: code made for many CPUs and for interrupts is to run in a
 * process, where a sanitizer can watch every access.
 *
 *  1. A CPU is a lock (struct hosted_cpu, sched.c): a thread of the kernel is
 *     a thread of the process that runs while it holds its CPU. So per-CPU
 *     data is handed on with the lock, and whoever touches another CPU's
 *     without a lock of his own is found out.
 *  2. An interrupt is a bit in events. The thread that runs on the CPU takes
 *     it where its interrupts come on, or when it spins in cpu_relax(); where
 *     nobody runs, the idle thread waits for it and takes it.
 *  3. A tick comes after so many of those moments, not by a clock: threads of
 *     one CPU take turns often, and everywhere where they may.
 *
 *	CPU 0  thread a ===== irq on ==== idle ~~~~~~~~ thread b ===
 *	                        |send            ^
 *	CPU 1  thread c ========|================| events != 0: handler
 *
 * Interrupts so come only behind sections with interrupts off, never between
 * two instructions without one: that is tested in the kernel. For the rest
 * the hosted machine is more hurried than a real one.
 *
 * Left out: interrupts that cannot be turned off.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <asm/irqflags.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <kernel/preempt.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/kernel.h>

#include "cpu.h"
#include "simulate.h"

/* Moments in which an interrupt could come, from tick to tick. */
#define TICK_MOMENTS 61
/* Turns of a waiting loop before others get the processor. */
#define RELAX_TURNS 16

__thread unsigned long hosted_cpu_offset;
/* As at power-on: the boot turns interrupts on when it is ready for them. */
__thread bool hosted_irqs_off = true;

static unsigned int nr_cpus = 1;
static struct hosted_cpu cpus[NR_CPUS];

void percpu_set_offset(unsigned int cpu, unsigned long offset)
{
	hosted_cpu_offset = offset;
}

void simulate_cpus(unsigned int nr)
{
	nr_cpus = nr;
}

unsigned int arch_nr_cpus(void)
{
	return nr_cpus;
}

struct hosted_cpu *hosted_cpu(unsigned int cpu)
{
	return &cpus[cpu];
}

struct hosted_cpu *this_hosted_cpu(void)
{
	return &cpus[smp_processor_id()];
}

/* An event for a CPU, which is woken if it is idle. */
static void send(unsigned int nr, unsigned int event)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);

	__atomic_fetch_or(&cpu->events, event, __ATOMIC_RELEASE);
	pthread_mutex_lock(&cpu->lock);
	hosted_wake_idle(cpu);
	pthread_mutex_unlock(&cpu->lock);
}

void arch_send_call_function(unsigned int cpu)
{
	send(cpu, EVENT_CALL);
}

void arch_send_reschedule(unsigned int cpu)
{
	send(cpu, EVENT_RESCHEDULE);
}

/* As an interrupt's entry and exit do it. */
static void interrupt(void (*handler)(void))
{
	hosted_irqs_off = true;
	this_cpu_add(preempt_count_of_cpu, HARDIRQ_OFFSET);
	handler();
	this_cpu_sub(preempt_count_of_cpu, HARDIRQ_OFFSET);
	hosted_irqs_off = false;
}

static void tick(struct hosted_cpu *cpu)
{
	if (cpu->until_tick--)
		return;
	cpu->until_tick = TICK_MOMENTS;
	interrupt(timer_tick);
	if (__atomic_load_n(&cpu->waiting, __ATOMIC_RELAXED))
		sched_tick();
}

void hosted_take_interrupts(void)
{
	struct hosted_cpu *cpu = this_hosted_cpu();
	unsigned int events = 0;

	if (__atomic_load_n(&cpu->events, __ATOMIC_RELAXED))
		events = __atomic_exchange_n(&cpu->events, 0, __ATOMIC_ACQ_REL);
	if (events & EVENT_CALL)
		interrupt(smp_call_function_interrupt);
	if (events & EVENT_RESCHEDULE)
		this_cpu_write(need_resched_of_cpu, true);
	tick(cpu);
	if (this_cpu_read(need_resched_of_cpu))
		preempt_schedule();
}

static void *secondary_main(void *arg)
{
	struct task_struct *idle = arg;

	percpu_set_offset(idle->cpu, __per_cpu_offset[idle->cpu]);
	hosted_irqs_off = true;
	sched_init_cpu(idle->cpu, idle);
	while (!cpu_online(idle->cpu))	/* nobody could reach us yet */
		sched_yield();
	cpu_idle_loop();
}

int arch_cpu_up(unsigned int nr)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);
	struct task_struct *idle = cpu->idle;
	pthread_t thread;

	if (!idle)
		idle = sched_make_idle(nr);
	if (!idle || pthread_create(&thread, NULL, secondary_main, idle))
		return -ENOMEM;
	pthread_detach(thread);
	while (arch_cpu_is_dead(nr))
		sched_yield();
	return 0;
}

/* With the idle thread goes whoever could take an interrupt. */
void __noreturn arch_cpu_die(void)
{
	struct hosted_cpu *cpu = this_hosted_cpu();

	pthread_mutex_lock(&cpu->lock);
	cpu->running = NULL;
	pthread_mutex_unlock(&cpu->lock);
	pthread_exit(NULL);
}

bool arch_cpu_is_dead(unsigned int nr)
{
	struct hosted_cpu *cpu = hosted_cpu(nr);
	bool dead;

	pthread_mutex_lock(&cpu->lock);
	dead = !cpu->running;
	pthread_mutex_unlock(&cpu->lock);
	return dead;
}

/* Whoever calls this ends the process next. */
void arch_stop_others(void)
{
}

void __noreturn arch_wait_for_stop(void)
{
	for (;;)
		sched_yield();
}

/* Before there are threads there is nobody who could send anything. */
void hosted_irqs_came_on(void)
{
	if (hosted_has_threads)
		hosted_take_interrupts();
}

void hosted_relax(void)
{
	static __thread unsigned int turns;

	if (!hosted_irqs_off)
		hosted_irqs_came_on();
	if (++turns % RELAX_TURNS == 0)
		sched_yield();
	barrier();
}

void arch_smp_init(void)
{
}

/* A part of a row on another CPU. */
#include <kernel/kthread.h>
#include <kernel/smp.h>

#include "other_cpu.h"

struct part {
	void (*fn)(void *arg);
	void *arg;
};

bool bench_has_cpu(struct bench *b, unsigned int cpu)
{
	if (!cpu_online(cpu))
		bench_skip(b, "for want of a second CPU");
	return cpu_online(cpu);
}

static int run_part(void *data)
{
	struct part *part = data;

	part->fn(part->arg);
	return 0;
}

void bench_on_cpu(struct bench *b, unsigned int cpu, void (*fn)(void *arg),
		  void *arg)
{
	struct part part = { fn, arg };
	struct task_struct *thread;

	if (!cpu) {
		fn(arg);
		return;
	}
	thread = kthread_run_on(cpu, run_part, &part, "bench/%u", cpu);
	if (thread)
		kthread_stop(thread);
	else
		bench_fail(b, "no thread on the other CPU");
}

/*
 * CPUs come and go while the kernel runs.
 *
 *	cpu_up		arch_cpu_up() starts it
 *			put it into cpu_online_mask, which it waits for
 *
 *	cpu_down	asks CPU n by a function call, to be
 *			      |		carried out in CPU n's interrupt
 *			      |		handler, on its idle thread's stack:
 *			      |		  threads left? no: -EBUSY
 *			      |		  leave cpu_online_mask
 *			      |		  do the calls still waiting
 *			      |		  arch_cpu_die()
 *			  wait for it
 *			  CPU_DEAD_CALLBACK()s empty what it kept
 *
 * After the CPU has left cpu_online_mask no call reaches it (kernel/smp.c),
 * and no thread is bound to it. It never leaves the handler: whatever it
 * interrupted was its idle thread, which keeps nothing.
 *
 * Locks: cpu_hotplug, a mutex: one change at a time, and for who wants the set
 * of CPUs to stay as it is (cpus_read_lock()).
 * Left out: moving threads away; they stay on their CPU, so it stays, too.
 */
#include <asm/processor.h>
#include <asm/smp.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/shell.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

/* Microseconds, for a host that is busy with other things. */
#define DIE_TIMEOUT 10000000

extern const cpu_dead_func_t __weak __start_cpu_dead_calls[];
extern const cpu_dead_func_t __weak __stop_cpu_dead_calls[];

static DEFINE_MUTEX(cpu_hotplug, RANK_CPU_HOTPLUG);

void cpus_read_lock(void)
{
	mutex_lock(&cpu_hotplug);
}

void cpus_read_unlock(void)
{
	mutex_unlock(&cpu_hotplug);
}

/* On the CPU that shall stop. */
struct down_request {
	bool answered;		/* it stays, or will be dead in no time */
	int err;
};

static void answer(struct down_request *request, int err)
{
	request->err = err;
	__atomic_store_n(&request->answered, true, __ATOMIC_RELEASE);
}

static void take_down(void *info)
{
	if (!sched_leave()) {
		answer(info, -EBUSY);
		return;
	}
	smp_call_function_interrupt();
	answer(info, 0);
	arch_cpu_die();
}

static void call_dead_callbacks(unsigned int cpu)
{
	const cpu_dead_func_t *fn;

	for (fn = __start_cpu_dead_calls; fn < __stop_cpu_dead_calls; fn++)
		(*fn)(cpu);
}

/* It has nothing more to do than to halt. */
static bool wait_until_dead(unsigned int cpu)
{
	u64 end = ktime_get_us() + DIE_TIMEOUT;

	while (!arch_cpu_is_dead(cpu)) {
		if (ktime_get_us() >= end)
			return arch_cpu_is_dead(cpu);
		cpu_relax();
	}
	return true;
}

static int stop_cpu(unsigned int cpu)
{
	struct down_request request = { .answered = false };
	int err = smp_call_function_single(cpu, take_down, &request, false);

	if (err)
		return err;
	while (!__atomic_load_n(&request.answered, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (request.err)
		return request.err;
	if (!wait_until_dead(cpu)) {
		pr_err("smp: CPU %u does not stop\n", cpu);
		return -EIO;
	}
	call_dead_callbacks(cpu);
	return 0;
}

int cpu_down(unsigned int cpu)
{
	int err;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	if (cpu == 0)
		return -EBUSY;
	cpus_read_lock();
	if (!cpu_online(cpu))
		err = -EINVAL;
	else if (sched_nr_threads(cpu) || cpu == smp_processor_id())
		err = -EBUSY;
	else
		err = stop_cpu(cpu);
	cpus_read_unlock();
	return err;
}

/* It may have been stopped in the middle of a handler. */
static int start_cpu(unsigned int cpu)
{
	int err;

	per_cpu(preempt_count_of_cpu, cpu) = 0;
	per_cpu(need_resched_of_cpu, cpu) = false;
	err = arch_cpu_up(cpu);
	if (!err)
		cpu_set_online(cpu, true);
	return err;
}

int cpu_up(unsigned int cpu)
{
	int err;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	cpus_read_lock();
	err = cpu_online(cpu) ? -EINVAL : start_cpu(cpu);
	cpus_read_unlock();
	return err;
}

void __init smp_init(void)
{
	unsigned int cpu;

	arch_smp_init();
	for_each_possible_cpu(cpu)
		if (!cpu_online(cpu))
			cpu_up(cpu);
	pr_info("smp: %u CPU%s running\n", num_online_cpus(),
		num_online_cpus() == 1 ? "" : "s");
}

/* The shell */

static int cmd_cpus(int argc, char **argv)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		printk("CPU %u: %s, %u threads%s\n", cpu,
		       cpu_online(cpu) ? "running" : "stopped",
		       sched_nr_threads(cpu),
		       cpu == smp_processor_id() ? ", this one" : "");
	return 0;
}
SHELL_COMMAND(cpus, "", "the CPUs there are, and which of them run", cmd_cpus);

/* Why it stays. Threads may come and go while we tell. */
static void tell_busy(unsigned int cpu)
{
	unsigned int n = sched_nr_threads(cpu);

	if (cpu == 0)
		printk("CPU 0 cannot stop: the boot runs on it\n");
	else if (n)
		printk("CPU %u has %u thread%s\n", cpu, n, n == 1 ? "" : "s");
	else
		printk("CPU %u was busy\n", cpu);
}

static void take_out_of_service(unsigned int cpu)
{
	int err = cpu_down(cpu);

	if (err == -EBUSY)
		tell_busy(cpu);
	else if (err == -EINVAL)
		printk("CPU %u does not run\n", cpu);
	else if (err)
		printk("CPU %u does not stop (error %d)\n", cpu, err);
}

static void bring_back(unsigned int cpu)
{
	int err = cpu_up(cpu);

	if (err == -EINVAL)
		printk("CPU %u runs already\n", cpu);
	else if (err)
		printk("CPU %u does not start (error %d)\n", cpu, err);
}

static int cmd_cpu(int argc, char **argv)
{
	bool down = argc == 3 && !strcmp(argv[1], "down");
	bool up = argc == 3 && !strcmp(argv[1], "up");
	u64 cpu;

	if ((!down && !up) || kstrtou64(argv[2], &cpu))
		return -EINVAL;
	if (cpu >= nr_cpu_ids)
		printk("there is no CPU %llu\n", cpu);
	else if (down)
		take_out_of_service((unsigned int)cpu);
	else
		bring_back((unsigned int)cpu);
	return 0;
}
SHELL_COMMAND(cpu, "down|up N", "take a CPU out of service, or bring it back",
	      cmd_cpu);

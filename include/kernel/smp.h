/*
 * Several CPUs: which there are, and how one has a function run on another.
 * Counterparts: linux/smp.h, linux/cpumask.h, linux/cpu.h (6.12).
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <kernel/percpu.h>
#include <lib/bitmap.h>

/* A set of CPUs. */
struct cpumask {
	unsigned long bits[BITS_TO_LONGS(NR_CPUS)];
};

/* CPUs that run; written with all others standing by (cpu_up, cpu_down). */
extern struct cpumask cpu_online_mask;

static inline bool cpumask_test_cpu(unsigned int cpu, const struct cpumask *m)
{
	return test_bit(cpu, m->bits);
}

static inline bool cpu_online(unsigned int cpu)
{
	return cpu < nr_cpu_ids && cpumask_test_cpu(cpu, &cpu_online_mask);
}

unsigned int num_online_cpus(void);

/* Does no CPU run but number 0, which always does? Cheaper than to count. */
static inline bool only_boot_cpu_online(void)
{
	unsigned long others = READ_ONCE(cpu_online_mask.bits[0]) & ~1UL;
	unsigned int i;

	for (i = 1; i < BITS_TO_LONGS(NR_CPUS); i++)
		others |= READ_ONCE(cpu_online_mask.bits[i]);
	return !others;
}

/* By who starts a CPU; by one that stops, for itself. */
void cpu_set_online(unsigned int cpu, bool online);

#define for_each_cpu(cpu, mask) \
	for ((cpu) = (unsigned int)find_next_bit((mask)->bits, NR_CPUS, 0); \
	     (cpu) < NR_CPUS; \
	     (cpu) = (unsigned int)find_next_bit((mask)->bits, NR_CPUS, \
						 (cpu) + 1))
#define for_each_online_cpu(cpu) for_each_cpu(cpu, &cpu_online_mask)

typedef void (*smp_call_func_t)(void *info);

/*
 * Runs fn(info) on another CPU, in its interrupt handler: fn must not sleep,
 * nor wait for other CPUs. wait: returns when fn has. The CPU itself is called
 * directly, with interrupts off. -ENXIO if that CPU does not run. Callers that
 * wait have interrupts on and hold no spinlock that fn or any handler takes;
 * while a caller waits for room or for the end it serves calls to itself.
 */
int smp_call_function_single(unsigned int cpu, smp_call_func_t fn, void *info,
			     bool wait);
/* On all online CPUs but this one / this one too. */
void smp_call_function(smp_call_func_t fn, void *info, bool wait);
void on_each_cpu(smp_call_func_t fn, void *info, bool wait);
/* On those for which cond(cpu, info) is true, this one too. Waits. */
void on_each_cpu_cond(bool (*cond)(unsigned int cpu, void *info),
		      smp_call_func_t fn, void *info);

/* Machine to us: the interrupt that arch_send_call_function() asked for. */
void smp_call_function_interrupt(void);

/* Starts every CPU there is. Those that do not come are reported. Boot. */
void smp_init(void);

/*
 * Takes a CPU out of service: its threads must be gone (-EBUSY), it empties
 * nothing itself; whoever keeps things per CPU does it for the dead CPU from
 * the callbacks below, on the calling CPU. CPU 0 stays (-EBUSY). Brings it
 * back. May sleep. Counterparts: remove_cpu(), add_cpu().
 */
int cpu_down(unsigned int cpu);
int cpu_up(unsigned int cpu);

/* While held, no CPU comes or goes. May sleep. */
void cpus_read_lock(void);
void cpus_read_unlock(void);

/* Called for a CPU that has stopped: mm/slub.c, mm/pcp.c. Counterpart:
 * cpuhp_setup_state(CPUHP_..._DEAD). */
typedef void (*cpu_dead_func_t)(unsigned int cpu);
#define CPU_DEAD_CALLBACK(fn) \
	static const cpu_dead_func_t __used __section("cpu_dead_calls") \
	cpu_dead_call_##fn = fn

/* Stops all other CPUs for good, wherever they are. For panic(). */
void smp_stop_others(void);

#endif

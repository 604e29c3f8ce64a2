/* The steps of start_kernel(): start.h. */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/boot_info.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <mm/mm.h>

#include "simulate.h"
#include "start.h"

void boot_simulated_machine(struct boot_info *info)
{
	setup_arch(info);
	mm_init();
	sched_init();
	local_irq_enable();
	smp_init();
	rcu_init();
	might_sleep_enable();
	free_initmem();
}

void start_simulated_kernel(unsigned int cpus)
{
	static struct boot_info info;

	simulate_address_space();
	simulate_quietly(NULL);
	printk_init();
	simulate_cpus(cpus);
	simulate_firmware_default(&info);
	simulate_nodes(1);
	boot_simulated_machine(&info);
}

/* The simulated machine for targets that need a whole one: see fuzz.h. */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <kernel/boot_info.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <mm/mm.h>

#include "../host/simulate.h"
#include "fuzz.h"

/* One CPU and one node: the same bytes do the same thing each time. */
void fuzz_boot(void)
{
	static struct boot_info info;

	simulate_address_space();
	printk_init();
	simulate_cpus(1);
	simulate_firmware_default(&info);
	simulate_nodes(1);
	setup_arch(&info);
	mm_init();
	sched_init();
	local_irq_enable();
	smp_init();
	might_sleep_enable();
	free_initmem();
}

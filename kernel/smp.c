#include <kernel/smp.h>

struct cpumask cpu_online_mask = { { 1 } };

unsigned int num_online_cpus(void)
{
	return (unsigned int)bitmap_weight(cpu_online_mask.bits, NR_CPUS);
}

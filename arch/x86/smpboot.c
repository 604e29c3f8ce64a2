#include <asm/smp.h>

unsigned int arch_nr_cpus(void)
{
	return 1;
}

#include <kernel/lock_debug.h>

unsigned int locks_held(void)
{
	return 0;
}

void lock_debug_show(void)
{
}

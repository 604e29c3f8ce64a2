#include <kernel/preempt.h>
#include <kernel/sched.h>

void preempt_schedule(void)
{
}

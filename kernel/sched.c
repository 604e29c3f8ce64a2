#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/time.h>

void preempt_schedule(void)
{
}

void preempt_schedule_irq(void)
{
}

void sched_tick(void)
{
}

void timer_run_sleepers(void)
{
}

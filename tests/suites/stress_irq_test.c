/*
 * Interrupts that take and give memory while threads of the same CPU do:
 * the timer's tick, and calls from other CPUs (stress_handlers.c).
 */
#include <lib/kernel.h>

#include "stress_handlers.h"
#include "tick.h"

#define SLOTS 8

static void take_or_give(struct stressor *me, struct stress_block *b)
{
	if (b->p)
		stress_give(me, b);
	else
		stress_take(me, b, stress_gfp(me));
}

static void take_give_and_call(struct stressor *me)
{
	struct stress_block slots[SLOTS] = { { 0 } };
	unsigned int i;

	while (stress_goes_on(me) ||
	       (!stress_was_interrupted(me->cpu) && stress_is_patient(me))) {
		if (me->arg && stress_one_in(me, 8))
			stress_call_others(me);
		else if (stress_one_in(me, 4))
			stress_send_letter(me, stress_gfp(me));
		else
			take_or_give(me, &slots[stress_below(me, SLOTS)]);
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			stress_give(me, &slots[i]);
	if (!stress_was_interrupted(me->cpu))
		stress_complain(me, "no interrupt came");
}

static void run(struct ktest *t, unsigned int per_cpu, bool calls, bool ticks)
{
	if (!stress_handlers_begin(t, ticks))
		return;
	KTEST_EXPECT_NE(t, stress_run(t, per_cpu, take_give_and_call,
				      calls ? &calls : NULL), 0);
	stress_handlers_end(t);
}

static void ticks_take_and_give_on_all_cpus(struct ktest *t)
{
	if (has_tick(t))
		run(t, 1, false, true);
}

static void calls_take_and_give_on_all_cpus(struct ktest *t)
{
	run(t, 1, true, false);
}

/* Without a tick, calls alone. */
static void ticks_and_calls_interrupt_many_threads(struct ktest *t)
{
	run(t, 2, true, true);
}

static const struct ktest_case cases[] = {
	KTEST_CASE(ticks_take_and_give_on_all_cpus),
	KTEST_CASE(calls_take_and_give_on_all_cpus),
	KTEST_CASE(ticks_and_calls_interrupt_many_threads),
	{}
};
KTEST_SUITE_FIXTURE(stress_irq, cases, stress_begin, stress_end);

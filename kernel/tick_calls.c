/*
 * Whoever wants to be called at each tick, without the clock knowing him.
 */
#include <kernel/time.h>
#include <lib/compiler.h>

/* Weak: a program may be linked without any. */
extern const tick_func_t __weak __start_tick_calls[];
extern const tick_func_t __weak __stop_tick_calls[];

void timer_run_calls(void)
{
	const tick_func_t *fn;

	for (fn = __start_tick_calls; fn < __stop_tick_calls; fn++)
		(*fn)();
}

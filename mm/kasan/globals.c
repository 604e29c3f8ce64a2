/*
 * Red zones of globals. The compiler leaves room behind each variable and puts
 * a record of all of them, with a function that hands it over, into every
 * object file. The linker collects the addresses of these functions:
 *
 *	.init_array	| file a | file b | ...		called once, at boot
 *	record		| start, size, size with red zone, name, file |
 *
 * Variables in sections of their own (__initdata, tables that the linker
 * collects, per-CPU) have no room behind them, and no red zone.
 */
#include <kernel/init.h>
#include <lib/kernel.h>

#include "kasan.h"

typedef void (*constructor)(void);
extern const constructor __init_array_start[], __init_array_end[];

void __asan_register_globals(const struct kasan_global *globals, size_t n);
void __asan_unregister_globals(const struct kasan_global *globals, size_t n);

/* The records, as they came. What finds no room here has no name in reports. */
#define MAX_CHUNKS 512

static struct {
	const struct kasan_global *globals;
	size_t n;
} chunks[MAX_CHUNKS];
static unsigned int nr_chunks;

void __asan_register_globals(const struct kasan_global *globals, size_t n)
{
	size_t i, used;

	if (nr_chunks < MAX_CHUNKS) {
		chunks[nr_chunks].globals = globals;
		chunks[nr_chunks++].n = n;
	}
	for (i = 0; i < n; i++, globals++) {
		used = ALIGN(globals->size, KASAN_GRANULE);
		kasan_unpoison(globals->start, globals->size);
		kasan_poison((const char *)globals->start + used,
			     globals->size_with_redzone - used,
			     KASAN_GLOBAL_REDZONE);
	}
}

/* No code is ever unloaded. */
void __asan_unregister_globals(const struct kasan_global *globals, size_t n)
{
}

void __init kasan_init_globals(void)
{
	const constructor *c;

	for (c = __init_array_start; c < __init_array_end; c++)
		(*c)();
}

const struct kasan_global *kasan_find_global(unsigned long addr)
{
	unsigned int chunk;
	size_t i;

	for (chunk = 0; chunk < nr_chunks; chunk++)
		for (i = 0; i < chunks[chunk].n; i++) {
			const struct kasan_global *g =
				&chunks[chunk].globals[i];

			if (addr - (unsigned long)g->start <
			    g->size_with_redzone)
				return g;
		}
	return NULL;
}

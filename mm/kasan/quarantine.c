/*
 * For how long is a freed object nobody's?
 *
 * The problem: an object that is handed out again at once looks to a stale
 * pointer as if nothing had happened. So a freed object waits in line:
 *
 *	CPU's line of the cache:  first -> o -> o -> o <- last
 *	                            |                 ^
 *	            back to its slab                  freed
 *
 *  1. A free puts the object at the end of its CPU's line of its cache.
 *  2. Where the line, or all lines together, are longer than they may be, the
 *     first of this line goes back to its slab; its shadow stays closed until
 *     somebody gets it again.
 *  3. Who empties a CPU's arrays (kmem_cache_shrink(), reclaim, a CPU that
 *     stops, a cache that is destroyed) empties its lines instead.
 *
 * The link lies behind the object's tracks. To its slab an object in line is
 * in use.
 *
 * Locks: a CPU's lines are its own, with interrupts off, or another's when it
 * has stopped. The total is atomic.
 * Invariant: total == sum of the bytes of all lines.
 * Cost: at most 1/32 of RAM, and of that 1/4 in one line.
 */
#include <lib/kernel.h>
#include <mm/mm.h>

#include "../slub_debug.h"
#include "kasan.h"

#define SHARE_OF_RAM 32
#define SHARE_OF_LINE 4

static size_t total;

static size_t most_in_all(void)
{
	return totalram_pages() * PAGE_SIZE / SHARE_OF_RAM;
}

static bool is_too_long(const struct kasan_line *line)
{
	size_t most = most_in_all();

	return line->bytes > most / SHARE_OF_LINE ||
	       __atomic_load_n(&total, __ATOMIC_RELAXED) > most;
}

static void put_back_first(struct kmem_cache *s, struct kasan_line *line)
{
	void *p = line->first;

	line->first = *slab_kasan_link(s, p);
	if (!line->first)
		line->last = NULL;
	line->bytes -= s->size;
	__atomic_fetch_sub(&total, s->size, __ATOMIC_RELAXED);
	slab_put_odd(s, p, _RET_IP_);
}

/* Interrupts are off. */
void kasan_quarantine_put(struct kmem_cache *s, void *p)
{
	struct kasan_line *line = &this_cpu_ptr(s->cpu)->line;

	*slab_kasan_link(s, p) = NULL;
	if (line->last)
		*slab_kasan_link(s, line->last) = p;
	else
		line->first = p;
	line->last = p;
	line->bytes += s->size;
	__atomic_fetch_add(&total, s->size, __ATOMIC_RELAXED);
	while (line->first && is_too_long(line))
		put_back_first(s, line);
}

void kasan_quarantine_flush(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	while (c->line.first)
		put_back_first(s, &c->line);
}

bool kasan_quarantine_empty(const struct kmem_cache_cpu *c)
{
	return !READ_ONCE(c->line.first);
}

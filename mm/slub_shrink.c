/*
 * Collecting what waits in the arrays, and giving empty slabs back.
 *
 * The problem: the objects in a CPU's arrays are free, but their slabs count
 * them as in use, so pages stay with a cache that nobody uses; and only the
 * CPU itself may touch its arrays.
 *
 *  1. Each CPU that holds anything is asked to put it back, in an interrupt
 *     handler; there nothing else touches its arrays. A CPU whose arrays are
 *     empty and sealed is left in peace.
 *  2. The arrays in the nodes' stock are emptied, those beyond it freed.
 *  3. Empty slabs go back to the page allocator.
 *
 *	CPU 0 shrinks		CPU 1 idle	CPU 2 works
 *	  look at all arrays	 empty		 [o o o .]
 *	  ask 2 -------------------------------> put them back
 *	  own arrays, stock			     |
 *	  empty slabs <------------------------------+
 *
 * For all caches at once 1 is still a round of interrupts, two at most. Other
 * CPUs may allocate and free all the time: then what they hold again behind 1
 * stays, and the slabs it comes from.
 *
 * A CPU that has stopped cannot be asked, and need not be: its arrays are
 * emptied by whoever stopped it.
 *
 * An array is empty before what it held goes to the slabs: slab_is_free() may
 * be looking (slub.c, slub_check.c).
 *
 * Locks: a CPU's arrays with its interrupts off; node->lock inside;
 * slab_mutex around all caches, also while other CPUs walk the list for us.
 * Cost: a batch per array and node lock.
 */
#include <kernel/smp.h>
#include "slab_internal.h"

/* main's slot at top still names something until that is in its slab. */
static void main_flush(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	void **first = &c->main->objects[1];
	unsigned int nr = (unsigned int)(c->stack.top - first);

	if (c->main == no_sheaf(s))
		return;			/* all CPUs', and empty */
	stack_set_top(c, first);
	node_put(s, first, nr);
	WRITE_ONCE(*first, s->no_object);
}

static void spare_flush(struct kmem_cache *s, struct slab_sheaf *spare)
{
	unsigned int nr = spare->avail;

	if (!nr)
		return;
	sheaf_set_avail(spare, 0);
	node_put(s, &spare->objects[1], nr);
}

/* Arrays beyond the stock go back to the node; both are empty. */
static void return_extra(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab_sheaf *extra = c->main, *sheaf;

	if (unlikely(extra->extra)) {
		sheaf_set_avail(extra, 0);
		main_set(s, c, no_sheaf(s));
		sheaf = node_swap_extra(s, slab_local_node(), extra);
		main_set(s, c, sheaf ? sheaf : extra);
	}
	extra = c->spare;
	if (unlikely(extra->extra)) {
		cpu_set_spare(c, no_sheaf(s));
		sheaf = node_swap_extra(s, slab_local_node(), extra);
		cpu_set_spare(c, sheaf ? sheaf : extra);
	}
}

/* Interrupts are off, or it is the arrays of a CPU that has stopped. */
void slab_flush_arrays(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	main_flush(s, c);
	spare_flush(s, c->spare);
	return_extra(s, c);
	kasan_quarantine_flush(s, c);
}

/* Nothing to collect, nothing named above top; nearly, while it works. */
static bool cpu_is_empty(struct kmem_cache *s, const struct kmem_cache_cpu *c)
{
	void **top = stack_top(c);

	return !READ_ONCE(top[-1]) && READ_ONCE(*top) == s->no_object &&
	       !sheaf_avail(cpu_spare(c)) && !cpu_spare(c)->extra &&
	       !READ_ONCE(c->main)->extra && kasan_quarantine_empty(c);
}

/* For one cache */

static bool cpu_holds_any(unsigned int cpu, void *info)
{
	struct kmem_cache *s = info;
	unsigned long flags;
	bool empty;

	arrays_hold(s, &flags);
	empty = cpu_is_empty(s, per_cpu_ptr(s->cpu, cpu));
	arrays_release(s, flags);
	return !empty;
}

void slab_flush_cpu(struct kmem_cache *s)
{
	slab_flush_arrays(s, this_cpu_ptr(s->cpu));
}

static void flush_this_cpu(void *info)
{
	slab_flush_cpu(info);
}

/* For all of them; slab_mutex is held by who asks. */

static bool cpu_holds_any_of_all(unsigned int cpu, void *info)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (cpu_holds_any(cpu, s))
			return true;
	return false;
}

static void flush_all_of_this_cpu(void *info)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		slab_flush_cpu(s);
}

/*
 * On this CPU, and on others if we may wait for them: with interrupts off we
 * may not, and early in the boot there are none.
 */
static void flush_cpus(bool (*holds_any)(unsigned int cpu, void *info),
		       smp_call_func_t flush, void *info)
{
	if (irqs_disabled())
		flush(info);
	else
		on_each_cpu_cond(holds_any, flush, info);
}

/* The stock first, so that a CPU finds an empty array for one beyond it. */
void slab_flush_all(struct kmem_cache *s)
{
	node_flush_sheaves(s);
	flush_cpus(cpu_holds_any, flush_this_cpu, s);
	node_flush_sheaves(s);
	node_free_extra(s);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	slab_flush_all(s);
	node_discard_empty(s);
	return node_has_slabs(s);
}

/* True: arrays were freed, and are now in kmalloc's own. */
static bool flush_all_caches(void)
{
	struct kmem_cache *s;
	bool freed = false;

	list_for_each_entry(s, &slab_caches, list)
		node_flush_sheaves(s);
	flush_cpus(cpu_holds_any_of_all, flush_all_of_this_cpu, NULL);
	list_for_each_entry(s, &slab_caches, list) {
		node_flush_sheaves(s);
		freed |= node_free_extra(s);
	}
	return freed;
}

/*
 * Once more where arrays were freed, this CPU's alone; then they are not wanted
 * any more. The cache of caches and kmalloc, which hold what other caches are
 * made of, come first on the list; the rest frees nothing of theirs.
 */
static void shrink_all(void)
{
	struct kmem_cache *s;

	if (flush_all_caches())
		flush_all_caches();
	list_for_each_entry(s, &slab_caches, list)
		node_discard_empty(s);
}

void kmem_cache_shrink_all(void)
{
	mutex_lock(&slab_mutex);
	shrink_all();
	mutex_unlock(&slab_mutex);
}

void kmem_cache_reap(void)
{
	if (!mutex_trylock(&slab_mutex))
		return;
	shrink_all();
	mutex_unlock(&slab_mutex);
}

/* The arrays stay, empty: the CPU may come back. */
static void slab_flush_dead_cpu(unsigned int cpu)
{
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		slab_flush_arrays(s, per_cpu_ptr(s->cpu, cpu));
	mutex_unlock(&slab_mutex);
}
CPU_DEAD_CALLBACK(slab_flush_dead_cpu);

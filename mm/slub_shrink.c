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
 *  2. The arrays in the node's stock are emptied.
 *  3. Empty slabs go back to the page allocator.
 *
 * Other CPUs may allocate and free all the time: then what they hold again
 * behind 1 stays, and the slabs it comes from.
 *
 * A CPU that has stopped cannot be asked, and need not be: its arrays are
 * emptied by whoever stopped it.
 *
 * An array is empty before what it held goes to the slabs: slab_is_free() may
 * be looking (slub.c, slub_check.c).
 *
 * Locks: a CPU's arrays with its interrupts off; node->lock inside.
 * slab_caches_lock for all caches at once.
 * Cost: a batch per array and node lock.
 */
#include "slab_internal.h"

/* main's slot at top still names something until that is in its slab. */
static void main_flush(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	void **first = &c->main->objects[1];
	unsigned int nr = (unsigned int)(c->stack.top - first);

	if (c->main == no_sheaf(s))
		return;
	stack_set_top(c, first);
	node_put(s, first, nr);
	*first = s->no_object;
}

static void spare_flush(struct kmem_cache *s, struct slab_sheaf *spare)
{
	unsigned int nr = spare->avail;

	WRITE_ONCE(spare->avail, 0);
	node_put(s, &spare->objects[1], nr);
}

/* Interrupts are off, or it is the arrays of a CPU that has stopped. */
static void cpu_flush(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	main_flush(s, c);
	spare_flush(s, c->spare);
}

/* Puts the objects in this CPU's arrays back into their slabs. */
void slab_flush_cpu(struct kmem_cache *s)
{
	unsigned long flags;

	local_irq_save(flags);
	cpu_flush(s, this_cpu_ptr(s->cpu));
	local_irq_restore(flags);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	slab_flush_cpu(s);
	node_flush_sheaves(s);
	node_discard_empty(s);
	return node_has_slabs(s);
}

/*
 * The cache of caches and kmalloc, which hold what other caches are made of,
 * come first on the list; shrinking frees nothing of theirs, so one pass does.
 */
void kmem_cache_shrink_all(void)
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		kmem_cache_shrink(s);
}

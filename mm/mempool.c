/*
 * mempool: how can an allocation never fail?
 *
 * The problem: to free memory the kernel must write pages out, and to write it
 * must allocate a request. If that fails because memory is short, nothing ever
 * changes. The way out: a few elements are set aside while there is plenty,
 * and whoever uses one brings it back when his work is done.
 *
 *	mempool_alloc()                        mempool_free()
 *	   | 1                                   | 3        | 1  | 2
 *	   v                                     v          |    v
 *	allocator <------------------------------+          | reserve
 *	   | nothing                                        |  [e e e . .]
 *	   | 2       reserve  [e e e . .]                   |   curr_nr ^   ^
 *	   v          | nothing                             v         min_nr
 *	   3, 4 wait: head -> a -> b -> c      the element goes to a
 *
 * Allocation:
 *  1. ask the allocator, not to sleep, not to touch its own reserves, not to
 *     complain;
 *  2. take from the reserve;
 *  3. if the caller may sleep: ask the allocator again, with all that the
 *     caller allows;
 *  4. join the queue and sleep until an element is handed over. Now and then
 *     ask the allocator again: memory may have come back some other way.
 * Free:
 *  1. somebody waits: the element is put into the hands of the first;
 *  2. the reserve is not full: the element is kept;
 *  3. else it goes to the allocator.
 *
 * Why it works. min_nr elements at least belong to the pool for ever: each is
 * in the reserve, or with a caller. A caller's comes back, and then sees that
 * the reserve is not full: it was taken from there, so curr_nr had gone below
 * min_nr before; if it is full again, another element took the place, and the
 * first in the queue was served. So the queue moves. As an element is handed
 * over, and not put where somebody faster could take it, the queue is served
 * in its order, and no wake-up can be lost: it brings what it is about.
 *
 * Free looks at curr_nr without the lock. It may see an old value, but not one
 * from before the element it frees was taken: whoever passes an element to
 * another CPU lets that one see what he did before. An element that came from
 * the allocator may miss a queue that forms just now, and goes to the
 * allocator; elements from the reserve cannot. Step 4's look now and then finds
 * it there.
 *
 * The common case is a full reserve and an allocator that has something. If
 * that is a cache (slab or kmalloc), its CPU array is popped and pushed right
 * here, without a call: mempool_alloc(), mempool_free().
 *
 * How pools are made, resized and ended: mempool_life.c.
 *
 * Locks: pool->lock, interrupts off, around reserve and queue; no allocator is
 * called under it. The sleeper's element lies on its stack, and it leaves only
 * with the lock held, so who hands over under the lock finds it there.
 * Invariants: 0 <= curr_nr <= min_nr; waiters is empty or curr_nr == 0;
 * elements[0..curr_nr) differ.
 * Cost: common case as the cache's own, and ten instructions; the reserve:
 * lock and unlock.
 * Counterpart: mm/mempool.c. Different: Linux wakes all who wait, and the
 * fastest takes the element. Left out: pools of kvmalloc'ed elements.
 */
#include <kernel/preempt.h>
#include <kernel/sched.h>
#include <kernel/time.h>

#include "mempool_internal.h"
#include "slub_fastpath.h"

/* What an allocation from a cache cannot ignore. */
#define GFP_NOT_PLAIN (__GFP_ZERO | GFP_ZONEMASK)

struct mempool_waiter {
	struct task_struct *task;
	void *element;			/* (l) NULL until handed over */
	struct list_head entry;		/* (l) in the queue until then */
};

/* The reserve and the queue. The lock is held. */

static void hand_over(mempool_t *pool, void *element)
{
	struct mempool_waiter *first =
		list_first_entry(&pool->waiters, struct mempool_waiter, entry);

	list_del(&first->entry);
	first->element = element;
	wake_up_process(first->task);
}

/* Free's steps 1 and 2. False: nobody wants it. */
bool mempool_give(mempool_t *pool, void *element)
{
	if (!list_empty(&pool->waiters)) {
		hand_over(pool, element);
		return true;
	}
	if (pool->curr_nr >= pool->min_nr)
		return false;
	mempool_mark(pool, element);
	pool->elements[pool->curr_nr] = element;
	WRITE_ONCE(pool->curr_nr, pool->curr_nr + 1);
	return true;
}

/* NULL if there are no more than keep. */
void *mempool_take(mempool_t *pool, int keep)
{
	void *element;

	if (pool->curr_nr <= keep)
		return NULL;
	WRITE_ONCE(pool->curr_nr, pool->curr_nr - 1);
	element = pool->elements[pool->curr_nr];
	mempool_unmark(pool, element);
	return element;
}

void *mempool_alloc_preallocated(mempool_t *pool)
{
	unsigned long flags;
	void *element;

	spin_lock_irqsave(&pool->lock, flags);
	element = mempool_take(pool, 0);
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

/* Allocation's step 4 */

/* Into the queue; or, if the reserve has something by now, that. */
static void *take_or_join(mempool_t *pool, struct mempool_waiter *me)
{
	unsigned long flags;
	void *element;

	spin_lock_irqsave(&pool->lock, flags);
	element = mempool_take(pool, 0);
	if (!element)
		list_add_tail(&me->entry, &pool->waiters);
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

/*
 * Until an element was handed over, or the time is over. Who hands over does it
 * under the lock: he sees that we sleep, or we see what he did, and then this
 * is no more than a yield.
 */
static void sleep_in_queue(mempool_t *pool, struct mempool_waiter *me)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (!me->element)
		set_current_state(TASK_UNINTERRUPTIBLE);
	spin_unlock_irqrestore(&pool->lock, flags);
	schedule_timeout(MEMPOOL_PATIENCE);
}

/* What was handed over. leave: out of the queue if nothing was. */
static void *handed_over(mempool_t *pool, struct mempool_waiter *me, bool leave)
{
	unsigned long flags;
	void *element;

	spin_lock_irqsave(&pool->lock, flags);
	element = me->element;
	if (!element && leave)
		list_del(&me->entry);
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

/* The place in the queue is kept while the allocator is asked. */
static void *wait_in_turn(mempool_t *pool, gfp_t gfp)
{
	struct mempool_waiter me = { .task = current };
	void *element = take_or_join(pool, &me), *own;

	while (!element) {
		sleep_in_queue(pool, &me);
		element = handed_over(pool, &me, false);
		if (element)
			break;
		own = pool->alloc(gfp, pool->pool_data);
		if (!own)
			continue;
		element = handed_over(pool, &me, true);
		if (!element)
			return own;
		mempool_free(own, pool);
	}
	return element;
}

/* Who must not sleep and said he could has been reported; he goes without. */
static void *__slowpath mempool_alloc_slow(mempool_t *pool, gfp_t gfp)
{
	void *element;

	if (gfp & __GFP_ZERO) {
		mempool_report("mempool: __GFP_ZERO is refused", pool, NULL);
		return NULL;
	}
	if (gfpflags_allow_blocking(gfp))
		might_sleep();
	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	element = pool->alloc(gfp & ~(__GFP_DIRECT_RECLAIM | __GFP_IO),
			      pool->pool_data);
	if (!element)
		element = mempool_alloc_preallocated(pool);
	if (element || !gfpflags_allow_blocking(gfp) || in_atomic())
		return element;
	element = pool->alloc(gfp, pool->pool_data);
	return element ? element : wait_in_turn(pool, gfp);
}

void *__restartable mempool_alloc(mempool_t *pool, gfp_t gfp)
{
	struct kmem_cache *s = pool->cache;
	void *element;

	if (unlikely(!s || (gfp & GFP_NOT_PLAIN)))
		return mempool_alloc_slow(pool, gfp);
	element = cpu_stack_pop(&s->cpu->stack);
	if (unlikely(!element))
		return mempool_alloc_slow(pool, gfp);
	slab_unmark(s, element);
	return element;
}

/* Free */

/*
 * For who waits or the reserve, if it is sound. False: nobody wants it. One
 * that is not is dealt with by a report.
 */
static noinline bool settle(mempool_t *pool, void *element)
{
	const char *fault = mempool_element_fault(pool, element);
	unsigned long flags;
	bool settled = true;

	if (!fault) {
		spin_lock_irqsave(&pool->lock, flags);
		if (mempool_keeps(pool, element))
			fault = "mempool: in the reserve already";
		else
			settled = mempool_give(pool, element);
		spin_unlock_irqrestore(&pool->lock, flags);
	}
	if (fault)
		mempool_report(fault, pool, element);
	return settled;
}

static void __slowpath mempool_free_slow(void *element, mempool_t *pool)
{
	bool stays = !mempool_is_saturated(pool) ||
		     mempool_may_be_kept(pool, element);

	if (!stays || !settle(pool, element))
		pool->free(element, pool->pool_data);
}

void __restartable mempool_free(void *element, mempool_t *pool)
{
	struct kmem_cache *s;

	if (unlikely(!element))
		return;
	s = pool->cache;
	if (unlikely(!s || !mempool_is_saturated(pool)) ||
	    unlikely(!cpu_stack_push_back(&s->cpu->stack, element,
					  slab_word(s, element), s->secret)))
		mempool_free_slow(element, pool);
}

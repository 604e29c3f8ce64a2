/*
 * When may the pages and the addresses of a freed area be used again?
 *
 * The problem: any CPU may remember the area's pages under its addresses, and
 * asking all of them costs more than all else about an area together.
 *
 *	vfree()		entries go, this CPU forgets	at once
 *	  |
 *	LEAVING		others may remember: pages	until enough have
 *	  |		and addresses are kept		come together
 *	purge		all CPUs forget, one round for all
 *	  |
 *	pages, addresses, tables are free
 *
 *  1. Where one CPU runs there is nobody to ask: an area is gone at once. A CPU
 *     that comes later forgets everything first.
 *  2. Else it waits in a list. When the areas there have so many pages that
 *     the round is cheap beside them, whoever frees, and may wait, purges.
 *     In a handler it only joins the list.
 *  3. A purge takes the whole list; then tables that only these areas used;
 *     then one flush; then everything is given back. One purge at a time: who
 *     frees while another purges goes on, and leaves his area to the next.
 *  4. Who is short of addresses or of memory purges first, and so does who has
 *     to know that all CPUs have forgotten. If another is at it, he has the
 *     list, but not yet been answered: he is waited for.
 *
 * Linux gives the pages back at the beginning and keeps the addresses alone:
 * a stray access by another CPU then hits pages of somebody else. Here it
 * hits the area's own, which nobody has, until it faults.
 *
 * Locks: vmap_lock for the list; purge_mutex while one purges. Under the mutex
 * nothing is allocated, and nobody waits for readers: who is short of memory
 * waits for the thread that frees behind readers (vmalloc_trim()), and that
 * may have to wait for the mutex (kvfree_rcu() of an area).
 * Invariant: leaving_pages == sum of nr_pages + 1 in the list.
 */
#include <asm/irqflags.h>
#include <kernel/init.h>
#include <kernel/mutex.h>
#include <kernel/rcupdate.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <lib/kernel.h>
#include <mm/kasan.h>

#include "vmalloc_internal.h"

/* Pages that may wait: 32 MiB, or less where memory or addresses are few. */
#define LEAVING_MOST 8192UL
#define LEAVING_SHARE 64
#define LEAVING_SHARE_OF_ADDRESSES 16
#define FAR_TOO_MANY 2

static struct vm_struct *leaving;		/* vmap_lock */
static unsigned long leaving_pages;		/* vmap_lock */
unsigned long vm_leaving_most __ro_after_init = LEAVING_MOST;

static DEFINE_MUTEX(purge_mutex, RANK_VMALLOC_PURGE);
static struct task_struct *purger;	/* purge_mutex; atomic, to be read */

static void (*reclaim_before)(void) __ro_after_init;

unsigned long vm_leaving_pages(void)
{
	return READ_ONCE(leaving_pages);
}

/* May we wait for the other CPUs here? */
static bool may_wait(void)
{
	return !in_atomic();
}

static struct vm_struct *take_list(void)
{
	struct vm_struct *list;
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	list = leaving;
	/* who sees no list any more sees that one purges */
	__atomic_store_n(&leaving, NULL, __ATOMIC_RELEASE);
	WRITE_ONCE(leaving_pages, 0);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return list;
}

/* Tables, and shadow, only large areas have to themselves. */
static void forget_everywhere(struct vm_struct *list)
{
	unsigned long first = VMALLOC_END, end = VMALLOC_START;
	const struct vm_struct *vm;
	LIST_HEAD(tables);
	LIST_HEAD(shadow);

	for (vm = list; vm; vm = vm->next) {
		unsigned long start = (unsigned long)vm->addr;

		if (vm->class == VM_LARGE) {
			vmap_take_tables(start, vm->span, &tables);
			kasan_take_vmalloc_shadow(start, vm->size, &shadow);
		}
		first = min(first, start);
		end = max(end, start + vm_bytes(vm));
	}
	vmap_flush(first, end - first);
	vmap_free_tables(&tables);
	kasan_free_vmalloc_shadow(&shadow);
}

static void release(struct vm_struct *vm)
{
	vm_free_blocks(vm);
	vm_put(vm);
}

static void purge_list(struct vm_struct *list)
{
	struct vm_struct *next;

	forget_everywhere(list);
	for (; list; list = next) {
		next = list->next;
		release(list);
	}
}

/* purge_mutex held. */
static void purge_all(void)
{
	struct vm_struct *list;

	__atomic_store_n(&purger, current, __ATOMIC_RELAXED);
	list = take_list();
	if (list)
		purge_list(list);
	__atomic_store_n(&purger, NULL, __ATOMIC_RELEASE);
}

/*
 * When it returns no CPU remembers what was retired before; also if another
 * CPU has begun to see to it. Where nobody may wait: nothing.
 */
static void vm_purge(void)
{
	bool some = __atomic_load_n(&leaving, __ATOMIC_ACQUIRE);
	const struct task_struct *who = __atomic_load_n(&purger,
							__ATOMIC_ACQUIRE);

	/* we: what is given back may be the array of vmap()'s pages */
	if ((!some && !who) || who == current || !may_wait())
		return;
	mutex_lock(&purge_mutex);
	purge_all();
	mutex_unlock(&purge_mutex);
}

/*
 * So many pages wait that it is worth it. If somebody is at it, they are for
 * the next one, unless they have become far too many.
 */
static void purge_many(unsigned long pages)
{
	if (!may_wait())
		return;
	if (mutex_trylock(&purge_mutex)) {
		purge_all();
		mutex_unlock(&purge_mutex);
	} else if (pages > FAR_TOO_MANY * vm_leaving_most) {
		vm_purge();
	}
}

/* How many pages there wait. */
static unsigned long join_list(struct vm_struct *vm)
{
	unsigned long flags, pages;

	spin_lock_irqsave(&vmap_lock, flags);
	vm->next = leaving;
	WRITE_ONCE(leaving, vm);
	pages = leaving_pages + vm->nr_pages + 1;
	WRITE_ONCE(leaving_pages, pages);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return pages;
}

/* This CPU forgets it at once. */
static void hide(struct vm_struct *vm)
{
	unsigned long start = (unsigned long)vm->addr;

	if (vm->entry)
		vmap_hide(vm->entry, start, vm->nr_pages);
	else
		vmap_unmap(start, vm_bytes(vm));
	vmap_flush_local(start, vm_bytes(vm));
	kasan_poison_vmalloc(vm->addr, vm_bytes(vm));
}

void vm_retire(struct vm_struct *vm)
{
	unsigned long pages;
	bool alone;

	hide(vm);
	/* not before: who comes until now may have seen what was shown */
	alone = only_boot_cpu_online();
	if (likely(alone && vm->class != VM_LARGE)) {
		release(vm);
	} else if (alone) {
		purge_list(vm);	/* of one: it has never been in any */
	} else {
		pages = join_list(vm);
		if (pages > vm_leaving_most)
			purge_many(pages);
	}
}

void vm_retire_now(struct vm_struct *vm)
{
	vm_retire(vm);
	vm_purge();
}

void vm_unmap_aliases(void)
{
	vm_purge();
}

/* What waits for readers may be areas; and what is given back waits, too. */
void vmalloc_trim(void)
{
	if (!may_wait())
		return;
	rcu_barrier();
	vm_purge();
	vm_small_trim();
	vm_tables_trim();
	rcu_barrier();
}

static void reclaim(void)
{
	vmalloc_trim();
	reclaim_before();
}

unsigned long vm_leaving_share(unsigned long ram, unsigned long addresses)
{
	return min(LEAVING_MOST, min(ram / LEAVING_SHARE,
				     addresses / LEAVING_SHARE_OF_ADDRESSES));
}

void __init vm_purge_init(void)
{
	vm_leaving_most = vm_leaving_share(totalram_pages(),
					   VMALLOC_TOTAL / PAGE_SIZE);
	reclaim_before = reclaim_hook;
	reclaim_hook = reclaim;
}

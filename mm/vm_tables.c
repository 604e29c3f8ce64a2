/*
 * When do page tables go that several areas shared?
 *
 * The problem: areas at addresses far apart need tables of the upper levels,
 * each a page. Such a table belongs to no area, so no area can take it along;
 * and who finds it empty must not take it while somebody is about to use it,
 * without the mappers' having to ask each time.
 *
 *	addresses	| area |   hole   |=============|   hole    | area |
 *	tables		 \ in use /		empty		 \ in use /
 *						taken, as if by an area
 *
 *  1. An area maps only what it has. What lies in a hole is nobody's, and so is
 *     a table all of whose addresses lie in one hole.
 *  2. Under vmap_lock, where holes stay holes: find such tables, and take their
 *     addresses out of the hole, up to VM_STRETCHES of them.
 *  3. Now nobody can map there, and the lock is let go. Take the tables out,
 *     flush all CPUs, once, and free the tables.
 *  4. Give the addresses back; go on behind them if there may be more. Begin
 *     again until nothing is found: of stretches that overlap, as a table's and
 *     its shadow's do in a KASAN build, one may hide another.
 *
 * Addresses go back after the flush: a CPU that remembers a table that was
 * taken out would not find what a new area's table shows.
 *
 * Meanwhile these addresses are missing. Who may sleep and finds none waits in
 * vmalloc_trim() until they are back.
 *
 * Locks: tables_mutex while one does it; nothing is allocated under it, as this
 * runs when memory is short. So the space has nodes of its own for stretches.
 * Cost: on x86_64 a look at the entries of the upper levels, and a flush if
 * something is found; on i386 nothing: there all tables are made at boot.
 * Left out: doing it in each purge. An area far away would be paid for again
 * the next time.
 */
#include <kernel/mutex.h>

#include "vmalloc_internal.h"

struct stretch {
	unsigned long start, size;
};

static DEFINE_MUTEX(tables_mutex, RANK_VMALLOC_TABLES);

/* The first behind from that is in a hole, with a table. vmap_lock held. */
static bool find_stretch(unsigned long from, struct stretch *s)
{
	unsigned long end;

	while (vmap_space_find_hole(&vmap_space, from, VMAP_UPPER_SIZE,
				    &s->start, &end)) {
		s->size = end - s->start;
		if (vmap_find_tables(&s->start, &s->size))
			return true;
		from = end;
	}
	return false;
}

/* How many; *from: where to look for more. */
static unsigned int take_stretches(unsigned long *from, struct stretch *s)
{
	unsigned long flags;
	unsigned int n = 0;

	spin_lock_irqsave(&vmap_lock, flags);
	while (n < VM_STRETCHES && find_stretch(*from, &s[n])) {
		vmap_space_take_part(&vmap_space, s[n].start, s[n].size);
		*from = s[n].start + s[n].size;
		n++;
	}
	spin_unlock_irqrestore(&vmap_lock, flags);
	return n;
}

static void give_stretches(const struct stretch *s, unsigned int n)
{
	unsigned long flags;

	spin_lock_irqsave(&vmap_lock, flags);
	while (n--)
		vmap_space_give_part(&vmap_space, s[n].start, s[n].size);
	spin_unlock_irqrestore(&vmap_lock, flags);
}

/* False: there are no more from there on. *took: some could be taken. */
static bool trim_some(unsigned long *from, bool *took)
{
	struct stretch s[VM_STRETCHES];
	unsigned int n = take_stretches(from, s), i;
	LIST_HEAD(tables);

	if (!n)
		return false;
	for (i = 0; i < n; i++)
		vmap_take_all_tables(s[i].start, s[i].size, &tables);
	*took |= !list_empty(&tables);
	vmap_flush(VMALLOC_START, VMALLOC_TOTAL);
	vmap_free_tables(&tables);
	give_stretches(s, n);
	return n == VM_STRETCHES;
}

void vm_tables_trim(void)
{
	unsigned long from;
	bool took;

	if (!VMAP_UPPER_SIZE)
		return;
	mutex_lock(&tables_mutex);
	do {
		from = VMALLOC_START;
		took = false;
		while (trim_some(&from, &took))
			;
	} while (took);
	mutex_unlock(&tables_mutex);
}

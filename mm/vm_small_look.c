/*
 * What small areas are there, and are their chunks sound? For who lists areas
 * (vm_for_each()), and vmalloc_validate(). Nothing is changed here.
 *
 * Locks: vmap_lock while a chunk is looked at.
 */
#include <lib/kernel.h>

#include "vm_small.h"

unsigned long vm_small_end(void)
{
	return CHUNKS_START + NR_CHUNKS * CHUNK_SIZE;
}

/* vmap_lock held. */
static unsigned int copy_places(const struct vm_chunk *chunk,
				unsigned long *addr, struct vm_struct *copies,
				unsigned int max)
{
	unsigned long nr = place_of(chunk, *addr);
	unsigned int n = 0;

	for (; nr < chunk->nr_places && n < max; nr++) {
		const struct vm_struct *vm = chunk->areas[nr];

		if (vm && vm_state(vm) == VM_USED)
			copies[n++] = *vm;
	}
	*addr = nr < chunk->nr_places ?
			chunk->start + nr * chunk->place_pages * PAGE_SIZE :
			chunk->start + CHUNK_SIZE;
	return n;
}

/* Slots without a chunk are passed without the lock: there are thousands. */
unsigned int vm_small_copy(unsigned long *addr, struct vm_struct *copies,
			   unsigned int max)
{
	const struct vm_chunk *chunk;
	unsigned long flags;
	unsigned int n = 0;

	while (*addr < vm_small_end() && !READ_ONCE(*chunk_slot(*addr)))
		*addr = ALIGN_DOWN(*addr, CHUNK_SIZE) + CHUNK_SIZE;
	if (*addr >= vm_small_end())
		return 0;
	spin_lock_irqsave(&vmap_lock, flags);
	chunk = *chunk_slot(*addr);
	if (chunk)
		n = copy_places(chunk, addr, copies, max);
	spin_unlock_irqrestore(&vmap_lock, flags);
	return n;
}

static const char *chunk_fault(const struct vm_chunk *chunk, unsigned long i)
{
	unsigned long nr, used = 0;

	if (chunk->start != CHUNKS_START + i * CHUNK_SIZE)
		return "vmalloc: a chunk is not where it thinks";
	for (nr = 0; nr < chunk->nr_places; nr++) {
		const struct vm_struct *vm = chunk->areas[nr];

		if (test_bit(nr, chunk->used) != (vm != NULL))
			return "vmalloc: a place is neither used nor free";
		if (vm && (place_of(chunk, (unsigned long)vm->addr) != nr ||
			   vm->class != chunk->class))
			return "vmalloc: an area is not in its place";
		used += vm != NULL;
	}
	if (used != chunk->nr_used)
		return "vmalloc: a chunk does not know how many are used";
	return NULL;
}

const char *vm_small_validate(unsigned long *nr)
{
	const char *fault = NULL;
	unsigned long i;

	for (i = 0; i < NR_CHUNKS && !fault; i++) {
		if (!vm_chunks[i])
			continue;
		fault = chunk_fault(vm_chunks[i], i);
		(*nr)++;
	}
	return fault;
}
